package report

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/sniscope/sniscope/pkg/analysis"
	"github.com/sniscope/sniscope/pkg/diagnosis"
	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/tlswire"
)

// tableOf renders rows.
func tableOf(t *testing.T, opt Options, rows []*Row) string {
	t.Helper()
	var b bytes.Buffer
	report(t, NewTable(&b, opt), rows)
	return b.String()
}

func TestTableKeepsToItsWidth(t *testing.T) {
	for _, rows := range [][]*Row{scenes(), wide()} {
		for width := minWidth; width <= 240; width += 4 {
			for _, line := range strings.Split(tableOf(t, Options{Width: width}, rows), "\n") {
				if n := displayWidth(line); n > width && width >= 80 {
					t.Errorf("%d columns in %d: %s", n, width, line)
				}
				if strings.HasSuffix(line, " ") {
					t.Errorf("trailing space: %q", line)
				}
			}
		}
	}
}

func TestTableNeverCutsWhatDecides(t *testing.T) {
	for width := minWidth; width <= 240; width += 4 {
		out := tableOf(t, Options{Width: width}, wide())
		for _, row := range wide() {
			l := newLine(row)
			for _, part := range []string{fmt.Sprintf(":%d", l.client.Port()), fmt.Sprintf(":%d", l.server.Port()), l.diagnosis, l.end, l.frame.text(false)} {
				if !strings.Contains(out, part) {
					t.Errorf("%q is missing at %d columns:\n%s", part, width, out)
				}
			}
		}
	}
}

func TestTableCutsNothingWhereThereIsRoom(t *testing.T) {
	for _, width := range []int{0, 300} {
		if out := tableOf(t, Options{Width: width}, wide()); strings.Contains(out, ellipsis) {
			t.Errorf("cut at width %d:\n%s", width, out)
		}
	}
}

// TestNamesAreCutOnlyAtTheEdge has names of all lengths: what fits into a line is shown whole.
func TestNamesAreCutOnlyAtTheEdge(t *testing.T) {
	const own = len("08:37:36.000  ")         // stands in front of a name that has a line of its own
	for _, short := range []int{0, 1, 4, 9} { // the more there are, the more they decide
		for _, width := range []int{80, 100, 120, 160, 200} {
			for length := 1; length <= 230; length += 7 {
				name := strings.Repeat("n", length)
				rows := []*Row{noSNIReset(1, 1, 0, "10.0.0.1:40000", "10.0.0.5:443").hello(name).row()}
				for i := range short {
					n := uint64(i + 2)
					rows = append(rows, noSNIReset(n, 6*n, int64(i), "10.0.0.1:40000", "10.0.0.5:443").hello("a.example").row())
				}
				out := tableOf(t, Options{Width: width}, rows)
				_, out, _ = strings.Cut(out, "\nTIME")
				if fits := length <= width-own; fits && !strings.Contains(out, name) {
					t.Fatalf("a name of %d among %d short ones is cut at %d columns:\n%s", length, short, width, out)
				}
			}
		}
	}
}

// TestALongNameLeavesOthersInPlace has one long name among short ones: it alone takes a second line.
func TestALongNameLeavesOthersInPlace(t *testing.T) {
	long := strings.Repeat("long", 12) + ".example"
	var rows []*Row
	for i, name := range []string{"a.example", long, "b.example", "c.example", "d.example"} {
		n := uint64(i + 1)
		rows = append(rows, noSNIReset(n, 6*n, int64(i), "10.0.0.1:40000", "10.0.0.5:443").hello(name).row())
	}
	want := `
TIME          CLIENT          SERVER        SNI        END           DIAGNOSIS     FRAME
08:37:36.000  10.0.0.1:40000  10.0.0.5:443  a.example  S RST +0.3ms  no-sni-reset     11
08:37:36.000  10.0.0.1:40000  10.0.0.5:443  longlonglonglonglonglonglonglonglonglonglonglong.example
                                                       S RST +0.3ms  no-sni-reset     17
08:37:36.000  10.0.0.1:40000  10.0.0.5:443  b.example  S RST +0.3ms  no-sni-reset     23
`
	if out := tableOf(t, Options{Width: 111}, rows); !strings.Contains(out, want) {
		t.Errorf("got:\n%s", out)
	}
}

// TestAddressesAreCutOnlyWhereTwoLinesDoNotShowThem has the longest addresses.
func TestAddressesAreCutOnlyWhereTwoLinesDoNotShowThem(t *testing.T) {
	if out := tableOf(t, Options{Width: 120}, wide()[:4]); strings.Contains(out, ":…") || strings.Contains(out, "…:") {
		t.Errorf("got:\n%s", out)
	}
}

