package diagnosis

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/flow"
)

// Each of these connections fits two codes or more; the first must win, and the other be mentioned where it says why.
func TestPrecedence(t *testing.T) {
	scsv := func(r *conversation.Record) { r.Hello.FallbackSCSV = true }
	old := func(r *conversation.Record) { r.Hello.MaxVersion = 0x0301 }
	for _, tc := range []struct {
		conn *conn
		want Code
		also Code
	}{
		{setUpConn().hello("").flight12("other.example").through(), NoSNIAccepted, ""},
		{setUpConn().hello(name).badName().flight12("other.example").through(), SNIInvalid, ""},
		{newConn().syn().icmp("10.0.0.1", 3, 13, true).wait(time.Second).syn(), DestinationUnreachable, ""},
		{setUpConn().carrier("proxy-v1").plain(client, "http", "GET /").alert(server, 70), ProxyHeaderUnexpected, PlaintextToTLSPort},
		{setUpConn().carrier("proxy-v1").hello("").acked().rst(server), ProxyHeaderUnexpected, NoSNIReset},
		{setUpConn().hello("").do(scsv).alert(server, 70), ProtocolVersion, InappropriateFallback},
		{setUpConn().hello("").do(scsv).alert(server, 120), ALPNMismatch, InappropriateFallback},
		{setUpConn().hello("").do(scsv).do(old).alert(server, 80), InappropriateFallback, ProtocolVersion},
		{setUpConn().hello("").do(old).alert(server, 80), ProtocolVersion, NoSNIAlert},
		{setUpConn().hello("").flight12("other.example").alert(client, 48), NoSNIClientRejected, ClientRejectedCertificate},
		{setUpConn().hello(name).flight12("other.example").alert(client, 46), CertificateNameMismatch, ClientRejectedCertificate},
		{setUpConn().hello(name).flight12(name).cert(conversation.CertEmpty).alert(server, 116), ClientCertificateRequired, ""},
	} {
		c := &Context{End: tc.conn.now + int64(time.Minute)}
		v := explained(tc.conn.Record, c)
		if v.Code != tc.want {
			t.Errorf("%s, want %s: %s", v.Code, tc.want, v.Detail)
		}
		if tc.also != "" && !strings.Contains(v.Detail, string(tc.also)+" fits as well") {
			t.Errorf("%s does not mention %s: %s", v.Code, tc.also, v.Detail)
		}
	}
}

// Every code but the one for what is missing and those that replace another is reached in order.
func TestPrecedenceHoldsAllCodes(t *testing.T) {
	var listed []Code
	for _, s := range Precedence() {
		if s.Title == "" {
			t.Error("a stage without a title")
		}
		listed = append(listed, s.Codes...)
	}
	for _, r := range renamings {
		listed = append(listed, r.rule.code)
	}
	for _, c := range codes {
		if c != IncompleteCapture && !slices.Contains(listed, c) {
			t.Errorf("no rule leads to %s", c)
		}
	}
}

// A renaming replaces only the codes that it is for.
func TestInjectionReplacesResetsOnly(t *testing.T) {
	for _, c := range []*conn{
		setUpConn().hello(name).flight13().rst(client),
		setUpConn().plain(client, "http", "GET /").acked().rst(server),
		setUpConn().hello(name).flight13().through().rst(server),
	} {
		c.signs(63)
		if v := Judge(c.Record, c.alone(time.Minute)); v.Code == ResetInjected {
			t.Errorf("%s became %s", c.Stage, v.Code)
		}
	}
}

func TestDurations(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 ms", 4999: "0 ms", 5 * time.Microsecond: "0.01 ms", 312 * time.Microsecond: "0.31 ms", 1050 * time.Microsecond: "1.05 ms",
		9_994_999: "9.99 ms", 9_995_000: "10.0 ms", 99_949_999: "99.9 ms", 99_950_000: "100 ms", 245_100 * time.Microsecond: "245 ms",
		999_499_999: "999 ms", 999_500_000: "1.0 s", time.Second: "1.0 s", 90 * time.Second: "90.0 s", 99_950_000_000: "100 s", time.Hour: "3600 s",
		10*time.Hour - 1: "36000 s", 10 * time.Hour: "10 h", 71*time.Hour + 59*time.Minute: "72 h", 72 * time.Hour: "3 days", 1<<63 - 1: "106752 days",
	} {
		if got := string(appendDuration(nil, d)); got != want {
			t.Errorf("%d ns: %q, want %q", d, got, want)
		}
	}
}

