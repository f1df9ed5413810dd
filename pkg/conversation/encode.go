package conversation

import "github.com/sniscope/sniscope/pkg/flow"

// AppendOpening appends everything of a record but its ending, in compact binary form.
func (r *Record) AppendOpening(dst []byte) []byte {
	c := codec{b: dst, first: r.First}
	c.start = r.Start
	r.opening(&c)
	return c.b
}

// AppendEnding appends the ending of a connection. Its times are coded on their own, since the opening may have
// been written long before.
func AppendEnding(dst []byte, e *flow.Ending) []byte {
	c := codec{b: dst, first: e.Opened}
	ending(&c, e)
	return c.b
}

// Decode reads the record whose first packet has the given ordinal: its opening, and its ending.
func (r *Record) Decode(first uint64, open, end []byte) error {
	*r = Record{}
	c := reader(open, first)
	r.opening(&c)
	if c.failed || len(c.b) > 0 {
		return ErrCorrupt
	}
	c.b, c.start = end, 0
	ending(&c, &r.Ending)
	if c.failed || len(c.b) > 0 {
		return ErrCorrupt
	}
	return nil
}

func (r *Record) opening(c *codec) {
	r.First = c.first
	c.signed(&r.Start)
	c.start = r.Start
	r.transport(c)
	for i := range r.Sides {
		side(c, &r.Sides[i])
	}
	if c.present(len(r.Resets) > 0 || r.ICMP.Happened()) {
		r.trouble(c)
	}
	if c.present(r.unusual()) {
		r.preamble(c)
	} else if c.reading {
		r.Protocol = [2]string{"tls", "tls"}
	}
	for i := range r.FirstData {
		c.event(&r.FirstData[i])
	}
	number(c, &r.Stage)
	hello(c, &r.Hello)
	answer(c, &r.Server)
	clientFlight(c, &r.Client)
	if c.present(r.Alerts != [2]Alert{}) {
		for i := range r.Alerts {
			alert(c, &r.Alerts[i])
		}
	}
	c.bools(&r.Established)
	c.event(&r.EstablishedAt)
	for i := range r.AppData {
		c.int(&r.AppData[i])
		number(c, &r.TLSBytes[i])
		c.int(&r.LastRecordCut[i])
	}
}

func (r *Record) transport(c *codec) {
	number(c, &r.Digits)
	number(c, &r.Transport)
	number(c, &r.Roles)
	number(c, &r.ClientSide)
	c.addrPort(&r.Endpoints[flow.Client])
	c.addrPort(&r.Endpoints[flow.Server])
	c.string(&r.Encapsulation)
	c.event(&r.SYN)
	c.event(&r.SYNACK)
	c.event(&r.Opening.Established)
	c.int(&r.ClientPackets)
}

func side(c *codec, s *flow.SideFacts) {
	number(c, &s.MSS)
	number(c, &s.SYNs)
	c.bools(&s.ISN, &s.Conflict)
	c.event(&s.LastData)
	c.event(&s.Fin)
	c.event(&s.AckedAt)
	number(c, &s.Acked)
	number(c, &s.Sent)
	number(c, &s.Unseen)
	number(c, &s.TTL)
	if c.present(s.Retransmits > 0 || s.Stall != flow.Stall{}) {
		number(c, &s.Retransmits)
		c.event(&s.Stall.Event)
		number(c, &s.Stall.Length)
		number(c, &s.Stall.Count)
	}
}

// trouble codes what routers and resets said.
func (r *Record) trouble(c *codec) {
	n := c.count(len(r.Resets))
	if c.reading && n > 0 {
		r.Resets = make([]flow.Reset, n)
	}
	for i := range r.Resets {
		reset(c, &r.Resets[i])
	}
	c.event(&r.ICMP.Event)
	if r.ICMP.Happened() {
		c.addr(&r.ICMP.From)
		number(c, &r.ICMP.Type)
		number(c, &r.ICMP.Code)
		number(c, &r.ICMP.MTU)
		c.bools(&r.ICMP.QuotesSYN)
	}
}