func TestCountsStayWithWhatTheyCount(t *testing.T) {
	for text, want := range map[string]string{
		"12 ok, 3 not-tls":       "12 ok,\n  3 not-tls\n",
		"sent 1,234 bytes":       "sent\n  1,234 bytes\n",
		"FIN after 0.04 ms; b":   "FIN after\n  0.04 ms; b\n",
		"of TLS 1.3 handshakes":  "of TLS 1.3\n  handshakes\n", // a version is no count
		"name: shop.it (1) b":    "name:\n  shop.it (1)\n  b\n",
		"name: a.example (1) b":  "name:\n  a.example\n  (1) b\n", // rather than cut the name
		"ports 8, 9, 10, 11, 12": "ports 8, 9,\n  10, 11, 12\n",
	} {
		if got := string(appendWrapped(nil, text, 13, 0, 2)); got != want {
			t.Errorf("%q is wrapped as %q, want %q", text, got, want)
		}
	}
}

func TestColorSaysNothingNew(t *testing.T) {
	sgr := regexp.MustCompile("\x1b\\[[0-9]*m")
	for _, width := range []int{80, 120} {
		plain, colored := tableOf(t, Options{Width: width}, scenes()), tableOf(t, Options{Width: width, Color: true}, scenes())
		if strings.Contains(plain, "\x1b") || !strings.Contains(colored, "\x1b[31mno-sni-reset\x1b[0m") {
			t.Errorf("colour is not as told, or missing:\n%s", colored)
		}
		if sgr.ReplaceAllString(colored, "") != plain {
			t.Errorf("with the colours taken off, the table differs:\n%s", colored)
		}
	}
}

func TestTableIsBounded(t *testing.T) {
	var rows []*Row
	for i := range 3002 {
		rows = append(rows, noSNIReset(uint64(i+1), uint64(6*i+1), int64(i), "10.0.0.1:40000", "10.0.0.5:443").row())
	}
	out := tableOf(t, Options{}, rows)
	if n := strings.Count(out, "S RST"); n != 3000 {
		t.Errorf("%d lines listed, want 3,000", n)
	}
	for _, want := range []string{"these are the first 3,000; 2 more: --csv FILE", "3,002  no-sni-reset"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing:\n%s", want, out)
		}
	}
}

func TestWhatIsListed(t *testing.T) {
	ok, plain := passed(1, 1, 1, "10.0.0.1:1", "10.0.0.5:443", "ok.example").row(), bare().row()
	plain.Verdict.Code = diagnosis.NotTLS
	left := noSNIReset(3, 20, 1, "10.0.0.3:1", "10.0.0.5:443").row()
	left.Scope = analysis.Apart
	rows := []*Row{ok, plain, left, noSNIReset(4, 30, 1, "10.0.0.4:1", "10.0.0.5:443").row()}
	for _, tt := range []struct {
		opt  Options
		want string
	}{
		{Options{}, "10.0.0.4"},
		{Options{All: true}, "10.0.0.1 10.0.0.4"},
		{Options{Every: true}, "10.0.0.1 192.0.2.1 10.0.0.4"},
	} {
		l := newListing(nil, tt.opt)
		var got []string
		for _, row := range rows {
			l.Add(row)
		}
		for _, line := range l.lines {
			got = append(got, line.client.Addr().String())
		}
		if s := strings.Join(got, " "); s != tt.want {
			t.Errorf("%+v lists %s, want %s", tt.opt, s, tt.want)
		}
	}
}

// Connections that share a diagnosis may need different things done.
func TestEachFixIsTold(t *testing.T) {
	var rows []*Row
	for i, fix := range []string{"restart it", "renew it", "renew it", "restart it", "", "move it", "name it", "route it", "paint it", "sell it"} {
		row := noSNIReset(uint64(i+1), uint64(i+1)*10, 1, "10.0.0.1:1", "10.0.0.5:443").row()
		row.Verdict.Fix = fix
		rows = append(rows, row)
	}
	want := "  fix: restart it\n" +
		"  fix for 2 connections such as connection 2 (frame 25): renew it\n" +
		"  fix for connection 6 (frame 65): move it\n" +
		"  fix for connection 7 (frame 75): name it\n" +
		"  fix for connection 8 (frame 85): route it\n" +
		"  for 2 more connections, see the fix in CSV or JSON\n"
	if out := tableOf(t, Options{Width: 120}, rows); !strings.Contains(out, want) {
		t.Errorf("got:\n%s", out)
	}
	info := passed(1, 1, 1, "10.0.0.1:1", "10.0.0.5:443", "").row()
	info.Verdict.Code, info.Verdict.Severity, info.Verdict.Fix = rows[0].Verdict.Code, diagnosis.Info, "nothing needs fixing"
	if out := tableOf(t, Options{Width: 120}, []*Row{info, rows[0]}); !strings.Contains(out, "fix: restart it") || strings.Contains(out, "fix for connection") || strings.Contains(out, "nothing needs") {
		t.Errorf("got:\n%s", out)
	}
}

