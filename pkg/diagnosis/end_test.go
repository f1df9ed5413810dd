package diagnosis

import (
	"testing"
	"time"

	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/flow"
)

func TestFirstTerminatorIsTheCause(t *testing.T) {
	late := func(s flow.Side) func(*conversation.Record) {
		return func(r *conversation.Record) { r.Alerts[s].Late = true }
	}
	for _, tc := range []struct {
		name  string
		conn  *conn
		by    flow.Side
		kind  CauseKind
		after time.Duration
	}{
		{"server's FIN, client's alert, server's RST", setUpConn().hello(name).fin(server).alert(client, 50).do(late(client)).bareRST(server), server, CauseFIN, 100 * time.Microsecond},
		{"client's alert, server's FIN, client's RST", setUpConn().hello(name).flight12(name).alert(client, 48).fin(server).rst(client), client, CauseAlert, 300 * time.Microsecond},
		{"server's alert and FIN", setUpConn().hello("").alert(server, 40).fin(server), server, CauseAlert, 100 * time.Microsecond},
		{"warning, then FIN", setUpConn().hello("").alertLevel(server, 1, 112).fin(server), server, CauseFIN, 200 * time.Microsecond},
		{"close_notify, though fatal", setUpConn().hello("").alert(server, 0).fin(server), server, CauseFIN, 200 * time.Microsecond},
		{"before the hello", setUpConn().wait(time.Second).rst(server), server, CauseRST, time.Second + 100*time.Microsecond},
		{"an alert captured behind its sender's FIN", setUpConn().hello(name).fin(server).alert(server, 40), server, CauseAlert, 200 * time.Microsecond},
		{"nothing", setUpConn().hello(name), flow.Nobody, CauseNone, 0},
		{"a forged RST, and the client's socket is gone", forged(setUpConn().hello(name)), server, CauseRST, 100 * time.Microsecond},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := End(tc.conn.Record)
			if c.By != tc.by || c.Kind != tc.kind {
				t.Errorf("side %d, kind %d; want side %d, kind %d", c.By, c.Kind, tc.by, tc.kind)
			}
			if d, ok := c.After(tc.conn.Record); d != tc.after || ok != (tc.kind != CauseNone) {
				t.Errorf("after %s, %v; want %s", d, ok, tc.after)
			}
		})
	}
}

// close_after_ms is about the transport, whatever alert came before.
func TestCloseAfter(t *testing.T) {
	c := setUpConn().hello("").alert(server, 40).wait(time.Millisecond).fin(server)
	if d, ok := CloseAfter(c.Record); d != 1200*time.Microsecond || !ok {
		t.Errorf("%s, %v", d, ok)
	}
	if _, ok := CloseAfter(setUpConn().hello("").alert(server, 40).Record); ok {
		t.Error("an alert is taken for a close")
	}
	late := setUpConn().fin(server).hello(name)
	if d, _ := CloseAfter(late.Record); d != 100*time.Microsecond {
		t.Errorf("a close before the hello is measured from it: %s", d)
	}
	taken := forged(setUpConn().hello(name))
	if d, _ := CloseAfter(taken.Record); d != 100*time.Microsecond {
		t.Errorf("what a forged RST ended is closed by the client's answer to the server: %s", d)
	}
}

func TestHealthyConnectionHasNoAlertForAnEnd(t *testing.T) {
	c := setUpConn().hello(name).flight13().sealedAlert(client).through().fin(client)
	if got := End(c.Record); got.Kind != CauseFIN {
		t.Errorf("kind %d", got.Kind)
	}
}
