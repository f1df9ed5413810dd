package report

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sniscope/sniscope/pkg/analysis"
	"github.com/sniscope/sniscope/pkg/diagnosis"
	"github.com/sniscope/sniscope/pkg/flow"
)

// summaryOf is the summary of rows in words, one line each.
func summaryOf(rows []*Row) string {
	s := NewSummary(false)
	for _, row := range rows {
		s.Add(row)
	}
	d := s.digest(false)
	lines := append([]string{d.title}, d.totals...)
	for _, c := range d.causes {
		lines = append(lines, c.count+" "+c.mark+" "+c.where)
		lines = append(lines, c.notes...)
	}
	return strings.Join(append(lines, d.hidden), "\n")
}

// holds checks that a text has each line.
func holds(t *testing.T, got string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !strings.Contains("\n"+got+"\n", "\n"+line+"\n") {
			t.Errorf("%q is missing:\n%s", line, got)
		}
	}
}

func TestSummaryCounts(t *testing.T) {
	plain := bare().row()
	plain.Verdict.Code = diagnosis.NotTLS
	rows := append(scenes(), plain)
	holds(t, summaryOf(rows), "34 connections, 30 of them TLS; in all: 12 ok, 1 not TLS, 3 no-sni-accepted, 18 with a finding (1 of them only a warning)")
}

func TestScenarioOneServerManyClients(t *testing.T) {
	holds(t, summaryOf(scenes()),
		"9 no-sni-reset at 10.0.0.5:443, from 5 clients: 10.138.0.28 (2), 10.138.0.29 (2), 10.138.0.30 (2), 10.138.0.31 (2), 1 more",
		"with SNI: 12 of 13 succeeded; without: 0 of 9")
}

func TestScenarioOneClientManyServers(t *testing.T) {
	got := summaryOf(scenes())
	holds(t, got, "4 no-sni-alert~ from 10.138.0.31, at 4 servers: 192.0.2.10:443, 192.0.2.11:443, 192.0.2.12:443, 192.0.2.13:443")
	if n := strings.Count(got, "no-sni-alert"); n != 1 {
		t.Errorf("%d causes instead of one:\n%s", n, got)
	}
}

func TestServerThatOthersFailAtIsItsOwnCause(t *testing.T) {
	rows := scenes()
	rows = append(rows, connection(90, 900, 0, "10.138.0.77:1", "192.0.2.13:443").hello("").alert(flow.Server, 40).
		verdict("no-sni-alert", diagnosis.Error, diagnosis.Certain, "", "").row())
	holds(t, summaryOf(rows),
		"3 no-sni-alert~ from 10.138.0.31, at 3 servers: 192.0.2.10:443, 192.0.2.11:443, 192.0.2.12:443",
		"2 no-sni-alert at 192.0.2.13:443, from 2 clients: 10.138.0.31, 10.138.0.77")
}

func TestScenarioOneNetworkFails(t *testing.T) {
	holds(t, summaryOf(scenes()), "2 reset-before-hello at 10.0.0.7:9443, from 203.0.113.9",
		"only clients in 203.0.113.0/24 fail in this way: 3 connections from other networks succeeded")

	// As soon as one connection of that network succeeds, it is not said.
	rows := append(scenes(), passed(80, 800, 0, "203.0.113.200:1", "10.0.0.7:9443", "").row())
	if got := summaryOf(rows); strings.Contains(got, "only clients in") {
		t.Errorf("said although another client of the network succeeds:\n%s", got)
	}

	v6 := []*Row{
		passed(1, 1, 0, "[2001:db8:0:2::1]:1", "[2001:db8::5]:443", "a.example").row(),
		connection(2, 10, 0, "[2001:db8:0:1::1]:1", "[2001:db8::5]:443").hello("a.example").closed(flow.Server, flow.CloseRST, 1).
			verdict("hello-reset", diagnosis.Error, diagnosis.Certain, "", "").row(),
	}
	holds(t, summaryOf(v6), "only clients in 2001:db8:0:1::/64 fail in this way: 1 connection from other networks succeeded")

	// A client without SNI is not compared with clients that send it.
	mixed := []*Row{passed(1, 1, 0, "10.0.1.1:1", "10.0.0.5:443", "a.example").row(), noSNIReset(2, 9, 0, "10.0.2.1:1", "10.0.0.5:443").row()}
	if got := summaryOf(mixed); strings.Contains(got, "only clients in") {
		t.Errorf("networks blamed where SNI makes the difference:\n%s", got)
	}

	// Clients of two networks that fail are not of one.
	both := []*Row{
		passed(1, 1, 0, "10.0.1.1:1", "10.0.0.5:443", "").row(),
		noSNIReset(2, 9, 0, "10.0.2.1:1", "10.0.0.5:443").row(), noSNIReset(3, 18, 0, "10.0.3.1:1", "10.0.0.5:443").row(),
	}
	if got := summaryOf(both); strings.Contains(got, "only clients in") {
		t.Errorf("one network blamed for two:\n%s", got)
	}
}

