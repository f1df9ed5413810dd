package diagnosis

import (
	"bytes"
	"math/bits"

	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/tlswire"
)

// The remarks, in order of weight, since only the first few are kept.
const (
	ofLossy = iota
	ofGarbled
	ofAstray
	ofElsewhere
	ofBounced
	ofPassage
	ofOnward
	ofPaired
	ofHelloCheck
	ofRenaming
	ofLostAlert
	ofWarning
	ofValidity
	ofContrast
	ofSigns
	ofIgnoredReset
	ofAlternative
	ofClientCertificate
	ofOtherNames
	ofAlso
)

// remarks are what a sentence adds: what speaks for or against the diagnosis, and what else could be. Each
// appends nothing where it has nothing to say.
var remarks = [...]func(b []byte, v *view, named, plain *rule) []byte{
	ofLossy:             remarkLossy,
	ofGarbled:           remarkGarbled,
	ofAstray:            remarkAstray,
	ofElsewhere:         remarkElsewhere,
	ofBounced:           remarkBounced,
	ofPassage:           remarkPassage,
	ofOnward:            remarkOnward,
	ofPaired:            remarkPaired,
	ofHelloCheck:        remarkHelloCheck,
	ofRenaming:          remarkRenamed,
	ofLostAlert:         remarkLostAlert,
	ofWarning:           remarkWarning,
	ofValidity:          remarkValidity,
	ofContrast:          remarkContrast,
	ofSigns:             remarkSign,
	ofIgnoredReset:      remarkIgnoredReset,
	ofAlternative:       remarkAlternative,
	ofClientCertificate: remarkClientCertificate,
	ofOtherNames:        remarkOtherNames,
	ofAlso:              remarkAlso,
}

// remarkSet is a set of places in remarks.
type remarkSet uint32

// with adds a remark to a set if b holds.
func (s remarkSet) with(remark int, b bool) remarkSet {
	if b {
		return s | 1<<remark
	}
	return s
}

// mayRemark are the remarks that may have something to say: most lack what is quickly asked for, and calling each costs more.
func (v *view) mayRemark(named, plain *rule) remarkSet {
	set := remarkSet(1 << ofAlso)
	if named != plain {
		set |= 1 << ofRenaming
	} else {
		set = set.with(ofContrast, v.Hello.SNI == tlswire.SNIMissing).with(ofAlternative, plain.refuses)
	}
	for i := range v.Resets {
		if v.Resets[i].Signs != 0 {
			set |= 1<<ofSigns | 1<<ofIgnoredReset
		}
	}
	return set.with(ofLossy, v.c.Lossy).
		with(ofGarbled, v.Sides[client].Garbled || v.Sides[server].Garbled).
		with(ofAstray, v.c.Astray.From.IsValid()).
		with(ofElsewhere, v.compared() || v.c.Absent).
		with(ofBounced, v.ICMP.Happened()).
		with(ofPassage, v.Sides[client].Passage >= flow.PassageThrough || v.Sides[server].Passage >= flow.PassageThrough).
		with(ofOnward, v.c.Onward.How != OnwardNone).
		with(ofPaired, v.Paired).
		with(ofHelloCheck, v.Hello.IsHelloCheck()).
		with(ofLostAlert, v.Sides[server].Unseen == alertRecord || v.Sides[client].Unseen == alertRecord).
		with(ofWarning, v.warnedOfName()).
		with(ofValidity, outdated(v.Server.CertValidity) || outdated(v.Client.CertValidity)).
		with(ofClientCertificate, v.Client.Cert != conversation.CertNotSeen).
		with(ofOtherNames, v.c.Endpoint.anyPassed(WithSNI))
}

