package diagnosis

import (
	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/tlswire"
)

// What to do where more is known than what the catalogue's advice for a code goes by.

// fixRefused is what to do about a hello that the server did not begin a handshake for.
func (v *view) fixRefused() string {
	late := v.quiet(v.Hello.End.Time) >= patience
	switch {
	case v.malformed():
		return v.fixMalformed()
	case v.nameFiltered():
		return fixNameFiltered
	case v.noSocket(server) && !v.nameHelped():
		return v.fixNoSocket()
	case v.headerOwed() && v.noSNI() == no:
		return fixHeaderOwed
	case v.refusedByLeave():
		return fixTookLeave
	case v.upgradeExpected():
		return v.fixUpgrade()
	case v.atPlainPort():
		return fixPlainPort
	case v.atPlainProxy():
		return fixPlainProxy
	case v.agreedInVain() && !late && !v.oldOffer():
		return v.fixAgreed()
	case v.oldOffer() && v.c.Name.Passed > 0:
		return "raise the versions that the client offers to TLS 1.2 or later; if hellos as old as this one go through there at other times, look for a backend that comes and goes, a limit on connections, or a restart"
	case v.oldOffer() && !v.c.SameClient[WithSNI]:
		return "raise the versions that the client offers to TLS 1.2 or later; if the server refuses those as well, check whether TLS is enabled on that listener, and whether it wants a server_name"
	case v.noSNI() == yes && (v.c.SameClient[WithSNI] || !late):
		return v.fixNameless()
	case (late || v.hesitated()) && v.c.Endpoint.TLS == 0:
		return fixLate + "; a server without TLS may have waited for a command that it knows, so check whether TLS is enabled there"
	case late, v.hesitated() && v.c.Name.Passed == 0:
		return fixLate
	case v.ProxyTarget != "" && v.c.Endpoint.passed() == 0:
		return fixProxied
	}
	if v.headerPerhaps() && v.noSNI() == no && v.c.Endpoint.TLS == 0 && v.Hello.SNI != tlswire.SNIInvalid {
		return fixHeaderPerhaps
	}
	return v.fixListenerWorks("look for a backend that comes and goes, a limit on connections, or a restart: the server served this name at other times; if the same clients fail each time, look at what the server has against their addresses (hosts.deny, allow lists, bans), and compare their versions, cipher suites and groups with the server's: some programs close without an alert where none fits")
}

// fixNoSocket is what to do about a host that had no such connection. Linux forgets one that it had answered where its program does not accept
// connections as fast as they come, and it answers SYNs with cookies (RFC 4987, Section 3.6): there is no room for it when the ACK comes.
func (v *view) fixNoSocket() string {
	const find, why = "find out why the server's host had no such connection any more: ", "a load balancer, NAT or failover that forgot or moved it, a restart, "
	fix := find + why + "a firewall's rule that sends the RST itself, or a full queue of connections of the server's program (ListenOverflows in nstat)"
	if v.Sides[client].SYNs > 1 || v.c.Silent {
		fix = "check whether " + queueFull + ", for SYNs to it went unanswered; else " +
			find + why + "or a firewall's rule that sends the RST itself"
	}
	if v.onlyShorterPassed() {
		fix += "; if long hellos fail whenever they are sent, and short ones never, turn off post-quantum key exchange in the client"
	}
	return fix
}

// nameFiltered holds when only hellos with this name fail, and by a RST for want of a connection: it went by the name, and did
// not come of what the server makes of names.
func (v *view) nameFiltered() bool { return v.noSocket(server) && v.namesServer() && v.onlyNameFails() }

const fixNameFiltered = "look for a filter on the way, or on the server's host, that rejects this name, or drops the connection without a word (HAProxy: silent-drop): the server speaks TLS for other names; else for a load balancer, NAT or failover that forgot or moved the connection"

const fixListener = "check whether TLS is enabled on that listener, with a certificate and key that it can read"

const fixHeaderPerhaps = fixListener + ", whether port and route are right, whether the router knows the name, whether the listener expects a PROXY header that nobody sends, and whether the server's program dies, or refuses the client's address (hosts.deny, no_access in xinetd)"

const fixTookLeave = "check whether the server has this name, and a certificate and key for it that it can read, and look in its log: the listener speaks TLS, and ended the connection by its own decision"

const fixProxied = "look in the proxy's log and at its rules first, for a proxy that had agreed to the tunnel may still end it: by the name in the hello, or for want of a connection to the target; then check whether the target has TLS on that port"

const fixInspected = "look for a firewall on the way, or on the server's host, that drops what it inspects"