func TestContrasts(t *testing.T) {
	fail := func(conn uint64, name string) *Row {
		code := diagnosis.HelloReset
		if name == "" {
			code = diagnosis.NoSNIReset
		}
		return connection(conn, conn*10, 0, "10.0.2.1:1", "10.0.0.5:443").hello(name).closed(flow.Server, flow.CloseRST, 1).
			verdict(code, diagnosis.Error, diagnosis.Certain, "", "").row()
	}
	pass := func(conn uint64, name string) *Row {
		return passed(conn, conn*10, 0, "10.0.2.1:1", "10.0.0.5:443", name).row()
	}
	closes := func(conn uint64, name string) *Row {
		return connection(conn, conn*10, 0, "10.0.2.1:1", "10.0.0.5:443").hello(name).closed(flow.Server, flow.CloseFIN, 1).
			verdict(diagnosis.HelloClosed, diagnosis.Error, diagnosis.Certain, "", "").row()
	}
	leaves := func(conn uint64, name string) *Row {
		return connection(conn, conn*10, 0, "10.0.2.1:1", "10.0.0.5:443").hello(name).closed(flow.Client, flow.CloseFIN, 1).
			verdict(diagnosis.ClientAborted, diagnosis.Info, diagnosis.Certain, "", "").row()
	}
	for _, tt := range []struct {
		rows []*Row
		want string
	}{
		{[]*Row{closes(1, "a.example"), closes(2, ""), pass(3, "a.example")}, "1 of 3 connections there succeeded"},
		{[]*Row{fail(1, "a.example"), pass(2, "b.example"), leaves(3, "c.example")}, "with SNI: 1 of 2 succeeded, none with this name"},
		{[]*Row{fail(1, ""), fail(2, ""), pass(3, "a.example")}, "with SNI: 1 of 1 succeeded; without: 0 of 2"},
		{[]*Row{fail(1, "")}, "no connection with SNI to compare with"},
		{[]*Row{fail(1, ""), pass(2, "")}, "without SNI: 1 of 2 succeeded; none with SNI to compare with"},
		{[]*Row{fail(1, "a.example"), pass(2, "b.example")}, "with SNI: 1 of 2 succeeded, none with this name"},
		{[]*Row{fail(1, "a.example"), fail(2, "b.example"), pass(3, "c.example"), pass(4, "")}, "with SNI: 1 of 3 succeeded, none with these names; without: 1 of 1"},
		{[]*Row{fail(1, "a.example"), pass(2, "a.example"), pass(3, "b.example"), pass(4, "")}, "with SNI: 2 of 3 succeeded, 1 with this name"},
		{[]*Row{fail(1, "a.example"), pass(2, "a.example")}, "with SNI: 1 of 2 succeeded"},
		{[]*Row{fail(1, "a.example"), pass(2, "")}, "with SNI: 0 of 1 succeeded; without: 1 of 1"},
		{[]*Row{fail(1, "a.example"), fail(2, "")}, "with SNI: 0 of 1 succeeded; without: 0 of 1"},
	} {
		holds(t, summaryOf(tt.rows), tt.want)
	}
	if got := summaryOf([]*Row{fail(1, "a.example")}); strings.Contains(got, "succeeded") {
		t.Errorf("a contrast with nothing:\n%s", got)
	}
}

