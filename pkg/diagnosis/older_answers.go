package diagnosis

import (
	"slices"

	"github.com/sniscope/sniscope/pkg/flow"
)

// A server's host that still has an older connection of the client's port answers a SYN with an ACK of that (RFC 5961, Section 4). The client's
// host resets it then, and its next SYN is taken; unless that RST does not arrive.

// olderAnswers holds where the SYN was sent again and again and the server sent nothing but ACKs, none of them of it.
func (v *view) olderAnswers() bool {
	c, s := &v.Sides[client], &v.Sides[server]
	if v.Transport != flow.TCP || !v.SYN.Happened() || v.SYNACK.Happened() || s.SYNs > 0 || v.cause.Kind != CauseNone || !v.askedAgain() || v.evicted() {
		return false
	}
	if slices.ContainsFunc(v.Resets, func(x flow.Reset) bool { return x.By != client }) {
		return false
	}
	return v.Packets[server] > 0 && c.Acked == 0 && c.Unseen == 0 && !v.Opening.Established.Happened() && v.Packets[client] <= uint64(c.SYNs)+uint64(len(v.Resets))
}

func (v *view) ofOlderAnswers() finding {
	return finding{severity: v.weight(), confidence: Probable, at: v.SYN}
}

func (v *view) appendOlderAnswers(b []byte) []byte {
	b = appendTimes(append(v.appendServer(b), " answered the SYN, sent "...), v.Sides[client].SYNs)
	b = v.appendDuration(append(b, ", with nothing but an ACK that is not of it in "...), v.unansweredFor())
	return append(b, ": its host still has an older connection of this address and port of the client"...)
}

const fixOlderAnswers = "find what drops the RST by which the client's host answers that ACK, and which would end the older connection: a firewall on the client's host or on the way that takes it for invalid, or a path past it; or have the NAT or proxy before the server, or the client, not use a port again so soon after it forgot a connection of it"
