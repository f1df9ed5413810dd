package diagnosis

import (
	"testing"
	"time"

	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/flow"
)

func TestTampering(t *testing.T) {
	hello := func() *conn { return setUpConn().hello(name) }
	more := func() *conn { c := hello(); c.data(client, 10); return c }
	ack := func(c *conn, field uint32) *conn {
		c.Resets[len(c.Resets)-1].Ack = field
		return c
	}
	for _, tc := range []struct {
		want string
		conn *conn
	}{
		{"SYN -> none", newConn().syn().wait(time.Second).syn()},
		{"server:SYN -> RST", newConn().syn().bareRST(server)},
		{"server:SYN -> RST+ACK", newConn().syn().rst(server)},
		{"server:SYN -> RST;RST+ACK", newConn().syn().rst(server).bareRST(server)},
		{"SYN;ACK -> none", setUpConn()},
		{"server:SYN;ACK -> RST", setUpConn().bareRST(server)},
		{"server:SYN;ACK -> RST;RST", setUpConn().bareRST(server).bareRST(server)},
		{"client:SYN;ACK -> RST+ACK", setUpConn().rst(client)},
		{"server:SYN;ACK -> RST+ACK;RST+ACK", setUpConn().rst(server).rst(server)},
		{"", setUpConn().rst(server).bareRST(server)},
		{"PSH+ACK -> none", hello()},
		{"server:PSH+ACK -> RST", hello().bareRST(server)},
		{"server:PSH+ACK -> RST+ACK", hello().rst(server)},
		{"server:PSH+ACK -> RST+ACK", hello().rst(server).bareRST(client)},
		{"client:PSH+ACK -> RST", hello().bareRST(client).rst(server)},
		{"server:PSH+ACK -> RST;RST+ACK", hello().bareRST(server).rst(server)},
		{"server:PSH+ACK -> RST+ACK;RST+ACK", hello().rst(server).rst(server)},
		{"server:PSH+ACK -> RST=RST", hello().bareRST(server).bareRST(server)},
		{"server:PSH+ACK -> RST!=RST", ack(ack(hello().bareRST(server), 303).bareRST(server), 1763)},
		{"server:PSH+ACK -> RST;RST0", ack(hello().bareRST(server), 303).bareRST(server)},
		{"server:PSH+ACK -> RST;RST0", ack(hello().bareRST(server).bareRST(server), 303)},
		{"server:PSH+ACK -> RST!=RST", ack(ack(ack(hello().bareRST(server), 303).bareRST(server), 1763).bareRST(server), 303)},
		{"server:PSH+ACK;Data -> RST", more().bareRST(server)},
		{"server:PSH+ACK;Data -> RST+ACK", more().rst(server).rst(server)},
		{"", more()},
		{"", setUpConn().plain(client, "http", "GET /").plain(server, "http", "HTTP/1.1 200").settled()},
		{"PSH+ACK -> none", setUpConn().plain(client, "unknown", "\x16\x03\x01\xff\xff").settled()},
		{"", setUpConn().plain(client, "unknown", "\x16\x03\x01\xff\xff").settled().counted(client, 100)},
		{"", setUpConn().plain(client, "unknown", "\x16\x03\x01\xff\xff").settled().counted(server, 100)},
		{"", more().rst(server).bareRST(server)},
		{"", hello().fin(server)},
		{"", hello().flight13().through().rst(server)},
		{"", newConn().to("10.0.0.5:443").hello(name).rst(server)},
		{"", newConn().syn().do(func(r *conversation.Record) { r.Transport = flow.QUIC })},
		{"", newConn().syn().incomplete(flow.IncompleteEvicted)},
	} {
		if got := Judge(tc.conn.Record, &Context{End: tc.conn.now + int64(time.Minute)}).Tampering; got != tc.want {
			t.Errorf("got %q, want %q", got, tc.want)
		}
	}
	if got := Judge(hello().Record, hello().alone(2*time.Second)).Tampering; got != "" {
		t.Errorf("after 2 s: %q", got)
	}
}
