package diagnosis

import (
	"fmt"
	"math/bits"
	"strings"

	"github.com/sniscope/sniscope/pkg/flow"
)

// resetInjected: the RSTs of the side that ended the connection bear two or more marks of a packet that this side
// did not make. Each mark alone is seen in healthy traffic.
var resetInjected = rule{
	code: ResetInjected,
	when: func(v *view) truth { return is(bits.OnesCount8(uint8(v.signs())) >= 2) },
	then: func(v *view) finding {
		f := atCause(v, Error, Probable)
		n := 1
		for i := range v.Resets {
			if x := &v.Resets[i]; x.By == v.cause.By && x.Signs != 0 && n < len(f.shown) {
				f.shown[n] = x.Event
				n++
			}
		}
		return f
	},
	say: func(v *view) string {
		return fmt.Sprintf("the RST that ends the connection to server %s %s after the hello was hardly sent by it: %s",
			v.serverAddr(), span(since(v.Record, v.cause.Event)), signWords(v.signs()))
	},
}

// signs are the marks of injection on all RSTs of the side whose RST ended the connection.
func (v *view) signs() (s flow.Signs) {
	if v.cause.Kind != CauseRST {
		return 0
	}
	for i := range v.Resets {
		if v.Resets[i].By == v.cause.By {
			s |= v.Resets[i].Signs
		}
	}
	return s
}

// doubted lowers what is concluded from a RST that bears one mark of injection to possible, except where the
// contrast within one client is proof enough.
func (v *view) doubted(f finding) finding {
	if v.signs() != 0 && !(v.noSNI() == yes && v.c.SameClient[WithSNI] && f.confidence == Certain) {
		f.confidence = Possible
	}
	return f
}

var signNames = [...]struct {
	sign flow.Signs
	text string
}{
	{flow.SignTTL, "a TTL that its sender never used before"},
	{flow.SignIPID, "an IP-ID far from its sender's sequence"},
	{flow.SignWindow, "a sequence number outside the window"},
	{flow.SignDataAfter, "its sender went on with new data"},
	{flow.SignAcks, "several RSTs whose acknowledgments differ"},
	{flow.SignTooSoon, "it came sooner than the server could have answered"},
}

func signWords(s flow.Signs) string {
	var words []string
	for _, n := range signNames {
		if s&n.sign != 0 {
			words = append(words, n.text)
		}
	}
	return strings.Join(words, ", ")
}
