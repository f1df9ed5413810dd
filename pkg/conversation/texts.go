package conversation

// Texts that nearly always are one of a few are coded as their places in these tables, in three bits each. The last
// place is that of any other text, which is then written out. Records share the lists: nobody may change them.
var (
	usualOffers    = [otherText + 1][]string{{"h2", "http/1.1"}, nil, {"http/1.1"}, {"h2"}, {"h3"}}
	usualChoices   = [otherText + 1]string{"", "h2", "http/1.1", "h3"}
	usualProtocols = [otherText + 1]string{"tls", "", "unknown", "http", "ssh", "smtp", "http2"}
)

const (
	textBits  = 3
	otherText = 1<<textBits - 1
)

// textCodes returns the codes of r's texts; written is set if some must be written out.
func (r *Record) textCodes() (codes uint64, written bool) {
	offer, choice := codeOfOffer(r.Hello.ALPN), codeOfChoice(r.Server.ALPN)
	client, server := codeOfProtocol(r.Protocol[0]), codeOfProtocol(r.Protocol[1])
	written = max(offer, choice, client, server) == otherText || r.Hello.SNIProblem != ""
	return offer | choice<<textBits | client<<(2*textBits) | server<<(3*textBits), written
}

// setTexts sets the texts by their codes.
func (r *Record) setTexts(codes uint64) {
	r.Hello.ALPN, r.Server.ALPN = usualOffers[codes&otherText], usualChoices[codes>>textBits&otherText]
	r.Protocol[0], r.Protocol[1] = usualProtocols[codes>>(2*textBits)&otherText], usualProtocols[codes>>(3*textBits)&otherText]
}

// texts codes them as they are.
func (r *Record) texts(c *codec) {
	c.list(&r.Hello.ALPN)
	c.string(&r.Hello.SNIProblem)
	c.string(&r.Server.ALPN)
	for i := range r.Protocol {
		c.string(&r.Protocol[i])
	}
}

// The functions that follow are the tables read backwards, as comparisons with constants: a table would cost a call for
// each.

func codeOfOffer[T string | []byte](list []T) uint64 {
	switch {
	case len(list) == 0:
		return 1
	case len(list) == 1:
		switch string(list[0]) {
		case "http/1.1":
			return 2
		case "h2":
			return 3
		case "h3":
			return 4
		}
	case len(list) == 2 && string(list[0]) == "h2" && string(list[1]) == "http/1.1":
		return 0
	}
	return otherText
}

func codeOfChoice(text string) uint64 {
	switch text {
	case "":
		return 0
	case "h2":
		return 1
	case "http/1.1":
		return 2
	case "h3":
		return 3
	}
	return otherText
}

func codeOfProtocol(text string) uint64 {
	switch text {
	case "tls":
		return 0
	case "":
		return 1
	case "unknown":
		return 2
	case "http":
		return 3
	case "ssh":
		return 4
	case "smtp":
		return 5
	case "http2":
		return 6
	}
	return otherText
}
