package report

import "github.com/sniscope/sniscope/pkg/diagnosis"

// Columns of what is concluded.

func colSameAs(row *Row) integer { return integer{row.SameAs, row.SameAs != 0} }

func colDiagnosis(row *Row) string { return string(row.Verdict.Code) }

var severities = termsOf(diagnosis.Error)

func colSeverity(row *Row) *term { return termOf(severities, uint8(row.Verdict.Severity)) }

var confidences = termsOf(diagnosis.Certain)

func colConfidence(row *Row) *term { return termOf(confidences, uint8(row.Verdict.Confidence)) }

// colEvidence gives frame numbers of the original file, with the place of that file in front where it is not
// the one that holds the connection's first packet.
func colEvidence(dst []byte, row *Row, between string) []byte {
	for i, ordinal := range row.Verdict.Evidence {
		if i > 0 {
			dst = append(dst, between...)
		}
		frame, ok := row.Home.Frame(ordinal)
		if !ok {
			dst, frame = appendFile(dst, row, ordinal)
		}
		dst = appendUint(dst, frame)
	}
	return dst
}

// appendFile appends the place of a packet's file, if it is not that of the connection's first packet, and returns its frame.
func appendFile(dst []byte, row *Row, ordinal uint64) ([]byte, uint64) {
	file, frame := locate(row, ordinal)
	if home, _ := locate(row, row.Record.First); file != home {
		dst = append(appendUint(dst, uint64(file)), '#')
	}
	return dst, frame
}

func colDetail(row *Row) string { return row.Verdict.Detail }

func colFix(row *Row) string { return row.Verdict.Fix }

// locate finds a packet's file and its frame there; without Row.Locate, all packets are of one file.
func locate(row *Row, ordinal uint64) (file int, frame uint64) {
	if row.Locate == nil {
		return 1, ordinal
	}
	return row.Locate(ordinal)
}