// appendRemarks appends them to a sentence.
func (v *view) appendRemarks(b []byte, named, plain *rule) []byte {
	if v.Packets[server] == 0 && !v.tlsSeen() && !v.ICMP.Happened() && v.c.Elsewhere[server].First == 0 && !v.c.Absent {
		return b // a SYN without answer, of which a flood brings millions
	}
	if v.Hello.SNI == tlswire.SNIInvalid && !bytes.Contains(b, v.appendSNIWords(nil)) {
		b = v.appendSNIWords(append(b, "; the hello came "...))
	}
	said := len(b)
	b = append(b, "; "...)
	may := v.mayRemark(named, plain)
	for n := 0; may != 0 && n < maxRemarks; may &= may - 1 {
		begun := len(b)
		if b = remarks[bits.TrailingZeros32(uint32(may))](b, v, named, plain); len(b) > begun {
			said = len(b)
			b = append(b, "; "...)
			n++
		}
	}
	return b[:said]
}

// remarkRenamed is of what others show of the connection, or its RSTs: not of what the connection alone says.
func remarkRenamed(b []byte, _ *view, named, plain *rule) []byte {
	if named.code == plain.code || named == &sniDenied || named == &versionUnoffered || named == &versionDisallowed {
		return b
	}
	return append(append(b, "taken alone, this would be "...), plain.code...)
}

func remarkLostAlert(b []byte, v *view, named, _ *rule) []byte {
	if named.code == IncompleteCapture || !v.lostAlert(server) && !v.lostAlert(client) {
		return b
	}
	return append(b, "the 7 bytes before the close were not captured: the length of one alert"...)
}

// remarkWarning says what the server did not end the handshake for, but what may be the cause of how it ended.
func remarkWarning(b []byte, v *view, _, _ *rule) []byte {
	if !v.warnedOfName() {
		return b
	}
	return append(b, "the server had said in a warning (alert 112) that it does not know the name"...)
}

// warnedOfName holds where the server said that it does not know the name and went on, as with a certificate for another.
func (v *view) warnedOfName() bool {
	return v.plainlySaid(tlswire.AlertUnrecognizedName) && v.cause.Alert != &v.Alerts[server]
}

// remarkContrast says what the same server did with other hellos, for a hello without a name.
func remarkContrast(b []byte, v *view, named, plain *rule) []byte {
	if named != plain || !named.refuses && named.code != NoSNIClientRejected || v.noSNI() != yes {
		return b
	}
	with, without := v.c.Endpoint.BySNI(WithSNI), v.c.Endpoint.BySNI(WithoutSNI)
	switch {
	case without.Passed > 0:
		b = appendCount(append(b, "yet "...), without.Passed, "other handshake")
		return append(b, " without server_name went through there, so the missing name cannot be the only cause"...)
	case v.c.SameClient[WithSNI] && v.nameMayNotDo():
		b = appendCount(append(b, "the same client went through with server_name, yet the server refused "...), with.Failed, "hello")
		return append(b, " with one as well"...)
	case v.c.SameOffer[WithSNI]:
		return append(b, "the same client went through with server_name"...)
	case v.c.SameClient[WithSNI]:
		return append(b, "the same client went through with server_name, in a hello that offered other versions, cipher suites, groups or signature algorithms, or in a connection whose beginning was not captured"...)
	case with.Passed > 0:
		return append(appendCount(b, with.Passed, "handshake"), " with server_name went through there, from other clients"...)
	case v.namesFailToo():
		b = appendCount(append(b, "yet the server refused "...), with.Failed, "hello")
		return append(b, " with server_name as well, so a name alone may not help"...)
	case v.untrustedWithName() && named.code == NoSNIClientRejected:
		b = appendCount(append(b, "yet clients refused the certificate in "...), v.c.Endpoint.Untrusted, "handshake")
		return append(b, " with server_name as well, so a name alone may not help"...)
	}
	return b
}

func remarkSign(b []byte, v *view, named, _ *rule) []byte {
	if s := v.signs(); s != 0 && named.code != ResetInjected && !v.turnedBack() { // which both say what the RSTs are
		return appendSigns(append(b, "the RST was possibly injected: "...), v.cause.By, s)
	}
	return b
}

