package report

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/sniscope/sniscope/pkg/analysis"
	"github.com/sniscope/sniscope/pkg/diagnosis"
	"github.com/sniscope/sniscope/pkg/flow"
)

// What a proxy at 10.0.0.5 hands on, in captures made at the proxy, which show both legs, and at the backend, which show one.
const (
	atProxy, atBackend = "gateway.pcap", "backend.pcap"
	front, backend     = "10.0.0.5:443", "172.16.0.11:8443"
)

// leg is a connection with a finding that shows the same hello as the connection of number first, 0 for the first of all.
func leg(conn, first uint64, capture string, micros int64, client, server string, code diagnosis.Code) *made {
	row := connection(conn, 9*conn, micros, client, server).hello("a.example").closed(flow.Server, flow.CloseRST, 300_000).
		verdict(code, diagnosis.Error, diagnosis.Certain, "", "")
	row.SameAs, row.Capture = first, capture
	return row
}

// began sets the initial sequence number of the client.
func (row *made) began(isn uint32) *made {
	c := &row.Record.Sides[flow.Client]
	c.ISN, c.InitialSeq = true, isn
	return row
}

// TestLegInTwoCapturesCountsOnce: the backend shows again what the proxy shows, by a clock that is behind or ahead.
func TestLegInTwoCapturesCountsOnce(t *testing.T) {
	want := []string{
		"2 TLS connections: 2 with a finding",
		"1 more is a handshake seen a second time: behind a NAT or proxy, at another capture point, or in the same packets again",
		"1 hello-closed at " + front + ", from 10.0.0.1", "1 hello-reset at " + backend + ", from 172.16.0.1",
	}
	near := leg(1, 0, atProxy, 0, "10.0.0.1:1", front, diagnosis.HelloClosed).began(1).row()
	far := leg(2, 1, atProxy, 100, "172.16.0.1:1", backend, diagnosis.HelloReset).began(2).row()
	again := leg(3, 1, atBackend, 400_100, "172.16.0.1:1", backend, diagnosis.HelloReset).began(2).row()
	holds(t, summaryOf([]*Row{near, far, again}), append(want, "behind the NAT or proxy: 1 of them at "+backend+", hello-reset")...)

	again = leg(1, 0, atBackend, -399_900, "172.16.0.1:1", backend, diagnosis.HelloReset).began(2).row()
	near = leg(2, 1, atProxy, 0, "10.0.0.1:1", front, diagnosis.HelloClosed).began(1).row()
	far = leg(3, 1, atProxy, 100, "172.16.0.1:1", backend, diagnosis.HelloReset).began(2).row()
	got := summaryOf([]*Row{again, near, far})
	holds(t, got, append(want, "behind the NAT or proxy: 1 of them at "+backend+", hello-reset")...)
	if strings.Contains(got, "at "+front+", hello-closed") {
		t.Errorf("the proxy is behind its backend:\n%s", got)
	}
}

// TestLiveLegsEndInAnyOrder: which side is in front tells the one that began first, whichever ended first.
func TestLiveLegsEndInAnyOrder(t *testing.T) {
	var rows []*Row
	for i := range uint64(3) {
		micros, near, far := int64(i)*1000, 2*i+1, 2*i+2
		if i == 1 {
			near, far = far, near
		}
		pair := []*Row{
			leg(near, far, atProxy, micros, "10.0.0.1:1", front, diagnosis.HelloClosed).row(),
			leg(far, near, atProxy, micros+100, "172.16.0.1:1", backend, diagnosis.HelloReset).row(),
		}
		if i == 1 {
			slices.Reverse(pair)
		}
		pair[0].SameAs = 0
		rows = append(rows, pair...)
	}
	got := summaryOf(rows)
	holds(t, got, "3 hello-closed at "+front+", from 10.0.0.1", "behind the NAT or proxy: 3 of them at "+backend+", hello-reset")
	if n := strings.Count(got, "behind the NAT or proxy: "); n != 1 {
		t.Errorf("each of two servers is behind the other:\n%s", got)
	}
}

