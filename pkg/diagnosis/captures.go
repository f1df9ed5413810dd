package diagnosis

import (
	"math"
	"time"

	"github.com/sniscope/sniscope/pkg/conversation"
)

// Where both ends of a connection were captured, or packets are given twice, it counts once: twice it would be proof of what one alone does
// not show.

// Timeline says of a connection in which place it was captured, and up to when.
type Timeline struct {
	Capture int           // how often NextCapture was called before
	End     int64         // time of its last packet, or of its last before a Lull
	Lull    time.Duration // for how long the capture had no packet at all then, before it went on; else 0
}

// CompareCaptures has the Tally look for the same connection in several captures. In one, it looks beyond a NAT only.
func (t *Tally) CompareCaptures() { t.captures = true }

// NextCapture says that what is added from now on was captured in another place.
func (t *Tally) NextCapture() { t.capture++ }

// counted reports whether the handshake was counted in an earlier capture, and remembers it else. It is the same by its endpoints and its
// hello: behind a NAT it is another, which is not known to who counts it.
func (t *Tally) counted(r *conversation.Record) bool {
	if !t.captures || r.Hello.State != conversation.HelloComplete {
		return false
	}
	at, number := t.hellos.at(helloKey(r)), uint16(min(t.capture+1, math.MaxUint16))
	if at == nil {
		return false
	}
	if *at == 0 {
		*at = number
	}
	return *at != number
}
