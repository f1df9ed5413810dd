package diagnosis

import (
	"time"

	"github.com/sniscope/sniscope/pkg/flow"
)

// connectionRefused: the SYN is answered with RST+ACK (RFC 9293, Section 3.10.7.1).
var connectionRefused = rule{
	code:  ConnectionRefused,
	needs: noPayload | serverReset,
	when: func(v *view) truth {
		withData := v.onlyWithSYN()
		if !v.SYN.Happened() || v.SYNACK.Happened() || !v.resetBy(server) || v.payloadBehindSYN() || withData && !v.noSocket(server) {
			return no
		}
		if v.replyMissed() || !withData && v.clientSpoke() != no { // the client had its SYN-ACK: the RST answers something later
			return unknown
		}
		return yes
	},
	then: func(v *view) finding {
		c := Certain
		if v.cause.RST == flow.RSTAbortive {
			c = Possible // with the window of a live connection: its SYN-ACK may not have been captured
		}
		return finding{severity: v.weight(), confidence: c, at: v.cause.Event, shown: [4]flow.Event{v.SYN}}
	},
	say: func(v *view, b []byte) []byte {
		b = v.appendDuration(append(v.appendServer(b), " answered the SYN with RST in "...), v.quiet(v.SYN.Time))
		if v.cause.RST == flow.RSTAbortive {
			b = append(b, "; the RST has the window of a live connection, so the SYN-ACK may not have been captured"...)
		}
		return v.appendAskedOn(b)
	},
	fix: func(v *view) string {
		return v.fixPortAccepted("check whether the server was down or restarting just then, or a firewall with a limit refused in its place: the port took other connections of this capture")
	},
}

// appendAskedOn says that the client sent its SYN for much longer than a client does that has the RST: Windows, which asks on all the
// same, has done so after a second.
func (v *view) appendAskedOn(b []byte) []byte {
	behind := time.Duration(v.Ending.End - v.cause.Time)
	if v.Sides[client].SYNs < 2 || behind < 2*patience {
		return b
	}
	b = appendTimes(append(b, "; the client sent its SYN "...), v.Sides[client].SYNs)
	return append(v.appendDuration(append(b, ", for "...), behind), ", so the RST may not reach it, as where a firewall drops it"...)
}
