package diagnosis

import (
	"strings"
	"testing"
	"time"
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
	}{
		{"in silence", waited(name).bareRST(server), HelloUnanswered, Probable, fixGoneUnseen},
		{"in silence, and the server closed then", waited(name).answers(server).fin(server), HelloUnanswered, Certain, ""},
		{"in silence, and the server aborted then", waited(name).rst(server).bareRST(server), HelloUnanswered, Certain, ""},
		{"without a name", waited("").bareRST(server), NoSNIUnanswered, Probable, "send server_name from the client; if that changes nothing, " + fixGoneUnseen},
		{"behind a flight that was not received", setUpConn().hello(name).flight13().wait(4 * time.Second).fin(client).bareRST(server), ClientAborted, Probable, fixStranger},
		{"behind a flight", setUpConn().hello(name).flight13().flightAcked().wait(4 * time.Second).fin(client).bareRST(server), ClientAborted, Certain, catalogue()[clientAborted.entry].Fix},
	} {
		t.Run(tc.name, func(t *testing.T) {
			v := judged(tc.conn)[0]
			if v.Code != tc.code || v.Confidence != tc.confidence || strings.Contains(v.Detail, says) != (tc.fix != "") || tc.fix != "" && v.Fix != tc.fix || tc.fix == "" && v.Fix == fixGoneUnseen {
				t.Errorf("%s, %s: %s; %s", v.Code, v.Confidence, v.Detail, v.Fix)
			}
			checkShape(t, &v)
		})
	}
}
