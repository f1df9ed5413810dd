package analysis_test

import (
	"cmp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sniscope/sniscope/pkg/decode"
	"github.com/sniscope/sniscope/pkg/diagnosis"
	"github.com/sniscope/sniscope/pkg/flow"
)

// TestServerCapturedLate has all that servers send captured a millisecond late, as where a tap gives each direction to another
// interface. What a server says in the clear to a hello is then captured behind the client's close, which answers it; the verdict
// names it all the same. Nothing is certain then that is not so in order, and nothing that went through is an error.
func TestServerCapturedLate(t *testing.T) {
	overCaptures(t, func(t *testing.T, l *lane, packets []taken, whole []found) {
		known := byEndpoints(whole)
		late := delayed(packets, time.Millisecond, func(p *taken) bool {
			same := known[ordered(p.from, p.to)]
			return len(same) == 1 && same[0].record.Endpoints[flow.Server] == p.from
		})
		for _, got := range l.run(t, late) {
			for _, want := range known[endpointsOf(&got.record)] {
				if refusedInTheClear(want) && got.verdict.Code != want.verdict.Code && got.verdict.Code != diagnosis.IncompleteCapture {
					t.Errorf("%v is %s, and in order %s", got.record.Endpoints, got.verdict.Code, want.verdict.Code)
				}
			}
			if one := known[endpointsOf(&got.record)]; len(one) == 1 && (misled(one, &got.verdict) || spoilt(one[0], &got.verdict)) {
				t.Errorf("%v is %s, and in order %s", got.record.Endpoints, concluded(&got.verdict), concluded(&one[0].verdict))
			}
		}
	})
}

// TestDirectionsOutOfOrder has what one side sends captured late from the fourth packet of a connection on, so that only acknowledgments
// show it. Nothing is certain then but what is certain in order, or that nobody can tell.
func TestDirectionsOutOfOrder(t *testing.T) {
	overCaptures(t, func(t *testing.T, l *lane, packets []taken, whole []found) {
		known := byEndpoints(whole)
		for side := range flow.Side(2) {
			for _, d := range []time.Duration{time.Millisecond, 5 * time.Millisecond, 20 * time.Millisecond} {
				packet := map[endpoints]int{}
				late := delayed(packets, d, func(p *taken) bool {
					e := ordered(p.from, p.to)
					same := known[e]
					if packet[e]++; p.flag(decode.SYN) {
						packet[e] = min(packet[e], 2)
					}
					return len(same) > 0 && same[0].record.Endpoints[side] == p.from && packet[e] > 3
				})
				for _, got := range l.run(t, late) {
					if misled(known[endpointsOf(&got.record)], &got.verdict) {
						t.Errorf("side %d %v late: %v is %s: %s", side, d, got.record.Endpoints, concluded(&got.verdict), got.verdict.Detail)
					}
				}
			}
		}
	})
}

// TestUpgradesCapturedLate has one side of a whole connection captured late. What asked for TLS before it began it has the diagnosis that it
// has in order, but for some that are refused in a byte.
func TestUpgradesCapturedLate(t *testing.T) {
	overCaptures(t, func(t *testing.T, l *lane, packets []taken, whole []found) {
		known := byEndpoints(whole)
		for side := range flow.Side(2) {
			for _, d := range []time.Duration{time.Millisecond, 5 * time.Millisecond, 50 * time.Millisecond} {
				late := delayed(packets, d, func(p *taken) bool {
					same := known[ordered(p.from, p.to)]
					return len(same) == 1 && upgraded(same[0]) && same[0].record.Endpoints[side] == p.from
				})
				for _, got := range l.run(t, late) {
					same := known[endpointsOf(&got.record)]
					if len(same) != 1 || !upgraded(same[0]) || got.verdict.Code == same[0].verdict.Code {
						continue
					}
					if refused := same[0].verdict.Code == diagnosis.STARTTLSRefused; !refused || got.verdict.Code != diagnosis.IncompleteCapture {
						t.Errorf("side %d %v late: %v is %s, and in order %s", side, d, got.record.Endpoints, concluded(&got.verdict), concluded(&same[0].verdict))
					}
				}
			}
		}
	})
}

// upgraded reports whether the client asked for TLS before it began it.
func upgraded(f *found) bool {
	return slices.ContainsFunc(f.record.Carrier, func(c string) bool { return strings.HasPrefix(c, "starttls-") })
}

// misled reports whether a verdict is certain that none in order bears out.
func misled(inOrder []*found, got *diagnosis.Verdict) bool {
	if got.Confidence != diagnosis.Certain || got.Code == diagnosis.IncompleteCapture {
		return false
	}
	return !slices.ContainsFunc(inOrder, func(f *found) bool { return f.verdict.Code == got.Code && f.verdict.Severity == got.Severity })
}

// spoilt reports whether a verdict makes an error of what went through.
func spoilt(inOrder *found, got *diagnosis.Verdict) bool {
	return inOrder.verdict.Severity == diagnosis.OK && got.Severity == diagnosis.Error
}

// delayed has the packets that it is to be about captured late.
func delayed(packets []taken, d time.Duration, about func(p *taken) bool) []taken {
	late := slices.Clone(packets)
	for i := range late {
		if about(&late[i]) {
			late[i].Time += int64(d)
		}
	}
	slices.SortStableFunc(late, func(a, b taken) int { return cmp.Compare(a.Time, b.Time) })
	return late
}

// refusedInTheClear reports whether a server answered a hello over TCP with an alert and nothing else.
func refusedInTheClear(f *found) bool {
	r := &f.record
	a := &r.Alerts[flow.Server]
	return r.Transport == flow.TCP && f.verdict.Severity == diagnosis.Error && !r.Server.Hello.Happened() && a.Happened() && !a.Encrypted && !a.Late
}