// TestTransportsAreToldApart: the same port over TCP and over UDP is two servers, of which that of TCP comes first.
func TestTransportsAreToldApart(t *testing.T) {
	udp, tcp := noSNIReset(1, 10, 0, "10.0.0.1:1", "10.0.0.5:443").row(), noSNIReset(2, 20, 0, "10.0.0.2:1", "10.0.0.5:443").row()
	udp.Record.Transport = flow.QUIC
	for _, rows := range [][]*Row{{udp, tcp}, {tcp, udp}} {
		got := summaryOf(rows)
		holds(t, got, "1 no-sni-reset at 10.0.0.5:443/udp, from 10.0.0.1", "1 no-sni-reset at 10.0.0.5:443, from 10.0.0.2")
		if strings.Index(got, "10.0.0.5:443/udp") < strings.Index(got, "10.0.0.5:443,") {
			t.Errorf("UDP comes first:\n%s", got)
		}
	}
}

// TestWithoutTLSNothingIsSaidOfHandshakes holds that where nobody spoke TLS, none is said to have gone through or failed.
func TestWithoutTLSNothingIsSaidOfHandshakes(t *testing.T) {
	row := bare().row()
	row.Verdict.Code = diagnosis.NotTLS
	holds(t, summaryOf([]*Row{row}), "1 connection, not TLS: 1 not TLS", "no finding")
}

// TestStandardInputIsNamed holds that the summary does not call a capture by a lone "-".
func TestStandardInputIsNamed(t *testing.T) {
	row := noSNIReset(1, 1, 0, "10.0.0.1:1", "10.0.0.5:443").row()
	row.Capture = "-"
	if got := summaryOf([]*Row{row}); !strings.HasPrefix(got, "standard input, ") {
		t.Error(got)
	}
}

// TestFilterThatLeavesNothing says what a filter left of the packets where no connection was found in them.
func TestFilterThatLeavesNothing(t *testing.T) {
	for filtered, want := range map[uint64]string{
		0:    "read 1,000 packets",
		1:    "read 1,000 packets, of which the filter matches 999",
		1000: "read 1,000 packets, of which the filter matches none: like tcpdump's, it sees what is in a VLAN only after \"vlan and\", and nothing that is in a tunnel",
	} {
		s := NewSummary(false)
		s.Packets, s.Filtered = 1000, filtered
		if got := s.digest(false).totals[0]; !strings.HasSuffix(got, "; "+want) {
			t.Errorf("%d left out: %q", filtered, got)
		}
	}
}

// TestTunnelsAreToldApart: a proxy has no part in what its targets do. Until TLS begins, it has.
func TestTunnelsAreToldApart(t *testing.T) {
	to := func(target string, made *made) *Row {
		made.Record.ProxyTarget = target
		return made.row()
	}
	const proxy, bad = "10.0.0.5:3128", "\x1b[2Jb.example:443"
	rows := []*Row{
		to("a.example:443", passed(1, 10, 0, "10.0.0.1:1", proxy, "a.example")),
		to("a.example:443", noSNIReset(2, 20, 0, "10.0.0.1:2", proxy)),
		to(bad, noSNIReset(3, 30, 0, "10.0.0.2:3", proxy)),
		to("c.example:443", connection(4, 40, 0, "10.0.0.3:4", proxy).verdict(diagnosis.ProxyRefused, diagnosis.Error, diagnosis.Certain, "403", "")),
		to("d.example:443", connection(5, 50, 0, "10.0.0.4:5", proxy).verdict(diagnosis.ProxyRefused, diagnosis.Error, diagnosis.Certain, "403", "")),
	}
	holds(t, summaryOf(rows), "1 no-sni-reset at 10.0.0.5:3128 to a.example:443, from 10.0.0.1", "with SNI: 1 of 1 succeeded; without: 0 of 1",
		"no connection with SNI to compare with", "2 proxy-refused at 10.0.0.5:3128, from 2 clients: 10.0.0.3, 10.0.0.4")
	if out := tableOf(t, Options{}, rows); strings.Contains(out, "\x1b") || !strings.Contains(out, `10.0.0.5:3128 to \x1b[2Jb.example:443, from 10.0.0.2`) {
		t.Errorf("what the client asked for is written as it came:\n%s", out)
	}
}

func TestUnlistedRowsGiveContrastOnly(t *testing.T) {
	unlisted := passed(1, 1, 0, "10.0.0.1:1", "10.0.0.5:443", "a.example").row()
	unlisted.Scope = analysis.Apart
	got := summaryOf([]*Row{unlisted, noSNIReset(2, 9, 0, "10.0.0.2:1", "10.0.0.5:443").row()})
	holds(t, got, "1 TLS connection: 1 with a finding", "with SNI: 1 of 1 succeeded; without: 0 of 1")
	holds(t, summaryOf([]*Row{unlisted}), "nothing to report: none of 1 connection is selected")
}

