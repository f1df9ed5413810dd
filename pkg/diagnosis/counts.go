package diagnosis

import (
	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/tlswire"
)

// Index of counts by whether the hello named a server. A server_name that is none (RFC 6066, Section 3), such as an address, is
// apart from both: that it is refused says nothing of what becomes of a name, and that it is taken nothing of the want of one.
const (
	WithoutSNI  = 0
	WithSNI     = 1
	ImproperSNI = 2
)

// Outcomes counts handshakes that went through, and those that the server would not begin: it sent no
// ServerHello and ended the connection, or let it wait for a second or more.
type Outcomes struct {
	Passed, Failed uint32
}

func (o *Outcomes) add(p Outcomes) {
	o.Passed = saturate(o.Passed, p.Passed)
	o.Failed = saturate(o.Failed, p.Failed)
}

// Counts sums what connections did at one endpoint. Connections that the capture does not show well enough
// are in none of them.
type Counts struct {
	// Hellos are outcomes by SNI (WithoutSNI, WithSNI, ImproperSNI) and by whether the hello is longer than one segment (0, 1).
	Hellos [3][2]Outcomes
	// Complete are whole ClientHellos without a PROXY header before them, by SNI, whatever became of them.
	Complete [3]uint32
	// Resets are those among them that were answered by an immediate RST+ACK and by nothing else.
	Resets uint32
	// Proxied are handshakes behind a PROXY header that went through.
	Proxied uint32
	// Upgraded are handshakes behind STARTTLS, or what a protocol has in its place, that went through.
	Upgraded uint32
	// Unknown are hellos with a name that the server refused for that name, by its alert 112, or 49 as from rustls.
	Unknown uint32
	// Untrusted are handshakes with a name that the client ended by an alert about the certificate.
	Untrusted uint32
	// Late are hellos without a name that the server answered when their client had left.
	Late uint32
	// Waited are hellos that the server acknowledged, and let wait for a second or more until their client left.
	Waited uint32
	// Tunnels are connections in which it was the proxy, and TLS went to somewhere else.
	Tunnels uint32
	// TLS are connections in which the server sent TLS.
	TLS uint32
}

// BySNI is the outcome of hellos without (WithoutSNI), with (WithSNI) or with no proper (ImproperSNI) server name, whatever
// their length.
func (c *Counts) BySNI(sni int) Outcomes {
	o := c.Hellos[sni][0]
	o.add(c.Hellos[sni][1])
	return o
}

// passed is how many went through, whatever their name.
func (c *Counts) passed() uint32 { return c.byLength(0).Passed + c.byLength(1).Passed }

// anyPassed reports whether any of BySNI went through.
func (c *Counts) anyPassed(sni int) bool { return c.Hellos[sni][0].Passed|c.Hellos[sni][1].Passed != 0 }

// byLength is the outcome of hellos within (0) or over (1) one segment, whatever their name.
func (c *Counts) byLength(over int) Outcomes {
	var o Outcomes
	for i := range c.Hellos {
		o.add(c.Hellos[i][over])
	}
	return o
}

func (c *Counts) add(d *Counts) {
	for i := range c.Hellos {
		for j := range c.Hellos[i] {
			c.Hellos[i][j].add(d.Hellos[i][j])
		}
		c.Complete[i] = saturate(c.Complete[i], d.Complete[i])
	}
	c.Resets = saturate(c.Resets, d.Resets)
	c.Proxied = saturate(c.Proxied, d.Proxied)
	c.Upgraded = saturate(c.Upgraded, d.Upgraded)
	c.Unknown = saturate(c.Unknown, d.Unknown)
	c.Untrusted = saturate(c.Untrusted, d.Untrusted)
	c.Late = saturate(c.Late, d.Late)
	c.Waited = saturate(c.Waited, d.Waited)
	c.Tunnels = saturate(c.Tunnels, d.Tunnels)
	c.TLS = saturate(c.TLS, d.TLS)
}

