package report

import (
	"github.com/sniscope/sniscope/pkg/diagnosis"
	"github.com/sniscope/sniscope/pkg/flow"
)

// Columns of how the connection went and what ended it.

var sideNames = [...]string{flow.Client: "client", flow.Server: "server", flow.Path: "path", flow.Nobody: ""}

var closeNames = [...]string{
	flow.NotClosed:           "",
	flow.CloseRST:            "rst",
	flow.CloseFIN:            "fin",
	flow.CloseQUIC:           "quic-close",
	flow.CloseStatelessReset: "stateless-reset",
	flow.CloseICMP:           "icmp",
}

var rstKinds = [...]string{flow.RSTUnknown: "", flow.RSTAbortive: "abortive", flow.RSTNoSocket: "no-socket"}

func colClosedBy(dst []byte, row *Row) []byte {
	t := &row.Record.Terminator
	if t.Kind == flow.NotClosed {
		return dst
	}
	return append(dst, nameOf(sideNames[:], uint8(t.By))...)
}

func colClose(dst []byte, row *Row) []byte {
	return append(dst, nameOf(closeNames[:], uint8(row.Record.Terminator.Kind))...)
}

func colRSTKind(dst []byte, row *Row) []byte {
	t := &row.Record.Terminator
	if t.Kind != flow.CloseRST {
		return dst
	}
	return append(dst, nameOf(rstKinds[:], uint8(t.RST))...)
}

// colCloseAfter counts from the last byte of the first hello, or from the connection's setup where no complete
// hello came before the terminator.
func colCloseAfter(dst []byte, row *Row) []byte {
	after, ok := diagnosis.CloseAfter(row.Record)
	if !ok {
		return dst
	}
	return appendMillis(dst, after.Nanoseconds())
}

func colConnState(dst []byte, row *Row) []byte {
	if row.Record.Transport != flow.TCP {
		return dst
	}
	return append(dst, row.Record.State.String()...)
}

func colTampering(dst []byte, row *Row) []byte {
	if row.Record.Transport != flow.TCP {
		return dst
	}
	return append(dst, row.Verdict.Tampering...)
}

func colClientPackets(dst []byte, row *Row) []byte {
	return appendUint(dst, row.Record.Packets[flow.Client])
}

func colServerPackets(dst []byte, row *Row) []byte {
	return appendUint(dst, row.Record.Packets[flow.Server])
}

func colClientBytes(dst []byte, row *Row) []byte {
	return appendUint(dst, row.Record.Bytes[flow.Client])
}

func colServerBytes(dst []byte, row *Row) []byte {
	return appendUint(dst, row.Record.Bytes[flow.Server])
}

func colRetransmits(dst []byte, row *Row) []byte {
	if row.Record.Transport != flow.TCP {
		return dst
	}
	return appendUint(dst, row.Record.Retransmits)
}

func colMissedBytes(dst []byte, row *Row) []byte {
	if row.Record.Transport != flow.TCP {
		return dst
	}
	return appendUint(dst, row.Record.Missed)
}

func colRTTServer(dst []byte, row *Row) []byte {
	return appendSpan(dst, row.Record, row.Record.SYN, row.Record.SYNACK)
}

func colRTTClient(dst []byte, row *Row) []byte {
	return appendSpan(dst, row.Record, row.Record.SYNACK, row.Record.Opening.Established)
}
