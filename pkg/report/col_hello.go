package report

import (
	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/tlswire"
)

// Columns of the first ClientHello.

// incompleteNames are in the order of the bits of flow.Incomplete, which is the published order.
var incompleteNames = [...]string{"snaplen", "gap", "mid-connection", "one-sided", "limit", "evicted", "end-of-capture"}

func colHello(dst []byte, row *Row) []byte { return append(dst, row.Record.Hello.State.String()...) }

func colSNIState(dst []byte, row *Row) []byte { return append(dst, sniState(row.Record)...) }

// sniState tells an unknown server_name from one that there could not be: "unknown" only where TLS bytes were
// seen from either side, or the capture began mid-connection; "" where the client sent no TLS byte.
func sniState(r *conversation.Record) string {
	h := &r.Hello
	switch {
	case h.SNI != tlswire.SNIUnknown:
		return h.SNI.String()
	case h.State != conversation.HelloNone || r.TLSBytes[flow.Client] > 0:
		return "unknown"
	case spokePlaintext(r):
		return ""
	case r.TLSBytes[flow.Server] > 0 || incompleteOf(r)&flow.IncompleteMid != 0:
		return "unknown"
	}
	return ""
}

// spokePlaintext reports whether the client's first bytes are known to be of a protocol other than TLS.
func spokePlaintext(r *conversation.Record) bool {
	switch r.Protocol[flow.Client] {
	case "", "unknown", "tls", "sslv2":
		return false
	}
	return true
}

func colSNI(dst []byte, row *Row) []byte {
	if h := &row.Record.Hello; h.SNI == tlswire.SNIPresent || h.SNI == tlswire.SNIInvalid {
		dst = append(dst, h.Name...)
	}
	return dst
}

// incompleteOf joins why the hello and why the connection are not whole.
func incompleteOf(r *conversation.Record) flow.Incomplete {
	return r.Ending.Incomplete | r.Hello.Incomplete
}

func colIncomplete(dst []byte, row *Row, i int) ([]byte, bool) {
	set := incompleteOf(row.Record)
	for bit, name := range incompleteNames {
		if set&(1<<bit) == 0 {
			continue
		}
		if i == 0 {
			return append(dst, name...), true
		}
		i--
	}
	return dst, false
}

// colECH says false only of a hello that was seen whole.
func colECH(dst []byte, row *Row) []byte {
	h := &row.Record.Hello
	if !h.ECH && h.State != conversation.HelloComplete {
		return dst
	}
	return appendBool(dst, h.ECH)
}

func colTLSOffered(dst []byte, row *Row) []byte {
	return appendVersion(dst, row.Record.Hello.MaxVersion)
}

func colALPNOffered(dst []byte, row *Row, i int) ([]byte, bool) {
	return appendItem(dst, row.Record.Hello.ALPN, i)
}

func colJA3(dst []byte, row *Row) []byte {
	sum := &row.Record.Hello.JA3
	if *sum == ([16]byte{}) {
		return dst
	}
	return appendHexBytes(dst, sum)
}

func colJA4(dst []byte, row *Row) []byte { return append(dst, row.Record.Hello.JA4...) }

func colHelloBytes(dst []byte, row *Row) []byte { return appendPositive(dst, row.Record.Hello.Bytes) }

func colHelloSegments(dst []byte, row *Row) []byte {
	return appendPositive(dst, row.Record.Hello.Segments)
}

func colSNIOffset(dst []byte, row *Row) []byte {
	return appendPositive(dst, row.Record.Hello.SNIOffset)
}

func colClientRandom(dst []byte, row *Row) []byte {
	h := &row.Record.Hello
	if h.Random == [32]byte{} {
		return dst
	}
	dst = appendHexBytes(dst, (*[16]byte)(h.Random[:16]))
	return appendHexBytes(dst, (*[16]byte)(h.Random[16:]))
}

// appendVersion appends the published name of a protocol version, nothing for 0.
func appendVersion(dst []byte, v uint16) []byte {
	if v == 0 {
		return dst
	}
	return append(dst, tlswire.VersionName(v)...)
}
