package report

import (
	"net/netip"

	"github.com/sniscope/sniscope/pkg/flow"
)

// Columns that name a connection and say where and when it was.

var transports = [...]string{flow.TCP: "tcp", flow.QUIC: "quic", flow.DTLS: "dtls"}

var rolesNames = [...]string{
	flow.RolesUnknown: "",
	flow.RolesSYN:     "syn",
	flow.RolesSYNACK:  "synack",
	flow.RolesHello:   "hello",
	flow.RolesPort:    "port",
}

func colCapture(dst []byte, row *Row) []byte { return append(dst, row.Capture...) }

func colConn(dst []byte, row *Row) []byte { return appendUint(dst, row.Conn) }

func colStart(dst []byte, row *Row) []byte {
	if !row.Record.Timed() {
		return dst
	}
	return appendTime(dst, row.Record.Start, int(row.Record.Digits))
}

func colDuration(dst []byte, row *Row) []byte {
	if !row.Record.Timed() {
		return dst
	}
	return appendMillis(dst, row.Record.End-row.Record.Start)
}

func colTransport(dst []byte, row *Row) []byte {
	return append(dst, nameOf(transports[:], uint8(row.Record.Transport))...)
}

func colClientIP(dst []byte, row *Row) []byte {
	return appendAddr(dst, row.Record.Endpoints[flow.Client].Addr())
}

func colClientPort(dst []byte, row *Row) []byte {
	return appendUint(dst, uint64(row.Record.Endpoints[flow.Client].Port()))
}

func colServerIP(dst []byte, row *Row) []byte {
	return appendAddr(dst, row.Record.Endpoints[flow.Server].Addr())
}

func colServerPort(dst []byte, row *Row) []byte {
	return appendUint(dst, uint64(row.Record.Endpoints[flow.Server].Port()))
}

func colRoles(dst []byte, row *Row) []byte {
	return append(dst, nameOf(rolesNames[:], uint8(row.Record.Roles))...)
}

// colEncapsulation gives the i-th part of a list that flow has joined.
func colEncapsulation(dst []byte, row *Row, i int) ([]byte, bool) {
	rest := row.Record.Encapsulation
	for at := 0; at < len(rest); at++ {
		if rest[at] != ';' {
			continue
		}
		if i == 0 {
			return append(dst, rest[:at]...), true
		}
		i, rest, at = i-1, rest[at+1:], -1
	}
	if i > 0 || rest == "" {
		return dst, false
	}
	return append(dst, rest...), true
}

func colCarrier(dst []byte, row *Row, i int) ([]byte, bool) {
	return appendItem(dst, row.Record.Carrier, i)
}

func colStage(dst []byte, row *Row) []byte { return append(dst, row.Record.Stage.String()...) }

func colProtocol(dst []byte, row *Row) []byte {
	return append(dst, row.Record.Protocol[flow.Client]...)
}

func colServerProtocol(dst []byte, row *Row) []byte {
	return append(dst, row.Record.Protocol[flow.Server]...)
}

func colProxiedClient(dst []byte, row *Row) []byte { return append(dst, row.Record.ProxiedClient...) }

func colProxyTarget(dst []byte, row *Row) []byte { return append(dst, row.Record.ProxyTarget...) }

// appendAddr appends the plain text form of an address, nothing where it is not known.
func appendAddr(dst []byte, a netip.Addr) []byte {
	if !a.IsValid() {
		return dst
	}
	return a.AppendTo(dst)
}

// appendItem appends item i of a list of text.
func appendItem(dst []byte, items []string, i int) ([]byte, bool) {
	if i >= len(items) {
		return dst, false
	}
	return append(dst, items[i]...), true
}

// nameOf looks up a name, "" for a value that has none.
func nameOf(names []string, v uint8) string {
	if int(v) < len(names) {
		return names[v]
	}
	return ""
}
