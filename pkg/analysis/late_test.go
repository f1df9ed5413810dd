package analysis_test

import (
	"cmp"
	"slices"
	"testing"
	"time"

	"github.com/sniscope/sniscope/pkg/diagnosis"
	"github.com/sniscope/sniscope/pkg/flow"
)

// TestServerCapturedLate has all that servers send captured a millisecond late, as where a tap gives each direction to another
// interface. What a server says in the clear to a hello is then captured behind the client's close, which answers it; the verdict
// names it all the same.
func TestServerCapturedLate(t *testing.T) {
	overCaptures(t, func(t *testing.T, l *lane, packets []taken, whole []found) {
		known := byEndpoints(whole)
		late := slices.Clone(packets)
		for i := range late {
			p := &late[i]
			if same := known[ordered(p.from, p.to)]; len(same) == 1 && same[0].record.Endpoints[flow.Server] == p.from {
				p.Time += int64(time.Millisecond)
			}
		}
		slices.SortStableFunc(late, func(a, b taken) int { return cmp.Compare(a.Time, b.Time) })
		for _, got := range l.run(t, late) {
			for _, want := range known[endpointsOf(&got.record)] {
				if refusedInTheClear(want) && got.verdict.Code != want.verdict.Code && got.verdict.Code != diagnosis.IncompleteCapture {
					t.Errorf("%v is %s, and in order %s", got.record.Endpoints, got.verdict.Code, want.verdict.Code)
				}
			}
		}
	})
}

// refusedInTheClear reports whether a server answered a hello over TCP with an alert and nothing else.
func refusedInTheClear(f *found) bool {
	r := &f.record
	a := &r.Alerts[flow.Server]
	return r.Transport == flow.TCP && f.verdict.Severity == diagnosis.Error && !r.Server.Hello.Happened() && a.Happened() && !a.Encrypted && !a.Late
}
