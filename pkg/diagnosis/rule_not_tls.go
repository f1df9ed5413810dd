package diagnosis

import (
	"github.com/sniscope/sniscope/pkg/flow"
)

// notTLS: payload was seen and none of it is TLS, from either side, however the connection ended. QUIC and DTLS are nothing
// else, whatever could be read of them.
var notTLS = rule{
	code:  NotTLS,
	needs: noTLS,
	when: func(v *view) truth {
		if v.Transport != flow.TCP {
			return unknown
		}
		return is(v.payloadSeen() && !v.tlsSeen())
	},
	then: func(v *view) finding {
		f := finding{severity: OK, confidence: Certain, at: v.firstPayload(), shown: [4]flow.Event{v.FirstData[client], v.FirstData[server]}}
		if v.beginningMissing() {
			f.confidence = Probable
		}
		return f
	},
	say: func(v *view, b []byte) []byte {
		p := v.Protocol[client]
		if greeted := v.ServerFirst && !v.beginningMissing(); !plaintext(p) || p == "unknown" && greeted { // MySQL's clients answer the greeting so
			p = v.Protocol[server]
		}
		b = append(b, "no TLS from either side"...)
		if v.beginningMissing() {
			b = append(b, " in what was captured"...)
		}
		if !plaintext(p) || p == "unknown" {
			return b
		}
		return append(append(b, ": the first bytes are "...), p...)
	},
}

// beginningMissing holds where the first bytes of either side may not have been captured: a hello may have been among them, and
// the middle of TLS looks like anything.
func (v *view) beginningMissing() bool {
	return v.Ending.Incomplete&(flow.IncompleteMid|flow.IncompleteGap) != 0
}

func (v *view) payloadSeen() bool {
	return v.FirstData[client].Happened() || v.FirstData[server].Happened()
}

// payloadBehindSYN is the same for payload that only a connection which had been set up carries. What a client sends along with
// its SYN (RFC 7413), and again with that, does not show that there is one.
func (v *view) payloadBehindSYN() bool { return v.payloadSeen() && !v.onlyWithSYN() }

// onlyWithSYN holds where all payload is such.
func (v *view) onlyWithSYN() bool {
	first := v.FirstData[client].Frame
	return first != 0 && first == v.SYN.Frame && first == v.Sides[client].LastData.Frame && !v.FirstData[server].Happened()
}

// unreceived holds where that may have reached nobody.
func (v *view) unreceived() bool { return v.onlyWithSYN() && !v.SYNACK.Happened() }

// firstPayload is the first packet with payload of either side.
func (v *view) firstPayload() flow.Event {
	a, b := v.FirstData[client], v.FirstData[server]
	if !a.Happened() || b.Happened() && b.Frame < a.Frame {
		return b
	}
	return a
}
