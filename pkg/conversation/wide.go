package conversation

import "github.com/sniscope/sniscope/pkg/flow"

// wide codes an opening field by field, whatever its values.
func (r *Record) wide(c *codec) {
	c.signed(&r.Start)
	c.start = r.Start
	number(c, &r.Digits)
	number(c, &r.Transport)
	number(c, &r.Roles)
	number(c, &r.ClientSide)
	number(c, &r.Stage)
	c.int(&r.ClientPackets)
	c.bools(&r.Paired, &r.Established, &r.ServerFirst, &r.PlainHTTPError, &r.Client.CertInferred, &r.Client.Goodbye)
	number(c, &r.Client.Cert)
	number(c, &r.Client.CertValidity)
	for i := range r.Endpoints {
		c.endpoint(&r.Endpoints[i])
	}
	for _, e := range r.events() {
		c.event(e)
	}
	for i := range r.Sides {
		r.wideSide(c, flow.Side(i))
	}
	r.Hello.wide(c)
	r.Server.wide(c)
	n := c.count(len(r.Resets))
	if c.reading {
		r.Resets = resize(r.Resets, n)
	}
	for i := range r.Resets {
		wideReset(c, &r.Resets[i])
	}
	r.rare(c, partsRare)
}

func (r *Record) wideSide(c *codec, side flow.Side) {
	s := &r.Sides[side]
	number(c, &s.MSS)
	number(c, &s.SYNs)
	number(c, &s.Acked)
	number(c, &s.Sent)
	number(c, &s.Unseen)
	number(c, &s.TTL)
	c.bools(&s.ISN)
	number(c, &s.Passage)
	number(c, &s.InitialSeq)
	c.int(&r.AppData[side])
	number(c, &r.TLSBytes[side])
	c.int(&r.LastRecordCut[side])
}

// wide codes a hello, its events and what texts codes excepted.
func (h *Hello) wide(c *codec) {
	number(c, &h.State)
	number(c, &h.SNI)
	number(c, &h.Incomplete)
	number(c, &h.MaxVersion)
	c.bools(&h.OverMSS, &h.ECH, &h.SSLv2, &h.FallbackSCSV, &h.PreSharedKey, &h.EarlyData, &h.Retried, &h.Only13)
	c.int(&h.Bytes)
	c.int(&h.Segments)
	c.int(&h.SNIOffset)
	number(c, &h.EndOffset)
	c.bytes(h.Random[:])
	c.bytes(h.JA3[:])
	number(c, &h.Offer)
	c.string(&h.JA4)
	c.string(&h.Name)
	c.string(&h.Fault.Field)
	c.int(&h.Fault.Offset)
}

// wide codes an answer, its events, its certificate and what texts codes excepted.
func (a *Answer) wide(c *codec) {
	number(c, &a.Version)
	number(c, &a.Cipher)
	c.bools(&a.Resumed, &a.CertRequested, &a.CertNamesFromCN, &a.CertMatches, &a.ErrorRecord, &a.CertSelfIssued, &a.CertAlone)
	number(c, &a.CertValidity)
	c.int(&a.RecordsAfterDone)
	number(c, &a.Again)
	number(c, &a.TicketLen)
	number(c, &a.Tickets)
}

func wideReset(c *codec, x *flow.Reset) {
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

// wideEnding codes an ending field by field.
func wideEnding(c *codec, e *flow.Ending) {
	c.signed(&e.End)
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
