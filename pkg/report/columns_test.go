package report

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/tlswire"
)

// documented matches a row of a table in docs/output.md whose second cell is a kind.
var documented = regexp.MustCompile("(?m)^\\| `([a-z0-9_]+)` \\| (text|number|bool|list|time) \\| ")

func TestDocsListTheColumnsInOrder(t *testing.T) {
	page, err := os.ReadFile("../../docs/output.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := documented.FindAllStringSubmatch(string(page), -1)
	for i := range max(len(rows), len(columns)) {
		var doc, code string
		if i < len(rows) {
			doc = rows[i][1] + " " + rows[i][2]
		}
		if i < len(columns) {
			code = columns[i] + " " + kindOf(columns[i])
		}
		if doc != code {
			t.Fatalf("column %d is %q in docs/output.md and %q in the code", i+1, doc, code)
		}
	}
}

func TestFixtureHasEveryColumn(t *testing.T) {
	row := full().row()
	for _, c := range columns {
		if strings.Join(values(c, row), "") == "" {
			t.Errorf("%s is empty", c)
		}
	}
}

// TestPlainColumnsNeedNoEscape holds what the writers rely on where they do not look.
func TestPlainColumnsNeedNoEscape(t *testing.T) {
	plain := regexp.MustCompile(`^[A-Za-z0-9_.:;#/+<>!= -]*$`)
	rows := append(append(scenes(), wide()...), full().row(), bare().row())
	for _, row := range rows {
		for _, c := range columns {
			if !contents[c].plain {
				continue
			}
			value := strings.Join(values(c, row), ";")
			if !plain.MatchString(value) || runs([]byte(value)) {
				t.Errorf("%s: %q", c, value)
			}
		}
	}
}

func TestSNIState(t *testing.T) {
	for _, tt := range []struct {
		name string
		make func() *made
		want string
	}{
		{"name", func() *made { return noSNI().hello("a.example") }, "present"},
		{"whole hello without one", func() *made { return noSNI().hello("") }, "missing"},
		{"hello not whole", func() *made { return noSNI().partial() }, "unknown"},
		{"only the server's TLS was captured", func() *made {
			m := noSNI()
			m.Record.SYN, m.Record.TLSBytes[1] = flow.Event{}, 90
			return m
		}, "unknown"},
		{"began mid-connection", func() *made { m := noSNI(); m.Record.Ending.Incomplete = 1 << 2; return m }, "unknown"},
		{"no byte of the client, and the server takes its leave in TLS", func() *made {
			m := noSNI()
			m.Record.SYN, m.Record.TLSBytes[1] = flow.Event{Frame: 1, Time: 1}, 7
			m.Record.Bytes[0], m.Record.Sides[0] = 0, flow.SideFacts{}
			return m
		}, ""},
		{"HTTP, answered by a TLS alert", func() *made {
			m := noSNI()
			m.Record.Protocol[0], m.Record.Bytes[0], m.Record.TLSBytes[1] = "http", 18, 7
			return m
		}, ""},
		{"what nobody knows, answered by a TLS alert", func() *made {
			m := noSNI()
			m.Record.Protocol[0], m.Record.Bytes[0], m.Record.TLSBytes[1] = "unknown", 18, 7
			return m
		}, "unknown"},
		{"the client's TLS without its hello", func() *made { m := noSNI(); m.Record.TLSBytes[0] = 31; return m }, "unknown"},
		{"only a PROXY header, answered by a TLS alert", func() *made {
			m := noSNI()
			m.Record.Carrier, m.Record.Bytes[0], m.Record.TLSBytes[1] = []string{"proxy-v1"}, 37, 7
			return m
		}, ""},
		{"a PROXY header, and what followed was not captured", func() *made {
			m := noSNI()
			m.Record.Carrier, m.Record.Bytes[0], m.Record.TLSBytes[1] = []string{"proxy-v1"}, 37, 7
			m.Record.Sides[0].Unseen = 300
			return m
		}, "unknown"},
		{"a PROXY header, and packets were cut short", func() *made {
			m := noSNI()
			m.Record.Carrier, m.Record.Bytes[0], m.Record.TLSBytes[1] = []string{"proxy-v1"}, 37, 7
			m.Record.Ending.Incomplete = flow.IncompleteSnaplen
			return m
		}, "unknown"},
		{"a PROXY header, and what nobody knows behind it", func() *made {
			m := noSNI()
			m.Record.Carrier, m.Record.Bytes[0], m.Record.TLSBytes[1] = []string{"proxy-v1"}, 42, 7
			m.Record.Protocol[0] = "unknown"
			return m
		}, "unknown"},
		{"no byte at all", noSNI, ""},
	} {
		if got := colSNIState(tt.make().row()).text; got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestInvalidNameIsShown holds that a server_name which is none (RFC 6066, Section 3) stands in its column as it was sent.
func TestInvalidNameIsShown(t *testing.T) {
	m := noSNI().hello("10.0.0.5")
	m.Record.Hello.SNI = tlswire.SNIInvalid
	if got := cellOf(t, "sni", m.row()); got != "10.0.0.5" {
		t.Errorf("sni is %q", got)
	}
}

// TestUnseenBytesAreAGap holds that a connection is called incomplete where bytes before its end were not captured.
func TestUnseenBytesAreAGap(t *testing.T) {
	for side := range 2 {
		m := noSNI().hello("a.example")
		if got := cellOf(t, "incomplete", m.row()); got != "" {
			t.Errorf("incomplete is %q where nothing is missing", got)
		}
		m.Record.Sides[side].Unseen = 7
		if got := cellOf(t, "incomplete", m.row()); got != "gap" {
			t.Errorf("incomplete is %q where bytes of side %d are", got, side)
		}
	}
}

// TestRTTNeedsBothPackets holds that there is no round trip where the capture began behind the packet that it counts from.
func TestRTTNeedsBothPackets(t *testing.T) {
	m := noSNI()
	if server, client := cellOf(t, "rtt_server_ms", m.row()), cellOf(t, "rtt_client_ms", m.row()); server == "" || client == "" {
		t.Errorf("rtt_server_ms is %q, rtt_client_ms is %q", server, client)
	}
	m.Record.SYN = flow.Event{}
	if got := cellOf(t, "rtt_server_ms", m.row()); got != "" {
		t.Errorf("rtt_server_ms without a SYN: %q", got)
	}
	m.Record.SYNACK = flow.Event{}
	if got := cellOf(t, "rtt_client_ms", m.row()); got != "" {
		t.Errorf("rtt_client_ms without a SYN-ACK: %q", got)
	}
}

func TestEncapsulationIsAList(t *testing.T) {
	for joined, want := range map[string]string{"": "", "vlan": "vlan", "vlan;vlan;gre": "vlan|vlan|gre"} {
		m := noSNI()
		m.Record.Encapsulation = joined
		if got := string(colEncapsulation(nil, m.row(), "|")); got != want {
			t.Errorf("%q gives %q, want %q", joined, got, want)
		}
	}
}

func TestUnknownIsNotFalse(t *testing.T) {
	partial := noSNI().partial().row()
	if got := colECH(partial).text; got != "" {
		t.Errorf("ech of a hello that was not seen whole: %q", got)
	}
	if got := colResumed(partial).text; got != "" {
		t.Errorf("resumed without a ServerHello: %q", got)
	}
	for version, want := range map[uint16]string{
		tlswire.VersionTLS12: "", tlswire.VersionTLS13: "false", tlswire.VersionDTLS12: "", tlswire.VersionDTLS13: "false",
	} {
		m := noSNI().hello("")
		m.Record.Server.Hello, m.Record.Server.Version = at(3, 0), version
		if got := colResumed(m.row()).text; got != want {
			t.Errorf("resumed in version %#04x before any certificate: %q, want %q", version, got, want)
		}
	}
	m := noSNI().hello("")
	m.Record.Server.Hello, m.Record.Server.Certificate, m.Record.Server.Version = at(3, 0), at(4, 0), tlswire.VersionTLS12
	if got := colResumed(m.row()).text; got != "false" {
		t.Errorf("resumed behind a certificate: %q", got)
	}
	whole := noSNI().hello("").row()
	if got := colECH(whole).text; got != "false" {
		t.Errorf("ech of a whole hello: %q", got)
	}
}

// TestRandomOfZeros holds that a random that was seen is written, though each of its bytes be 0.
func TestRandomOfZeros(t *testing.T) {
	row := noSNI().row()
	row.Record.Hello.Random, row.Record.Hello.JA4 = [32]byte{}, "t13d1516h2_8daaf6152771_e5627efa2ab1"
	if got, want := cellOf(t, "client_random", row), strings.Repeat("00", 32); got != want {
		t.Errorf("client_random is %q, want %q", got, want)
	}
	row.Record.Hello.JA4 = ""
	if got := cellOf(t, "client_random", row); got != "" {
		t.Errorf("client_random of a hello that was not seen: %q", got)
	}
}

// TestNoTimes holds that what a capture does not time is absent, and not 1970.
func TestNoTimes(t *testing.T) {
	row := noSNIReset(1, 1, 0, "10.0.0.1:40000", "10.0.0.5:443").untimed().row()
	for _, c := range columns {
		if c != "start" && !strings.HasSuffix(c, "_ms") {
			continue
		}
		if got := cellOf(t, c, row); got != "" {
			t.Errorf("%s is %q", c, got)
		}
	}
	out := tableOf(t, Options{}, []*Row{row})
	if !regexp.MustCompile(`(?m)^- +10\.0\.0\.1:40000 .* S RST  +no-sni-reset `).MatchString(out) || strings.Contains(out, "1970") {
		t.Errorf("the table is\n%s", out)
	}
	timed := noSNIReset(2, 10, 0, "10.0.0.1:40001", "10.0.0.5:443").row()
	for _, rows := range [][]*Row{{row, timed}, {timed, row}} {
		if out := tableOf(t, Options{}, rows); !strings.Contains(out, "gateway.pcap, 2024-05-06 08:37:36 UTC\n") {
			t.Errorf("the period is not that of what has times:\n%s", out)
		}
	}
}

// alertCells are the three cells of the alert.
func alertCells(t *testing.T, row *Row) string {
	t.Helper()
	return cellOf(t, "alert", row) + " " + cellOf(t, "alert_from", row) + " " + cellOf(t, "alert_level", row)
}

func TestAlertThatMatters(t *testing.T) {
	// A server FIN ends it, which comes behind its warning; the client's alert is a consequence, and captured first.
	m := noSNI().hello("a.example").closed(1, 2, 1_000_000)
	m.Record.Terminator.Frame = 3
	m.alert(1, 40).alert(0, 50)
	m.Record.Alerts[0].Frame--
	m.Record.Alerts[1].Level = 1
	if got := alertCells(t, m.row()); got != "decode_error client fatal" {
		t.Errorf("first alert: %q", got)
	}
	// One that ended the connection matters more than a warning before it.
	m = noSNI().hello("a.example").alert(0, 112).alert(1, 40)
	m.Record.Alerts[0].Level, m.Record.Alerts[0].Frame = 1, 2
	if got := alertCells(t, m.row()); got != "handshake_failure server fatal" {
		t.Errorf("fatal alert: %q", got)
	}
	m.Record.Server.Hello = at(3, 0)
	m.Record.Alerts[1].Encrypted, m.Record.Alerts[1].Level = true, 0
	if got := alertCells(t, m.row()); got != "encrypted server " {
		t.Errorf("encrypted alert: %q", got)
	}
	// Of two warnings the earlier one is shown, whoever sent it.
	for side, want := range []string{"no_renegotiation client warning", "unrecognized_name server warning"} {
		m = noSNI().hello("a.example").alert(0, 100).alert(1, 112)
		m.Record.Alerts[0].Level, m.Record.Alerts[1].Level = 1, 1
		m.Record.Alerts[side].Frame--
		if got := alertCells(t, m.row()); got != want {
			t.Errorf("warnings: %q, want %q", got, want)
		}
	}
	// One that the other side did not wait for is shown only where the handshake did not go through.
	for _, established := range []bool{true, false} {
		m = noSNI().hello("a.example").closed(0, 2, 1_000_000).alert(1, 80)
		m.Record.Alerts[1].Late, m.Record.Established = true, established
		if got := alertCells(t, m.row()); (got == "  ") != established {
			t.Errorf("late alert where the handshake went through %v: %q", established, got)
		}
	}
	m = noSNI().hello("a.example").established().alert(1, 112)
	m.Record.Alerts[1].Level = 1
	if got := alertCells(t, m.row()); got != "unrecognized_name server warning" {
		t.Errorf("warning of a handshake that went through: %q", got)
	}
}

func TestTCPColumnsAreEmptyForQUIC(t *testing.T) {
	row := full().row()
	row.Record.Transport = flow.QUIC
	for _, name := range []string{"conn_state", "retransmits", "missed_bytes"} {
		if got := cellOf(t, name, row); got != "" {
			t.Errorf("%s is %q", name, got)
		}
	}
	if got := colTransport(row).text; got != "quic" {
		t.Errorf("transport %q", got)
	}
}

func TestClientCert(t *testing.T) {
	m := noSNI()
	for _, want := range []string{"", "requested", "empty", "sent"} {
		switch want {
		case "requested":
			m.Record.Server.CertRequested = true
		case "empty":
			m.Record.Client.Cert = conversation.CertEmpty
		case "sent":
			m.Record.Client.Cert = conversation.CertSent
		}
		if got := colClientCert(m.row()); got != want {
			t.Errorf("client_cert is %q, want %q", got, want)
		}
	}
}