func TestNoFindings(t *testing.T) {
	rows := []*Row{passed(1, 1, 1, "10.0.0.1:1", "10.0.0.5:443", "a.example").row(), passed(2, 9, 1, "10.0.0.1:2", "10.0.0.5:443", "").row()}
	out := tableOf(t, Options{Width: 120}, rows)
	want := "2 TLS connections: 1 ok, 1 no-sni-accepted\nno finding: 2 of 2 TLS handshakes went through, none failed; --all lists them\n"
	signs, _, _ := strings.Cut(explainHint, ".")
	if !strings.Contains(out, want) || strings.Contains(out, "TIME") || strings.Contains(out, signs) {
		t.Errorf("got:\n%s", out)
	}
	all := tableOf(t, Options{Width: 120, All: true}, rows)
	if !strings.Contains(all, "a.example") || strings.Contains(all, "--all") || !strings.Contains(all, signs) {
		t.Errorf("with --all:\n%s", all)
	}
	if out := tableOf(t, Options{}, nil); !strings.HasPrefix(out, "no TLS connection") {
		t.Errorf("of nothing:\n%s", out)
	}
}

func TestDayIsShownWhereThereAreSeveral(t *testing.T) {
	const day = 86400_000_000
	rows := []*Row{noSNIReset(1, 1, 0, "10.0.0.1:1", "10.0.0.5:443").row(), noSNIReset(2, 9, day, "10.0.0.1:2", "10.0.0.5:443").row()}
	out := tableOf(t, Options{Width: 120}, rows)
	for _, want := range []string{"2024-05-06 08:37:36 to 2024-05-07 08:37:36 UTC", "05-06 08:37:36.000  10.0.0.1:1", "05-07 08:37:36.000  10.0.0.1:2"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing:\n%s", want, out)
		}
	}
}

func TestYearIsShownWhereThereAreSeveral(t *testing.T) {
	const year = 366 * 86400_000_000
	rows := []*Row{noSNIReset(1, 1, 0, "10.0.0.1:1", "10.0.0.5:443").row(), noSNIReset(2, 9, year, "10.0.0.1:2", "10.0.0.5:443").row()}
	if out := tableOf(t, Options{Width: 120}, rows); !strings.Contains(out, "\n2025-05-07 08:37:36.000  10.0.0.1:2") {
		t.Errorf("no year:\n%s", out)
	}
}

func TestLongWordsAreCut(t *testing.T) {
	row := noSNIReset(1, 1, 0, "10.0.0.1:1", "10.0.0.5:443").row()
	row.Verdict.Detail = "it said " + strings.Repeat("x", 500)
	row.Capture = "/captures/" + strings.Repeat("y", 500) + "/gateway.pcap"
	out := tableOf(t, Options{Width: 80}, []*Row{row})
	for _, line := range strings.Split(out, "\n") {
		if displayWidth(line) > 80 {
			t.Errorf("%d columns: %s", displayWidth(line), line)
		}
	}
	if !strings.Contains(out, "gateway.pcap,") {
		t.Errorf("the end of the name is gone:\n%s", out)
	}
}

func TestFramesNameTheirFileWhereThereAreSeveral(t *testing.T) {
	first, second := noSNIReset(1, 1, 0, "10.0.0.1:1", "10.0.0.5:443").row(), noSNIReset(2, 1001, 0, "10.0.0.1:2", "10.0.0.5:443").row()
	first.Locate, second.Locate, second.Capture = inFiles, inFiles, "node-2.pcap"
	out := tableOf(t, Options{Width: 120}, []*Row{first, second})
	for _, want := range []string{"   1#6\n", "   2#6\n", "frames by file: gateway.pcap (1#), node-2.pcap (2#)", "gateway.pcap and 1 more, ", "example, connection 1 (frame 1#6): "} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing:\n%s", want, out)
		}
	}
	if out := tableOf(t, Options{}, []*Row{first}); strings.Contains(out, "#") {
		t.Errorf("one file:\n%s", out)
	}
	healthy := passed(1, 1, 0, "10.0.0.1:1", "10.0.0.5:443", "a.example").row()
	healthy.Locate = inFiles
	out = tableOf(t, Options{Width: 120}, []*Row{healthy, second})
	if !strings.Contains(out, "   2#6\n") || !strings.Contains(out, "frames by file: node-2.pcap (2#)\n") {
		t.Errorf("a frame of the second file alone:\n%s", out)
	}
}