// TestHandshakesThatLeadToNothing has the one clear line of a capture without findings say that this may not be all.
func TestHandshakesThatLeadToNothing(t *testing.T) {
	left := passed(1, 1, 0, "10.0.0.1:1", "10.0.0.5:443", "a.example").row()
	left.Verdict.Use, left.Verdict.Detail = diagnosis.Unused, "the client closed at once"
	used := passed(2, 9, 0, "10.0.0.2:1", "10.0.0.5:443", "a.example").row()
	used.Verdict.Detail = "all is well"
	holds(t, summaryOf([]*Row{used, left}), "no finding: 2 of 2 TLS handshakes went through, none failed; --all lists them", "1 of them exchanged no data, such as connection 1 (frame 6): the client closed at once")
	if got := summaryOf([]*Row{used}); strings.Contains(got, "nothing") {
		t.Error(got)
	}
	failed := noSNIReset(3, 19, 0, "10.0.0.2:1", "10.0.0.5:443").row()
	if got := summaryOf([]*Row{left, failed}); strings.Contains(got, "nothing") {
		t.Error(got)
	}
	deserted := passed(2, 9, 0, "10.0.0.2:1", "10.0.0.5:443", "a.example").row()
	deserted.Verdict.Use, deserted.Verdict.Detail = diagnosis.Deserted, "there was nobody behind it"
	holds(t, summaryOf([]*Row{left, deserted}), "1 of them exchanged no data, such as connection 2 (frame 14): there was nobody behind it", "1 of them exchanged no data, such as connection 1 (frame 6): the client closed at once")
	plain, far := passed(1, 1, 0, "10.0.0.1:1", "10.0.0.5:443", "a.example").row(), passed(4, 29, 0, "10.0.0.1:1", "10.0.0.5:443", "a.example").row()
	far.SameAs, far.Verdict.Use, far.Verdict.Detail = 1, diagnosis.Deserted, "there was nobody behind it"
	holds(t, summaryOf([]*Row{plain, far}), "1 of them exchanged no data, such as connection 4 (frame 34): there was nobody behind it")
	plain.Verdict.Use, plain.Verdict.Detail = diagnosis.Unused, "the server closed"
	if got := summaryOf([]*Row{plain, far}); strings.Contains(got, "the server closed") {
		t.Error(got)
	}
	near := passed(1, 1, 0, "10.0.0.1:1", "10.0.0.5:443", "a.example").row()
	near.Verdict.Use, near.Verdict.Detail = diagnosis.Deserted, "nor on this side"
	holds(t, summaryOf([]*Row{near, far}), "1 of them exchanged no data, such as connection 1 (frame 6): nor on this side")
	holds(t, summaryOf([]*Row{deserted, failed}), "1 of those that went through exchanged no data, such as connection 2 (frame 14): there was nobody behind it")
}

// TestHandshakesThatFailedAllTheSame are of a capture that does not show enough for a finding.
func TestHandshakesThatFailedAllTheSame(t *testing.T) {
	unknown, cut := passed(1, 1, 0, "10.0.0.1:1", "10.0.0.5:443", "").row(), passed(2, 9, 0, "10.0.0.1:2", "10.0.0.5:443", "").row()
	for _, row := range []*Row{unknown, cut} {
		row.Record.Established = false
		row.Verdict.Code, row.Verdict.Severity, row.Verdict.Detail = diagnosis.IncompleteCapture, diagnosis.Info, "nobody knows"
	}
	cut.Verdict.Use, cut.Verdict.Detail, cut.Verdict.Fix = diagnosis.Failed, "the server sent RST", "capture again"
	line := "1 incomplete-capture failed all the same, such as connection 2 (frame 14): the server sent RST; fix: capture again"
	got := summaryOf([]*Row{unknown, cut})
	if holds(t, got, "2 TLS connections: 2 incomplete-capture", line); strings.Contains(got, "nobody knows") {
		t.Error(got)
	}
	holds(t, summaryOf([]*Row{unknown, cut, noSNIReset(3, 19, 0, "10.0.0.2:1", "10.0.0.5:443").row()}), line)
	holds(t, summaryOf([]*Row{unknown}), "incomplete-capture, such as connection 1: nobody knows")
}

