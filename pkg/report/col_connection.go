package report

import (
	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/flow"
)

// Columns that name a connection and say where and when it was.

var transports = newTerms([]string{flow.TCP: "tcp", flow.QUIC: "quic", flow.DTLS: "dtls"})

var roles = newTerms([]string{
	flow.RolesUnknown: "",
	flow.RolesSYN:     "syn",
	flow.RolesSYNACK:  "synack",
	flow.RolesHello:   "hello",
	flow.RolesPort:    "port",
})

var stages = termsOf(conversation.StageEstablished)

func colCapture(row *Row) string { return row.Capture }

func colConn(row *Row) integer { return integer{row.Conn, true} }

func colStart(dst []byte, row *Row) []byte {
	if !row.Record.Timed() {
		return dst
	}
	return appendTime(dst, row.Record.Start, int(row.Record.Digits))
}

func colDuration(row *Row) millis {
	return millis{row.Record.End - row.Record.Start, row.Record.Timed()}
}

func colTransport(row *Row) *term { return termOf(transports, uint8(row.Record.Transport)) }

func colClientIP(dst []byte, row *Row) []byte {
	return appendAddr(dst, row.Record.Endpoints[flow.Client].Addr())
}

func colClientPort(row *Row) integer {
	return integer{uint64(row.Record.Endpoints[flow.Client].Port()), true}
}

func colServerIP(dst []byte, row *Row) []byte {
	return appendAddr(dst, row.Record.Endpoints[flow.Server].Addr())
}

func colServerPort(row *Row) integer {
	return integer{uint64(row.Record.Endpoints[flow.Server].Port()), true}
}

func colRoles(row *Row) *term { return termOf(roles, uint8(row.Record.Roles)) }

// colEncapsulation takes apart what flow has joined.
func colEncapsulation(dst []byte, row *Row, between string) []byte {
	rest := row.Record.Encapsulation
	for at := 0; at < len(rest); at++ {
		if rest[at] == ';' {
			dst = append(append(dst, rest[:at]...), between...)
			rest, at = rest[at+1:], -1
		}
	}
	return append(dst, rest...)
}

func colCarrier(row *Row) []string { return row.Record.Carrier }

func colStage(row *Row) *term { return termOf(stages, uint8(row.Record.Stage)) }

func colProtocol(row *Row) string { return row.Record.Protocol[flow.Client] }

func colServerProtocol(row *Row) string { return row.Record.Protocol[flow.Server] }

func colProxiedClient(row *Row) string { return row.Record.ProxiedClient }

func colProxyTarget(row *Row) string { return row.Record.ProxyTarget }
