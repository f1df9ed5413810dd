package diagnosis

import (
	"fmt"
	"strings"

	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/tlswire"
)

// remarks are what a sentence adds: what speaks for or against the diagnosis, and what else could be. Each
// returns "" where it has nothing to say. They are in order of weight, since only the first few are kept.
var remarks = [...]func(v *view, named, plain *rule) string{
	remarkRenamed, remarkLostAlert, remarkContrast, remarkSign, remarkIgnoredReset,
	remarkAlternative, remarkClientCertificate, remarkOtherNames, remarkAlso,
}

func (v *view) withRemarks(detail string, named, plain *rule) string {
	if v.Packets[server] == 0 && !v.tlsSeen() && !v.ICMP.Happened() {
		return detail // a SYN without answer, of which a flood brings millions
	}
	if v.Hello.SNI == tlswire.SNIInvalid && !strings.Contains(detail, v.sniWords()) {
		detail += "; the hello came " + v.sniWords()
	}
	n := 0
	for _, remark := range remarks {
		if s := remark(v, named, plain); s != "" {
			detail += "; " + s
			if n++; n == maxRemarks {
				break
			}
		}
	}
	return detail
}

func remarkRenamed(_ *view, named, plain *rule) string {
	if named.code == plain.code {
		return ""
	}
	return "by itself it is " + string(plain.code)
}

func remarkLostAlert(v *view, named, _ *rule) string {
	if named.code == IncompleteCapture || !v.lostAlert(server) && !v.lostAlert(client) {
		return ""
	}
	return "the 7 bytes before the close were not captured: the length of one alert"
}

// remarkContrast says what the same server did with other hellos, for a hello without a name.
func remarkContrast(v *view, named, plain *rule) string {
	if named != plain || !refusesHello(named.code) && named.code != NoSNIClientRejected || v.noSNI() != yes {
		return ""
	}
	with, without := v.c.Endpoint.BySNI(WithSNI), v.c.Endpoint.BySNI(WithoutSNI)
	switch {
	case without.Passed > 0:
		return fmt.Sprintf("yet %s without server_name went through there, so more than its absence must matter",
			count(uint64(without.Passed), "other handshake"))
	case v.c.SameClient[WithSNI]:
		return "the same client went through with server_name"
	case with.Passed > 0:
		return fmt.Sprintf("%s with server_name went through there, from other clients", count(uint64(with.Passed), "handshake"))
	}
	return ""
}

func remarkSign(v *view, named, _ *rule) string {
	if s := v.signs(); s != 0 && named.code != ResetInjected {
		return "the RST was possibly injected: " + signWords(s)
	}
	return ""
}

// remarkIgnoredReset mentions a RST that ended nothing, because its receiver would not accept it or its sender went on.
func remarkIgnoredReset(v *view, _, _ *rule) string {
	for i := range v.Resets {
		x := &v.Resets[i]
		if earlier := v.cause.Kind == CauseNone || x.Frame < v.cause.Frame; earlier && !x.Accepted && x.Signs != 0 {
			who := "client"
			if x.By == server {
				who = "server"
			}
			return fmt.Sprintf("an earlier RST in the name of the %s ended nothing (%s)", who, signWords(x.Signs))
		}
	}
	return ""
}

// remarkAlternative names what only the contrast with other connections could show, where there is none.
func remarkAlternative(v *view, named, plain *rule) string {
	if named != plain || v.saysName() || !refusesHello(plain.code) {
		return ""
	}
	e := &v.c.Endpoint
	switch {
	case v.Hello.OverMSS && e.byLength(1).Passed == 0:
		return fmt.Sprintf("the hello is longer than one segment, so it may also be %s", SplitHelloRejected)
	case v.resetAtOnce() && !v.behindProxyHeader() && e.BySNI(WithSNI).Passed+e.BySNI(WithoutSNI).Passed == e.Proxied:
		return fmt.Sprintf("a listener that waits for a PROXY header does the same (%s)", ProxyHeaderExpected)
	}
	return ""
}

// refusesHello holds for the codes that say that no TLS came back for a hello.
func refusesHello(c Code) bool {
	switch c {
	case NoSNIReset, NoSNIAlert, NoSNIClosed, NoSNIUnanswered, HelloReset, HelloClosed, HelloUnanswered:
		return true
	}
	return false
}

// saysName holds when the server's alert speaks of the name itself.
func (v *view) saysName() bool {
	return v.plainAlertBy(server, tlswire.AlertUnrecognizedName, tlswire.AlertMissingExtension)
}

func remarkClientCertificate(v *view, named, _ *rule) string {
	switch {
	case named.code != HelloReset && named.code != HelloClosed && named.code != ServerAlert:
		return ""
	case v.Client.Cert == conversation.CertSent:
		return "the client had sent a certificate, which the server may not accept"
	case v.Client.Cert == conversation.CertEmpty:
		return "the client had answered the request for its certificate with none"
	}
	return ""
}

// remarkOtherNames: gateways also answer a name that they do not know with alert 40 or 80.
func remarkOtherNames(v *view, named, _ *rule) string {
	about := named.code == NoCommonParameters || named.code == ServerAlert && v.serverHello() == no
	if !about || v.Hello.SNI != tlswire.SNIPresent {
		return ""
	}
	if n := v.c.Endpoint.BySNI(WithSNI).Passed; n > 0 && v.c.Name.Passed == 0 {
		return fmt.Sprintf("%s for other names went through there, so this name may be unknown to it", count(uint64(n), "handshake"))
	}
	return ""
}

// remarkAlso names another rule that holds. Those that say no more than how the connection ended are left out.
func remarkAlso(v *view, named, plain *rule) string {
	if named.code == TLSToPlaintextPort {
		return "" // whatever else happened to the hello is explained by it
	}
	found := false
	for i := range rulesByPrecedence {
		r := rulesByPrecedence[i]
		if r == plain {
			found = true
			continue
		}
		if found && r.code != named.code && r.code != plain.code && !saysHowOnly(r.code) && r.when(v) == yes {
			return "it also fits " + string(r.code)
		}
	}
	return ""
}

func saysHowOnly(c Code) bool {
	switch c {
	case Healthy, NotTLS, ServerAlert, ClientAlert, ClientAborted, HelloReset, HelloClosed, HelloUnanswered, HandshakeStalled:
		return true
	}
	return false
}