// TestLegsBehindOneThatIsNotListed are of one handshake all the same.
func TestLegsBehindOneThatIsNotListed(t *testing.T) {
	front, near, far := noSNIReset(1, 1, 0, "10.0.0.1:1", "10.0.0.5:443").row(), noSNIReset(2, 9, 10, "10.0.0.5:2", "10.0.0.6:443").row(), noSNIReset(3, 19, 20, "10.0.0.6:3", "10.0.0.7:443").row()
	front.Scope, near.SameAs, far.SameAs = analysis.Apart, 1, 1
	holds(t, summaryOf([]*Row{front, near, far}), "1 TLS connection: 1 with a finding", "1 more is a handshake seen a second time: behind a NAT or proxy, at another capture point, or in the same packets again")
}

// TestConnectionsThatTheCaptureShowsTooLittleOf stand beside a contrast that leaves most of them out.
func TestConnectionsThatTheCaptureShowsTooLittleOf(t *testing.T) {
	failed := noSNIReset(1, 1, 0, "10.0.0.1:1", "10.0.0.5:443").row()
	dark := func(n uint64) *Row {
		return connection(n, 10*n, 0, "10.0.0.2:1", "10.0.0.5:443").hello("a.example").verdict(diagnosis.IncompleteCapture, diagnosis.Info, diagnosis.Certain, "", "").row()
	}
	holds(t, summaryOf([]*Row{failed, dark(2), dark(3)}), "no connection with SNI to compare with; for 2 more, the capture does not show enough")
	again := dark(4)
	again.SameAs = 2
	if got := summaryOf([]*Row{failed, dark(2), again}); strings.Contains(got, "enough") {
		t.Error(got)
	}
}

// TestHelloThatWasNotCaptured leaves a connection of which nobody knows whether it failed: none of those that are known did.
func TestHelloThatWasNotCaptured(t *testing.T) {
	used := passed(1, 1, 0, "10.0.0.1:1", "10.0.0.5:443", "a.example").row()
	dark := connection(2, 9, 0, "10.0.0.1:2", "10.0.0.5:443").verdict(diagnosis.IncompleteCapture, diagnosis.Info, diagnosis.Certain, "", "").row()
	holds(t, summaryOf([]*Row{used, dark}), "no finding: 1 of 1 TLS handshake went through; of other connections, the capture does not show enough; --all lists them")
}

// TestServersThatWereNotReached are named where nothing else is: one of them may be behind a server that speaks TLS.
func TestServersThatWereNotReached(t *testing.T) {
	used := passed(1, 1, 0, "10.0.0.1:1", "10.0.0.5:443", "a.example").row()
	refused := connection(2, 9, 0, "10.0.0.5:1", "10.0.0.6:8080").verdict(diagnosis.ConnectionRefused, diagnosis.Info, diagnosis.Certain, "it said no", "start it").row()
	holds(t, summaryOf([]*Row{used, refused}), "no finding: 1 of 1 TLS handshake went through, none failed; --all lists them", "connection-refused, such as connection 2: it said no; fix: start it")
	if got := summaryOf([]*Row{used, refused, noSNIReset(3, 19, 0, "10.0.0.2:1", "10.0.0.5:443").row()}); strings.Contains(got, "it said no") {
		t.Error(got)
	}
}

func TestSameHandshakeCountsOnce(t *testing.T) {
	first, again := noSNIReset(1, 1, 0, "10.0.0.1:1", "10.0.0.5:443").row(), noSNIReset(2, 9, 0, "172.16.0.1:1", "172.16.0.5:443").row()
	again.SameAs = 1
	got := summaryOf([]*Row{first, again})
	holds(t, got, "1 TLS connection: 1 with a finding", "1 more is a handshake seen a second time: behind a NAT or proxy, at another capture point, or in the same packets again")
	if strings.Contains(got, "172.16") {
		t.Errorf("the second sight is a cause:\n%s", got)
	}
	first.Scope = analysis.Apart
	holds(t, summaryOf([]*Row{first, again}), "1 TLS connection: 1 with a finding", "1 no-sni-reset at 172.16.0.5:443, from 172.16.0.1")
}

