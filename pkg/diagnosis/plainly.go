package diagnosis

// plainly is what a server was heard to say in plaintext at its address and port.
type plainly struct {
	answers bool // anything, and not that it expects TLS
	agrees  bool // yes to a request for TLS
	refuses bool // no to one
}

func (p *plainly) add(o *plainly) {
	p.answers, p.agrees, p.refuses = p.answers || o.answers, p.agrees || o.agrees, p.refuses || o.refuses
}

// saidPlainly is the connection's own contribution. What was said through a tunnel was said by somebody else than who took the connection,
// and a server of HTTP that refuses an upgrade may well expect TLS.
func (v *view) saidPlainly() plainly {
	p := plainly{answers: v.answeredPlainly()}
	if v.upgraded() && v.ProxyTarget == "" && v.lastCarrier() != "starttls-http" {
		p.agrees, p.refuses = v.agreedToTLS() && v.FirstData[server].Frame < v.Hello.Start.Frame, v.carrierRefused() == yes
	}
	return p
}

// appendRequests says what the server makes of requests for TLS.
func (v *view) appendRequests(b []byte) []byte {
	did := "the server refused TLS there"
	if v.c.AgreesToTLS {
		did = "the server agreed to TLS there"
	}
	return append(append(b, did...), " when a client asked for it first, as with STARTTLS, and this client sent no such request"...)
}
