package flow

import (
	"net/netip"
	"testing"

	"github.com/sniscope/sniscope/pkg/decode"
)

// rolesOf runs a connection whose stream says that a raw side is the client.
func rolesOf(t *testing.T, says Side, run func(w *wire)) (Roles, netip.AddrPort, *wire) {
	t.Helper()
	w := newWire()
	w.log.says = says
	run(w)
	f := w.end(t)
	want(t, "client side", f.Endpoints[Client] == w.pair[C], f.ClientSide == w.raw(C))
	return f.Roles, f.Endpoints[Client], w
}

func TestRoles(t *testing.T) {
	c, s := Side(1), Side(0) // raw sides of newWire
	data := func(w *wire) { w.send(C, 0, "a"); w.send(S, 0, "b") }
	for _, test := range []struct {
		name   string
		says   Side
		run    func(w *wire)
		roles  Roles
		client Side // as the wire calls it
	}{
		{"SYN", Nobody, func(w *wire) { w.handshake(); data(w) }, RolesSYN, C},
		{"SYN and hello agree", c, func(w *wire) { w.handshake(); data(w) }, RolesSYN, C},
		{"hello contradicts the SYN", s, func(w *wire) { w.handshake(); data(w) }, RolesHello, S},
		{"SYN-ACK alone", Nobody, func(w *wire) { w.synack(); data(w) }, RolesSYNACK, C},
		{"SYN captured after the SYN-ACK", Nobody, func(w *wire) { w.synack(); w.syn(); data(w) }, RolesSYN, C},
		{"hello", s, data, RolesHello, S},
		{"port", Nobody, data, RolesPort, C},
		{"simultaneous open", Nobody, func(w *wire) { w.packet(S, decode.SYN, 0, ""); w.syn(); data(w) }, RolesSYN, S},
		{"simultaneous open with hello", c, func(w *wire) { w.packet(S, decode.SYN, 0, ""); w.syn(); data(w) }, RolesHello, C},
	} {
		t.Run(test.name, func(t *testing.T) {
			roles, client, w := rolesOf(t, test.says, test.run)
			want(t, "roles", roles, test.roles)
			want(t, "client", client, w.pair[test.client])
		})
	}
}

func TestRolesWithEqualPorts(t *testing.T) {
	for _, first := range []Side{C, S} {
		w := newWire()
		w.pair[C] = netip.AddrPortFrom(w.pair[C].Addr(), w.pair[S].Port())
		w.log.client = w.raw(C)
		w.send(first, 0, "x")
		f := w.end(t)
		want(t, "server", f.Endpoints[Server], w.pair[first^1])
		want(t, "roles", f.Roles, RolesPort)
	}
}

func TestFactsAreOrientedWhateverTheAddresses(t *testing.T) {
	for _, client := range []string{"10.0.0.9:40000", "9.0.0.9:40000"} {
		w := newWire()
		w.pair[C] = netip.MustParseAddrPort(client)
		w.log.client = w.raw(C)
		w.handshake()
		w.send(C, 0, "hello")
		w.rst(S)
		f := w.end(t)
		want(t, "bytes", f.Bytes, [2]uint64{5, 0})
		want(t, "by", f.Terminator.By, Server)
		want(t, "RST by", f.Resets[0].By, Server)
		want(t, "MSS", f.Sides[Client].MSS, 1460)
		w.wantTrace(t, `C 0 "hello"`)
	}
}