// TestWhatBecameOfItBehindAProxy: the two sides of a proxy fail differently, and the cause is on the far one.
func TestWhatBecameOfItBehindAProxy(t *testing.T) {
	side := func(conn uint64, micros int64, client, server string, code diagnosis.Code) *Row {
		return connection(conn, 9*conn, micros, client, server).hello("a.example").closed(flow.Server, flow.CloseFIN, 300_000).
			verdict(code, diagnosis.Error, diagnosis.Certain, "", "").row()
	}
	near := side(1, 0, "10.0.0.1:1", "10.0.0.5:443", diagnosis.TLSToPlaintextPort)
	far := side(2, 500, "172.16.0.1:1", "172.16.0.5:8443", diagnosis.ProxyHeaderUnexpected)
	far.SameAs = 1
	const note = "behind the NAT or proxy: 1 of them at 172.16.0.5:8443, proxy-header-unexpected"
	holds(t, summaryOf([]*Row{near, far}), "1 tls-to-plaintext-port at 10.0.0.5:443, from 10.0.0.1", note,
		"1 proxy-header-unexpected at 172.16.0.5:8443, from 172.16.0.1")
	far.Scope = analysis.Apart // the report is narrowed to the server in front, which makes the other side no less the cause
	holds(t, summaryOf([]*Row{near, far}), "1 tls-to-plaintext-port at 10.0.0.5:443, from 10.0.0.1", note)
	far.Scope = analysis.Listed

	again := side(3, 5_000_000, "172.16.0.1:2", "172.16.0.5:8443", diagnosis.ProxyHeaderUnexpected)
	again.SameAs = 1 // the same random once more, too late for the other side of that connection
	retry := side(4, 500, "10.0.0.1:2", "10.0.0.5:443", diagnosis.HelloReset)
	retry.SameAs = 1 // at the same server
	for _, other := range []*Row{again, retry} {
		if got := summaryOf([]*Row{near, other}); strings.Contains(got, "behind the NAT") {
			t.Errorf("another connection is taken for the other side:\n%s", got)
		}
	}

	elsewhere := side(5, 10, "10.0.0.1:3", "10.0.0.6:443", diagnosis.TLSToPlaintextPort)
	beyond := side(6, 510, "172.16.0.1:3", "172.16.0.5:8443", diagnosis.ProxyHeaderUnexpected)
	beyond.SameAs = 5
	holds(t, summaryOf([]*Row{near, far, elsewhere, beyond}), "2 tls-to-plaintext-port from 10.0.0.1, at 2 servers: 10.0.0.5:443, 10.0.0.6:443",
		"behind the NAT or proxy: 2 of them at 172.16.0.5:8443, proxy-header-unexpected")
}

// TestSecondSightAfterManyFindings: a capture runs for weeks, and the two sights of one connection are neighbours.
func TestSecondSightAfterManyFindings(t *testing.T) {
	s := NewSummary(false)
	first := uint64(maxTwins + 5)
	for i := range first {
		s.Add(noSNIReset(i+1, 1, 0, "10.0.0.1:1", "10.0.0.5:443").row())
	}
	again := noSNIReset(first+1, 9, 0, "172.16.0.1:1", "172.16.0.5:443").row()
	again.SameAs = first
	s.Add(again)
	holds(t, strings.Join(s.digest(false).totals, "\n"), "65,541 TLS connections: 65,541 with a finding",
		"1 more is a handshake seen a second time: behind a NAT or proxy, at another capture point, or in the same packets again")
}

