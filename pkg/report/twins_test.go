package report

import (
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
	holds(t, summaryOf([]*Row{again, near, far}), want...)
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
		s.add(conn+1, min(conn, 1))
	}
	var room [maxEarlier]uint64
	list := s.of(&Row{SameAs: 1}, room[:])
	if len(list) != maxEarlier || list[0] != 1 || list[1] != 2*maxEarlier+1 || list[2] != 2*maxEarlier {
		t.Errorf("connection 1 is shown by %d", list)
	}
	s.add(maxSights+1, 0)
	s.add(3*maxSights, 2)
	if list := s.of(&Row{SameAs: 1}, room[:]); len(list) != 1 || len(s.ring) > maxSights {
		t.Errorf("of %d connections kept one is shown by %d", len(s.ring), list)
	}
}
