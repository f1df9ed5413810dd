package conversation

import "slices"

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
	offer, choice := codeOfList(r.Hello.ALPN), codeOf(&usualChoices, r.Server.ALPN)
	client, server := codeOf(&usualProtocols, r.Protocol[0]), codeOf(&usualProtocols, r.Protocol[1])
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

func codeOf(usual *[otherText + 1]string, text string) uint64 {
	for i := range otherText {
		if usual[i] == text {
			return uint64(i)
		}
	}
	return otherText
}

func codeOfList(list []string) uint64 {
	for i := range otherText {
		if slices.Equal(usualOffers[i], list) {
			return uint64(i)
		}
	}
	return otherText
}