// TestLiveFindingCountsInFront: what fails in the same way on both sides counts for the side that began first, with its client, whichever
// ended first.
func TestLiveFindingCountsInFront(t *testing.T) {
	failed := func(conn, first uint64, micros int64, client, server, name string) *Row {
		row := connection(conn, 9*conn, micros, client, server).hello(name).closed(flow.Server, flow.CloseRST, 300_000).
			verdict(diagnosis.HelloReset, diagnosis.Error, diagnosis.Certain, "", "")
		row.SameAs = first
		return row.row()
	}
	const client, host = "10.0.0.1:1", "172.16.0.1:1"
	const inFront = "2 hello-reset at " + front + ", from 2 clients: 10.0.0.1, 10.0.0.2"
	one := []*Row{failed(1, 0, 0, client, front, "a.example"), failed(2, 1, 100, host, backend, "a.example")}
	other := []*Row{failed(3, 0, 1100, host, backend, "b.example"), failed(4, 3, 1000, "10.0.0.2:1", front, "b.example")}
	got := summaryOf(slices.Concat(one, other))
	holds(t, got, "2 TLS connections: 2 with a finding", inFront, "2 names: a.example, b.example")
	if strings.Contains(got, "at "+backend) {
		t.Errorf("what counts in front counts behind it:\n%s", got)
	}
	direct := []*Row{failed(5, 0, 0, host, backend, ""), failed(6, 0, 0, host, backend, "")}
	got = summaryOf(slices.Concat(direct[:1], other, direct[1:], one))
	holds(t, got, inFront, "2 hello-reset at "+backend+", from 172.16.0.1", "with SNI: 0 of 2 succeeded; without: 0 of 2")
}

// TestTriesOfAProxyAreSideBySide: of two backends that a proxy tries one after the other none is behind the other.
func TestTriesOfAProxyAreSideBySide(t *testing.T) {
	const other = "172.16.0.12:8443"
	tried := leg(1, 0, atBackend, -400_000, "172.16.0.1:1", backend, diagnosis.HelloReset).row()
	near := leg(2, 1, atProxy, 0, "10.0.0.1:1", front, diagnosis.HelloClosed).row()
	near.Record.End += 50_000_000
	again := leg(3, 1, atProxy, 100, "172.16.0.1:1", backend, diagnosis.HelloReset).row()
	next := leg(4, 1, atProxy, 20_000, "172.16.0.1:2", other, diagnosis.TLSToPlaintextPort).row()
	got := summaryOf([]*Row{tried, near, again, next})
	holds(t, got, "behind the NAT or proxy: 1 of them at "+backend+", hello-reset; 1 of them at "+other+", tls-to-plaintext-port")
	if n := strings.Count(got, "behind the NAT or proxy: "); n != 1 {
		t.Errorf("a backend is behind another one:\n%s", got)
	}
}

// leg is the same handshake as a connection of number first, in a capture.
func (row *made) leg(first uint64, capture string) *Row {
	row.SameAs, row.Capture = first, capture
	return row.row()
}

// TestEachServerCountsWhatWasHandedOn: what a proxy handed on succeeded, or failed, at the backend too, and once there however many
// captures show it.
func TestEachServerCountsWhatWasHandedOn(t *testing.T) {
	const proxy, host = "10.0.0.1:1", "172.16.0.1:1"
	rows := []*Row{
		passed(1, 10, 0, proxy, front, "a.example").leg(0, atProxy),
		passed(2, 20, 100, host, backend, "a.example").leg(1, atProxy),
		leg(3, 0, atProxy, 200, proxy, front, diagnosis.HelloClosed).row(),
		leg(4, 3, atProxy, 300, host, backend, diagnosis.HelloReset).row(),
	}
	atFront, behind := "1 hello-closed at "+front+", from 10.0.0.1", "1 hello-reset at "+backend+", from 172.16.0.1"
	const score = "with SNI: 1 of 2 succeeded"
	for _, again := range [][]*Row{nil, {
		passed(5, 30, 100, host, backend, "a.example").leg(1, atBackend),
		leg(6, 3, atBackend, 300, host, backend, diagnosis.HelloReset).row(),
	}} {
		got := summaryOf(append(slices.Clone(rows), again...))
		holds(t, got, atFront, behind)
		if n := strings.Count(got, score); n != 2 {
			t.Errorf("%q is said %d times:\n%s", score, n, got)
		}
	}
}

// TestWithoutSNIBesideWhatWasHandedOn: what failed with a name at a backend failed in front of it in the same way, and counts there.
func TestWithoutSNIBesideWhatWasHandedOn(t *testing.T) {
	rows := []*Row{
		noSNIReset(1, 10, 0, "172.16.0.1:1", backend).row(),
		passed(2, 20, 0, "172.16.0.1:2", backend, "").row(),
		leg(3, 0, atProxy, 200, "10.0.0.1:1", front, diagnosis.HelloReset).row(),
		leg(4, 3, atProxy, 300, "172.16.0.1:3", backend, diagnosis.HelloReset).row(),
	}
	holds(t, summaryOf(rows), "with SNI: 0 of 1 succeeded; without: 1 of 2")
}

