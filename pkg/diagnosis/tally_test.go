package diagnosis

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/flow"
)

// judged is what becomes of each connection in the light of all.
func judged(conns ...*conn) []Verdict {
	t := NewTally()
	for _, c := range conns {
		t.Add(c.Record)
	}
	var out []Verdict
	for _, c := range conns {
		ctx := contextOf(t, c, c.now+int64(time.Minute))
		out = append(out, explained(c.Record, &ctx))
	}
	return out
}

func passed(sni string) *conn  { return setUpConn().hello(sni).flight13().through() }
func reset(sni string) *conn   { return setUpConn().hello(sni).acked().rst(server) }
func headed(sni string) *conn  { return setUpConn().carrier("proxy-v2").hello(sni).flight13().through() }
func refused(to string) *conn  { return newConn().to(to).syn().refused() }
func closed(sni string) *conn  { return setUpConn().hello(sni).acked().fin(server) }
func unacked(sni string) *conn { return setUpConn().hello(sni).wait(2*time.Second).stall(2, helloEnd) }
func untrusted(sni string) *conn {
	return setUpConn().hello(sni).flight12(name).alert(client, 48)
}
func connecting() *conn {
	return setUpConn().plain(client, "http", "CONNECT shop.example:8443 HTTP/1.1").tunnel("shop.example:8443").acked()
}
func narrow(sni string) *conn {
	return setUpConn().bigHello(sni).wait(2*time.Second).stall(4, 1448).answers(server)
}
func blocked(sni string) *conn {
	return setUpConn().hello(sni).plain(server, "http", "HTTP/1.1 403 Forbidden").fin(server)
}
func longPass(n string) *conn { return setUpConn().bigHello(n).flight13().through() }

// nameless is a hello without a name to which nobody says anything.
func nameless() *conn {
	return setUpConn().hello("").acked().wait(3 * time.Second).fin(client).answers(server)
}

// lateFlight is answered only once its client has gone, as by a proxy at its limit of connections.
func lateFlight(n string) *conn {
	return setUpConn().bigHello(n).acked().wait(6 * time.Second).fin(client).flight13()
}
func longReset(n string) *conn { return setUpConn().bigHello(n).acked().rst(server) }

func quicUnanswered(sni string) *conn { return unacked(sni).over(flow.QUIC) }

// refusedSTARTTLS has the server say that it has no TLS.
func refusedSTARTTLS(r *conversation.Record) { r.CarrierRefused = "454 TLS not available" }

func statelessReset(sni string) *conn {
	return quic().hello(sni).ends(server, flow.CloseStatelessReset)
}

