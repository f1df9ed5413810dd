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
	fix: func(v *view) string {
		if v.Transport == flow.QUIC {
			return "raise the MTU of the narrow link, or have the server send smaller packets; QUIC needs a path for 1,200 bytes behind the UDP header (RFC 9000, Section 14), and clients go back to TCP where there is none"
		}
		return fixDTLSLength
	},
}

// stuckOverUDP holds when a side goes on to send again what a router complained of, or may have, for a second or more.
func (v *view) stuckOverUDP() bool {
	if v.Transport == flow.TCP || !v.tooBig() || v.Client.Finished.Happened() || v.Foreign != 0 {
		return false
	}
	again := v.Sides[client].Retransmits+v.Sides[server].Retransmits > 0 && v.lastData().Frame > v.ICMP.Frame
	waits := v.cause.Kind == CauseNone || v.leftBy(client)
	return again && waits && v.waited(v.ICMP.Time, patience) == yes
}

// pathMTUOfFlightUDP: of a flight of DTLS the certificate, which is the longest in it, never came to where it was captured, though it was
// sent several times and what is shorter did; nor to the client, which went on to send its hello.
var pathMTUOfFlightUDP = rule{
	code:  PathMTU,
	needs: serverAnswered,
	when:  func(v *view) truth { return is(v.certificateSwallowed()) },
	then: func(v *view) finding {
		return finding{severity: Error, confidence: Probable, at: v.Sides[server].LastData, shown: [4]flow.Event{v.Hello.End, v.Server.Hello, v.Server.Flight}}
	},
	say: func(v *view, b []byte) []byte {
		b = v.appendServer(append(b, "of the answer of "...))
		b = append(b, " the certificate never got here, while shorter messages before and behind it did, and came again "...)
		b = appendCount(b, v.Sides[server].Retransmits, "time")
		b = append(b, "; the client lacked it too, and sent its ClientHello again; the handshake did not go on for "...)
		return v.appendDuration(b, v.quiet(v.stuckSince()))
	},
	fix: func(*view) string { return fixDTLSLength },
}

// fixDTLSLength is what to do about messages of DTLS that are too long for a path.
const fixDTLSLength = "raise the MTU of the narrow link, or set a smaller one in the DTLS library of who sends too much (OpenSSL: DTLS_set_link_mtu), which then sends its messages in more fragments"

// certificateSwallowed holds for three seconds or more of that. Of DTLS 1.3, and of handshakes without a certificate, nothing is known.
func (v *view) certificateSwallowed() bool {
	if v.Transport != flow.DTLS || !v.deaf() || v.noCookie() || v.Server.Certificate.Happened() || v.certless() {
		return false
	}
	again := v.Sides[server].Retransmits >= stallCount
	return again && v.Server.Hello.Happened() && v.cause.Kind == CauseNone && v.waited(v.stuckSince(), silence) == yes
}

// certless holds where the server sends no certificate, or nobody can read whether it does.
func (v *view) certless() bool {
	return v.Server.Resumed || tlswire.Is13(v.Server.Version) || v.keyInUse() || strings.Contains(iana.CipherSuite(v.Server.Cipher), "_anon_")
}