const fixArrived = "look at the firewall of this capture's host (nft list ruleset, iptables -S), for the hello came in there and no answer left: a rule that drops what it inspects, such as a name; check whether " + queueFull + ", for the host ignores the client then; if that host only passes connections on, to a backend or container, capture there as well"

// queueFull is why Linux ignores the ACK that sets a connection up, until its program accepts another one.
const queueFull = "the queue of connections of the server's program was full (ListenOverflows in nstat)"

// notTaken holds where the server's host did not take the connection for set up, though the client did: it sent its SYN-ACK again.
func (v *view) notTaken() bool {
	return v.Opening.Established.Happened() && v.Sides[server].SYNs > 1 && v.Sides[client].Acked == 0
}

const fixNotTaken = "check whether " + queueFull + ", for its host sent its SYN-ACK again and took nothing that the client sent behind its SYN; else look for a firewall on the way that drops that, " + sawNoSYNACK

// sawNoSYNACK is why a firewall may take what the client sends behind its SYN for invalid.
const sawNoSYNACK = "as one does that did not see the SYN-ACK because that took another way (asymmetric routing)"

const fixLate = "look at the backend behind the listener, and in the server's log: a server that ends the connection this late has waited for its backend, run into a time-out, or died"

const fixHesitated = "send server_name from the client, or give the server a default route and certificate; but look in the server's log first, for a server that chooses by name does so at once: it may have been stopped or restarted, or the backend of its default route may be down"

const fixAskFirst = "ask for TLS first, with STARTTLS or what the protocol has in its place, or use the port on which TLS begins with the first byte"

// fixNamelessAlert is what to do where the hello names no server, and the server said so or something like it: it speaks TLS.
func (v *view) fixNamelessAlert() string {
	switch {
	case v.saysName():
		return ""
	case v.offeredKey() && !v.nameHelped():
		return fixOfferedKey + "; else send server_name from it, or give the server a default certificate"
	case v.resumptionFailed() && !v.nameHelped():
		return fixResumption
	case v.oldOffer() && !v.c.SameClient[WithSNI]:
		return "raise the versions that the client offers to TLS 1.2 or later, and send server_name from it, or give the server a default certificate"
	case v.nameMayNotDo() && v.c.SameClient[WithSNI] && v.c.Endpoint.BySNI(WithoutSNI).Passed == 0:
		return fixNameOrParameters
	}
	if v.agreedInVain() && v.plainAlertBy(server, tlswire.AlertHandshakeFailure) {
		return v.fixAgreed()
	}
	fix := v.fixNameless()
	if fix == "" && v.plainAlertBy(server, tlswire.AlertHandshakeFailure) && !v.nameHelped() {
		return fixNameOrParameters
	}
	return fix
}

// agreedInVain holds where the server had agreed to TLS, and no handshake went through there: it has TLS on that listener, and few servers
// choose by name behind such a request.
func (v *view) agreedInVain() bool { return v.agreedToTLS() && v.c.Endpoint.passed() == 0 }

// fixAgreed is what to do about it.
func (v *view) fixAgreed() string {
	const fix = "look in the server's log, for it had agreed to TLS: it may have no certificate, chain or key that it can read, none of a type that the client supports, or no version, cipher suite or group in common with it"
	if v.noSNI() == yes && !v.namesFailToo() {
		return fix + "; only if it chooses by name, send server_name from the client"
	}
	return fix
}

const fixNameOrParameters = "send server_name from the client, or give the server a default certificate; if a name changes nothing, align versions, cipher suites and groups"

// refusedInTLS holds where the server's alert ended it, captured or not: it speaks TLS there.
func (v *view) refusedInTLS() bool { return v.alertBy(server) || v.lostAlert(server) }

// nameHelped holds where the hello names no server, and the same client went through with a name, and nothing else offered.
func (v *view) nameHelped() bool { return v.noSNI() == yes && v.c.SameOffer[WithSNI] }