func TestContrast(t *testing.T) {
	const other = "www.example"
	for _, tc := range []struct {
		name       string
		conns      []*conn // the first is asked about
		code       Code
		severity   Severity
		confidence Confidence
	}{
		{"alone", []*conn{reset("")}, NoSNIReset, Error, Probable},
		{"same client, with a name", []*conn{reset(""), passed(name)}, NoSNIReset, Error, Certain},
		{"same client, with a name, and the server had the hello for a while", []*conn{setUpConn().hello("").acked().wait(300 * time.Millisecond).rst(server), passed(name)}, NoSNIReset, Error, Probable},
		{"same client, with a name, and the server is far away", []*conn{setUpConn().hello("").wait(300 * time.Millisecond).acked().rst(server), passed(name)}, NoSNIReset, Error, Certain},
		{"at a port for no TLS", []*conn{reset("").to("10.0.0.5:1883")}, NoSNIReset, Error, Possible},
		{"at a port for no TLS, which has TLS all the same", []*conn{reset("").to("10.0.0.5:1883"), untrusted(name).to("10.0.0.5:1883"), passed(other).from("10.1.1.1").to("10.0.0.5:1883")}, NoSNIReset, Error, Probable},
		{"other client, with a name", []*conn{reset(""), passed(name).from("10.1.1.1")}, NoSNIReset, Error, Probable},
		{"same client, at another server", []*conn{reset(""), passed(name).to("10.0.0.6:443")}, NoSNIReset, Error, Probable},
		{"other client, without a name", []*conn{reset(""), passed(name), passed("").from("10.1.1.1")}, NoSNIReset, Error, Possible},
		{"a name is refused as well", []*conn{reset(""), reset(name)}, NoSNIReset, Error, Possible},
		{"alert 40, same client with a name", []*conn{setUpConn().hello("").alert(server, 40), passed(name)}, NoSNIAlert, Error, Certain},
		{"alert 40, same client with a name, and a name is refused as well", []*conn{setUpConn().hello("").alert(server, 40), passed(name), setUpConn().hello(name).alert(server, 40)}, NoSNIAlert, Error, Certain},
		{"alert 40, same client with a name, and a name is unknown", []*conn{setUpConn().hello("").alert(server, 40), passed(name), setUpConn().hello(name).alert(server, 112)}, NoSNIAlert, Error, Certain},
		{"alert 112, same client with a name, and a name is refused", []*conn{setUpConn().hello("").alert(server, 112), passed(name), setUpConn().hello(name).alert(server, 40)}, NoSNIAlert, Error, Certain},
		{"a name is refused as well, for it is unknown", []*conn{reset(""), setUpConn().hello(name).alert(server, 112)}, NoSNIReset, Error, Probable},
		{"the certificate for a name is refused as well", []*conn{untrusted(""), untrusted(name)}, NoSNIClientRejected, Error, Possible},
		{"the certificate for a name is refused as well, that for another is not", []*conn{untrusted(""), untrusted(name), passed(other).from("10.1.1.1")}, NoSNIClientRejected, Error, Probable},
		{"an alert about the certificate for a name comes before there is one", []*conn{untrusted(""), setUpConn().hello(name).acked().alert(client, 48)}, NoSNIClientRejected, Error, Probable},
		{"only this name fails", []*conn{reset(name), passed(other)}, SNIUnrecognized, Error, Probable},
		{"only this name fails, acknowledged by the RST", []*conn{setUpConn().hello(name).rst(server), passed(other)}, SNIUnrecognized, Error, Probable},
		{"only this name fails, unacknowledged", []*conn{unacked(name), passed(other)}, HelloUnanswered, Error, Certain},
		{"only this name fails, acknowledged", []*conn{setUpConn().hello(name).acked().wait(2 * time.Second).fin(client).answers(server), passed(other)}, HelloUnanswered, Error, Certain},
		{"only this name fails, and the client acknowledged what was not captured", []*conn{setUpConn().hello(name).acked().answers(client).wait(2 * time.Second).fin(client).answers(server), passed(other)}, HelloUnanswered, Error, Probable},
		{"only this name fails, closed late", []*conn{setUpConn().hello(name).acked().wait(3 * time.Second).fin(server), passed(other)}, HelloClosed, Error, Certain},
		{"only this name fails, reset late", []*conn{setUpConn().hello(name).acked().wait(3 * time.Second).rst(server), passed(other)}, HelloReset, Error, Certain},
		{"only this name fails, for want of a connection", []*conn{setUpConn().hello(name).acked().bareRST(server), passed(other)}, HelloReset, Error, Certain},
		{"only this name fails, with a sign", []*conn{reset(name).signs(flow.SignTTL), passed(other)}, HelloReset, Error, Possible},
		{"only this name fails, on a narrow path", []*conn{narrow(name), passed(other)}, PathMTU, Error, Probable},
		{"only this name fails, and is long, on a path that is not narrow for others", []*conn{narrow(name), longPass(other)}, PathMTU, Error, Possible},
		{"only this name fails, over QUIC", []*conn{quicUnanswered(name), passed(other).over(flow.QUIC)}, HelloUnanswered, Error, Certain},
		{"an address as name is refused as well", []*conn{reset(""), reset(name).badName()}, NoSNIReset, Error, Probable},
		{"an address as name is all that went through", []*conn{reset(""), passed(name).badName()}, NoSNIReset, Error, Probable},
		{"all are reset, and of the names there are only addresses", []*conn{reset(""), reset(""), reset(name).badName()}, NoSNIReset, Error, Probable},
		{"only this name fails, and an address as name", []*conn{reset(name), passed(other), reset("third.example").badName()}, SNIUnrecognized, Error, Probable},
		{"only an address as name fails", []*conn{reset(name).badName(), passed(other)}, HelloReset, Error, Certain},
		{"two names fail", []*conn{reset(name), passed(other), reset("third.example")}, HelloReset, Error, Certain},
		{"two names fail, of which one is left unanswered", []*conn{reset(name), passed(other), setUpConn().hello("third.example").acked().wait(3 * time.Second).fin(client)}, HelloReset, Error, Certain},
		{"only this name fails, and the client for another does not wait for the answer", []*conn{reset(name), passed(other), setUpConn().hello("third.example").acked().fin(client)}, SNIUnrecognized, Error, Probable},
		{"only this name fails, and the client for another waits for the answer to its second hello", []*conn{reset(name), passed(other), setUpConn().hello("third.example").retried().wait(3 * time.Second).fin(client)}, SNIUnrecognized, Error, Probable},
		{"only this name fails, and the server leaves another behind its ServerHello", []*conn{reset(name), passed(other), setUpConn().hello("third.example").flight13().fin(server)}, SNIUnrecognized, Error, Probable},
		{"only this name fails, and another where STARTTLS was refused", []*conn{reset(name), passed(other), closed("third.example").carrier("starttls-smtp").do(refusedSTARTTLS)}, SNIUnrecognized, Error, Probable},
		{"this name passed once", []*conn{reset(name), passed(other), passed("SHOP.example")}, HelloReset, Error, Certain},
		{"a long one is answered when the client had left", []*conn{setUpConn().bigHello(name).acked().wait(3 * time.Second).fin(client).flight13(), longReset(name), longReset(other), passed(name), passed(other)}, HelloUnanswered, Error, Certain},
		{"long ones fail", []*conn{longReset(name), longReset(other), passed(name), passed(other)}, SplitHelloRejected, Error, Probable},
		{"without a name, where another is answered when its client has left", []*conn{nameless(), lateFlight("")}, HelloUnanswered, Error, Certain},
		{"without a name, where one with a name is answered when its client has left", []*conn{nameless(), lateFlight(name)}, NoSNIUnanswered, Error, Probable},
		{"a long one is unanswered until its client gives up", []*conn{lateFlight(name), passed(name)}, HelloUnanswered, Error, Certain},
		{"a long one passed", []*conn{longReset(name), longPass(other), passed(name)}, HelloReset, Error, Certain},
		{"all are reset", []*conn{reset(name), reset(name), reset("")}, ProxyHeaderExpected, Error, Probable},
		{"all are reset, of which the server had one for a while", []*conn{reset(name), setUpConn().hello(name).acked().wait(300 * time.Millisecond).rst(server), reset("")}, HelloReset, Error, Certain},
		{"two are reset", []*conn{reset(name), reset("")}, HelloReset, Error, Certain},
		{"all are reset, and what became of another is not known", []*conn{reset(name), reset(name), reset(""), setUpConn().hello(name).acked().incomplete(flow.IncompleteEvicted)}, ProxyHeaderExpected, Error, Probable},
		{"all are reset, and one behind a header is closed", []*conn{reset(name), reset(name), reset(""), closed(name).carrier("proxy-v2")}, ProxyHeaderExpected, Error, Probable},
		{"all are reset, of which one for want of a connection", []*conn{reset(name), reset(""), setUpConn().hello(name).acked().bareRST(server)}, HelloReset, Error, Certain},
		{"one is reset, and one behind a header as well", []*conn{reset(name), reset(name).carrier("proxy-v2")}, HelloReset, Error, Certain},
		{"all are reset statelessly, over QUIC, which has no PROXY header", []*conn{statelessReset(""), statelessReset(name), statelessReset(name)}, NoSNIReset, Error, Possible},
		{"all are reset but one behind a header", []*conn{reset(name), headed(name)}, ProxyHeaderExpected, Error, Certain},
		{"one of them was closed", []*conn{reset(name), reset(""), closed(name)}, HelloReset, Error, Certain},
		{"surplus", []*conn{setUpConn().hello(name).flight13().fin(client), passed(name)}, ClientAborted, Info, Certain},
		{"surplus over another transport", []*conn{setUpConn().hello(name).flight13().fin(client), passed(name).over(flow.QUIC)}, ClientAborted, Info, Certain},
		{"surplus at another server", []*conn{setUpConn().hello(name).flight13().fin(client), passed(name).to("10.0.0.6:443")}, ClientAborted, Warning, Certain},
		{"surplus of another target", []*conn{setUpConn().hello(name).flight13().fin(client).tunnel("a.example:443"), passed(name).tunnel("b.example:443")}, ClientAborted, Warning, Certain},
		{"same client, to another target", []*conn{closed("").tunnel("a.example:443"), passed(name).tunnel("b.example:443")}, NoSNIClosed, Error, Probable},
		{"same client, to the same target", []*conn{closed("").tunnel("a.example:443"), passed(name).tunnel("A.example:443")}, NoSNIClosed, Error, Certain},
		{"without a name, to another target", []*conn{closed("").tunnel("a.example:443"), passed("").tunnel("b.example:443")}, NoSNIClosed, Error, Probable},
		{"only this name fails, and it is of another target", []*conn{closed(name).tunnel("a.example:443"), passed(other).tunnel("b.example:443")}, HelloClosed, Error, Certain},
		{"only this name fails at the target", []*conn{closed(name).tunnel("a.example:443"), passed(other).tunnel("a.example:443")}, SNIUnrecognized, Error, Probable},
		{"surplus of another client", []*conn{setUpConn().hello(name).flight13().fin(client), passed(name).from("10.1.1.1")}, ClientAborted, Warning, Certain},
		{"refused, no TLS anywhere", []*conn{refused("10.0.0.5:1234")}, ConnectionRefused, Error, Certain},
		{"refused, TLS elsewhere", []*conn{refused("10.0.0.5:1234"), passed(name)}, ConnectionRefused, Info, Certain},
		{"refused, TLS at that endpoint", []*conn{refused("10.0.0.5:1234"), passed(name).to("10.0.0.5:1234")}, ConnectionRefused, Error, Certain},
		{"refused, hello unanswered at that endpoint", []*conn{refused("10.0.0.5:1234"), unacked(name).to("10.0.0.5:1234"), passed(name)}, ConnectionRefused, Error, Certain},
		{"refused, a proxy for TLS", []*conn{refused("10.0.0.5:1234"), passed(name).to("10.0.0.5:1234").tunnel("a.example:443")}, ConnectionRefused, Error, Certain},
		{"a hello is refused", []*conn{newConn().to("10.0.0.5:1234").over(flow.DTLS).hello(name).icmp("10.0.0.5", 3, 3, true), passed(name)}, DestinationUnreachable, Error, Certain},
		{"one SYN, server seen elsewhere", []*conn{newConn().syn(), passed(name).to("10.0.0.5:8443")}, SYNUnanswered, Error, Possible},
		{"one SYN, server not seen", []*conn{newConn().syn(), newConn().syn(), passed(name).to("10.0.0.6:443")}, IncompleteCapture, Info, Certain},
		{"CONNECT that nobody answers, where the proxy speaks TLS", []*conn{connecting().rst(server), passed("")}, PlaintextToTLSPort, Error, Probable},
		{"CONNECT that nobody answers, where the target speaks TLS", []*conn{connecting().rst(server), passed("").tunnel("shop.example:8443")}, PlaintextToTLSPort, Error, Possible},
		{"plaintext where TLS is spoken", []*conn{setUpConn().plain(client, "http", "GET /").acked().rst(server), passed(name)}, PlaintextToTLSPort, Error, Probable},
		{"no name, a certificate that the client refuses, and the same client passes with one", []*conn{setUpConn().hello("").flight13().alert(client, 46), passed(name)}, NoSNIClientRejected, Error, Certain},
		{"the same, and it does not know the authority", []*conn{setUpConn().hello("").flight13().alert(client, 48), passed(name)}, NoSNIClientRejected, Error, Probable},
		{"plaintext where others were answered in TLS", []*conn{blocked(name), passed(other)}, TLSToPlaintextPort, Error, Probable},
		{"greeting in answer, where others began with TLS", []*conn{setUpConn().hello(name).plain(server, "ssh", "SSH-2.0-x\r\n").fin(server), passed(other)}, TLSToPlaintextPort, Error, Probable},
		{"greeting before the hello, where others began with TLS", []*conn{setUpConn().plain(server, "ssh", "SSH-2.0-x\r\n").hello(name).fin(server), passed(other)}, TLSToPlaintextPort, Error, Certain},
		{"greeting where others asked for TLS", []*conn{setUpConn().hello(name).plain(server, "imap", "* OK").fin(client), passed(other).carrier("starttls-imap")}, TLSToPlaintextPort, Error, Certain},
		{"other transport", []*conn{reset(""), passed(name).over(flow.QUIC)}, NoSNIReset, Error, Probable},
	} {
		t.Run(tc.name, func(t *testing.T) {
			v := judged(tc.conns...)[0]
			if v.Code != tc.code || v.Severity != tc.severity || v.Confidence != tc.confidence {
				t.Errorf("%s, %s, %s; want %s, %s, %s\n%s", v.Code, v.Severity, v.Confidence, tc.code, tc.severity, tc.confidence, v.Detail)
			}
		})
	}
}

