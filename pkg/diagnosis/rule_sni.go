package diagnosis

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/tlswire"
)

// noSNIAccepted: no server_name, and the handshake went through.
var noSNIAccepted = rule{
	code:  NoSNIAccepted,
	needs: maybePassed | wholeHello,
	when:  func(v *view) truth { return all(v.through, is(v.Hello.SNI == tlswire.SNIMissing)) },
	then:  func(v *view) finding { return v.accepted(Info, Certain) },
	say: func(v *view, b []byte) []byte {
		b = v.appendHelloWords(append(v.appendServer(b), " accepted "...))
		if len(v.Server.CertNames) > 0 {
			b = appendQuoted(append(b, " and answered with its certificate for "...), v.Server.CertNames[0])
		}
		return v.appendClientCertificate(v.appendUnused(b))
	},
}

// sniInvalidAccepted: the name is not one that RFC 6066, Section 3 allows, and the handshake went through.
var sniInvalidAccepted = rule{
	code:  SNIInvalid,
	needs: maybePassed | invalidName,
	when:  func(v *view) truth { return all(v.through, is(v.Hello.SNI == tlswire.SNIInvalid)) },
	then:  func(v *view) finding { return v.accepted(Info, Certain) },
	say: func(v *view, b []byte) []byte {
		b = append(v.appendHelloWords(append(v.appendServer(b), " accepted "...)), " all the same"...)
		return v.appendClientCertificate(v.appendUnused(b))
	},
	fix: (*view).fixPort,
}

// sniInvalidRefused: the server says that it does not know an invalid name. Other failures keep their own code.
var sniInvalidRefused = rule{
	code:  SNIInvalid,
	needs: alerted,
	when: func(v *view) truth {
		return is(v.Hello.SNI == tlswire.SNIInvalid && v.plainAlertBy(server, tlswire.AlertUnrecognizedName))
	},
	then: func(v *view) finding { return atCause(v, Error, Certain) },
	say:  (*view).appendRefusal,
	fix:  (*view).fixPort,
}

// fixPort is what to do about a name that has a port with it, "" where it has none.
func (v *view) fixPort() string {
	host, port, _ := strings.Cut(v.Hello.Name, ":")
	if _, err := strconv.ParseUint(port, 10, 16); err != nil || host == "" || isAddress(host) {
		return ""
	}
	return "send the name alone from the client, without the port (HAProxy: sni req.hdr(host),field(1,:))"
}

func isAddress(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}

// sniUnrecognized: the server says that it does not know the name.
var sniUnrecognized = rule{
	code:  SNIUnrecognized,
	needs: alerted,
	when: func(v *view) truth {
		return is(v.Hello.SNI == tlswire.SNIPresent && v.plainAlertBy(server, tlswire.AlertUnrecognizedName))
	},
	then: func(v *view) finding { return atCause(v, Error, Certain) },
	say:  (*view).appendRefusal,
	fix: func(v *view) string {
		if strings.Contains(v.Hello.Name, ".") {
			return ""
		}
		return "correct the name in the client: one without a dot may be that of a group of servers in its own configuration (nginx: proxy_ssl_name in the place of the upstream's); else add the host and its certificate to the server"
	},
}

// sniUnrecognizedByContrast: only this name fails, while other names to the same server succeed, and it was the server that
// read it and chose no parameters for it. What failed for want of a path, or was reset in its name, says nothing of the names
// that it knows. Neither does silence, nor a close that took a second or more: for a name that it does not know a server has
// nothing to wait for, and a router that knows it waits for its backend.
var sniUnrecognizedByContrast = rule{
	code: SNIUnrecognized,
	when: func(v *view) truth {
		refused := v.Hello.SNI == tlswire.SNIPresent && v.c.Name.Failed > 0 && v.serverHello() == no
		return is(refused && v.onlyNameFails() && v.nameRead() && v.quiet(v.Hello.End.Time) < patience)
	},
	then: func(v *view) finding { return atCauseOrHello(v, Error, Probable) },
	say: func(v *view, b []byte) []byte {
		b = append(v.appendServer(append(b, "at "...)), " every hello for "...)
		b = append(appendQuoted(b, v.Hello.Name), " failed ("...)
		b = append(strconv.AppendUint(b, uint64(v.c.Name.Failed), 10), "), and every one for another name went through ("...)
		return append(strconv.AppendUint(b, uint64(v.c.Endpoint.BySNI(WithSNI).Passed), 10), ')')
	},
	fix: func(*view) string {
		return "add the host and its certificate to the server, or correct the spelling of the name in the client; if the server is a router that knows the name, check whether its backend is up, and if all is well there, look for a proxy or firewall on the way that forbids the name"
	},
}

// sniDenied: an alert that does not speak of the name, and with which rustls says that it found no certificate for the hello.
// Where the name went through at other times, it is not the name.
var sniDenied = rule{
	code: SNIUnrecognized,
	when: func(v *view) truth {
		return is(v.Hello.SNI == tlswire.SNIPresent && v.denied() && !v.offeredKey() && v.c.Name.Passed == 0)
	},
	then: func(v *view) finding { return atCause(v, Error, Probable) },
	say: func(v *view, b []byte) []byte {
		b = v.appendDenied(v.appendRefusal(b))
		if n := v.c.Endpoint.BySNI(WithSNI).Passed; n > 0 {
			b = append(appendOtherNames(append(b, "; "...), n), " went through there"...)
		}
		return b
	},
	fix: func(*view) string {
		return "add the name and its certificate to the server, of a key type that the client supports, or correct the spelling of the name in the client"
	},
}

// denied holds where the server's access_denied (49) answers the hello. RFC 8446, Section 6.2, has it for a peer whose
// certificate or key was valid, and there is none yet.
func (v *view) denied() bool {
	return v.plainAlertBy(server, tlswire.AlertAccessDenied) && v.serverHello() == no
}

func (v *view) appendDenied(b []byte) []byte {
	if v.denied() {
		return append(b, "; programs on rustls send this alert where they find no certificate for a hello"...)
	}
	return b
}

// onlyNameFails holds when the server refused every hello with this name and none with another one.
func (v *view) onlyNameFails() bool {
	if v.headerOwed() || v.upgradeOwed() {
		return false // the others went through behind a PROXY header, or a request for TLS, and this one had none
	}
	failed := v.c.Name.Failed
	if v.Hello.SNI == tlswire.SNIInvalid {
		failed = 0 // of names: it counts apart from them
	}
	return v.onlyNamesElsePassed() && v.c.Endpoint.BySNI(WithSNI).Failed == failed
}

// nameRead holds when the server had the whole hello, and nothing speaks for somebody else having answered it: a RST for want
// of a connection answers a packet that came when there was none, whatever it said.
func (v *view) nameRead() bool {
	switch {
	case v.Transport != flow.TCP:
		return v.closedBy(server) // nothing else tells what arrived
	case v.resetBy(server):
		return v.cause.RST != flow.RSTNoSocket && v.signs() == 0 && (v.helloAcked() == yes || v.resetAcks(v.Hello.EndOffset))
	}
	return v.helloAcked() == yes
}
