package report

import (
	"strings"
	"testing"
)

// TestWhatOneCaptureLacks has two captures of one client's connections: what fails is in one of them only.
func TestWhatOneCaptureLacks(t *testing.T) {
	const server = "10.0.0.5:443"
	in := func(row *Row, capture string, sameAs uint64) *Row {
		row.Capture, row.SameAs = capture, sameAs
		return row
	}
	for _, tc := range []struct {
		name    string
		client  string // as the gateway's capture has it
		passed  int
		atBoth  bool // the failing one is in both
		says    string
		notSays string
	}{
		{"no NAT", "10.0.0.1", 3, false, "none of these is in gateway.pcap, which shows 3 connections of the same clients that went through: if it was running then, something between the captures ended them", "behind the NAT"},
		{"a NAT", "192.0.2.1", 3, false, "something between the captures ended them, or they are of other hosts behind the NAT", ""},
		{"too few", "10.0.0.1", 2, false, "", "none of these"},
		{"others are not in both either", "10.0.0.1", -4, false, "", "none of these"},
		{"in both", "10.0.0.1", 3, true, "", "none of these"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, n := NewSummary(true), uint64(0)
			add := func(row *Row) {
				s.Add(row)
				n++
			}
			for range max(tc.passed, -tc.passed) {
				first := n + 1
				add(in(passed(first, 10*first, 0, "10.0.0.1:1", server, "a.example").row(), "client.pcap", 0))
				add(in(passed(n+1, 10*n, 0, tc.client+":1", server, "a.example").row(), "gateway.pcap", first))
			}
			if tc.passed < 0 { // and one that is in the client's capture only
				add(in(passed(n+1, 10*n, 0, "10.0.0.1:1", server, "a.example").row(), "client.pcap", 0))
			}
			first := n + 1
			add(in(noSNIReset(first, 10*first, 0, "10.0.0.1:1", server).row(), "client.pcap", 0))
			if tc.atBoth {
				add(in(noSNIReset(n+1, 10*n, 0, tc.client+":1", server).row(), "gateway.pcap", first))
			}
			var got string
			for _, c := range s.digest(false).causes {
				got += strings.Join(c.notes, "\n")
			}
			if !strings.Contains(got, tc.says) || tc.notSays != "" && strings.Contains(got, tc.notSays) {
				t.Error(got)
			}
		})
	}
}