// A remark says what else became of the name, and of other names.
// TestHelloInASYNReachedNobody holds that a hello which came with a SYN that was refused says nothing of the server, least of
// all that it speaks TLS.
func TestHelloInASYNReachedNobody(t *testing.T) {
	for _, c := range []*conn{withSYN(newConn().syn()).refused(), withSYN(newConn().syn()).wait(time.Second).syn()} {
		v := judged(c, c)[0]
		if strings.Contains(v.Detail, "fits as well") || strings.Contains(v.Fix, "other connections") {
			t.Errorf("%s: %q, %q", v.Code, v.Detail, v.Fix)
		}
	}
}

func TestContrastRemarks(t *testing.T) {
	const other = "www.example"
	for _, tc := range []struct {
		name  string
		conns []*conn
		says  string // in the sentence on the first
	}{
		{"same name", []*conn{reset(name), passed(name).from("10.1.1.1"), passed(name).from("10.1.1.2")}, "yet 2 handshakes for the same name went through there"},
		{"same name, same client", []*conn{reset(name), passed(name)}, "yet 1 handshake for the same name went through there, also of this client"},
		{"untrusted without a name", []*conn{untrusted(""), untrusted(name)}, "yet clients refused the certificate in 1 handshake with server_name as well"},
		{"unacknowledged", []*conn{unacked(name), passed(other)}, "1 handshake for another name went through there, so something on the way may filter by name"},
		{"TLS to others", []*conn{blocked(name), passed(other)}, "the server spoke TLS in 1 connection of this capture, so a router may have sent this one elsewhere"},
		{"TLS to others, for the same name", []*conn{blocked(name), passed(name)}, "of this capture, so something on the way may have answered in the server's name"},
	} {
		if v := judged(tc.conns...)[0]; !strings.Contains(v.Detail, tc.says) {
			t.Errorf("%s: %q does not say %q", tc.name, v.Detail, tc.says)
		}
	}
}

