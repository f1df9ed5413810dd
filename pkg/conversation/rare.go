package conversation

import "github.com/sniscope/sniscope/pkg/flow"

// rare codes those of the given parts that most records lack.
func (r *Record) rare(c *codec, p parts) {
	if p&partEncapsulation != 0 {
		c.string(&r.Encapsulation)
	}
	if p&partTexts != 0 {
		r.texts(c)
	}
	if p&partCertificate != 0 {
		c.list(&r.Server.CertNames)
		c.string(&r.Server.CertIssuer)
		c.date(&r.Server.CertNotAfter)
	}
	if p&partAlerts != 0 {
		for i := range r.Alerts {
			alert(c, &r.Alerts[i])
		}
		c.event(&r.Second.Asked)
		c.event(&r.Second.Answered)
		number(c, &r.Second.Cert)
	}
	if p&partStall != 0 {
		for i := range r.Sides {
			stall(c, &r.Sides[i])
		}
	}
	if p&partICMP != 0 {
		icmp(c, &r.ICMP)
	}
	if p&partPreamble != 0 {
		r.preamble(c)
	}
}

func alert(c *codec, a *Alert) {
	c.event(&a.Event)
	number(c, &a.Level)
	number(c, &a.Description)
	c.bools(&a.Encrypted, &a.Late)
}

// stall codes what a side sent again, or late; the event is among those of all records.
func stall(c *codec, s *flow.SideFacts) {
	number(c, &s.Retransmits)
	number(c, &s.Stall.Length)
	number(c, &s.Stall.Count)
	c.bools(&s.Garbled, &s.Late)
}

// icmp codes what a router said.
func icmp(c *codec, e *flow.ICMPError) {
	c.event(&e.Event)
	c.addr(&e.From)
	number(c, &e.Type)
	number(c, &e.Code)
	number(c, &e.MTU)
	c.bools(&e.QuotesSYN)
	number(c, &e.Quoted)
}

// preamble codes what came before TLS, or instead of it.
func (r *Record) preamble(c *codec) {
	c.list(&r.Carrier)
	c.string(&r.CarrierRefused)
	c.event(&r.CarrierAsked)
	c.event(&r.RefusedAt)
	number(c, &r.Offer)
	number(c, &r.Cleartext)
	c.string(&r.ProxiedClient)
	c.string(&r.ProxyTarget)
	c.event(&r.Target.Event)
	c.string(&r.Target.Protocol)
	c.string(&r.Target.Text)
	c.string(&r.ServerText)
	c.event(&r.Declined)
	c.string(&r.Versions)
	number(c, &r.Retries)
	number(c, &r.Foreign)
}