// remarkIgnoredReset mentions a RST that ended nothing, because its receiver would not accept it or its sender went on.
func remarkIgnoredReset(b []byte, v *view, _, _ *rule) []byte {
	if v.turnedBack() || v.olderAnswers() {
		return b
	}
	for i := range v.Resets {
		x := &v.Resets[i]
		if earlier := v.cause.Kind == CauseNone || x.Frame < v.cause.Frame; earlier && !x.Accepted && x.Signs != 0 {
			b = append(append(append(b, "an earlier RST in the name of the "...), sideNames[x.By]...), " ended nothing ("...)
			return append(appendSigns(b, x.By, x.Signs), ')')
		}
	}
	return b
}

// remarkAlternative names what only the contrast with other connections could show, where there is none.
func remarkAlternative(b []byte, v *view, named, plain *rule) []byte {
	if named != plain || v.saysName() || !plain.refuses || v.answeredTooLate() {
		return b
	}
	e := &v.c.Endpoint
	reached := named.code != HelloUnanswered || v.helloAcked() != no // else what the server makes of it does not matter
	switch {
	case v.serverSaid(v.Server.Hello), v.noSocket(server) && v.nameHelped():
		return b // the server had read the hello, or its name says it all
	case v.noSocket(server) && v.signs() != 0:
		return b // of which more is said
	case v.noSocket(server):
		b = v.appendIdle(append(b, "such a RST comes from a host that has no such connection, or from a firewall that rejects it"...))
		return v.appendLength(b)
	case reached && v.headerOwed():
		return v.appendHeaderOwed(append(b, "yet "...))
	case reached && v.headerAtFault():
		b = append(append(b, "a server that takes the header for the beginning of its own protocol may wait for more of it ("...), ProxyHeaderUnexpected...)
		return append(b, ')')
	case reached && v.upgradeExpected() && e.Upgraded > 0:
		b = appendCount(append(b, "yet "...), e.Upgraded, "handshake")
		return append(b, " went through there after a request for TLS such as STARTTLS, and this client sent none"...)
	case reached && v.upgradeExpected() && v.answersRequests():
		return v.appendRequests(b)
	case reached && v.upgradeExpected():
		b = append(append(b, "on this port "...), asksFirst[v.Endpoints[server].Port()]...)
		return append(b, " has its clients ask for TLS before they begin it"...)
	case reached && v.atPlainPort():
		return v.appendPlainPort(b)
	case reached && v.atPlainProxy():
		return v.appendPlainProxy(b)
	case reached && v.oldOffer():
		b = appendProtocol(append(b, "the client offers at most "...), v.Hello.MaxVersion)
		return append(append(append(b, ", which many servers refuse in this way ("...), ProtocolVersion...), ')')
	case v.perhapsTooLong() && !v.alertBy(server): // with an alert it says that it read the hello
		return append(append(b, "the hello is longer than one segment, so this may also be "...), SplitHelloRejected...)
	case v.headerPerhaps():
		return append(append(append(b, "a listener that waits for a PROXY header does the same ("...), ProxyHeaderExpected...), ')')
	}
	return b
}

// appendIdle says how long the connection had lain idle by the hello, where that is long enough for one on the way to forget it.
func (v *view) appendIdle(b []byte) []byte {
	if !v.layIdle() {
		return b
	}
	return append(v.appendDuration(append(b, ", here "...), v.quietBefore(v.Hello.Start)), " after the connection was set up"...)
}

func (v *view) layIdle() bool {
	began := v.SYNACK.Happened() && v.FirstData[client].Frame == v.Hello.Start.Frame
	return began && v.quietBefore(v.Hello.Start) >= patience
}

// appendLength says that the hello's length is what it differs by from those that went through, if it is.
func (v *view) appendLength(b []byte) []byte {
	if !v.onlyShorterPassed() {
		return b
	}
	return append(append(b, "; only hellos within one segment went through there, so this may also be "...), SplitHelloRejected...)
}

