package report

import (
	"net/netip"
	"strings"
	"time"

	"github.com/sniscope/sniscope/pkg/analysis"
	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/diagnosis"
	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/tlswire"
)

// epoch is 2024-05-06 08:37:36 UTC.
const epoch = 1714984656_000000000

// at is an event of packet frame, so many microseconds after epoch.
func at(frame uint64, micros int64) flow.Event {
	return flow.Event{Frame: frame, Time: epoch + micros*1000}
}

// inFiles puts packets up to 1000 into the first file, the others into the second.
func inFiles(ordinal uint64) (int, uint64) {
	if ordinal > 1000 {
		return 2, ordinal - 1000
	}
	return 1, ordinal
}

// made is a Row being made up.
type made Row

func (row *made) row() *Row { return (*Row)(row) }

// connection is a TCP connection that was set up: SYN in packet first, ACK two packets later.
func connection(conn, first uint64, micros int64, client, server string) *made {
	r := &conversation.Record{Stage: conversation.StageConnected}
	r.First, r.Start, r.Digits = first, epoch+micros*1000, 6
	r.Endpoints = [2]netip.AddrPort{netip.MustParseAddrPort(client), netip.MustParseAddrPort(server)}
	r.Roles = flow.RolesSYN
	r.SYN, r.SYNACK, r.Opening.Established = at(first, micros), at(first+1, micros+420), at(first+2, micros+500)
	r.End = epoch + (micros+500)*1000
	r.Packets, r.State = [2]uint64{2, 1}, flow.StateS1
	r.Terminator.By = flow.Nobody
	return &made{Conn: conn, Scope: analysis.Listed, Capture: "gateway.pcap", Record: r, Verdict: &diagnosis.Verdict{}}
}

// hello adds a complete ClientHello in the packet after the handshake.
func (row *made) hello(name string) *made {
	r := row.Record
	r.Stage, r.Protocol[flow.Client] = conversation.StageClientHello, "tls"
	h := &r.Hello
	h.State, h.SNI = conversation.HelloComplete, tlswire.SNIMissing
	if name != "" {
		h.SNI, h.Name, h.SNIOffset = tlswire.SNIPresent, name, 127
	}
	h.End = flow.Event{Frame: r.First + 3, Time: r.Start + 900_000}
	h.Start = h.End
	h.Bytes, h.Segments, h.MaxVersion = 512, 1, 0x0304
	r.TLSBytes[flow.Client], r.Bytes[flow.Client] = 517, 517
	r.Packets[flow.Client]++
	return row
}

// closed ends the connection, so many nanoseconds after the hello or the setup.
func (row *made) closed(by flow.Side, kind flow.CloseKind, after int64) *made {
	r := row.Record
	from := r.Opening.Established
	if r.Hello.End.Happened() {
		from = r.Hello.End
	}
	r.Terminator = flow.Terminator{By: by, Kind: kind, Event: flow.Event{Frame: r.First + 5, Time: from.Time + after}}
	r.End = r.Terminator.Time
	return row
}

// untimed takes all times away, as a capture without them does.
func (row *made) untimed() *made {
	r := row.Record
	r.Start, r.Digits, r.End = 0, 0, 0
	for _, e := range []*flow.Event{&r.SYN, &r.SYNACK, &r.Opening.Established, &r.Hello.Start, &r.Hello.End, &r.Server.First, &r.Terminator.Event} {
		e.Time = 0
	}
	return row
}

// alert adds a fatal alert of one side.
func (row *made) alert(by flow.Side, description uint8) *made {
	a := &row.Record.Alerts[by]
	a.Event = flow.Event{Frame: row.Record.First + 4, Time: row.Record.Start + 1_200_000}
	a.Level, a.Description = 2, description
	return row
}

// established lets the handshake go through.
func (row *made) established() *made {
	r := row.Record
	r.Stage, r.Established, r.Protocol[flow.Server] = conversation.StageEstablished, true, "tls"
	r.Server.Hello = flow.Event{Frame: r.First + 4, Time: r.Start + 1_400_000}
	r.Server.First, r.Server.Version, r.Server.Cipher = r.Server.Hello, 0x0304, 0x1301
	r.TLSBytes[flow.Server] = 4000
	return row
}

// verdict sets what is concluded, the deciding packet being the last that the helpers above made up.
func (row *made) verdict(code diagnosis.Code, s diagnosis.Severity, c diagnosis.Confidence, detail, fix string) *made {
	row.Verdict = &diagnosis.Verdict{
		Code: code, Severity: s, Confidence: c, Frame: row.Record.First + 5,
		Evidence: []uint64{row.Record.First + 3, row.Record.First + 5}, Detail: detail, Fix: fix,
	}
	return row
}

const fixNoSNI = "send SNI from the client, or give the gateway a default (wildcard) route and certificate"

// noSNIReset is scenario 1: an Envoy-like gateway resets a client without SNI.
func noSNIReset(conn, first uint64, micros int64, client, server string) *made {
	return connection(conn, first, micros, client, server).hello("").closed(flow.Server, flow.CloseRST, 300_000).
		verdict("no-sni-reset", diagnosis.Error, diagnosis.Certain,
			"hello of 512 bytes without server_name, reset by the server 0.3 ms later, no bytes from the server", fixNoSNI)
}

// passed is a healthy connection.
func passed(conn, first uint64, micros int64, client, server, name string) *made {
	code, severity := diagnosis.Code("ok"), diagnosis.OK
	if name == "" {
		code, severity = "no-sni-accepted", diagnosis.Info
	}
	return connection(conn, first, micros, client, server).hello(name).established().
		closed(flow.Client, flow.CloseFIN, 120_000_000).verdict(code, severity, diagnosis.Certain, "", "")
}

