package diagnosis

import (
	"fmt"
	"strings"
	"time"

	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/flow"
)

// incompleteCapture: the capture lacks what a verdict needs. It is never reached in order of precedence: the
// first rule that may hold for all the capture shows brings it about, and so does the want of any rule that holds.
var incompleteCapture = rule{
	code: IncompleteCapture,
	when: func(*view) truth { return no },
	then: func(v *view) finding {
		f := finding{severity: Info, confidence: Certain, at: v.latest(), shown: [4]flow.Event{v.SYN, v.Hello.Start, v.Hello.End}}
		return f
	},
	say: func(v *view) string {
		why := v.whyIncomplete()
		if v.nothingMissing() {
			return "the connection ended too early to tell what became of it: " + v.howFar()
		}
		if len(why) == 0 {
			why = append(why, v.howFar())
		}
		return "not enough was captured to tell what became of the connection: " + strings.Join(why, ", ")
	},
	fix: func(v *view) string {
		if v.nothingMissing() {
			return "nothing is missing from the capture; look in the logs of client and server for why the connection ended there"
		}
		return ""
	},
}

// nothingMissing holds when the connection was captured from its beginning to its end, so that to capture again would
// show no more.
func (v *view) nothingMissing() bool {
	return v.cause.Kind != CauseNone && v.Ending.Incomplete|v.Hello.Incomplete == 0 && len(v.whyIncomplete()) == 0
}

var incompleteReasons = [...]struct {
	reason flow.Incomplete
	text   string
}{
	{flow.IncompleteOneSided, "only one direction was seen"},
	{flow.IncompleteMid, "the capture began after the connection"},
	{flow.IncompleteSnaplen, "packets were cut short (snaplen)"},
	{flow.IncompleteGap, "packets in between are missing"},
	{flow.IncompleteLimit, "the handshake is longer than what is reassembled"},
	{flow.IncompleteEvicted, "the table of connections was full"},
}

// whyIncomplete lists what is missing, by what the connection's facts say.
func (v *view) whyIncomplete() (why []string) {
	set := v.Ending.Incomplete | v.Hello.Incomplete
	for _, r := range incompleteReasons {
		if set&r.reason != 0 {
			why = append(why, r.text)
		}
	}
	for _, s := range [...]flow.Side{client, server} {
		if n := v.Sides[s].Unseen; n > 0 {
			who := "client"
			if s == server {
				who = "server"
			}
			why = append(why, fmt.Sprintf("the last %s of the %s were not captured", count(n, "byte"), who))
		}
	}
	return why
}

// howFar says how far the connection got and when the capture ended.
func (v *view) howFar() string {
	at := v.latest()
	if v.cause.Kind != CauseNone {
		return fmt.Sprintf("it was %s, and %s", v.stageWords(), v.whoEnded())
	}
	return fmt.Sprintf("the capture ended %s after %s", v.span(time.Duration(v.now-at.Time)), v.latestWords())
}

func (v *view) whoEnded() string {
	switch v.cause.By {
	case client:
		return "the client sent " + v.causeWords()
	case server:
		return "the server sent " + v.causeWords()
	}
	return v.causeWords() + " came"
}

func (v *view) stageWords() string {
	if v.Hello.State == conversation.HelloPartial {
		return fmt.Sprintf("in the middle of %s-byte ClientHello", a(v.Hello.Bytes))
	}
	return "at the stage " + v.Stage.String()
}

// latest is the last of the moments that mark a connection's progress, its first packet where there is none.
func (v *view) latest() flow.Event {
	last := flow.Event{Frame: v.Opening.First, Time: v.Start}
	for _, e := range [...]flow.Event{
		v.SYN, v.SYNACK, v.Opening.Established, v.FirstData[client], v.FirstData[server], v.Hello.Start, v.Hello.End,
		v.Sides[client].LastData, v.Sides[server].LastData, v.ICMP.Event, v.cause.Event,
	} {
		if e.Frame > last.Frame {
			last = e
		}
	}
	return last
}

func (v *view) latestWords() string {
	switch {
	case v.Server.First.Happened():
		return "the last byte of the handshake"
	case v.helloSeen():
		return "the ClientHello"
	case v.FirstData[client].Happened() || v.FirstData[server].Happened():
		return "the last byte"
	case v.Opening.Established.Happened():
		return "the connection was set up, and nobody had sent a byte"
	case v.SYNACK.Happened():
		return "the SYN-ACK"
	}
	return "the SYN"
}
