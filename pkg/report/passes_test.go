package report

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sniscope/sniscope/pkg/diagnosis"
	"github.com/sniscope/sniscope/pkg/flow"
)

const listener = "10.0.0.5:443"

// passAt and failAt are connections for a name that begin so long after the first.
func passAt(conn uint64, after time.Duration, name string) *made {
	return passed(conn, conn*10, after.Microseconds(), "10.0.1.1:1", listener, name)
}

func failAt(conn uint64, after time.Duration, name string) *made {
	return connection(conn, conn*10, after.Microseconds(), "10.0.2.1:1", listener).hello(name).closed(flow.Server, flow.CloseRST, 1).
		verdict(diagnosis.HelloReset, diagnosis.Error, diagnosis.Certain, "", "")
}

// inTurn are connections of a kind, a second apart.
func inTurn(n uint64, conn uint64, from time.Duration, name string, make func(uint64, time.Duration, string) *made) (rows []*Row) {
	for i := range n {
		rows = append(rows, make(conn+i, from+time.Duration(i)*time.Second, name).row())
	}
	return rows
}

// A certificate that is replaced, or a deploy: a name that went through before fails from then on, whatever becomes of others.
func TestNamesThatSucceededBeforeOrAfter(t *testing.T) {
	others := append(inTurn(20, 100, 0, "b.example", passAt), passAt(120, time.Minute, "b.example").row())
	for _, tc := range []struct {
		name       string
		pass, fail []*Row
		want       string
	}{
		{"before", inTurn(3, 1, 0, "a.example", passAt), inTurn(3, 20, 10*time.Second, "a.example", failAt), "with SNI: 24 of 27 succeeded, 3 with this name, all before the first of these"},
		{"after", inTurn(3, 1, 10*time.Second, "a.example", passAt), inTurn(3, 20, 0, "a.example", failAt), "with SNI: 24 of 27 succeeded, 3 with this name, all after the last of these"},
		{"in between", inTurn(3, 1, time.Second, "a.example", passAt), inTurn(3, 20, 2*time.Second, "a.example", failAt), "with SNI: 24 of 27 succeeded, 3 with this name"},
		{"just before the end", inTurn(10, 1, 0, "a.example", passAt), []*Row{
			failAt(20, 9100*time.Millisecond, "a.example").row(), failAt(21, 9200*time.Millisecond, "a.example").row(), failAt(22, 9300*time.Millisecond, "a.example").row(),
		}, "with SNI: 31 of 34 succeeded, 10 with this name"},
		{"just behind the beginning", inTurn(10, 1, time.Second, "a.example", passAt), []*Row{
			failAt(20, 700*time.Millisecond, "a.example").row(), failAt(21, 800*time.Millisecond, "a.example").row(), failAt(22, 900*time.Millisecond, "a.example").row(),
		}, "with SNI: 31 of 34 succeeded, 10 with this name"},
		{"too few succeeded", inTurn(2, 1, 0, "a.example", passAt), inTurn(3, 20, 10*time.Second, "a.example", failAt), "with SNI: 23 of 26 succeeded, 2 with this name"},
		{"too few failed", inTurn(3, 1, 0, "a.example", passAt), inTurn(2, 20, 10*time.Second, "a.example", failAt), "with SNI: 24 of 26 succeeded, 3 with this name"},
		{"of one the time is not known", append(inTurn(2, 1, 0, "a.example", passAt), passAt(3, 0, "a.example").untimed().row()),
			inTurn(3, 20, 10*time.Second, "a.example", failAt), "with SNI: 24 of 27 succeeded, 3 with this name"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			holds(t, summaryOf(append(append(tc.pass, others...), tc.fail...)), tc.want)
		})
	}
	// Somebody who tries what works and then what does not has as much.
	short := append(inTurn(3, 1, 0, "a.example", passAt), inTurn(3, 20, 10*time.Second, "a.example", failAt)...)
	holds(t, summaryOf(short), "with SNI: 3 of 6 succeeded")
}

