package diagnosis

import (
	"strings"
	"testing"
	"time"

	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/flow"
)

// TestTheServersHostHadLostTheConnection has the client close, and the server's host say that it knows of no such connection.
func TestTheServersHostHadLostTheConnection(t *testing.T) {
	const says = ", knew no such connection by then"
	waited := func(sni string) *conn { return setUpConn().hello(sni).acked().wait(4 * time.Second).fin(client) }
	for _, tc := range []struct {
		name       string
		conn       *conn
		code       Code
		confidence Confidence
		fix        string // "" where it is not said
		others     []*conn
	}{
		{"in silence", waited(name).bareRST(server), HelloUnanswered, Probable, fixGoneUnseen, nil},
		{"in silence, and the server closed then", waited(name).answers(server).fin(server), HelloUnanswered, Certain, "", nil},
		{"in silence, and the server aborted then", waited(name).rst(server).bareRST(server), HelloUnanswered, Certain, "", nil},
		{"in silence, and the server closed then, before it knew nothing of it", waited(name).fin(server).bareRST(server), HelloUnanswered, Certain, "", nil},
		{"in silence, and the client aborted", setUpConn().hello(name).acked().wait(4 * time.Second).rst(client).bareRST(server), HelloUnanswered, Certain, "", nil},
		{"in silence, behind a RST of a connection before", waited(name).do(staleRST).bareRST(server), HelloUnanswered, Probable, fixGoneUnseen, nil},
		{"in silence, and that RST is all there is", waited(name).do(staleRST), HelloUnanswered, Probable, "", nil},
		{"in silence, and its answer came from another address", waited(name).bareRST(server).begun(1000, 500_000), HelloUnanswered, Certain, "", []*conn{strayFlight().begun(1302, 500_000)}},
		{"without a name", waited("").bareRST(server), NoSNIUnanswered, Probable, "send server_name from the client; if that changes nothing, " + fixGoneUnseen, nil},
		{"behind a flight that was not received", setUpConn().hello(name).flight13().wait(4 * time.Second).unreadFIN(client).bareRST(server), ClientAborted, Probable, "look" + fixUntranslated, nil},
		{"behind a flight", setUpConn().hello(name).flight13().flightAcked().wait(4 * time.Second).fin(client).bareRST(server), ClientAborted, Certain, catalogue()[clientAborted.entry].Fix, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			v := judged(append(tc.others, tc.conn)...)[len(tc.others)]
			if v.Code != tc.code || v.Confidence != tc.confidence || strings.Contains(v.Detail, says) != (tc.fix != "") || tc.fix != "" && v.Fix != tc.fix || tc.fix == "" && v.Fix == fixGoneUnseen {
				t.Errorf("%s, %s: %s; %s", v.Code, v.Confidence, v.Detail, v.Fix)
			}
			checkShape(t, &v)
		})
	}
}

// staleRST is one that the client took no notice of, before it had sent its hello.
func staleRST(r *conversation.Record) {
	r.Resets = append(r.Resets, flow.Reset{Event: r.SYNACK, By: server, Kind: flow.RSTNoSocket})
}
