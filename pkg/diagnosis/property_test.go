package diagnosis

import (
	"math/rand/v2"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/tlswire"
)

// rounds is how many connections each property is tried on.
const rounds = 60_000

// randomConn is a connection of random steps: what a capture may show, and much that it cannot.
func randomConn(rng *rand.Rand) *conn {
	c := newConn()
	if rng.IntN(8) == 0 {
		c.to("[2001:db8::5]:8443")
	}
	if rng.IntN(8) == 0 {
		c.tunnel("target.example:443")
	}
	if rng.IntN(4) > 0 {
		c.syn()
		if rng.IntN(4) > 0 {
			c.synack().ack()
		}
	}
	for range rng.IntN(9) {
		randomStep(rng, c)
	}
	if rng.IntN(12) == 0 {
		c.incomplete(flow.Incomplete(rng.IntN(128)))
	}
	for s := range c.Alerts {
		a, other := &c.Alerts[s], 1-s
		a.Late = c.Sides[other].Fin.Happened() && c.Sides[other].Fin.Frame < a.Frame ||
			c.Alerts[other].Happened() && c.Alerts[other].Frame < a.Frame
	}
	return c
}

var randomNames = []string{"", name, "other.example"}

func randomStep(rng *rand.Rand, c *conn) {
	s := flow.Side(rng.IntN(2))
	switch rng.IntN(32) {
	case 0:
		c.syn()
	case 1:
		c.synack()
	case 2, 3, 4, 5:
		c.hello(randomNames[rng.IntN(3)])
	case 6:
		c.bigHello(randomNames[rng.IntN(3)])
	case 7:
		if c.badName(); rng.IntN(3) == 0 {
			c.malformed()
		}
	case 8, 9:
		c.acked()
	case 10, 11, 12:
		randomFlight(rng, c)
	case 13, 14:
		c.through()
	case 15:
		c.cert(conversation.ClientCert(rng.IntN(3)))
	case 16, 17:
		c.alertLevel(s, uint8(1+rng.IntN(2)), uint8(rng.IntN(123)))
	case 18:
		c.sealedAlert(s)
	case 19:
		c.errorRecord()
	case 20, 21:
		c.fin(s)
	case 22, 23:
		c.rst(s).signs(flow.Signs(rng.IntN(64) & rng.IntN(64)))
	case 24:
		c.bareRST(s).signs(flow.Signs(rng.IntN(64) & rng.IntN(64)))
	case 25:
		c.lost(s, []uint64{0, 7, 7, 300}[rng.IntN(4)])
	case 26:
		c.partial(flow.IncompleteSnaplen)
	case 27:
		c.plain(s, []string{"http", "ssh", "unknown", "smtp"}[rng.IntN(4)], "220 hello")
		c.PlainHTTPError = rng.IntN(4) == 0
	case 28:
		c.carrier([]string{"proxy-v1", "http-connect", "starttls-imap"}[rng.IntN(3)])
		if rng.IntN(2) == 0 {
			c.CarrierRefused = "no"
		}
	case 29:
		c.icmp([]string{"10.0.0.1", "2001:db8::1"}[rng.IntN(2)], uint8(rng.IntN(4)), uint8(rng.IntN(18)), rng.IntN(2) == 0)
	case 30:
		c.wait(time.Duration(rng.IntN(8)) * time.Second)
	case 31:
		c.Sides[s].Retransmits += 3
		c.Sides[s].Stall = flow.Stall{Event: c.packet(s), Length: uint32(rng.IntN(1500)), Count: uint32(rng.IntN(6))}
		c.Hello.FallbackSCSV = rng.IntN(3) == 0 && c.Hello.State != conversation.HelloNone
		c.Hello.MaxVersion = tlswire.VersionTLS10 + uint16(rng.IntN(4))
	}
}

func randomFlight(rng *rand.Rand, c *conn) {
	switch {
	case c.Server.Hello.Happened():
	case rng.IntN(3) == 0:
		c.flight12(randomNames[1+rng.IntN(2)]).flightAcked()
	default:
		c.flight13().flightAcked()
	}
}