// fixNameless is what to do where the hello names no server, "" where the catalogue says it. What others did there says whether a name
// can help.
func (v *view) fixNameless() string {
	with, without := v.c.Endpoint.BySNI(WithSNI), v.c.Endpoint.BySNI(WithoutSNI)
	switch {
	case v.Hello.SSLv2:
		return "switch the format of SSL 2.0 off in the client, which has no room for a name (Java: SSLv2Hello among its protocols), and send server_name; or give the server a default route and certificate"
	case without.Passed > 0:
		return "look in the server's log, and compare this client and its hello with those that went through without a name"
	case v.namesFailToo() && v.alertBy(server):
		return "check that the server has a certificate of a key type that the client supports, and align cipher suites and groups: hellos with a name fare no better"
	case v.namesFailToo():
		return fixListener + ", and whether port and route are right: hellos with a name fare no better"
	case v.hesitated() && v.nameHelped():
		return fixHesitated
	case v.c.SameClient[WithSNI] && !v.c.SameOffer[WithSNI]:
		return "send server_name from the client, or give the server a default route and certificate; if a name changes nothing, compare the versions, cipher suites, groups and signature algorithms that this client offers with those of what went through: some servers close without an alert where none fits"
	case with.Passed == 0 && v.c.Endpoint.TLS == 0 && !v.refusedInTLS() && v.ProxyTarget != "":
		return "send server_name from the client; if that changes nothing, " + fixProxied
	case with.Passed == 0 && v.c.Endpoint.TLS == 0 && !v.refusedInTLS():
		return "send server_name from the client, or give the server a default route and certificate; if a name changes nothing, " + fixListener
	}
	return ""
}

// fixListenerWorks is what to do about a hello with a name where the server speaks TLS with others: sameName where it did so for
// that very name, "" where it is not known to.
func (v *view) fixListenerWorks(sameName string) string {
	switch {
	case v.onlyProperNamesPassed():
		return fixProperName
	case v.c.Name.Passed > 0:
		return sameName
	case v.c.Endpoint.BySNI(WithSNI).Passed > 0:
		return "check whether the router knows the name, and whether the backend of the name is up: the listener speaks TLS for other names"
	case v.Hello.SNI == tlswire.SNIPresent && v.c.Endpoint.BySNI(WithoutSNI).Passed > 0:
		return "check whether the server knows this name, and look in its log for what went wrong with it: the listener speaks TLS with clients that send none"
	case v.Hello.SNI == tlswire.SNIInvalid:
		return "send a DNS host name from the client instead of the invalid server_name; if that changes nothing, " + fixListener + ", and whether port and route are right"
	}
	return ""
}

// fixUnanswered is what to do about a hello that met silence.
func (v *view) fixUnanswered() string {
	switch {
	case v.malformed():
		return v.fixMalformed()
	case v.answeredTooLate():
		return fixAnsweredLate
	case v.Retries > 0:
		return "find out why the server's Retry packets do not reach the client, or why it ignores them: the server listens, and wants the client's address confirmed first; a capture at the client shows what arrives, and Retry can be switched off (nginx: quic_retry, HAProxy: quic-force-retry)"
	case v.Transport == flow.DTLS && v.Packets[server] > 0:
		return "check whether that UDP port is the one on which the server speaks DTLS: something answers there, and not in DTLS"
	case v.nobodyHeard():
		return "see that the capture has both directions, with a filter that takes both: port 443, not dst port 443; if it has, " + fixSilentUDP
	case v.Transport != flow.TCP:
		return fixSilentUDP
	case v.helloAcked() == no && comesIn(v.Record): // or the host has changed the addresses of what it passes on
		return fixArrived
	case v.helloAcked() == no && v.notTaken():
		return fixNotTaken
	case v.helloAcked() == no && v.Sides[client].Acked == 0:
		return fixInspected + ", check the path's MTU, and whether " + queueFull + ", for its host ignores the client then: the hello was lost, or every answer to it; a capture at the server shows which"
	case v.helloAcked() == no:
		return fixInspected + ", and check the path's MTU: the hello was lost, or every answer to it; a capture at the server shows which"
	case v.goneUnseen() && v.noSNI() != yes:
		return fixGoneUnseen
	case v.goneUnseen() && v.c.Endpoint.passed() == 0:
		return "send server_name from the client; if that changes nothing, " + fixGoneUnseen
	case v.headerOwed() && v.noSNI() == no:
		return fixHeaderOwed
	case v.headerAtFault() && v.c.Endpoint.passed() > 0:
		return fixHeaderOff
	case v.headerAtFault():
		return "check whether the listener expects a PROXY header: if not, turn it off on the load balancer; if it does, check whether the server's process hangs or is at a limit, and the backend behind the listener"
	case v.upgradeExpected():
		return v.fixUpgrade()
	case v.atPlainPort():
		return fixPlainPort
	case v.atPlainProxy():
		return fixPlainProxy
	case v.agreedInVain():
		return "check whether the server's process hangs or is at a limit, for it had agreed to TLS; then firewalls on the way that drop what they inspect: a capture at the server shows whether the hello arrived"
	case v.noSNI() == yes:
		return v.fixNameless()
	}
	if v.Hello.SNI != tlswire.SNIInvalid && v.c.Endpoint.TLS == 0 && v.c.Endpoint.passed() == 0 {
		return fixPerhapsPlain
	}
	return v.fixListenerWorks("check whether the server's process hangs, or is at a limit of its connections, descriptors or threads: it served this name at other times")
}