// TestAnUnknownNameIsExplained holds that "?" under SNI is not taken for the "?" of a diagnosis, or for no name.
func TestAnUnknownNameIsExplained(t *testing.T) {
	const note = "SNI ?: the ClientHello was not seen whole, so it may have a name or none"
	unknown, missing := noSNIReset(1, 1, 0, "10.0.0.1:1", "10.0.0.5:443").partial().row(), noSNIReset(2, 11, 0, "10.0.0.1:2", "10.0.0.5:443").row()
	if out := tableOf(t, Options{Width: 120}, []*Row{unknown, missing}); !strings.Contains(out, "\n"+note+"\n") {
		t.Errorf("the sign is not explained:\n%s", out)
	}
	if out := tableOf(t, Options{Width: 120}, []*Row{missing}); strings.Contains(out, note) {
		t.Errorf("a sign is explained that is not there:\n%s", out)
	}
}

// TestAFileIsNamedWhereOnlyTheDecidingFrameIsInIt begins a connection in one of two rotated files and ends it in the other.
func TestAFileIsNamedWhereOnlyTheDecidingFrameIsInIt(t *testing.T) {
	row := noSNIReset(1, 998, 0, "10.0.0.1:1", "10.0.0.5:443").row()
	row.Locate = inFiles
	row.File = func(place int) string { return fmt.Sprintf("gateway.pcap%d", place-1) }
	row.Capture = "gateway.pcap0"
	out := tableOf(t, Options{Width: 120}, []*Row{row})
	for _, want := range []string{"   2#3\n", "frames by file: gateway.pcap0 (1#), gateway.pcap1 (2#)"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing:\n%s", want, out)
		}
	}
}