func TestEndpointCounts(t *testing.T) {
	tally := NewTally()
	for range 412 {
		tally.Add(passed(name).Record)
	}
	for range 37 {
		tally.Add(reset("").Record)
	}
	tally.Add(setUpConn().hello("").partial(flow.IncompleteSnaplen).acked().rst(server).Record) // not known well enough
	c := contextOf(tally, reset(""), 0).Endpoint
	if with, without := c.BySNI(WithSNI), c.BySNI(WithoutSNI); with != (Outcomes{Passed: 412}) || without != (Outcomes{Failed: 37}) {
		t.Errorf("with %+v, without %+v", with, without)
	}
	if got := contextOf(tally, reset("").to("10.0.0.9:443"), 0).Endpoint; got != (Counts{}) {
		t.Errorf("an endpoint that nobody spoke to: %+v", got)
	}
}

// However connections are ordered and divided among tallies, the sums are the same.
func TestTallyIsASum(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var conns []*conn
	for i := range 400 {
		conns = append(conns, randomConn(rng).from(fmt.Sprintf("10.2.0.%d", i%50)).to(fmt.Sprintf("10.3.0.%d:443", i%7)))
	}
	for i := range 8 { // what the random ones seldom or never are
		conns = append(conns, setUpConn().hello(name).alert(server, 112).to(fmt.Sprintf("10.3.0.%d:443", i%2)), lateFlight(name).to(fmt.Sprintf("10.3.0.%d:443", i%3)))
	}
	want := contexts(NewTally(), conns, conns)
	if sum := summed(want); slices.Contains(sum, 0) {
		t.Fatalf("the connections do not count in each of Counts: %v", sum)
	}
	for range 20 {
		shuffled := append([]*conn(nil), conns...)
		rng.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		parts := []*Tally{NewTally(), NewTally(), NewTally()}
		for _, c := range shuffled {
			parts[rng.IntN(len(parts))].Add(c.Record)
		}
		sum := NewTally()
		for _, i := range rng.Perm(len(parts)) {
			sum.Merge(parts[i])
		}
		if got := contexts(sum, nil, conns); !reflect.DeepEqual(got, want) {
			t.Fatal("the contexts differ")
		}
	}
}