// TestClientsThatSucceedFromBehindANAT: the client that fails before the NAT is one of those that succeed behind it, whichever capture
// has shown it first.
func TestClientsThatSucceedFromBehindANAT(t *testing.T) {
	inside, outside := "10.0.0.1:1", "192.0.2.1:1"
	for _, capture := range [][2]string{{inside, outside}, {outside, inside}} {
		for _, failing := range capture {
			rows := []*Row{
				passed(1, 10, 0, capture[0], front, "a.example").leg(0, atProxy),
				passed(2, 20, 100, capture[1], front, "a.example").leg(1, atBackend),
				leg(3, 0, atProxy, 200, failing, front, diagnosis.HelloReset).row(),
			}
			got := summaryOf(rows)
			holds(t, got, "with SNI: 1 of 2 succeeded")
			if strings.Contains(got, "only clients in") {
				t.Errorf("%s fails, and succeeded:\n%s", failing, got)
			}
		}
	}
}

// TestHandedOnFromOneToTheOther: a handshake that came to two servers of one cause is one there.
func TestHandedOnFromOneToTheOther(t *testing.T) {
	rows := []*Row{
		passed(1, 10, 0, "10.0.0.1:1", front, "a.example").leg(0, atProxy),
		passed(2, 20, 100, "10.0.0.1:1", backend, "a.example").leg(1, atProxy),
		leg(3, 0, atProxy, 200, "10.0.0.1:2", front, diagnosis.HelloReset).row(),
		leg(4, 0, atProxy, 300, "10.0.0.1:3", backend, diagnosis.HelloReset).row(),
	}
	holds(t, summaryOf(rows), "2 hello-reset from 10.0.0.1, at 2 servers: "+front+", "+backend, "with SNI: 1 of 3 succeeded")
}

// TestSecondTryIsNoLegAgain: a proxy that is refused tries again, with the same hello. Each try counts, in whichever captures it is.
func TestSecondTryIsNoLegAgain(t *testing.T) {
	try := func(conn uint64, capture, client string, isn uint32) *Row {
		return leg(conn, 1, capture, int64(isn), client, backend, diagnosis.HelloReset).began(isn).row()
	}
	rows := []*Row{
		leg(1, 0, atProxy, 0, "10.0.0.1:1", front, diagnosis.HelloClosed).began(1).row(),
		try(2, atProxy, "172.16.0.1:1", 100), try(3, atProxy, "172.16.0.1:2", 200),
		try(4, atBackend, "172.16.0.1:1", 100), try(5, atBackend, "172.16.0.1:2", 200),
	}
	holds(t, summaryOf(rows), "3 TLS connections: 3 with a finding", "2 hello-reset at "+backend+", from 172.16.0.1")
}

// TestLegInTwoCapturesOfANarrowedReport: what is left out is not counted, and what is seen twice of the rest is so once.
// TestCannedHello counts each connection of a probe that sends the same hello time after time, as fast as that may be.
func TestCannedHello(t *testing.T) {
	const server = "10.0.0.5:443"
	probe := func(conn uint64, micros int64, isn uint32) *Row {
		row := noSNIReset(conn, conn*9, micros, fmt.Sprintf("10.0.0.1:%d", 40000+conn), server)
		row.SameAs = min(conn-1, 1)
		return row.began(isn).row()
	}
	holds(t, summaryOf([]*Row{probe(1, 0, 7), probe(2, 300_000, 8), probe(3, 600_000, 9)}), "3 TLS connections: 3 with a finding", "3 no-sni-reset at 10.0.0.5:443, from 10.0.0.1")
	// The same packets again, and another leg at the same time, are none of that.
	holds(t, summaryOf([]*Row{probe(1, 0, 7), probe(2, 300_000, 7), probe(3, 100, 9)}), "1 TLS connection: 1 with a finding")
}

func TestLegInTwoCapturesOfANarrowedReport(t *testing.T) {
	near := leg(1, 0, atProxy, 0, "10.0.0.1:1", front, diagnosis.HelloClosed).row()
	near.Scope = analysis.Apart
	far := leg(2, 1, atProxy, 100, "172.16.0.1:1", backend, diagnosis.HelloReset).row()
	again := leg(3, 1, atBackend, 100, "172.16.0.1:1", backend, diagnosis.HelloReset).row()
	holds(t, summaryOf([]*Row{near, far, again}), "1 TLS connection: 1 with a finding", "1 hello-reset at "+backend+", from 172.16.0.1")
}