// full is a row in which every column has a value.
func full() *made {
	row := connection(7, 12, 36_250, "[2001:db8::1f]:19432", "[2001:db8::5]:443").hello("api.example.com").
		closed(flow.Server, flow.CloseRST, 300_000).alert(flow.Server, 112)
	r := row.Record
	row.SameAs, row.Locate = 3, inFiles
	r.Encapsulation, r.Carrier = "vlan;vxlan", []string{"proxy-v2", "http-connect"}
	r.Ending.Incomplete, r.Hello.Incomplete = flow.IncompleteEndOfCapture, flow.IncompleteSnaplen|flow.IncompleteGap
	r.Hello.ECH, r.Hello.ALPN = true, []string{"h2", "http/1.1"}
	r.Hello.JA3, r.Hello.JA4 = ja3Example, "t13d1516h2_8daaf6152771_e5627efa2ab1"
	r.Hello.Random = [32]byte{0: 0xde, 1: 0xad, 31: 0x01}
	r.Server = conversation.Answer{
		Hello: at(16, 37_600), First: at(16, 37_600), Version: 0x0303, Cipher: 0xc02f, ALPN: "h2", Resumed: true,
		CertRequested: true, CertNames: []string{"*.example.com", "example.com"}, CertIssuer: "CN=R3,O=Let's Encrypt,C=US",
		CertNotAfter: time.Date(2024, 8, 4, 12, 0, 0, 0, time.UTC),
	}
	r.Client.Cert = conversation.CertSent
	r.Protocol[flow.Server] = "tls"
	r.Terminator.RST = flow.RSTAbortive
	r.State, r.Retransmits, r.Missed = flow.StateRSTR, 2, 1460
	r.Packets, r.Bytes = [2]uint64{5, 4}, [2]uint64{593, 2921}
	r.ProxiedClient, r.ProxyTarget = "192.0.2.77", "api.example.com:443"
	row.Verdict = &diagnosis.Verdict{
		Code: "sni-unrecognized", Severity: diagnosis.Error, Confidence: diagnosis.Probable, Frame: 16,
		Evidence: []uint64{15, 16, 1004}, Tampering: "PSH+ACK -> RST+ACK",
		Detail: `the server refused "api.example.com" with alert 112, 0.3 ms after the hello`,
		Fix:    "add the host and its certificate; check the spelling",
	}
	return row
}

// bare is a row with no value that may be absent: a SYN that was refused.
func bare() *made {
	r := &conversation.Record{}
	r.First, r.Start, r.End = 1, epoch, epoch
	r.Endpoints = [2]netip.AddrPort{netip.MustParseAddrPort("192.0.2.1:1024"), netip.MustParseAddrPort("192.0.2.2:443")}
	r.Terminator.By = flow.Nobody
	return &made{Conn: 1, Scope: analysis.Listed, Record: r, Verdict: &diagnosis.Verdict{Code: "ok", Confidence: diagnosis.Certain}}
}

// noSNI is a connection that was set up, to build on.
func noSNI() *made { return connection(1, 1, 0, "192.0.2.1:50000", "192.0.2.2:443") }

// partial adds a hello of which the end was not captured.
func (row *made) partial() *made {
	row.hello("")
	h := &row.Record.Hello
	h.State, h.SNI, h.Incomplete, h.End = conversation.HelloPartial, tlswire.SNIUnknown, flow.IncompleteSnaplen, flow.Event{}
	return row
}

// hostile are names that no output may pass on as they are.
var hostile = []string{
	"\x1b[2J\x1b]0;owned\x07", "a\nb", "a\rb", "a\tb", "a\x00b", "a\x7fb", "a\u0085\u009bb", "\x9b31m",
	"=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1+1", "\r=1+1", "\n=1+1", "＝1", "a;=1+1", "a;b",
	"a|b", "`a`", "|`|", "<script>alert(1)</script>", "[x](http://evil.example)", "**x**", "_x_", "www.evil.example", "&lt;",
	"\u202egnp.exe", "a\u200bb", "\ufeffa", "\u2066a\u2069", "a\u2028b", "a\U000e0041b", "\u3164",
	"\xff\xfe", "a\xc3", "\xed\xa0\x80", "\xf4\x90\x80\x80", `a\x1bb`, `\\x41`, `\u202e`, `C:\dir`, `\`,
	`"`, `""`, `a"b,c`, `'=1`, "(none)", "?", "-", "ip:192.0.2.7", "192.0.2.7", "", " ", " a ", "a b",
	"bücher.example", "例え.テスト", "👩‍👩‍👧.example", "e\u0301", strings.Repeat("a", 255), strings.Repeat("\x1b", 255), strings.Repeat("é", 200),
}

// named is a row with the same text wherever the network or the user can put one.
func named(name string) *made {
	m := full()
	r := m.Record
	m.SameAs = 0
	m.Capture = name
	r.Hello.Name, r.Hello.ALPN = name, []string{name, "h2", name}
	r.Hello.JA4, r.Server.ALPN = name, name
	r.Server.CertNames, r.Server.CertIssuer = []string{name, name}, name
	r.ProxiedClient, r.ProxyTarget = name, name
	m.Verdict.Detail, m.Verdict.Fix = "the server refused "+name, name
	return m
}

// addrPort is the i-th address of a /8, at port 443.
func addrPort(first byte, i int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{first, byte(i >> 16), byte(i >> 8), byte(i)}), 443)
}

// ja3Example is the digest cd08e31494f9531f560d64c695473da9.
var ja3Example = [16]byte{0xcd, 0x08, 0xe3, 0x14, 0x94, 0xf9, 0x53, 0x1f, 0x56, 0x0d, 0x64, 0xc6, 0x95, 0x47, 0x3d, 0xa9}