func reset(c *codec, x *flow.Reset) {
	c.event(&x.Event)
	number(c, &x.By)
	number(c, &x.Flags)
	number(c, &x.Seq)
	number(c, &x.Ack)
	number(c, &x.Window)
	number(c, &x.IPID)
	number(c, &x.TTL)
	c.bools(&x.Options, &x.InWindow, &x.Accepted)
	number(c, &x.Kind)
	number(c, &x.Signs)
}

// preamble codes what came before TLS, or instead of it.
func (r *Record) preamble(c *codec) {
	c.list(&r.Carrier)
	c.string(&r.CarrierRefused)
	c.string(&r.ProxiedClient)
	c.string(&r.ProxyTarget)
	for i := range r.Protocol {
		c.string(&r.Protocol[i])
	}
	c.bools(&r.ServerFirst, &r.PlainHTTPError)
	c.string(&r.ServerText)
}

// unusual reports whether the record has anything for preamble: nearly all connections are TLS from both sides'
// first bytes.
func (r *Record) unusual() bool {
	return r.Protocol != [2]string{"tls", "tls"} || r.ServerFirst || r.PlainHTTPError || r.ServerText != "" ||
		len(r.Carrier) > 0 || r.CarrierRefused != "" || r.ProxiedClient != "" || r.ProxyTarget != ""
}

func hello(c *codec, h *Hello) {
	number(c, &h.State)
	if h.State == HelloNone {
		return
	}
	number(c, &h.SNI)
	c.string(&h.Name)
	c.string(&h.SNIProblem)
	number(c, &h.Incomplete)
	c.event(&h.Start)
	c.event(&h.End)
	c.int(&h.Bytes)
	c.int(&h.Segments)
	c.int(&h.SNIOffset)
	number(c, &h.EndOffset)
	c.bools(&h.OverMSS, &h.ECH, &h.ESNI, &h.SSLv2, &h.FallbackSCSV, &h.PreSharedKey, &h.EarlyData, &h.Retried)
	number(c, &h.MaxVersion)
	c.list(&h.ALPN)
	c.bytes(h.Random[:])
	number(c, &h.SessionHash)
	c.string(&h.JA3)
	c.string(&h.JA4)
}

func answer(c *codec, a *Answer) {
	c.event(&a.First)
	if !a.First.Happened() {
		return
	}
	c.event(&a.Hello)
	c.event(&a.Retry)
	c.event(&a.Flight)
	number(c, &a.Version)
	number(c, &a.Cipher)
	c.string(&a.ALPN)
	c.bools(&a.Resumed, &a.CertRequested, &a.CertNamesFromCN, &a.CertMatches, &a.ErrorRecord)
	c.event(&a.Certificate)
	if a.Certificate.Happened() {
		c.list(&a.CertNames)
		c.string(&a.CertIssuer)
		c.date(&a.CertNotAfter)
	}
	c.int(&a.RecordsAfterDone)
}

func clientFlight(c *codec, f *ClientFlight) {
	number(c, &f.Cert)
	c.bools(&f.CertInferred)
	c.event(&f.Certificate)
	c.event(&f.Finished)
}

func alert(c *codec, a *Alert) {
	c.event(&a.Event)
	number(c, &a.Level)
	number(c, &a.Description)
	c.bools(&a.Encrypted, &a.Late)
}

func ending(c *codec, e *flow.Ending) {
	e.Opened = c.first
	c.instant(&e.End)
	c.start = e.End
	for i := range e.Packets {
		number(c, &e.Packets[i])
		number(c, &e.Bytes[i])
	}
	number(c, &e.Retransmits)
	number(c, &e.Missed)
	c.event(&e.Terminator.Event)
	number(c, &e.Terminator.By)
	number(c, &e.Terminator.Kind)
	number(c, &e.Terminator.RST)
	number(c, &e.State)
	number(c, &e.Incomplete)
	c.bools(&e.Settled)
}