func randomContext(rng *rand.Rand, end int64) *Context {
	few := func() uint32 { return uint32(rng.IntN(4) * rng.IntN(2)) }
	c := &Context{
		End: end, Named: rng.IntN(2) == 0, AnyTLS: rng.IntN(2) == 0, ServerSeen: rng.IntN(2) == 0, EndpointTLS: rng.IntN(2) == 0,
		AgreesToTLS: rng.IntN(4) == 0, RefusesTLS: rng.IntN(4) == 0,
		SameClient: [2]bool{rng.IntN(2) == 0, rng.IntN(2) == 0}, SameClientName: rng.IntN(2) == 0,
		Name: Outcomes{few(), few()},
	}
	e := &c.Endpoint
	for i := range e.Hellos {
		for j := range e.Hellos[i] {
			e.Hellos[i][j] = Outcomes{few(), few()}
		}
		e.Complete[i] = few()
	}
	if rng.IntN(4) == 0 {
		c.Astray = Astray{From: netip.MustParseAddrPort(behindNAT), Event: flow.Event{Frame: 1 + rng.Uint64N(9)}, Reset: rng.IntN(2) == 0, Here: rng.IntN(2) == 0}
	}
	e.Resets, e.Proxied, e.TLS, e.Unknown, e.Untrusted, e.Late, e.Tunnels, e.Waited = few(), few(), few(), few(), few(), few(), few(), few()
	if rng.IntN(4) == 0 {
		e.Resets = e.Complete[0] + e.Complete[1] + e.Complete[2]
	}
	return c
}

func randomEnd(rng *rand.Rand, c *conn) int64 {
	return c.now + int64([]time.Duration{0, 500 * time.Millisecond, 2 * time.Second, time.Minute}[rng.IntN(4)])
}