// A capture that ends with the very packet that it has last did not end "0 ms after" it.
func TestCaptureEndsRightAfter(t *testing.T) {
	c := setUpConn().hello(name)
	if v := explained(c.Record, c.alone(0)); !strings.Contains(v.Detail, "the capture ended right after the ClientHello") {
		t.Error(v.Detail)
	}
}

// A capture that goes on later says nothing of the time in between.
func TestCapturePauses(t *testing.T) {
	for after, want := range map[time.Duration]string{
		0: "the capture pauses for 24 h, right after the ClientHello", time.Second / 2: "the capture pauses for 24 h, 500 ms after the ClientHello",
	} {
		c := setUpConn().hello(name)
		context := c.alone(after)
		context.Lull = 24 * time.Hour
		if v := explained(c.Record, context); v.Code != IncompleteCapture || !strings.Contains(v.Detail, want) {
			t.Error(v.Code, v.Detail)
		}
	}
}

// No sentence says that something came a negative time after something else: who reads it would look for a mistake of his own.
func TestClockGoesBack(t *testing.T) {
	for _, c := range []*conn{
		setUpConn().hello("").acked().wait(-5 * time.Second).rst(server),
		setUpConn().hello(name).acked().wait(-5 * time.Second).fin(server),
		setUpConn().hello(name).flight12(name).wait(-5 * time.Second).fin(client),
		setUpConn().wait(-5 * time.Second).rst(server),
		newConn().syn().wait(-5 * time.Second).refused(),
		setUpConn().hello(name).wait(-5 * time.Second).flight12(name).through(),
	} {
		v := explained(c.Record, c.alone(0))
		if strings.Contains(v.Detail, " -") || !strings.Contains(v.Detail, "some time (the capture's clock went back)") {
			t.Errorf("%s: %s", v.Code, v.Detail)
		}
	}
}

// A RST that nobody but its sender's name speaks for may come before any hello, and is then not said to come after one.
func TestInjectedBeforeHello(t *testing.T) {
	c := setUpConn().rst(server).signs(flow.SignTTL | flow.SignDataAfter)
	v := explained(c.Record, c.alone(time.Minute))
	const want = "ended the connection 0.10 ms after the connection was set up; something on the way probably sent it: the server had not used that TTL before"
	if v.Code != ResetInjected || !strings.Contains(v.Detail, want) {
		t.Errorf("%s: %s", v.Code, v.Detail)
	}
}

func TestUsualTLSPorts(t *testing.T) {
	for _, p := range []uint16{443, 465, 636, 853, 989, 990, 991, 992, 993, 994, 995, 2376, 5061, 5671, 6443, 8443, 8883, 9443} {
		if !usualTLSPort(p) {
			t.Errorf("port %d is not among the usual ones", p)
		}
	}
	for _, p := range []uint16{0, 22, 80, 8080, 65535} {
		if usualTLSPort(p) {
			t.Errorf("port %d is among the usual ones", p)
		}
	}
}

func TestArticles(t *testing.T) {
	for _, want := range []string{
		"a 1", "a 7", "an 8", "a 9", "a 10", "an 11", "a 12", "a 17", "an 18", "a 19", "a 79", "an 80", "an 87", "an 89", "a 90", "a 100", "a 118",
		"a 188", "a 799", "an 800", "an 899", "a 900", "a 1100", "a 1800", "an 8000", "a 10000", "an 11264", "an 18000", "an 89999", "a 110000", "an 800000", "an 8000000",
	} {
		_, number, _ := strings.Cut(want, " ")
		n, err := strconv.Atoi(number)
		if got := string(appendA(nil, n)); err != nil || got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// A RST is not said to lack an ACK that it has: of the kind of those without is also that in answer to a SYN.
func TestRSTsAreNamed(t *testing.T) {
	for want, c := range map[string]*conn{
		"RST+ACK":         setUpConn().hello(name).rst(server),
		"RST without ACK": setUpConn().hello(name).acked().bareRST(server),
		"RST":             newConn().syn().refused(),
	} {
		var v view
		v.reset(c.Record, c.alone(time.Minute))
		if got := string(v.appendRST(nil)); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
