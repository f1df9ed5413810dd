package diagnosis

import (
	"strconv"

	"github.com/sniscope/sniscope/pkg/decode"
	"github.com/sniscope/sniscope/pkg/flow"
)

// What the client had when it left. Its FIN, and a RST with ACK, acknowledge all that its host had received by then (RFC 9293, Section 3.4),
// wherever they were captured: what they do not cover, its program has not seen, and so cannot have rejected.

// proof is the packet with which the server shows who it is: with its certificate, or, where that is encrypted, with the beginning of what is.
func (v *view) proof() flow.Event {
	if v.Server.Certificate.Happened() {
		return v.Server.Certificate
	}
	return v.Server.Flight
}

// leftUnread holds where the client left over TCP without all that the server had sent by then.
func (v *view) leftUnread() bool {
	s := &v.Sides[server]
	return v.Transport == flow.TCP && v.leftBy(client) && s.Acked < s.Sent && v.before(s.LastData) && v.leftAcking()
}

// leftAcking holds where what the client left with acknowledges no more than what went before.
func (v *view) leftAcking() bool {
	if v.closedBy(client) {
		return true
	}
	x := firstReset(v.Record, func(x *flow.Reset) bool { return x.Frame == v.cause.Frame })
	return x != nil && x.Flags.Has(decode.ACK) && x.InWindow && uint64(x.Ack) <= v.Sides[server].Acked+1
}

// leftWithout holds where that is known of a packet of the server: the client had acknowledged what came before it, and no more after
// that. Where the directions were captured one behind the other, that says nothing.
func (v *view) leftWithout(e flow.Event) bool {
	return v.leftUnread() && !v.Disordered() && v.Sides[server].AckedAt.Frame < e.Frame
}

// appendUnread says how much of the server's answer the client had.
func (v *view) appendUnread(b []byte) []byte {
	s := &v.Sides[server]
	if s.Acked == 0 {
		return append(b, "; it had acknowledged none of that"...)
	}
	b = strconv.AppendUint(append(b, "; it had acknowledged "...), s.Acked, 10)
	return append(appendCount(append(b, " of "...), s.Sent, "byte"), " of the server"...)
}
