package conversation

import "github.com/sniscope/sniscope/pkg/flow"

// rest codes the parts that most records lack.
func (r *Record) rest(c *codec, p parts) {
	if p&partCertificate != 0 {
		c.list(&r.Server.CertNames)
		c.string(&r.Server.CertIssuer)
		c.date(&r.Server.CertNotAfter)
	}
	if p&partAlerts != 0 {
		for i := range r.Alerts {
			alert(c, &r.Alerts[i])
		}
	}
	if p&partStall != 0 {
		for i := range r.Sides {
			stall(c, &r.Sides[i])
		}
	}
	if p&partTrouble != 0 {
		r.trouble(c)
	}
	if p&partPreamble != 0 {
		r.preamble(c)
	} else if c.reading {
		r.Protocol = [2]string{"tls", "tls"}
	}
}

func alert(c *codec, a *Alert) {
	c.event(&a.Event)
	number(c, &a.Level)
	number(c, &a.Description)
	c.bools(&a.Encrypted, &a.Late)
}

// stall codes what a side sent again; the event is among those of all records.
func stall(c *codec, s *flow.SideFacts) {
	number(c, &s.Retransmits)
	number(c, &s.Stall.Length)
	number(c, &s.Stall.Count)
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
