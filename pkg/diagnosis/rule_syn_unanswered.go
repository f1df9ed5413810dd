package diagnosis

import (
	"strconv"
	"time"

	"github.com/sniscope/sniscope/pkg/flow"
)

// synUnanswered: a SYN sent again without an answer; or one SYN and nothing for 3 s while other packets of that
// server were seen; or a SYN-ACK sent again and never acknowledged, which is the same with the reply lost.
var synUnanswered = rule{
	code:  SYNUnanswered,
	needs: noPayload,
	when: func(v *view) truth {
		if v.Transport != flow.TCP || v.payloadBehindSYN() {
			return no
		}
		return either(v.noReply(), v.replyLost())
	},
	then: func(v *view) finding {
		c := Certain
		switch {
		case v.Sides[client].SYNs == 1 && !v.SYNACK.Happened():
			c = Possible // a client that had no answer would have sent it again by now, unless it gave up at once
		case v.waited(v.Ending.End, lastChance) != yes:
			c = Probable // the answer to the last one may have come after the capture
		}
		at := v.SYN
		if v.SYNACK.Happened() {
			at = v.SYNACK
		}
		return finding{severity: v.weight(), confidence: c, at: at, shown: [4]flow.Event{v.SYN}}
	},
	say: (*view).appendSYNUnanswered,
	fix: func(v *view) string {
		return v.fixPortAccepted("check whether the server's queue of connections is full (ListenOverflows in nstat) or a firewall has a limit or a rule for this client: the port took other connections of this capture")
	},
}

// noReply is whether the server left the SYN without any answer.
func (v *view) noReply() truth {
	switch {
	case !v.SYN.Happened() || v.Packets[server] > 0 || v.cause.By == server:
		return no
	case v.evicted():
		return unknown
	case v.Sides[client].SYNs > 1:
		return yes
	case v.leftBy(client):
		return no
	case v.c.ServerSeen:
		return v.waited(v.SYN.Time, unansweredSYN)
	}
	return unknown
}

// replyLost is whether the server's SYN-ACK was sent again and did not arrive.
func (v *view) replyLost() truth {
	lost := v.SYNACK.Happened() && v.Sides[server].SYNs > 1 && !v.Opening.Established.Happened()
	return is(lost && v.cause.Kind == CauseNone)
}

func (v *view) appendSYNUnanswered(b []byte) []byte {
	b = v.appendServer(b)
	if v.SYNACK.Happened() {
		b = append(b, " sent its SYN-ACK "...)
		b = appendTimes(b, v.Sides[server].SYNs)
		return append(b, " and the client never acknowledged it: the reply is lost on its way"...)
	}
	b = append(b, " did not answer the SYN, sent "...)
	b = appendTimes(b, v.Sides[client].SYNs)
	b = append(b, ", in "...)
	return v.appendDuration(b, v.unansweredFor())
}

// unansweredFor is for how long the SYN had no answer. One that comes when the connection was given up is another's, although the
// capture goes on.
func (v *view) unansweredFor() time.Duration {
	sent := time.Duration(v.Ending.End - v.SYN.Time)
	return min(v.quiet(v.SYN.Time), sent+flow.PatienceForSYN(sent))
}

func appendTimes(b []byte, n uint32) []byte {
	if n == 1 {
		return append(b, "once"...)
	}
	return append(strconv.AppendUint(b, uint64(n), 10), " times"...)
}
