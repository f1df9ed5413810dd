package diagnosis

import (
	"testing"
	"time"

	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/flow"
)

// What came with a wrong checksum did come: neither an MTU nor a firewall kept it back.
func TestGarbled(t *testing.T) {
	garbled := func(s flow.Side) func(*conversation.Record) {
		return func(r *conversation.Record) { r.Sides[s].Garbled = true }
	}
	flight := func() *conn {
		return setUpConn().hello(name).flight13().answers(server).wait(6 * time.Second).fin(client).do(func(r *conversation.Record) {
			r.Sides[server].Acked, r.Sides[server].Retransmits = 0, 5
			r.Sides[server].Stall = flow.Stall{Event: r.Sides[server].LastData, Length: 1448, Count: 5}
			r.Sides[client].Acked = r.Sides[client].Sent
			r.Packets[client] += 2
		})
	}
	const fix, clamp = "ethtool -K DEV tx off", "clamp the MSS"
	wrong := "repetitions of the client's segment of 302 bytes was captured with a wrong TCP checksum; the server's host drops such packets"
	runRules(t, []ruleTest{
		{name: "hello", conn: setUpConn().hello(name).stall(5, 302).do(garbled(client)), code: HelloUnanswered, severity: Error, confidence: Certain,
			says: []string{"did not acknowledge a 297-byte ClientHello", "each of the 5 " + wrong}, fix: fix},
		{name: "full-size hello", conn: setUpConn().bigHello(name).answers(server).stall(5, 1448).do(garbled(client)), code: HelloUnanswered, severity: Error, confidence: Certain,
			says: []string{"segment of 1448 bytes was captured with"}, fix: fix},
		{name: "full-size hello that is right", conn: setUpConn().bigHello(name).answers(server).stall(5, 1448), code: PathMTU, severity: Error, confidence: Probable, fix: clamp},
		{name: "full-size hello that leaves", conn: setUpConn().bigHello(name).answers(server).stall(5, 1448).do(garbled(client)).do(func(r *conversation.Record) { r.Sides[client].Passage = flow.PassageOut }),
			code: PathMTU, severity: Error, confidence: Probable, omits: []string{"checksum"}, fix: clamp},
		{name: "what is longer than a packet", conn: setUpConn().bigHello(name).stall(5, 1802).do(garbled(client)), code: HelloUnanswered, severity: Error, confidence: Certain,
			omits: []string{"checksum"}},
		{name: "sent again once", conn: setUpConn().hello(name).stall(1, 302).do(garbled(client)), code: HelloUnanswered, severity: Error, confidence: Certain,
			omits: []string{"checksum"}},
		{name: "flight", conn: flight().do(garbled(server)), code: HandshakeStalled, severity: Warning, confidence: Probable,
			says: []string{"each of the 5 repetitions of the server's segment of 1448 bytes", "the client's host drops such packets"}, fix: fix},
		{name: "flight that is right", conn: flight(), code: PathMTU, severity: Error, confidence: Probable, omits: []string{"checksum"}, fix: clamp},
		{name: "hello, and an alert in the end", conn: setUpConn().hello(name).stall(5, 302).do(garbled(client)).alert(server, 40), code: NoCommonParameters, severity: Error, confidence: Probable,
			omits: []string{"checksum"}, fix: "align"},
	})
}