// TestIncompleteIsExplained: whoever sees no finding because of the capture is told what it lacks.
func TestIncompleteIsExplained(t *testing.T) {
	cut := connection(1, 1, 0, "10.0.0.1:1", "10.0.0.5:443").hello("").
		verdict(diagnosis.IncompleteCapture, diagnosis.Info, diagnosis.Certain, "packets were cut short (snaplen)", "capture again").row()
	got := summaryOf([]*Row{cut})
	holds(t, got, "no finding: 0 of 1 TLS handshake went through; for the rest, the capture does not show enough; --all lists them",
		"incomplete-capture, such as connection 1: packets were cut short (snaplen); fix: capture again")
	if got := summaryOf([]*Row{cut, noSNIReset(2, 9, 0, "10.0.0.2:1", "10.0.0.5:443").row()}); strings.Contains(got, "such as") {
		t.Errorf("explained beside a finding:\n%s", got)
	}
	holds(t, summaryOf([]*Row{cut, cut, noSNIReset(2, 9, 0, "10.0.0.2:1", "10.0.0.5:443").row()}), // more than the findings
		"incomplete-capture, such as connection 1: packets were cut short (snaplen); fix: capture again")

	failed := connection(3, 20, 0, "10.0.0.1:2", "10.0.0.5:443").hello("").
		verdict(diagnosis.IncompleteCapture, diagnosis.Info, diagnosis.Certain, "the server sent RST", "capture again").row()
	failed.Verdict.Use = diagnosis.Failed
	if got := summaryOf([]*Row{cut, failed, noSNIReset(2, 9, 0, "10.0.0.2:1", "10.0.0.5:443").row()}); strings.Count(got, "such as") != 1 {
		t.Errorf("two examples are given:\n%s", got)
	}
}

// TestManyCapturesAreCounted names more files than a rotation of tcpdump's usual fifty.
func TestManyCapturesAreCounted(t *testing.T) {
	s := NewSummary(false)
	for i := range uint64(300) {
		row := noSNIReset(i+1, i*9+1, 0, "10.0.0.1:1", "10.0.0.5:443").row()
		row.Capture = fmt.Sprintf("gw-%d.pcap", i)
		s.Add(row)
	}
	if title := s.digest(false).title; !strings.HasPrefix(title, "gw-0.pcap and 299 more, ") {
		t.Error(title)
	}
}

func TestMixedSeverityOfOneCode(t *testing.T) {
	refused := func(conn uint64, server string, s diagnosis.Severity) *Row {
		return connection(conn, conn*10, 0, "10.0.0.1:1", server).verdict("connection-refused", s, diagnosis.Certain, fmt.Sprint("number ", conn), "").row()
	}
	rows := []*Row{refused(1, "10.0.0.5:81", diagnosis.Info), refused(2, "10.0.0.5:443", diagnosis.Error)}
	holds(t, summaryOf(rows), "2 connections, none of them TLS: 1 connection-refused, 1 with a finding", "1 connection-refused at 10.0.0.5:443, from 10.0.0.1")
	if out := tableOf(t, Options{}, rows); !strings.Contains(out, "example, connection 2 (frame 25): number 2") {
		t.Errorf("the example is not of the finding:\n%s", out)
	}
}

// TestWhatACaptureNearerToTheServerLacks: of a cause, and of a client that is one.
func TestWhatACaptureNearerToTheServerLacks(t *testing.T) {
	const nearer = " in a capture nearer to the server, which has nearly all that went through"
	for says, servers := range map[string][]string{
		"none of these is":      {"10.0.0.5:443"},
		"1 of these is not":     {"10.0.0.5:443", "10.0.0.5:443!"},
		"2 of these are not":    {"10.0.0.5:443", "10.0.0.6:443", "10.0.0.6:443!"},
		"there is nothing else": nil,
	} {
		rows := []*Row{noSNIReset(9, 90, 0, "10.0.0.2:1", "10.0.0.9:443").row()}
		for i, server := range servers {
			address, there := strings.CutSuffix(server, "!")
			row := noSNIReset(uint64(i+1), uint64(10*i+1), 0, "10.0.0.1:1", address).row()
			row.Verdict.Absent = !there
			rows = append(rows, row)
		}
		if got := summaryOf(rows); strings.Contains(got, says+nearer) != (servers != nil) || strings.Count(got, nearer) > 1 {
			t.Errorf("%q: %s", says, got)
		}
	}
}

func TestSkippedAndWarningsAreShown(t *testing.T) {
	s := NewSummary(false)
	s.Skipped = []Count{{"arp", 1200}, {"none", 0}, {"udp", 3}}
	s.Warnings = []string{"12 connections were evicted"}
	s.Add(noSNIReset(1, 1, 0, "10.0.0.1:1", "10.0.0.5:443").row())
	var b strings.Builder
	if err := NewTable(&b, Options{}).Close(s); err != nil {
		t.Fatal(err)
	}
	holds(t, b.String(), "warning: 12 connections were evicted", "packets left out: 1,200 arp, 3 udp")
}