// summed is how often any of the endpoints counted anything in each field of Counts.
func summed(all []Context) []int {
	sum := make([]int, reflect.TypeFor[Counts]().NumField())
	for i := range all {
		counts := reflect.ValueOf(all[i].Endpoint)
		for field := range sum {
			if !counts.Field(field).IsZero() {
				sum[field]++
			}
		}
	}
	return sum
}

func contexts(tally *Tally, add, ask []*conn) (out []Context) {
	for _, c := range add {
		tally.Add(c.Record)
	}
	for _, c := range ask {
		out = append(out, contextOf(tally, c, 0))
	}
	return out
}

func contextOf(tally *Tally, c *conn, end int64) (ctx Context) {
	tally.Context(&ctx, c.Record, Timeline{End: end}, false)
	return ctx
}

// TestSettledServersAreSeen counts connections as they are when their handshake is settled: without an ending.
func TestSettledServersAreSeen(t *testing.T) {
	settled, silent := passed(name), newConn().syn()
	settled.Record.Ending = flow.Ending{}
	tally := NewTally()
	tally.Add(settled.Record)
	tally.Add(silent.Record)
	if ctx := contextOf(tally, silent, silent.now); !ctx.ServerSeen {
		t.Error("a server that answered is not seen")
	}
}

// A client is not looked up where nobody went through, which is to change nothing.
func TestClientsAreThoseThatWentThrough(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	tally, asked, same := NewTally(), 0, 0
	random := func() *conn {
		return randomConn(rng).from(fmt.Sprintf("10.2.0.%d", rng.IntN(5))).to(fmt.Sprintf("10.3.0.%d:443", rng.IntN(20)))
	}
	for range 200 {
		tally.Add(random().Record)
	}
	for range 1000 {
		c := random()
		if c.Established {
			continue
		}
		ctx, endpoint := contextOf(tally, c, 0), mixHeader(c.Record, endpointKey(c.Record, mixReached(c.Record)))
		for sni, got := range ctx.SameClient {
			if want := tally.clients.get(clientKey(mixClient(c.Record), endpoint, sni)) != nil; got != want {
				t.Fatalf("%v at %v: %t, want %t", c.Endpoints[client], c.Endpoints[server], got, want)
			}
			asked++
			if got {
				same++
			}
		}
	}
	if same == 0 || same == asked {
		t.Errorf("%d of %d clients went through", same, asked)
	}
}