// forRandom runs a property on random connections; a failure names its seed.
func forRandom(t *testing.T, property func(t *testing.T, rng *rand.Rand, c *conn)) {
	t.Helper()
	for seed := range uint64(rounds) {
		rng := rand.New(rand.NewPCG(seed, 1))
		if property(t, rng, randomConn(rng)); t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// ownWords matches sentences without text from the network: they need no escape in any format but for their commas.
var ownWords = regexp.MustCompile(`^([A-Za-z0-9]([A-Za-z0-9 ,.:/#()\[\]+_'-]|; )*)?$`)

func TestEveryConnectionHasOneVerdict(t *testing.T) {
	seen := make(map[Code]int)
	forRandom(t, func(t *testing.T, rng *rand.Rand, c *conn) {
		ctx := randomContext(rng, randomEnd(rng, c))
		v := explained(c.Record, ctx)
		seen[v.Code]++
		if !slices.Contains(codes[:], v.Code) {
			t.Errorf("unknown code %q", v.Code)
		}
		if c.frame > 0 {
			checkShape(t, &v)
		}
		if Catalogue()[v.Entry].Code != v.Code {
			t.Errorf("%s has the entry of %s", v.Code, Catalogue()[v.Entry].Code)
		}
		if v.OwnWords && !ownWords.MatchString(v.Detail) {
			t.Errorf("not only words of its own: %s", v.Detail)
		}
		if t.Failed() {
			t.Logf("%s: %s", v.Code, v.Detail)
		}
		if c.Record.Established && v.Severity > Info && v.Code != CertificateNameMismatch {
			t.Errorf("healthy, and %s (%s)", v.Code, v.Severity)
		}
	})
	for _, c := range codes {
		if seen[c] == 0 {
			t.Errorf("no random connection is %s: the test says nothing of it", c)
		}
	}
}

// What the network may fill with anything stands in quotation marks, and a sentence without any says that it has none of it.
func TestTextFromTheNetworkIsQuoted(t *testing.T) {
	const text = "\x1b"
	quoted := regexp.MustCompile(`"[^"]*"`)
	forRandom(t, func(t *testing.T, rng *rand.Rand, c *conn) {
		for _, s := range []*string{&c.Hello.Name, &c.Server.ALPN, &c.Server.CertIssuer, &c.CarrierRefused, &c.ServerText, &c.ProxiedClient, &c.ProxyTarget} {
			if *s != "" || rng.IntN(4) == 0 {
				*s = text
			}
		}
		c.Hello.ALPN = []string{text}
		if len(c.Server.CertNames) > 0 {
			c.Server.CertNames = []string{text}
		}
		v := explained(c.Record, randomContext(rng, randomEnd(rng, c)))
		if v.OwnWords && strings.ContainsAny(v.Detail, text+`"`) || strings.Contains(quoted.ReplaceAllString(v.Detail, ""), text) {
			t.Errorf("%s: %q, of its own words: %v", v.Code, v.Detail, v.OwnWords)
		}
	})
}

// A rule that lacks what it needs does not hold, nor could it.
func TestRulesNeedTheirFacts(t *testing.T) {
	lacked := make(map[*rule]int)
	forRandom(t, func(t *testing.T, rng *rand.Rand, c *conn) {
		var v view
		v.reset(c.Record, randomContext(rng, randomEnd(rng, c)))
		v.facts = v.ofPassed() | v.ofFailed()
		for i := range order {
			for _, r := range order[i].rules {
				if v.facts&r.needs == r.needs {
					continue
				}
				lacked[r]++
				if is := r.when(&v); is != no {
					t.Errorf("%s is %d without %b", r.code, is, r.needs&^v.facts)
				}
			}
		}
	})
	for i := range order {
		for _, r := range order[i].rules {
			if r.needs == 0 || lacked[r] == 0 {
				t.Errorf("%s always has what it needs", r.code)
			}
		}
	}
}

// TestRemarksAreAskedFor holds that a remark that is passed over would have said nothing.
func TestRemarksAreAskedFor(t *testing.T) {
	forRandom(t, func(t *testing.T, rng *rand.Rand, c *conn) {
		k := new(Case)
		k.Judge(c.Record, randomContext(rng, randomEnd(rng, c)), new(Verdict))
		may := k.view.mayRemark(k.named, k.plain)
		for i, remark := range remarks {
			if said := remark(nil, &k.view, k.named, k.plain); len(said) > 0 && may&(1<<i) == 0 {
				t.Fatalf("remark %d on %s is passed over: %s", i, k.named.code, said)
			}
		}
	})
}

func TestNilContext(t *testing.T) {
	forRandom(t, func(t *testing.T, _ *rand.Rand, c *conn) {
		got, want := Judge(c.Record, nil), Judge(c.Record, &Context{})
		if got.Code != want.Code || got.Severity != want.Severity {
			t.Errorf("%v with nil, %v with nothing known", got, want)
		}
	})
}

// No contrast turns ok or not-tls into a finding, nor the reverse; what went through keeps its very code.
func TestContrastMakesNoFindings(t *testing.T) {
	forRandom(t, func(t *testing.T, rng *rand.Rand, c *conn) {
		end := randomEnd(rng, c)
		alone, among := Judge(c.Record, &Context{End: end}), Judge(c.Record, randomContext(rng, end))
		if (alone.Severity == OK) != (among.Severity == OK) {
			t.Errorf("%s by itself, %s among others", alone.Code, among.Code)
		}
		if c.Record.Established && alone.Code != among.Code {
			t.Errorf("went through: %s by itself, %s among others", alone.Code, among.Code)
		}
	})
}

// What the capture lacks never makes another accusation certain.
func TestMissingPartsAccuseNobody(t *testing.T) {
	for name, hide := range map[string]func(*conn){
		"server's direction": hideServer,
		"hello's end":        func(c *conn) { c.partial(flow.IncompleteSnaplen) },
		"flight":             hideFlight,
		"before the close":   func(c *conn) { c.lost(server, 1448) },
		"beginning":          hideBeginning,
	} {
		t.Run(name, func(t *testing.T) {
			forRandom(t, func(t *testing.T, rng *rand.Rand, c *conn) {
				if c.Hello.State != conversation.HelloComplete || c.Record.Established {
					return
				}
				ctx := &Context{End: randomEnd(rng, c)}
				full := Judge(c.Record, ctx)
				hide(c)
				less := Judge(c.Record, ctx)
				if less.Code != full.Code && less.Severity >= Warning && less.Confidence == Certain {
					t.Errorf("%s (%s), and %s (%s) with less to see", full.Code, full.Confidence, less.Code, less.Confidence)
				}
			})
		})
	}
}

// hideServer leaves the client's direction only.
func hideServer(c *conn) {
	c.Server, c.Sides[server], c.SYNACK = conversation.Answer{}, flow.SideFacts{}, flow.Event{}
	c.Alerts[server], c.FirstData[server] = conversation.Alert{}, flow.Event{}
	c.Protocol[server], c.ServerText, c.CarrierRefused = "", "", ""
	c.TLSBytes[server], c.Packets[server], c.Bytes[server] = 0, 0, 0
	c.ServerFirst, c.PlainHTTPError, c.ICMP = false, false, flow.ICMPError{}
	c.Sides[client].Acked, c.Sides[client].AckedAt = 0, flow.Event{}
	c.Resets = slices.DeleteFunc(slices.Clone(c.Resets), func(x flow.Reset) bool { return x.By == server })
	if c.Terminator.By == server {
		c.Terminator = flow.Terminator{By: flow.Nobody}
	}
	c.incomplete(flow.IncompleteOneSided)
}

// hideFlight cuts what the server said after its first bytes.
func hideFlight(c *conn) {
	c.Server.Certificate, c.Server.CertNames, c.Server.Flight = flow.Event{}, nil, flow.Event{}
	c.incomplete(flow.IncompleteGap)
}

// hideBeginning leaves what follows the hello.
func hideBeginning(c *conn) {
	c.Hello, c.SYN, c.SYNACK, c.Opening.Established = conversation.Hello{}, flow.Event{}, flow.Event{}, flow.Event{}
	c.Carrier = nil
	c.incomplete(flow.IncompleteMid)
}
