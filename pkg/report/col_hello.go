package report

import (
	"math/bits"

	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/tlswire"
)

// Columns of the first ClientHello.

// incompleteNames are in the order of the bits of flow.Incomplete, which is the published order.
var incompleteNames = [...]string{"snaplen", "gap", "mid-connection", "one-sided", "limit", "evicted", "end-of-capture"}

var helloStates = termsOf(conversation.HelloComplete)

func colHello(row *Row) *term { return termOf(helloStates, uint8(row.Record.Hello.State)) }

var sniStates = termsOf(tlswire.SNIInvalid)

func colSNIState(row *Row) *term { return sniState(row.Record) }

// sniState tells an unknown server_name from one that there could not be: "unknown" only where TLS bytes were
// seen from either side, or the capture began mid-connection; "" where the client sent no TLS byte.
func sniState(r *conversation.Record) *term {
	h := &r.Hello
	switch {
	case h.SNI != tlswire.SNIUnknown:
		return termOf(sniStates, uint8(h.SNI))
	case h.State != conversation.HelloNone || r.TLSBytes[flow.Client] > 0:
		return &sniStates[tlswire.SNIUnknown]
	case spokePlaintext(r), saidNothing(r), saidHeaderOnly(r):
		return &noTerm
	case r.TLSBytes[flow.Server] > 0 || incompleteOf(r)&flow.IncompleteMid != 0:
		return &sniStates[tlswire.SNIUnknown]
	}
	return &noTerm
}

// saidNothing reports whether the client is known to have sent no byte: servers that expect TLS also take their leave in TLS.
func saidNothing(r *conversation.Record) bool {
	side := &r.Sides[flow.Client]
	return r.SYN.Happened() && incompleteOf(r) == 0 && r.Bytes[flow.Client]+side.Sent+side.Unseen+side.Acked == 0
}

// saidHeaderOnly reports whether the client is known to have sent a PROXY header and no byte behind it.
func saidHeaderOnly(r *conversation.Record) bool {
	return len(r.Carrier) == 1 && r.BehindProxyHeader() && r.Protocol[flow.Client] == "" && incompleteOf(r) == 0 && r.Sides[flow.Client].Unseen == 0
}

// spokePlaintext reports whether the client's first bytes are known to be of a protocol other than TLS.
func spokePlaintext(r *conversation.Record) bool {
	switch r.Protocol[flow.Client] {
	case "", "unknown", "tls", "sslv2":
		return false
	}
	return true
}

func colSNI(row *Row) string { return row.Record.Hello.Name }

// incompleteOf joins why the hello and why the connection are not whole. Bytes that one side acknowledged or sent before
// its end, and that were not captured, are a gap behind all that was.
func incompleteOf(r *conversation.Record) flow.Incomplete {
	why := r.Ending.Incomplete | r.Hello.Incomplete
	if r.Sides[flow.Client].Unseen|r.Sides[flow.Server].Unseen > 0 {
		why |= flow.IncompleteGap
	}
	return why
}

func colIncomplete(dst []byte, row *Row, between string) []byte {
	for set := incompleteOf(row.Record); set != 0; {
		dst = append(dst, incompleteNames[bits.TrailingZeros8(uint8(set))]...)
		if set &= set - 1; set != 0 {
			dst = append(dst, between...)
		}
	}
	return dst
}

// colECH says false only of a hello that was seen whole.
func colECH(row *Row) *term {
	h := &row.Record.Hello
	return truth(h.ECH, h.State == conversation.HelloComplete)
}

// truth is a value that is known if it holds, and otherwise only if there was enough to tell.
func truth(holds, known bool) *term {
	switch {
	case holds:
		return &isTrue
	case known:
		return &isFalse
	}
	return &noTerm
}

var isTrue, isFalse = newTerm("true"), newTerm("false")

func colTLSOffered(row *Row) *term { return versionName(row.Record.Hello.MaxVersion) }

func colALPNOffered(row *Row) []string { return row.Record.Hello.ALPN }

func colJA3(dst []byte, row *Row) []byte {
	sum := &row.Record.Hello.JA3
	if *sum == ([16]byte{}) {
		return dst
	}
	return appendHexBytes(dst, sum)
}

func colJA4(row *Row) string { return row.Record.Hello.JA4 }

func colHelloBytes(row *Row) integer { return positive(row.Record.Hello.Bytes) }

func colHelloSegments(row *Row) integer { return positive(row.Record.Hello.Segments) }

func colSNIOffset(row *Row) integer { return positive(row.Record.Hello.SNIOffset) }

// colClientRandom takes zeros for a random that was not seen, unless the hello was: its fingerprint says so.
func colClientRandom(dst []byte, row *Row) []byte {
	h := &row.Record.Hello
	if h.Random == [32]byte{} && h.JA4 == "" {
		return dst
	}
	dst = appendHexBytes(dst, (*[16]byte)(h.Random[:16]))
	return appendHexBytes(dst, (*[16]byte)(h.Random[16:]))
}

// positive is n, which is 0 where what it counts was not seen.
func positive(n int) integer { return integer{uint64(n), n > 0} }

// versionName is the published name of a protocol version, that of nothing for 0.
func versionName(v uint16) *term {
	switch v {
	case 0:
		return &noTerm
	case tlswire.VersionTLS12:
		return &tls12
	case tlswire.VersionTLS13:
		return &tls13
	}
	name := newTerm(tlswire.VersionName(v))
	return &name
}

// The versions that are common.
var tls12, tls13 = newTerm(tlswire.VersionName(tlswire.VersionTLS12)), newTerm(tlswire.VersionName(tlswire.VersionTLS13))