// TestSummaryIsBounded adds more of everything than is kept: no connection may be lost from the sums.
func TestSummaryIsBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("adds 200,000 connections")
	}
	s := NewSummary(false)
	row := noSNIReset(1, 1, 0, "10.0.0.1:1", "10.0.0.5:443").row()
	endpoints := &row.Record.Endpoints
	const scanned, clients = maxGroups + 500, maxPeers + 500
	for i := range scanned { // one client, too many servers
		endpoints[flow.Server] = addrPort(11, i)
		s.Add(row)
	}
	endpoints[flow.Server] = addrPort(11, 0)
	for i := range clients { // one server, too many clients
		endpoints[flow.Client] = addrPort(12, i)
		s.Add(row)
	}
	var sum uint64
	causes := s.groups.causes()
	for i := range causes {
		sum += causes[i].count
	}
	if sum != scanned+clients || s.findings != sum {
		t.Errorf("causes of %d connections, findings %d, want %d", sum, s.findings, scanned+clients)
	}
	for name, n := range map[string]int{"groups": len(s.groups.all), "clients": len(s.groups.clients), "servers": len(s.contrast.servers)} {
		if n > 1<<16 {
			t.Errorf("%d %s kept", n, name)
		}
	}
	lines := ""
	for _, c := range s.digest(false).causes {
		lines += c.count + " " + c.where + "\n"
	}
	for _, want := range []string{"66,035 from 10.0.0.1, at over 65,535 servers: ", "66,037 at 11.0.0.0:443, from over "} {
		if !strings.Contains(lines, want) {
			t.Errorf("%q is missing:\n%s", want, lines)
		}
	}
}

func TestManyCausesAreCounted(t *testing.T) {
	var rows []*Row
	for i := range maxCauses + 3 {
		for client := range 2 {
			conn := uint64(2*i + client)
			rows = append(rows, noSNIReset(conn+1, conn*9+1, 0, fmt.Sprintf("10.1.0.%d:1", client), fmt.Sprintf("10.0.%d.5:443", i)).row())
		}
	}
	holds(t, summaryOf(rows), "and 3 more causes of 6 connections")
}

func TestWarningsAreCounted(t *testing.T) {
	var rows []*Row
	for i, tc := range []struct {
		severity diagnosis.Severity
		want     string
	}{
		{diagnosis.Warning, "1 TLS connection: 1 with a finding (only a warning)"},
		{diagnosis.Warning, "2 TLS connections: 2 with a finding (only warnings)"},
		{diagnosis.Error, "3 TLS connections: 3 with a finding (2 of them only warnings)"},
	} {
		rows = append(rows, connection(uint64(i+1), uint64(i*9+1), 0, "10.0.0.1:1", "10.0.0.5:443").hello("a.example").
			verdict("certificate-name-mismatch", tc.severity, diagnosis.Certain, "", "").row())
		holds(t, summaryOf(rows), tc.want)
	}
	holds(t, summaryOf(rows[2:]), "1 TLS connection: 1 with a finding")
}

func TestNamesOfCause(t *testing.T) {
	var rows []*Row
	for i, name := range []string{"b.example", "a.example", "b.example", "(none)"} {
		rows = append(rows, connection(uint64(i+1), uint64(i*9+1), 0, "10.0.0.1:1", "10.0.0.5:443").hello(name).
			verdict("sni-unrecognized", diagnosis.Error, diagnosis.Certain, "", "").row())
	}
	holds(t, summaryOf(rows), `3 names: b.example (2), "(none)" (1), a.example (1)`)

	nameless := connection(5, 37, 0, "10.0.0.1:1", "10.0.0.5:443").
		verdict("sni-unrecognized", diagnosis.Error, diagnosis.Certain, "", "").row()
	holds(t, summaryOf(append(rows, nameless)), `3 names, in 4 of 5: b.example (2), "(none)" (1), a.example (1)`)
	holds(t, summaryOf([]*Row{rows[0], nameless}), "name, in 1 of 2: b.example")
}

func BenchmarkSummary(b *testing.B) {
	ok, failed, s := typical(), noSNIReset(1, 1, 0, "10.0.0.1:1", "10.0.0.5:443").row(), NewSummary(false)
	b.Run("ok", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			s.Add(ok)
		}
	})
	b.Run("failed", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			s.Add(failed)
		}
	})
}