// A client that fails at several servers alone is compared with what became of others at all of these.
func TestNamesOfAClientThatFailsAtSeveralServers(t *testing.T) {
	rows := append(inTurn(5, 1, 0, "a.example", passAt), passed(9, 90, 60_000_000, "10.0.1.1:1", "10.0.0.9:443", "").row())
	rows = append(rows, inTurn(2, 20, 10*time.Second, "a.example", failAt)...)
	for _, row := range inTurn(2, 30, 12*time.Second, "b.example", failAt) {
		row.Record.Endpoints[flow.Server] = addrPort(10, 6)
		rows = append(rows, row)
	}
	holds(t, summaryOf(rows), "with SNI: 5 of 9 succeeded, all before the first of these")

	// Where one of the servers lacks a name that succeeded, those that are known are not all; one that was handed on may be known twice.
	for _, spoil := range []func(*contrast){
		func(c *contrast) { c.servers[c.index[service{AddrPort: addrPort(10, 6)}]].unnamed = true },
		func(c *contrast) { c.handed[handedOn{first: 7, other: 8}] = score{} },
	} {
		s := NewSummary(false)
		for _, row := range rows {
			s.Add(row)
		}
		spoil(&s.contrast)
		holds(t, strings.Join(s.digest(false).causes[0].notes, "\n"), "with SNI: 5 of 9 succeeded")
	}

	for _, row := range rows[8:] { // those at one of the servers
		row.Record.Start -= int64(11 * time.Second)
	}
	holds(t, summaryOf(rows), "with SNI: 5 of 9 succeeded")
}

// Places of capture have a clock each, which shows where a handshake is seen at two of them.
func TestTimesOfSeveralPlacesAreNotCompared(t *testing.T) {
	rows := append(inTurn(3, 1, 0, "a.example", passAt), inTurn(3, 20, 2*time.Minute, "a.example", failAt)...)
	again := passAt(30, 3*time.Minute, "a.example").row()
	again.SameAs = 1
	for several, want := range map[bool]string{
		false: "with SNI: 3 of 6 succeeded, all before the first of these",
		true:  "with SNI: 3 of 6 succeeded",
	} {
		s := NewSummary(several)
		for _, row := range append(rows, again) {
			s.Add(row)
		}
		got := strings.Join(s.digest(false).causes[0].notes, "\n")
		holds(t, got, want)
		if strings.Contains(got, "\nall ") == several {
			t.Errorf("of several captures: %t:\n%s", several, got)
		}
	}
}

// A restart: all that failed did so within a small part of the time.
func TestPeriodOfACause(t *testing.T) {
	for _, tc := range []struct {
		name string
		fail []*Row
		want string
	}{
		{"of a few seconds", inTurn(3, 20, 30*time.Second, "b.example", failAt), "all between 08:38:06 and 08:38:08"},
		{"within a second", []*Row{failAt(20, 30*time.Second, "b.example").row(), failAt(21, 30*time.Second, "b.example").row(), failAt(22, 30*time.Second, "b.example").row()}, "all at 08:38:06"},
		{"too few", inTurn(2, 20, 30*time.Second, "b.example", failAt), ""},
		{"for long", inTurn(40, 20, 30*time.Second, "b.example", failAt), ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			rows := append(inTurn(2, 1, 0, "a.example", passAt), tc.fail...)
			if got := summaryOf(append(rows, inTurn(2, 90, 70*time.Second, "a.example", passAt)...)); tc.want != "" {
				holds(t, got, tc.want)
			} else if strings.Contains(got, "\nall ") {
				t.Errorf("a period is said:\n%s", got)
			}
		})
	}
	short := append(inTurn(2, 1, 0, "a.example", passAt), inTurn(3, 20, 30*time.Second, "b.example", failAt)...)
	if got := summaryOf(append(short, inTurn(2, 90, 50*time.Second, "a.example", passAt)...)); strings.Contains(got, "\nall ") {
		t.Errorf("a period of a short capture is said:\n%s", got)
	}

	s, c := NewSummary(false), cause{count: 9, servers: []tallied[service]{{}}}
	s.timed, s.start, s.end = true, epoch, epoch+shortestSpan
	for more, want := range map[uint64]bool{0: true, 1: false} {
		if c.moreServers = more; (s.periodNote(&c) != "") != want {
			t.Errorf("beside %d of which the time is not kept: %q", more, s.periodNote(&c))
		}
	}
}

// TestNamesThatSucceededAreBounded: of a server that lacks one nothing is said of names.
func TestNamesThatSucceededAreBounded(t *testing.T) {
	s := NewSummary(false)
	for i := range uint64(maxNames + 1) {
		s.Add(passAt(i+1, 0, fmt.Sprintf("n%d.example", i)).row())
	}
	s.Add(failAt(maxNames+2, 0, "a.example").row())
	if n := len(s.contrast.names); n != maxNames {
		t.Errorf("%d names are kept", n)
	}
	if notes := s.digest(false).causes[0].notes; strings.Contains(strings.Join(notes, "\n"), "with this name") {
		t.Errorf("%q", notes)
	}
}
