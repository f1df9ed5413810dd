package diagnosis

import "github.com/sniscope/sniscope/pkg/flow"

// What follows from a client's host that has no such connection. A RST without ACK answers a segment for a connection that its sender does not
// have (RFC 9293, Section 3.5.2), and no program's abort looks so: that acknowledges. Who is answered by an address that it did not write to has
// none with that one, and neither has the host to which the client's address has moved.

// strangerAnswered holds where the client's RST says that its host had no such connection, though the client had not left.
func (v *view) strangerAnswered() bool {
	return v.Transport == flow.TCP && v.resetBy(client) && v.cause.RST == flow.RSTNoSocket && v.Packets[server] > 0 && !v.forged(client)
}

// wentOn holds where the client sent something behind the RST in its name: the server's host, which had lost the connection by that, says so.
func (v *view) wentOn() bool {
	for i := range v.Resets {
		if x := &v.Resets[i]; x.Frame > v.cause.Frame && x.By == server && x.Kind == flow.RSTNoSocket {
			return true
		}
	}
	return false
}

// partly holds where packets are known to be missing, among which the client's FIN may be.
func (v *view) partly() bool {
	return v.disordered() || v.Missed > 0 || v.Ending.Incomplete&(flow.IncompleteGap|flow.IncompleteMid|flow.IncompleteOneSided) != 0 || v.replyMissed()
}

// appendStranger says what such a RST means.
func (v *view) appendStranger(b []byte) []byte {
	b = append(b, "; such a RST comes from a host that has no such connection, and not from a program that leaves"...)
	if v.wentOn() {
		b = append(b, ", and the client went on behind it"...)
	}
	return b
}

const fixStranger = "look for a NAT, load balancer or connection tracking between client and server that did not translate the server's packet back, as where it takes that for invalid (on Linux: conntrack -S, net.netfilter.nf_conntrack_tcp_be_liberal; kube-proxy on nodes of Kubernetes), for an address of the client that another host has as well, or that moved to it, and for what sends a RST in the client's name; a capture at the client shows what arrives there, and from which address"
