package diagnosis

import "github.com/sniscope/sniscope/pkg/flow"

// An ICMP error does not end a TCP connection that was set up (RFC 1122, Section 4.2.3.9): whose packet was not let pass waits, and sends it
// again. It says who did not let it pass.

// bounced holds where an ICMP error says that a packet of either side could not pass, behind its SYN, and since then nothing of that
// side arrived, which it sent again.
func (v *view) bounced() bool {
	e := &v.ICMP
	if v.Transport != flow.TCP || !e.Happened() || e.QuotesSYN || !e.Unreachable() || e.Quoted > server {
		return false
	}
	s := &v.Sides[e.Quoted]
	return s.Stall.Count > 0 && s.AckedAt.Frame < e.Frame
}

// forBounced holds where a rule's diagnosis follows from that.
func (v *view) forBounced(r *rule) bool {
	switch r.code {
	case NoSNIUnanswered, HelloUnanswered, HandshakeStalled, ClientAborted:
		return v.bounced()
	}
	return false
}

// remarkBounced says who did not let it pass, and why.
func remarkBounced(b []byte, v *view, named, _ *rule) []byte {
	if !v.forBounced(named) {
		return b
	}
	e := &v.ICMP
	b = append(append(e.From.AppendTo(b), " answered what the "...), sideNames[e.Quoted]...)
	b = appendICMP(append(b, " sent with "...), e)
	if v.rejected() {
		b = append(b, ", as a firewall does"...)
	}
	return b
}

// rejected holds where a rule of a firewall sent the ICMP error: that nothing listens on the port of a connection that was set up is
// said by no host.
func (v *view) rejected() bool { return byFirewall(&v.ICMP) || v.ICMP.NoPort() }

const (
	fixRejects     = "change the firewall's rule that rejects these packets: look for it on the host or router that sent the ICMP message"
	fixUnreachable = "check whether the server's host is up, and the route to it: the sender of the ICMP message could not pass the packets on"
	fixNoWayBack   = "check the way back to the client on the host or router that sent the ICMP message: its route to the client's network, and whether the client's address answers there (ip route get, ip neigh)"
)

// fixBounced is what to do about it.
func (v *view) fixBounced() string {
	switch {
	case v.rejected():
		return fixRejects
	case v.ICMP.Quoted == server:
		return fixNoWayBack
	}
	return fixUnreachable
}