const fixSilentUDP = "check whether the server listens on that UDP port, whether firewalls let UDP pass both ways, and the path's MTU; over UDP nothing is acknowledged, so only a capture at the server shows whether the hello arrived"

const fixPerhapsPlain = "check whether TLS is enabled on that listener (one without TLS may take the hello for the beginning of a longer message, as DNS, Redis and syslog do); else whether the server's process hangs or is at a limit, and look at the backend behind it, at network policies, and at firewalls on the way that drop what they inspect; a capture at the server shows whether it answers"

// upgradeExpected holds when a client began TLS with the first byte where others went through that had asked for it first, or where
// nobody went through, on a port of a protocol that has its clients ask, and whose servers do not greet, or where the server answers
// such requests. A server that answers in TLS is none of these.
func (v *view) upgradeExpected() bool {
	if v.upgraded() || v.Transport != flow.TCP || v.refusedInTLS() {
		return false
	}
	e := &v.c.Endpoint
	return e.Upgraded > 0 || e.passed() == 0 && (v.answersRequests() || asksFirst[v.Endpoints[server].Port()] != "")
}

// answersRequests holds where the server was heard to answer others that asked for TLS before they began it. One that refuses them, and
// speaks TLS to others, may be two behind one address.
func (v *view) answersRequests() bool {
	return v.ProxyTarget == "" && (v.c.AgreesToTLS || v.c.RefusesTLS && v.c.Endpoint.TLS == 0)
}

// upgradeOwed holds where moreover nobody went through without asking: what became of others says nothing of this one's name.
func (v *view) upgradeOwed() bool {
	return v.upgradeExpected() && v.TLSBytes[server] == 0 && v.c.Endpoint.passed() <= v.c.Endpoint.Upgraded
}

// fixUpgrade is what to do about a client that has to ask for TLS first.
func (v *view) fixUpgrade() string {
	if v.answersRequests() && !v.c.AgreesToTLS {
		return "enable TLS on that service, with a certificate and key that it can read, and have the client ask for it first, with STARTTLS or what the protocol has in its place"
	}
	return fixAskFirst
}

// otherNamesPassed holds when the server begins handshakes for other names, and was never seen to for this one.
func (v *view) otherNamesPassed() bool {
	return v.Hello.SNI == tlswire.SNIPresent && v.onlyNamesElsePassed()
}

// onlyProperNamesPassed is otherNamesPassed for what is no name (RFC 6066, Section 3).
func (v *view) onlyProperNamesPassed() bool {
	return v.Hello.SNI == tlswire.SNIInvalid && v.onlyNamesElsePassed()
}

// onlyNamesElsePassed holds where handshakes with a name went through at the server, and none with what this hello has for one.
func (v *view) onlyNamesElsePassed() bool {
	return v.c.Name.Passed == 0 && v.c.Endpoint.BySNI(WithSNI).Passed > 0
}

const fixProperName = "send a DNS host name from the client instead of the invalid server_name: the listener speaks TLS for other names"

// fixSilentPort is what to do about a SYN without an answer where the port took other connections. Where handshakes went through and none of
// them was of this client, which asks again and again, the way back may not be there for it; of a single SYN, as in a flood, that says nothing.
func (v *view) fixSilentPort() string {
	const queue = "the server's queue of connections is full (ListenOverflows in nstat)"
	switch {
	case v.c.SameClient[WithSNI], v.c.SameClient[WithoutSNI]:
		return "check whether " + queue + ", or a firewall has a limit: the port took other connections, also of this client"
	case v.askedAgain() && v.c.Endpoint.passed() > 0:
		return "check the route back from the server to this client, then whether a firewall has a rule for it or a limit, and whether " + queue + ": the handshakes that went through there are of other clients"
	}
	return "check whether " + queue + ", a firewall has a limit or a rule for this client, or the route back to it is missing: the port took other connections of this capture"
}

// fixPortAccepted is fix where the port that did not take this connection took others of the capture.
func (v *view) fixPortAccepted(fix string) string {
	if v.c.EndpointTLS && !v.SYNACK.Happened() && !v.Paired { // the others may be what a transparent proxy took in its name
		return fix
	}
	return ""
}
