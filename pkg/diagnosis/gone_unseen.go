package diagnosis

import "github.com/sniscope/sniscope/pkg/flow"

// A host that has a connection acknowledges a FIN, or aborts with an acknowledgment. One that answers it with a RST without ACK has lost
// the connection before (RFC 9293, Section 3.5.2): by a RST that went elsewhere, or that the capture lacks, or by nothing that was sent at all.

// goneUnseen holds where the server's host had lost the connection when the client closed it, and nothing that was captured had ended it.
func (v *view) goneUnseen() bool {
	if !v.closedBy(client) || v.Sides[server].Fin.Happened() || v.answeredAstray() {
		return false
	}
	x := firstReset(v.Record, func(x *flow.Reset) bool { return x.By == server && x.Frame > v.cause.Frame })
	return x != nil && x.Kind == flow.RSTNoSocket
}

// appendGoneUnseen says so.
func (v *view) appendGoneUnseen(b []byte) []byte {
	if !v.goneUnseen() {
		return b
	}
	return append(b, "; a RST without ACK answered that: the server's host, or a firewall in its name, knew no such connection by then, and no packet that was captured had ended it"...)
}

const fixGoneUnseen = "find out how the server's host lost the connection without a word to the client: its answer may have come to the client from another address, and been reset, because a NAT did not translate it back; a firewall on the server's host may have rejected it with a RST to the server (iptables -S OUTPUT); a NAT, load balancer or failover may have forgotten the connection or moved it; or a proxy or firewall drops it silently (HAProxy: silent-drop); a capture at the client, of all ports and addresses, shows what arrives there"
