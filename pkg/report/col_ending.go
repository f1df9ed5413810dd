package report

import (
	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/diagnosis"
	"github.com/sniscope/sniscope/pkg/flow"
)

// Columns of how the connection went and what ended it.

var sides = newTerms([]string{flow.Client: "client", flow.Server: "server", flow.Path: "path", flow.Nobody: ""})

var closes = newTerms([]string{
	flow.NotClosed:           "",
	flow.CloseRST:            "rst",
	flow.CloseFIN:            "fin",
	flow.CloseQUIC:           "quic-close",
	flow.CloseStatelessReset: "stateless-reset",
	flow.CloseICMP:           "icmp",
})

var rstKinds = newTerms([]string{flow.RSTUnknown: "", flow.RSTAbortive: "abortive", flow.RSTNoSocket: "no-socket"})

var connStates = termsOf(flow.StateOTH)

func colClosedBy(row *Row) *term {
	return termOf(sides, uint8(diagnosis.Terminator(row.Record).By))
}

func colClose(row *Row) *term { return termOf(closes, uint8(row.Record.Terminator.Kind)) }

func colRSTKind(row *Row) *term {
	return termOf(rstKinds, uint8(diagnosis.Terminator(row.Record).RST))
}

// colCloseAfter counts from the last byte of the first hello, or from the connection's setup where no complete
// hello came before the terminator.
func colCloseAfter(row *Row) millis {
	after, ok := diagnosis.CloseAfter(row.Record)
	return millis{after.Nanoseconds(), ok}
}

func colConnState(row *Row) *term {
	if row.Record.Transport != flow.TCP {
		return &noTerm
	}
	return termOf(connStates, uint8(row.Record.State))
}

func colTampering(row *Row) string { return row.Verdict.Tampering }

func colClientPackets(row *Row) integer { return integer{row.Record.Packets[flow.Client], true} }

func colServerPackets(row *Row) integer { return integer{row.Record.Packets[flow.Server], true} }

func colClientBytes(row *Row) integer { return integer{row.Record.Bytes[flow.Client], true} }

func colServerBytes(row *Row) integer { return integer{row.Record.Bytes[flow.Server], true} }

func colRetransmits(row *Row) integer {
	return integer{row.Record.Retransmits, row.Record.Transport == flow.TCP}
}

func colMissedBytes(row *Row) integer {
	return integer{row.Record.Missed, row.Record.Transport == flow.TCP}
}

func colRTTServer(row *Row) millis {
	return span(row.Record, &row.Record.SYN, &row.Record.SYNACK)
}

func colRTTClient(row *Row) millis {
	return span(row.Record, &row.Record.SYNACK, &row.Record.Opening.Established)
}

// span is the time from one event of r to another, if both were seen and the capture has times.
func span(r *conversation.Record, from, to *flow.Event) millis {
	return millis{to.Time - from.Time, r.Timed() && from.Happened() && to.Happened()}
}