// A full table keeps some keys, always with their whole sum, and always the same ones.
func TestFullTableKeepsWholeSums(t *testing.T) {
	add := func(into, from *uint32) { *into += *from }
	t.Run("table", func(t *testing.T) {
		keepsWholeSums(t, newTable[uint32], (*table[uint32]).at, (*table[uint32]).get,
			func(into, from *table[uint32]) { into.merge(from, add) },
			func(of *table[uint32]) (int, uint64) { return of.n, of.limit })
	})
	t.Run("store", func(t *testing.T) {
		keepsWholeSums(t, newStore[uint32], (*store[uint32]).at, (*store[uint32]).get,
			func(into, from *store[uint32]) { into.merge(from, add) },
			func(of *store[uint32]) (int, uint64) { return of.n, of.keys.limit })
	})
}

func keepsWholeSums[T any](t *testing.T, fresh func(room int) T, at, get func(*T, uint64) *uint32, merge func(into, from *T), kept func(*T) (int, uint64)) {
	const keys, times, room = 5000, 5, 2 * storePart
	rng := rand.New(rand.NewPCG(3, 4))
	var order []uint64
	for k := range uint64(keys) {
		for range times {
			order = append(order, finish(mix(seedName, k)))
		}
	}
	fill := func(halves int) T {
		rng.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		parts := make([]T, halves)
		for i := range parts {
			parts[i] = fresh(room)
		}
		for i, k := range order {
			if v := at(&parts[i%halves], k); v != nil {
				*v++
			}
		}
		for i := range parts[1:] {
			merge(&parts[0], &parts[i+1])
		}
		return parts[0]
	}
	want := fill(1)
	n, limit := kept(&want)
	if n == 0 || n > room || limit == noLimit {
		t.Fatalf("%d keys, limit %x", n, limit)
	}
	for halves := 1; halves < 5; halves++ {
		got := fill(halves)
		if some, below := kept(&got); some != n || below != limit {
			t.Errorf("%d keys below %x; want %d below %x", some, below, n, limit)
		}
		for k := range uint64(keys) {
			k = finish(mix(seedName, k))
			if v := get(&got, k); v != nil && *v != times || (v == nil) != (get(&want, k) == nil) {
				t.Fatalf("key %x: %v", k, v)
			}
		}
	}
}