// saturate adds without wrapping round; it is associative and commutative, so the order of sums does not matter.
func saturate(a, b uint32) uint32 {
	if s := a + b; s >= a {
		return s
	}
	return ^uint32(0)
}

// countIn adds the connection's own contribution to its endpoint's Counts, of which o is the outcome.
func (v *view) countIn(c *Counts, o Outcomes) {
	if v.TLSBytes[server] > 0 {
		c.TLS = saturate(c.TLS, 1)
	}
	if !v.sniKnown() || v.through == unknown {
		return
	}
	sni, behind := v.sniIndex(), v.BehindProxyHeader()
	c.Hellos[sni][v.lengthIndex()].add(o)
	if v.cause.Kind != CauseNone {
		v.countEnd(c, sni, o)
	}
	if v.through == yes && v.upgraded() {
		c.Upgraded = saturate(c.Upgraded, 1)
	}
	switch {
	case behind && v.through == yes:
		c.Proxied = saturate(c.Proxied, 1)
	case !behind:
		c.Complete[sni] = saturate(c.Complete[sni], 1)
		if v.resetAtOnce() {
			c.Resets = saturate(c.Resets, 1)
		}
	}
}

// countEnd adds what the end of a handshake says of what the server makes of names, and of none.
func (v *view) countEnd(c *Counts, sni int, o Outcomes) {
	switch {
	case v.cause.Kind != CauseAlert:
		v.countWait(c, sni)
	case sni != WithSNI:
	case o.Failed > 0 && (v.plainAlertBy(server, tlswire.AlertUnrecognizedName) || v.denied()):
		c.Unknown = saturate(c.Unknown, 1)
	case v.saysUntrusted() && v.Server.First.Happened():
		c.Untrusted = saturate(c.Untrusted, 1)
	}
}

// countWait adds what a client's patience says of how soon the server answers.
func (v *view) countWait(c *Counts, sni int) {
	if !v.leftBy(client) || v.serverAnswered() != no {
		return
	}
	if sni == WithoutSNI && v.answeredTooLate() {
		c.Late = saturate(c.Late, 1)
	}
	if v.helloAcked() == yes && v.helloWaited() == yes {
		c.Waited = saturate(c.Waited, 1)
	}
}

// outcomes is the connection's own contribution to Outcomes.
func (v *view) outcomes() Outcomes {
	switch {
	case v.through == yes && v.sniKnown():
		return Outcomes{Passed: 1}
	case v.through == no && v.sniKnown() && v.serverRefused() && !v.Hello.IsHelloCheck():
		return Outcomes{Failed: 1}
	}
	return Outcomes{}
}

// serverRefused holds when the server would not begin the handshake. Where it had refused TLS itself, that was not the hello.
func (v *view) serverRefused() bool {
	if v.serverHello() != no || v.carrierRefused() != no {
		return false
	}
	return v.cause.By == server || !v.Server.First.Happened() && v.quiet(v.Hello.End.Time) >= patience
}

// resetAtOnce holds when an immediate RST+ACK is the server's whole answer to the hello.
func (v *view) resetAtOnce() bool {
	return v.helloSeen() && v.cause.Kind == CauseRST && v.cause.By == server && v.cause.RST != flow.RSTNoSocket && v.serverAnswered() == no &&
		since(v.Record, v.cause.Event) < patience && !v.hesitated()
}

// sniKnown holds when it is known whether the hello named a server.
func (v *view) sniKnown() bool {
	return v.helloSeen() && v.Hello.SNI != tlswire.SNIUnknown
}

func (v *view) sniIndex() int {
	switch v.Hello.SNI {
	case tlswire.SNIPresent:
		return WithSNI
	case tlswire.SNIInvalid:
		return ImproperSNI
	}
	return WithoutSNI
}

func (v *view) lengthIndex() int {
	if v.Hello.OverMSS {
		return 1
	}
	return 0
}