func TestSNICells(t *testing.T) {
	invalid := func(name string) *made {
		m := noSNI().hello(name)
		m.Record.Hello.SNI = tlswire.SNIInvalid
		return m
	}
	for _, tt := range []struct {
		row  *made
		want string
	}{
		{noSNI().hello("api.example.com"), "api.example.com"},
		{noSNI().hello(""), "(none)"},
		{noSNI().partial(), "?"},
		{noSNI(), "-"},
		{invalid("192.0.2.7"), "ip:192.0.2.7"},
		{invalid("2001:db8::1"), "ip:2001:db8::1"},
		{invalid(""), `""`},
		{invalid("a.example."), "a.example."},
		{invalid("a\x00b"), "a\x00b"},
		// Names that pretend.
		{noSNI().hello("(none)"), `"(none)"`},
		{noSNI().hello("?"), `"?"`},
		{noSNI().hello("-"), `"-"`},
		{noSNI().hello("ip:192.0.2.7"), `"ip:192.0.2.7"`},
		{noSNI().hello(`"(none)"`), `""(none)""`},
	} {
		if got := sniCell(tt.row.Record); got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
	for _, letter := range []string{"a", "é", "例", "\xff", "\x80"} {
		name := strings.Repeat(letter, 60000)
		got := sniCell(noSNI().hello(name).Record)
		head, tail, ok := strings.Cut(got, ellipsis)
		if !ok || len(got) > maxCellBytes+len(ellipsis) || !strings.HasPrefix(name, head) || !strings.HasSuffix(name, tail) {
			t.Errorf("a long name of %q is cut to %q", letter, got)
		}
		if utf8.ValidString(letter) && !utf8.ValidString(got) {
			t.Errorf("a character of %q is cut apart: %q", letter, got)
		}
	}
}

func TestNamesAreEscapedOnce(t *testing.T) {
	row := noSNI().hello("\x1b.example").closed(flow.Server, flow.CloseRST, 1).
		verdict(diagnosis.HelloReset, diagnosis.Error, diagnosis.Certain, "the name is \x1b.example", "").row()
	var md bytes.Buffer
	report(t, NewMarkdown(&md, Options{}), []*Row{row})
	for _, out := range []string{tableOf(t, Options{}, []*Row{row}), strings.ReplaceAll(md.String(), `\\`, `\`)} {
		if n := strings.Count(out, `\x1b.example`); n != 3 || strings.Contains(out, `\x5c`) { // cause, line, example
			t.Errorf("%d times:\n%s", n, out)
		}
	}
}

func TestEndCells(t *testing.T) {
	base := func() *made { return noSNI().hello("a.example") }
	icmp := noSNI().closed(flow.Path, flow.CloseICMP, 0)
	icmp.Record.ICMP = flow.ICMPError{Type: 3, Code: 13}
	gone := noSNI().closed(flow.Client, flow.CloseICMP, 0)
	gone.Record.ICMP = flow.ICMPError{Type: 3, Code: 3}
	encrypted := base().alert(flow.Server, 0)
	encrypted.Record.Alerts[flow.Server].Encrypted, encrypted.Record.Server.Hello = true, at(4, 0)
	warned := base().alert(flow.Server, 112)
	warned.Record.Alerts[flow.Server].Level = 1
	for _, tt := range []struct {
		row  *made
		want string
	}{
		{base().closed(flow.Server, flow.CloseRST, 300_000), "S RST +0.3ms"},
		{base().closed(flow.Server, flow.CloseFIN, 12_000_000), "S FIN +12ms"},
		{noSNI().closed(flow.Server, flow.CloseRST, 245_000_000), "S RST +245ms"},
		{base().alert(flow.Client, 48).closed(flow.Client, flow.CloseRST, 9_000_000), "C alert 48"},
		{encrypted, "S alert ?"},
		{icmp, "ICMP 3/13"},
		{gone, "C ICMP 3/3"},
		{base().closed(flow.Server, flow.CloseQUIC, 3_000_000), "S close +3.0ms"},
		{base().closed(flow.Server, flow.CloseStatelessReset, 3_000_000), "S reset +3.0ms"},
		{base().closed(flow.Server, flow.CloseRST, -5_000_000_000), "S RST"}, // the clock went back
		{base(), "-"},
		{base().alert(flow.Server, 0), "S alert 0"}, // close_notify, and of DTLS nothing else can be seen to end it
		{base().alert(flow.Server, 0).closed(flow.Client, flow.CloseFIN, 9_000_000), "C FIN +9.0ms"},
		{warned, "-"},
	} {
		if got := endCell(tt.row.Record); got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}

func TestMeaningsComeFromTheCatalogue(t *testing.T) {
	e, ok := diagnosis.Lookup(diagnosis.NoSNIReset)
	if !ok {
		t.Fatal("no entry")
	}
	rows := []*Row{noSNIReset(1, 1, 0, "10.0.0.1:1", "10.0.0.5:443").row()}
	out := strings.Join(strings.Fields(tableOf(t, Options{Width: 80}, rows)), " ")
	for _, want := range []string{strings.Join(strings.Fields(e.Meaning), " "), explainHint} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing:\n%s", want, out)
		}
	}
}

func TestConfidenceIsMarked(t *testing.T) {
	for c, want := range map[diagnosis.Confidence]string{diagnosis.Certain: "x", diagnosis.Probable: "x~", diagnosis.Possible: "x?"} {
		if got := mark("x", c); got != want {
			t.Errorf("%v: %q, want %q", c, got, want)
		}
	}
}

func TestShorten(t *testing.T) {
	for _, tt := range []struct {
		in    string
		width int
		want  string
	}{
		{"api.example.com", 15, "api.example.com"},
		{"api.example.com", 14, "api.exa…le.com"},
		{"api.example.com", 3, "a…m"},
		{"api.example.com", 1, "a…m"},
		{"例え例え例え", 8, "例え…え"},
		{"例え例え例え", 6, "例…え"},
	} {
		got := shorten(tt.in, tt.width)
		if got != tt.want || displayWidth(got) > max(tt.width, 3) {
			t.Errorf("%q in %d is %q, want %q", tt.in, tt.width, got, tt.want)
		}
	}
}

// TestTheExampleIsTheMostCertain holds among the connections for which the same is to be done: the first that is most certain.
func TestTheExampleIsTheMostCertain(t *testing.T) {
	var rows []*Row
	for i, sure := range []diagnosis.Confidence{diagnosis.Possible, diagnosis.Probable, diagnosis.Certain, diagnosis.Certain, diagnosis.Possible} {
		row := noSNIReset(uint64(i+1), uint64(i+1)*10, 1, "10.0.0.1:1", "10.0.0.5:443").row()
		row.Verdict.Fix, row.Verdict.Confidence = "restart it", sure
		rows = append(rows, row)
	}
	if out := tableOf(t, Options{Width: 120}, rows); !strings.Contains(out, "example, connection 3 (frame 35)") {
		t.Errorf("got:\n%s", out)
	}
	rows[2].Verdict.Fix, rows[3].Verdict.Fix = "renew it", ""
	if out := tableOf(t, Options{Width: 120}, rows); !strings.Contains(out, "example, connection 2 (frame 25)") {
		t.Errorf("got:\n%s", out)
	}
}
