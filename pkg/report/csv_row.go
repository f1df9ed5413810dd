package report

import (
	"encoding/binary"
	"math/bits"
	"strings"

	"github.com/sniscope/sniscope/pkg/diagnosis"
)

// AppendRow appends one connection, rendered, to dst. It may be called from several goroutines at a time.
//
// The cells are written one after the other, in order of the columns, because a loop over a table of columns costs half as
// much again. Tests compare each with its column.
func (c *CSV) AppendRow(dst []byte, row *Row) []byte {
	alert, alertFrom := shownAlert(row.Record)

	dst = csvText(dst, colCapture(row))
	dst = csvInteger(dst, colConn(row))
	dst = append(colStart(dst, row), ',')
	dst = csvMillis(dst, colDuration(row))
	dst = csvTerm(dst, colTransport(row))
	dst = append(colClientIP(dst, row), ',')
	dst = csvInteger(dst, colClientPort(row))
	dst = append(colServerIP(dst, row), ',')
	dst = csvInteger(dst, colServerPort(row))
	dst = csvTerm(dst, colRoles(row))
	dst = append(colEncapsulation(dst, row, ";"), ',')
	dst = csvTexts(dst, colCarrier(row))
	dst = csvTerm(dst, colStage(row))
	dst = csvWord(dst, colProtocol(row))

	dst = csvTerm(dst, colHello(row))
	dst = csvTerm(dst, colSNIState(row))
	dst = csvText(dst, colSNI(row))
	dst = append(colIncomplete(dst, row, ";"), ',')
	dst = csvTerm(dst, colECH(row))
	dst = csvTerm(dst, colTLSOffered(row))
	dst = csvTerm(dst, colTLSVersion(row))
	dst = csvOffer(dst, colALPNOffered(row))
	dst = csvText(dst, colALPN(row))
	dst = csvWord(dst, colCipher(row))
	dst = append(colJA3(dst, row), ',')
	dst = csvText(dst, colJA4(row))
	dst = csvInteger(dst, colHelloBytes(row))
	dst = csvInteger(dst, colHelloSegments(row))
	dst = csvInteger(dst, colSNIOffset(row))
	dst = csvTexts(dst, colCertNames(row))
	dst = csvText(dst, colCertIssuer(row))
	dst = append(colCertNotAfter(dst, row), ',')

	dst = csvWord(dst, colAlert(alert))
	dst = csvTerm(dst, colAlertFrom(alertFrom))
	dst = csvWord(dst, colAlertLevel(alert))
	dst = csvTerm(dst, colClosedBy(row))
	dst = csvTerm(dst, colClose(row))
	dst = csvTerm(dst, colRSTKind(row))
	dst = csvMillis(dst, colCloseAfter(row))
	dst = csvTerm(dst, colConnState(row))
	dst = csvWord(dst, colTampering(row))

	dst = csvInteger(dst, colClientPackets(row))
	dst = csvInteger(dst, colServerPackets(row))
	dst = csvInteger(dst, colClientBytes(row))
	dst = csvInteger(dst, colServerBytes(row))
	dst = csvInteger(dst, colRetransmits(row))
	dst = csvInteger(dst, colMissedBytes(row))
	dst = csvMillis(dst, colRTTServer(row))
	dst = csvMillis(dst, colRTTClient(row))
	dst = csvMillis(dst, colServerFirst(row))
	dst = csvWord(dst, colServerProtocol(row))
	dst = csvTerm(dst, colResumed(row))
	dst = csvWord(dst, colClientCert(row))
	dst = csvText(dst, colProxiedClient(row))
	dst = csvText(dst, colProxyTarget(row))
	dst = append(colClientRandom(dst, row), ',')
	dst = csvInteger(dst, colSameAs(row))

	dst = csvWord(dst, colDiagnosis(row))
	dst = csvTerm(dst, colSeverity(row))
	dst = csvTerm(dst, colConfidence(row))
	dst = append(colEvidence(dst, row, ";"), ',')
	dst = csvSentence(dst, colDetail(row), row.Verdict.OwnWords)
	dst = c.appendFix(dst, row.Verdict)

	dst[len(dst)-1] = '\n'
	return dst
}

// appendFix appends like csvText what is most often the catalogue's advice.
func (c *CSV) appendFix(dst []byte, v *diagnosis.Verdict) []byte {
	if v.Fix == "" {
		return append(dst, ',')
	}
	if int(v.Entry) < len(c.fixes) {
		if fix := &c.fixes[v.Entry]; fix.text == v.Fix {
			return append(dst, fix.cell...)
		}
	}
	return csvText(dst, v.Fix)
}

// csvSentence appends like csvText a sentence of package diagnosis. Where that holds no text from the network, a comma is all
// that has to be looked for.
func csvSentence(dst []byte, s string, ownWords bool) []byte {
	switch {
	case !ownWords || s == "":
		return csvText(dst, s)
	case strings.IndexByte(s, ',') < 0:
		return append(append(dst, s...), ',')
	}
	return append(append(append(dst, '"'), s...), `",`...)
}

// csvWord appends a cell of which sniscope made every byte.
func csvWord(dst []byte, s string) []byte {
	if s == "" {
		return append(dst, ',')
	}
	return append(append(dst, s...), ',')
}

// csvTerm does the same for one of a few. What is behind the comma is overwritten by the next cell.
func csvTerm(dst []byte, t *term) []byte {
	end := len(dst) + len(t.text) + 1
	return append(dst, t.cell[:]...)[:end]
}

// csvText appends a cell with bytes from the network.
func csvText(dst []byte, s string) []byte {
	if s == "" {
		return append(dst, ',')
	}
	return append(closeCSVText(append(dst, s...), len(dst)), ',')
}

func csvInteger(dst []byte, v integer) []byte {
	at := len(dst)
	switch {
	case !v.known:
		return append(dst, ',')
	case v.n < 10:
		return append(dst, byte('0'+v.n), ',')
	case v.n >= 1e7 || cap(dst)-at < 8:
		return append(appendUint(dst, v.n), ',')
	}
	digits := eightDigits(v.n) // of which the first is 0: there is room for the comma
	leading := bits.TrailingZeros64(digits) & 56
	binary.LittleEndian.PutUint64(dst[at:at+8], (digits|zeros)>>leading|','<<((64-leading)&63))
	return dst[:at+9-leading/8]
}

func csvMillis(dst []byte, v millis) []byte {
	if v.known {
		dst = appendMillis(dst, v.ns)
	}
	return append(dst, ',')
}

// csvTexts appends a list, like csvText.
func csvTexts(dst []byte, items []string) []byte {
	if len(items) == 0 {
		return append(dst, ',')
	}
	return append(appendCSVList(dst, items), ',')
}

// csvOffer does the same for the protocols of a hello: what nearly all clients offer needs no look.
func csvOffer(dst []byte, protocols []string) []byte {
	if len(protocols) == 2 && protocols[0] == "h2" && protocols[1] == "http/1.1" {
		return append(dst, "h2;http/1.1,"...)
	}
	return csvTexts(dst, protocols)
}

func appendCSVList(dst []byte, items []string) []byte {
	start, seen := len(dst), class(0)
	for i, s := range items {
		if i > 0 {
			dst, seen = append(dst, ';'), seen|semicolon
		}
		var has class
		dst, has = closeCSVItem(append(dst, s...), len(dst))
		seen |= has
	}
	return closeCSVCell(dst, start, seen)
}