// headerPerhaps holds for a RST such as a listener sends that waits for a PROXY header, where nobody went through without one.
func (v *view) headerPerhaps() bool {
	e := &v.c.Endpoint
	return v.resetAtOnce() && !v.BehindProxyHeader() && e.passed() == e.Proxied
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

func remarkClientCertificate(b []byte, v *view, named, _ *rule) []byte {
	if v.replyUnheard() {
		return b // it never came
	}
	switch {
	case named.code != HelloReset && named.code != HelloClosed && named.code != ServerAlert, v.cause.Frame < v.Client.Certificate.Frame:
		return b
	case v.Client.Cert == conversation.CertSent:
		return append(b, "the client had sent a certificate, which the server may not accept"...)
	case v.Client.Cert == conversation.CertEmpty:
		return append(b, "the client had been asked for a certificate and had sent none"...)
	}
	return b
}

// remarkOtherNames says what the same server did with this name at other times, or else with other names: gateways also
// answer a name that they do not know with alert 40 or 80, one that reads names on the way may drop them, and a router's
// backends fail each for itself.
func remarkOtherNames(b []byte, v *view, named, plain *rule) []byte {
	alert := named.code == NoCommonParameters || named.code == ServerAlert && v.serverHello() == no
	refused := named == plain && plain.refuses
	if !alert && !refused || v.Hello.SNI != tlswire.SNIPresent {
		return b
	}
	n := v.c.Endpoint.BySNI(WithSNI).Passed
	switch {
	case n == 0, alert && v.c.Name.Passed > 0, v.headerOwed(), v.nameDisallowed():
		return b
	case v.c.Name.Passed > 0:
		return v.appendSameName(b)
	case alert:
		return append(appendOtherNames(b, n), " went through there, so the server may not know this name"...)
	case v.onlyNameFails() && !v.nameRead():
		return append(appendOtherNames(b, n), " went through there, so something on the way may filter by name"...)
	case v.onlyNameFails():
		return append(appendOtherNames(b, n), " went through there, so the backend of this name may be down"...)
	}
	if v.forOnward(named) { // of which another server was named
		return append(appendOtherNames(b, n), " went through at this server"...)
	}
	return append(appendOtherNames(b, n), " went through there"...)
}

// appendOtherNames counts handshakes for names other than this connection's.
func appendOtherNames(b []byte, n uint32) []byte {
	if n == 1 {
		return append(b, "1 handshake for another name"...)
	}
	return append(appendCount(b, n, "handshake"), " for other names"...)
}

func (v *view) appendSameName(b []byte) []byte {
	b = appendCount(append(b, "yet "...), v.c.Name.Passed, "handshake")
	b = append(b, " for the same name went through there"...)
	if v.headerAtFault() {
		b = append(b, " without a PROXY header"...)
	}
	if v.c.SameClientName {
		b = append(b, ", also of this client"...)
	}
	return b
}

// remarkAlso names another rule that holds. Those that say no more than how the connection ended are left out.
func remarkAlso(b []byte, v *view, named, plain *rule) []byte {
	if explains[named.code] || v.unreceived() || v.Second.Asked.Happened() || named == &helloUnreceived {
		return b // whatever else happened is explained by it, or the hello reached nobody, or all else is of the first handshake
	}
	if v.Established {
		v.facts |= v.ofFailed()
	}
	for also := plain.also & v.facts.steps(); also != 0; {
		if r := also.next(); r.code != named.code && r.code != plain.code && r.code != within[named.code] && r.when(v) == yes {
			return append(append(b, r.code...), " fits as well"...)
		}
	}
	return b
}

// explains are codes of what comes before TLS, and makes what is sent all the same fail in any way.
var explains = map[Code]bool{TLSToPlaintextPort: true, PlaintextToTLSPort: true, STARTTLSRefused: true, ProxyRefused: true}

// within are codes that say no more than what another says better.
var within = map[Code]Code{DestinationUnreachable: SYNUnanswered}

func saysHowOnly(c Code) bool {
	switch c {
	case Healthy, NotTLS, ServerAlert, ClientAlert, ClientAborted, HelloReset, HelloClosed, HelloUnanswered, HandshakeStalled:
		return true
	}
	return false
}