// TestSightsAreOfTheLatest: a capture may go on for ever, and what is known of its handshakes is bounded.
func TestSightsAreOfTheLatest(t *testing.T) {
	var s sights
	for conn := range uint64(2*maxEarlier + 1) {
		s.add(conn+1, min(conn, 1), 1)
	}
	var room [maxEarlier]uint64
	list := s.of(&Row{SameAs: 1}, room[:])
	if len(list) != maxEarlier || list[0] != 1 || list[1] != 2*maxEarlier+1 || list[2] != 2*maxEarlier {
		t.Errorf("connection 1 is shown by %d", list)
	}
	s.add(maxSights+1, 0, 1)
	s.add(3*maxSights, 2, 1)
	if list := s.of(&Row{SameAs: 1}, room[:]); len(list) != 1 || len(s.ring) > maxSights {
		t.Errorf("of %d connections kept one is shown by %d", len(s.ring), list)
	}
}

// TestOneBadBackendOfSeveral: what all of a cause have in common may be behind the server that they name, where they failed in the same way.
func TestOneBadBackendOfSeveral(t *testing.T) {
	const bad, good, code = backend, "172.16.0.12:8443", diagnosis.ClientRejectedCertificate
	var conn uint64
	fails := func(server string) []*Row {
		conn += 2
		micros := int64(conn) * 1000
		return []*Row{
			leg(conn-1, 0, atProxy, micros, "10.0.0.1:1", front, code).row(),
			leg(conn, conn-1, atProxy, micros+100, "172.16.0.1:1", server, code).row(),
		}
	}
	succeeds := func(server string) []*Row {
		conn += 2
		micros := int64(conn) * 1000
		return []*Row{
			passed(conn-1, 9*conn, micros, "10.0.0.1:1", front, "a.example").leg(0, atProxy),
			passed(conn, 9*conn+5, micros+100, "172.16.0.1:1", server, "a.example").leg(conn-1, atProxy),
		}
	}
	again := func(legs []*Row) []*Row {
		conn++
		row := leg(conn, legs[0].Conn, atBackend, 0, "172.16.0.1:1", bad, code).row()
		return append(legs, row)
	}
	const cause, all = "2 client-rejected-certificate at " + front + ", from 10.0.0.1", "behind the NAT or proxy: all 2 at " + bad
	twoFail := slices.Concat(fails(bad), again(fails(bad)))
	holds(t, summaryOf(slices.Concat(twoFail, succeeds(good))), cause, "with SNI: 1 of 3 succeeded", all)
	holds(t, summaryOf(slices.Concat(twoFail, succeeds(good), succeeds(bad))), cause, "with SNI: 2 of 4 succeeded", all)

	behind := func(rows []*Row) (note string) {
		for line := range strings.Lines(summaryOf(rows)) {
			if strings.HasPrefix(line, "behind the NAT or proxy: ") {
				note += line
			}
		}
		return note
	}
	third := fails("172.16.0.13:8443")
	const some = "behind the NAT or proxy: 2 of them at " + bad + "; 1 of them at 172.16.0.13:8443\n"
	if note := behind(slices.Concat(twoFail, third, succeeds(good))); note != some {
		t.Errorf("with another backend that is bad: %s", note)
	}
	for what, rows := range map[string][]*Row{
		"none is known to be good":        twoFail,
		"it is the only one":              slices.Concat(twoFail, succeeds(bad)),
		"all fail at times":               slices.Concat(twoFail, fails(good), succeeds(good), succeeds(bad)),
		"those that succeed end in front": slices.Concat(twoFail, succeeds(good)[:1]),
	} {
		if note := behind(rows); note != "" {
			t.Errorf("%s: %s", what, note)
		}
	}
}

// TestPairsOfServersAreBounded: a scan through a NAT leads from as many servers to as many others.
func TestPairsOfServersAreBounded(t *testing.T) {
	s := NewSummary(false)
	near := leg(1, 0, atProxy, 0, "10.0.0.1:1", front, diagnosis.HelloClosed).row()
	far := leg(2, 1, atProxy, 100, "172.16.0.1:1", backend, diagnosis.HelloReset).row()
	for i := range maxHanded + 100 {
		near.Conn, far.SameAs, far.Conn = uint64(2*i+1), uint64(2*i+1), uint64(2*i+2)
		near.Record.Endpoints[flow.Server], far.Record.Endpoints[flow.Server] = addrPort(11, i), addrPort(12, i)
		s.Add(near)
		s.Add(far)
	}
	if handed, links, fronts := len(s.contrast.handed), len(s.groups.links), len(s.groups.fronts); handed > maxHanded || links > maxLinks || fronts > maxLinks {
		t.Errorf("%d pairs of servers, %d of groups and the order of %d are kept", handed, links, fronts)
	}
}
