package diagnosis

import (
	"strings"

	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/iana"
	"github.com/sniscope/sniscope/pkg/tlswire"
)

// leastMTU is what every link of IPv6 takes (RFC 8200, Section 5), and what QUIC's smallest path leaves room for (RFC 9000, Section
// 14): a router that complains of more may speak of a probe for a larger size.
const leastMTU = 1280

// pathMTUOverUDP: a router says that a packet did not fit, and then the hello or its answer is sent again and again. Over UDP
// nobody sees what arrived, so that it is never certain.
var pathMTUOverUDP = rule{
	code:  PathMTU,
	needs: routerSpoke | wholeHello,
	when:  func(v *view) truth { return is(v.stuckOverUDP()) },
	then: func(v *view) finding {
		f := finding{severity: Error, confidence: Probable, at: v.ICMP.Event, shown: [4]flow.Event{v.Hello.End, v.lastData(), v.clientsEnd()}}
		if v.Transport == flow.QUIC && v.ICMP.MTU >= leastMTU {
			f.confidence = Possible
		}
		return f
	},
	say: func(v *view, b []byte) []byte {
		b = append(v.ICMP.From.AppendTo(b), " says that a packet did not fit"...)
		if v.ICMP.MTU > 0 {
			b = v.appendNextHop(append(b, ": "...))
		}
		if n := v.Sides[client].Retransmits; n > 0 {
			b = appendCount(append(b, "; the client sent its ClientHello again "...), n, "time")
		} else {
			b = appendCount(append(b, "; the server sent its answer again "...), v.Sides[server].Retransmits, "time")
		}
		return v.appendDuration(append(b, ", and the handshake did not go on for "...), v.quiet(v.ICMP.Time))
	},
	fix: (*view).fixLengthOverUDP,
}

// stuckOverUDP holds when a side goes on to send again what a router complained of, or may have, for a second or more.
func (v *view) stuckOverUDP() bool {
	if v.Transport == flow.TCP || !v.tooBig() || v.Client.Finished.Happened() || v.Foreign != 0 {
		return false
	}
	again := v.Sides[client].Retransmits+v.Sides[server].Retransmits > 0 && v.lastData().Time-v.ICMP.Time >= int64(patience)
	waits := v.cause.Kind == CauseNone || v.leftBy(client)
	return again && waits && v.waited(v.ICMP.Time, patience) == yes
}

// pathMTUOfFlightUDP: of the server's answer what is longest never came to where it was captured, though what is shorter did, more than
// once; nor did it come to the client, which went on to send its hello.
var pathMTUOfFlightUDP = rule{
	code:  PathMTU,
	needs: serverAnswered,
	when:  func(v *view) truth { return is(v.swallowedOverUDP()) },
	then: func(v *view) finding {
		return finding{severity: Error, confidence: Probable, at: v.Sides[server].LastData, shown: [4]flow.Event{v.Hello.End, v.Server.Hello, v.Server.Flight}}
	},
	say: func(v *view, b []byte) []byte {
		what := "certificate"
		if v.Transport == flow.QUIC {
			what = "ServerHello"
		}
		b = append(append(append(b, "the "...), what...), " of "...)
		b = append(v.appendServer(b), " never reached the point of capture, while the shorter packets of its answer did, again and again; the client lacked it too and sent its ClientHello again; the handshake did not go on for "...)
		return v.appendDuration(b, v.quiet(v.stuckSince()))
	},
	fix: (*view).fixLengthOverUDP,
}

// swallowedOverUDP holds where a handshake has stood still for silence or longer since the longest datagrams of one side got lost. Where
// packets were cut short, what is longest came and cannot be read.
func (v *view) swallowedOverUDP() bool {
	unread := v.Ending.Incomplete&(flow.IncompleteSnaplen|flow.IncompleteLimit|flow.IncompleteMid) != 0
	if !v.deaf() || v.noCookie() || unread || v.cause.Kind != CauseNone || v.waited(v.stuckSince(), silence) != yes {
		return false
	}
	if v.Transport == flow.QUIC {
		return v.serverHelloSwallowed()
	}
	return v.certificateSwallowed()
}

// serverHelloSwallowed holds where a server of QUIC went on to send, and what it has to make 1,200 bytes long never came: what
// carries its ServerHello (RFC 9000, Section 14.1). What follows, and acknowledgments, may be shorter.
func (v *view) serverHelloSwallowed() bool {
	s := &v.Sides[server]
	return !v.Server.Hello.Happened() && !v.Server.Retry.Happened() && v.Foreign == 0 && s.LastData.Time-v.Server.Flight.Time >= int64(patience)
}

// certificateSwallowed holds where a server of DTLS 1.2 or before sent its flight again, and always without its longest message came.
func (v *view) certificateSwallowed() bool {
	return v.Server.Hello.Happened() && !v.Server.Certificate.Happened() && v.owesCertificate() && v.Sides[server].Retransmits >= stallCount
}

// owesCertificate holds where the server's answer has a certificate in it which can be read: it has by what the cipher suite is
// signed with. That of EC J-PAKE, as in Thread, has none, nor have those with "anon".
func (v *view) owesCertificate() bool {
	suite := iana.CipherSuite(v.Server.Cipher)
	signed := strings.Contains(suite, "_RSA_") || strings.Contains(suite, "_ECDSA_") || strings.Contains(suite, "_DSS_")
	return signed && !v.keyInUse() && !v.Server.Resumed && !tlswire.Is13(v.Server.Version)
}

// fixLengthOverUDP is what to do about datagrams that are too long for a path.
func (v *view) fixLengthOverUDP() string {
	if v.Transport == flow.QUIC {
		return "raise the MTU of the narrow link, or have the server send smaller packets; QUIC needs a path that carries 1,200 bytes of UDP payload (RFC 9000, Section 14), and clients go back to TCP where there is none"
	}
	return "raise the MTU of the narrow link, or set a smaller one in the DTLS library of the side whose packets are too long (OpenSSL: DTLS_set_link_mtu), so that it sends its messages in more fragments"
}