func TestClipped(t *testing.T) {
	tally := NewTally()
	tally.clients.max = 3
	for i := range 10 {
		if tally.Clipped() && i < 3 {
			t.Fatal("clipped before it is full")
		}
		tally.Add(passed(name).from(fmt.Sprintf("10.2.0.%d", i)).Record)
	}
	if !tally.Clipped() {
		t.Error("a full table is not reported")
	}
}

func TestSumsDoNotWrap(t *testing.T) {
	c := Counts{TLS: ^uint32(0)}
	if c.add(&Counts{TLS: 5}); c.TLS != ^uint32(0) {
		t.Errorf("%d", c.TLS)
	}
}

// TestVerdictIsUsedAgain leaves nothing of one connection's in what is said of the next.
func TestVerdictIsUsedAgain(t *testing.T) {
	var k Case
	var v Verdict
	first, next := reset(""), passed(name)
	k.Judge(first.Record, nil, &v)
	k.Explain(&v)
	k.Judge(next.Record, nil, &v)
	if v.Code != Healthy || len(v.Evidence) != 0 || v.Detail != "" || v.Fix != "" {
		t.Errorf("%+v", v)
	}
}

// What went through, and what a flood is made of, must cost next to nothing.
func TestJudgeAllocatesNothing(t *testing.T) {
	for name, c := range map[string]*conn{
		"ok": passed(name), "no-sni-accepted": passed(""), "syn-unanswered": newConn().syn().syn(), "not-tls": setUpConn().plain(client, "http", "GET /").fin(client),
		"no-sni-reset": reset(""),
	} {
		ctx := c.alone(time.Minute)
		if n := testing.AllocsPerRun(200, func() { Judge(c.Record, ctx) }); n > 0 {
			t.Errorf("%s: Judge allocates %g times", name, n)
		}
	}
	for name, c := range map[string]*conn{
		"ok": passed(name), "syn-unanswered": newConn().syn().syn(), "connection-refused": refused("10.0.0.5:443"), "no-sni-reset": reset(""),
		"server-alert": setUpConn().hello(name).alert(server, 80), "incomplete-capture": setUpConn().hello(name).partial(flow.IncompleteSnaplen),
	} {
		ctx, v := c.alone(time.Minute), Verdict{Evidence: make([]uint64, 0, 8)}
		var k Case
		if n := testing.AllocsPerRun(200, func() { k.Judge(c.Record, ctx, &v); k.Explain(&v) }); n > 0 {
			t.Errorf("%s: Explain allocates %g times, want memory for many sentences once in a while", name, n)
		}
	}
	tally, c, ctx := NewTally(), passed(name), Context{}
	tally.Add(c.Record)
	if n := testing.AllocsPerRun(200, func() { tally.Add(c.Record); tally.Context(&ctx, c.Record, Timeline{}, false) }); n > 0 {
		t.Errorf("a tally allocates %g times for keys that it has", n)
	}
}

func BenchmarkJudge(b *testing.B) {
	for name, c := range map[string]*conn{"ok": passed(name), "syn-unanswered": newConn().syn().syn(), "no-sni-reset": reset(""), "not-tls": setUpConn().plain(client, "http", "GET /").fin(client)} {
		ctx := c.alone(time.Minute)
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				Judge(c.Record, ctx)
			}
		})
		b.Run(name+"/explain", func(b *testing.B) {
			var k Case
			var v Verdict
			for b.Loop() {
				k.Judge(c.Record, ctx, &v)
				k.Explain(&v)
			}
		})
	}
}

func BenchmarkTally(b *testing.B) {
	tally, c := NewTally(), passed(name)
	b.Run("add", func(b *testing.B) {
		for b.Loop() {
			tally.Add(c.Record)
		}
	})
	failed := reset("")
	b.Run("context", func(b *testing.B) {
		var ctx Context
		for b.Loop() {
			tally.Context(&ctx, failed.Record, Timeline{}, false)
		}
	})
}
