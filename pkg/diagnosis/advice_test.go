package diagnosis

import (
	"strings"
	"testing"
	"time"

	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/tlswire"
)

// offering has the client offer these application protocols.
func offering(protocols ...string) func(*conversation.Record) {
	return func(r *conversation.Record) { r.Hello.ALPN = protocols }
}

// What is advised goes by what else is known of the connection, and of others to the same server.
func TestAdvice(t *testing.T) {
	const other = "www.example"
	unanswered := func(sni string) *conn { return setUpConn().hello(sni).acked().wait(3 * time.Second).fin(client) }
	upgraded := func() *conn { return passed("").from("10.1.1.1").carrier("starttls-ldap") }
	agreed := func() *conn {
		return asked(setUpConn().plain(server, "smtp", "220 mail").plain(client, "smtp", "EHLO").carrier("starttls-smtp")).plain(server, "smtp", "220 go")
	}
	old := func(r *conversation.Record) {
		r.Server.CertNotAfter, r.Server.CertValidity = time.Unix(0, start).Add(-240*time.Hour), conversation.Expired
	}
	oldClient := func(r *conversation.Record) { r.Client.CertValidity = conversation.Expired }
	selfSigned := func(r *conversation.Record) { r.Server.CertSelfIssued, r.Server.CertAlone = true, true }
	resumed := func(r *conversation.Record) { r.Server.Resumed = true }
	psk := func(r *conversation.Record) { r.Hello.PreSharedKey = true }
	early := func(r *conversation.Record) { r.Hello.EarlyData = true }
	only13 := func(r *conversation.Record) { r.Hello.MaxVersion, r.Hello.Only13 = tlswire.VersionTLS13, true }
	uncertified := func(r *conversation.Record) { r.Server.Certificate = flow.Event{} }
	tls10 := func(r *conversation.Record) { r.Hello.MaxVersion = tlswire.VersionTLS10 }
	arrived := func(s flow.Side, n uint64) func(*conversation.Record) {
		return func(r *conversation.Record) { r.Sides[s].Acked += n }
	}
	for _, tc := range []struct {
		name  string
		conns []*conn
		code  Code
		says  string // in the sentence on the first
		fix   string
	}{
		{"bare RST", []*conn{setUpConn().hello(name).acked().bareRST(server)}, HelloReset, "comes from a host that has no such connection", "had no such connection any more"},
		{"late FIN", []*conn{setUpConn().hello(name).acked().wait(3 * time.Second).fin(server)}, HelloClosed, "", "the backend behind the listener"},
		{"late FIN, other names pass", []*conn{setUpConn().hello(name).acked().wait(3 * time.Second).fin(server), passed(other)}, HelloClosed, "", "run into a time-out, or died"},
		{"late FIN, no TLS seen", []*conn{setUpConn().hello(name).acked().wait(3 * time.Second).fin(server)}, HelloClosed, "", "check whether TLS is enabled there"},
		{"RST, and the server had the hello for a while", []*conn{setUpConn().hello(name).acked().wait(300 * time.Millisecond).rst(server)}, HelloReset, "", "has waited for its backend, run into a time-out, or died"},
		{"RST, and the server is far away", []*conn{setUpConn().hello(name).wait(300 * time.Millisecond).acked().rst(server)}, HelloReset, "a listener that waits for a PROXY header", "expects a PROXY header"},
		{"no name, RST, and the server had the hello for a while", []*conn{setUpConn().hello("").acked().wait(300 * time.Millisecond).rst(server)}, NoSNIReset, "", "if a name changes nothing"},
		{"FIN after a while, the name passes too", []*conn{setUpConn().hello(name).acked().wait(300 * time.Millisecond).fin(server), passed(name)}, HelloClosed, "", "a restart"},
		{"late RST", []*conn{setUpConn().hello(name).acked().wait(3 * time.Second).rst(server)}, HelloReset, "", "the backend behind the listener"},
		{"FIN, other names pass and another fails", []*conn{closed(name), closed("third.example"), passed(other)}, HelloClosed, "1 handshake for another name", "the backend of the name is up"},
		{"FIN, and without a name it passes", []*conn{closed(name), passed("")}, HelloClosed, "", "the listener speaks TLS with clients that send none"},
		{"alert 80, other names pass", []*conn{setUpConn().hello(name).alert(server, 80), passed(other)}, ServerAlert, "", "whether the backend of the name is up"},
		{"no name behind STARTTLS, and an authority that is not known", []*conn{setUpConn().carrier("starttls-mysql").hello("").flight12(name).alert(client, 48)}, NoSNIClientRejected, "", "look at the client's trust store"},
		{"no name behind STARTTLS, alert 40", []*conn{agreed().hello("").alert(server, 40)}, NoSNIAlert, "", "look in the server's log, for it had agreed to TLS: it may have no certificate, chain or key that it can read, none of a type that the client supports, or no version, cipher suite or group in common with it; only if it chooses by name"},
		{"no name behind STARTTLS, alert 40, and a name fails too", []*conn{agreed().hello("").alert(server, 40), agreed().hello(name).alert(server, 40)}, NoSNIAlert, "", "no version, cipher suite or group in common with it"},
		{"no name behind STARTTLS, alert 40, and with a name it passes", []*conn{agreed().hello("").alert(server, 40), agreed().hello(name).flight13().through()}, NoSNIAlert, "", "send server_name from the client, or give"},
		{"no name behind STARTTLS, and a close", []*conn{agreed().hello("").acked().fin(server)}, NoSNIClosed, "", "it had agreed to TLS"},
		{"no name behind STARTTLS, and silence", []*conn{agreed().hello("").acked().wait(3 * time.Second).fin(client)}, NoSNIUnanswered, "", "for it had agreed to TLS; then firewalls"},
		{"a name behind STARTTLS, and a RST", []*conn{agreed().hello(name).acked().rst(server)}, HelloReset, "", "it had agreed to TLS"},
		{"a name behind STARTTLS, and a late close", []*conn{agreed().hello(name).acked().wait(3 * time.Second).fin(server)}, HelloClosed, "", "look at the backend behind the listener"},
		{"421 in answer", []*conn{setUpConn().hello(name).plain(server, "unknown", "421 4.3.0 mail Server local error\r\n").fin(server)}, TLSToPlaintextPort, "", "the PROXY header that the listener expects"},
		{"421 in answer, where others with a PROXY header got TLS", []*conn{setUpConn().hello(name).plain(server, "unknown", "421 4.3.0 mail Server local error\r\n").fin(server), headed(name)}, TLSToPlaintextPort,
			": it refuses the client, before TLS; 1 handshake with a PROXY header went through there, and this client sent none", "send the PROXY header from the load balancer, as in the connections that went through there; if the listener did not expect it any more, it would refuse those; else look in the server's log"},
		{"closed, where others with a PROXY header got TLS", []*conn{closed(name), headed(name)}, ProxyHeaderExpected, "", "if the listener did not expect it any more, it would refuse those"},
		{"reset, where others with a PROXY header got TLS", []*conn{reset(name), headed(name)}, ProxyHeaderExpected, "", "if the listener did not expect it any more, it would refuse those"},
		{"a header, and a close, where others got TLS without one", []*conn{setUpConn().headerOnly("proxy-v1").hello(name).acked().fin(server), passed(name)}, ProxyHeaderUnexpected, "", "other connections went through there without one, and a listener that expects it would refuse those"},
		{"two headers, and a close, where others got TLS without one", []*conn{setUpConn().headerOnly("proxy-v1").carrier("proxy-v2").hello(name).acked().fin(server), passed(name)}, ProxyHeaderUnexpected, "", "turn the PROXY header off on the load balancer: other"},
		{"421 for a greeting", []*conn{setUpConn().plain(server, "unknown", "421 busy\r\n").hello(name).fin(server)}, TLSToPlaintextPort, ": it refuses the client, before TLS", "a limit of connections"},
		{"554 in answer, where others got TLS", []*conn{setUpConn().hello(name).plain(server, "unknown", "554 No\r\n").fin(server), passed(name)}, TLSToPlaintextPort, ": it refuses the client, before TLS; the server spoke TLS in 1 connection of this capture", "a deny list or tcp wrappers, or trouble of its own"},
		{"554 of a server that greets first", []*conn{setUpConn().hello(name).plain(server, "unknown", "554 SMTP synchronization error\r\n").fin(server)}, TLSToPlaintextPort, "", "use the right port"},
		{"close_notify in the middle of the handshake", []*conn{setUpConn().hello(name).retried().alertLevel(server, 1, 0).fin(server)}, HelloClosed, "bytes of TLS and no alert but close_notify", "a ban of the client's address"},
		{"an empty certificate, and an alert behind the server's Finished", []*conn{setUpConn().hello(name).flight12(name).cert(conversation.CertEmpty).sealedAlert(server).fin(client)}, ClientCertificateRequired,
			"yet the server had finished the handshake by then", "require_ssl_reuse=NO"},
		{"an IRC server's words", []*conn{setUpConn().hello(name).plain(server, "unknown", "ERROR :Connection refused\r\n").fin(server)}, TLSToPlaintextPort, ": it refuses the client, before TLS", "if it refuses all, enable TLS"},
		{"FIN, the name passes too", []*conn{closed(name), passed(name)}, HelloClosed, "", "comes and goes"},
		{"FIN, nothing else known", []*conn{closed(name)}, HelloClosed, "", "with a certificate and key that it can read, whether port"},
		{"FIN to TLS 1.0, the name passes too", []*conn{setUpConn().hello(name).do(tls10).acked().fin(server), passed(name)}, HelloClosed, "the client offers at most TLS 1.0", "to TLS 1.2 or later; if hellos as old"},
		{"no answer in time, the name passes too", []*conn{setUpConn().hello(name).acked().wait(3 * time.Second).fin(client).flight13(), passed(name)}, HelloUnanswered, "until the client sent FIN; the server's answer came 0.20 ms later", "why the server's answer took so long"},

		{"no name, nothing else known", []*conn{reset("")}, NoSNIReset, "", "if a name changes nothing, check whether TLS is enabled"},
		{"no name, it speaks TLS to names", []*conn{reset(""), passed(name)}, NoSNIReset, "", "send server_name from the client, or give the gateway"},
		{"no name, others pass without", []*conn{reset(""), passed("").from("10.1.1.1")}, NoSNIReset, "", "compare this client and its hello"},
		{"no name, names fail too", []*conn{reset(""), closed(name)}, NoSNIReset, "", "whether port and route are right: hellos with a name fare no better"},
		{"no name, unanswered like others", []*conn{unanswered(""), closed(name)}, NoSNIUnanswered, "", "hellos with a name fare no better"},
		{"no name, late", []*conn{setUpConn().hello("").acked().wait(3 * time.Second).fin(server)}, NoSNIClosed, "", "the backend behind the listener"},
		{"no name, late, and with one it passes", []*conn{setUpConn().hello("").acked().wait(3 * time.Second).fin(server), passed(name)}, NoSNIClosed, "", "look in the server's log first"},
		{"no name, and it refused a certificate with one", []*conn{closed(""), untrusted(name)}, NoSNIClosed, "", "give the SNI router a default backend"},
		{"no name, through a proxy, and the target spoke TLS with one", []*conn{closed("").tunnel("10.0.0.9:443"), untrusted(name).tunnel("10.0.0.9:443")}, NoSNIClosed, "", "give the SNI router a default backend"},
		{"no name, and others pass with one behind a PROXY header", []*conn{closed(""), headed(name)}, ProxyHeaderExpected, "taken alone, this would be no-sni-closed", "send the PROXY header"},
		{"no name, silence, and others pass with one behind a PROXY header", []*conn{unanswered(""), headed(name)}, NoSNIUnanswered, "", "give the gateway a default route"},
		{"no name, alert 112", []*conn{setUpConn().hello("").alert(server, 112)}, NoSNIAlert, "", "send server_name from the client, or give the server a default certificate"},
		{"no name, late alert 40", []*conn{setUpConn().hello("").acked().wait(3*time.Second).alert(server, 40)}, NoSNIAlert, "", "send server_name from the client, or give the server a default certificate"},
		{"no name, alert 40 on PostgreSQL's port", []*conn{setUpConn().hello("").to("10.0.0.5:5432").alert(server, 40)}, NoSNIAlert, "", "send server_name from the client, or give the server a default certificate"},
		{"no name, a bare RST, and with one it passes", []*conn{setUpConn().hello("").acked().bareRST(server), passed(name)}, NoSNIReset, "", "send server_name from the client, or give the gateway"},
		{"an address as name, and nothing else known", []*conn{reset(name).badName()}, HelloReset, "with the invalid server_name", "if that changes nothing, check whether TLS is enabled"},
		{"an address as name, silence", []*conn{unanswered(name).badName()}, HelloUnanswered, "with the invalid server_name", "instead of the invalid server_name; if that changes nothing"},
		{"an address as name passed at other times", []*conn{closed(name).badName(), passed(name).badName()}, HelloClosed, "", "comes and goes"},
		{"no name, and an address as name fails too", []*conn{reset(""), reset(name).badName()}, NoSNIReset, "", "if a name changes nothing, check whether TLS is enabled"},
		{"an address as name, silence, and names pass", []*conn{unanswered(name).badName(), passed(other)}, HelloUnanswered, "", "instead of the invalid server_name"},

		{"TLS 1.0, no name, alert 40", []*conn{setUpConn().hello("").do(tls10).alert(server, 40)}, NoSNIAlert, "the client offers at most TLS 1.0", "to TLS 1.2 or later, and send server_name"},
		{"TLS 1.0, bare RST", []*conn{setUpConn().hello(name).do(tls10).acked().bareRST(server)}, HelloReset, "such a RST comes", "had no such connection any more"},
		{"TLS 1.0 on PostgreSQL's port", []*conn{unanswered(name).do(tls10).to("10.0.0.5:5432")}, HelloUnanswered, "on this port PostgreSQL", "ask for TLS first"},
		{"TLS 1.0, closed without an alert", []*conn{closed("").do(tls10)}, NoSNIClosed, "the client offers at most TLS 1.0, which many servers refuse in this way (protocol-version)", "raise the versions"},
		{"TLS 1.0, reset", []*conn{reset(name).do(tls10)}, HelloReset, "the client offers at most TLS 1.0", "raise the versions"},
		{"TLS 1.0, and with a name it passes", []*conn{closed("").do(tls10), passed(name)}, NoSNIClosed, "", "give the SNI router a default backend"},
		{"TLS 1.0, alert 71", []*conn{setUpConn().hello(name).do(tls10).alert(server, 71)}, ProtocolVersion, "that offers at most TLS 1.0", "raise the versions"},

		{"others asked for TLS first", []*conn{closed("").to("10.0.0.5:1389"), upgraded().to("10.0.0.5:1389")}, NoSNIClosed, "yet 1 handshake went through there after a request for TLS", "ask for TLS first"},
		{"others asked first, and it did", []*conn{closed("").carrier("starttls-ldap"), upgraded()}, NoSNIClosed, "", "compare this client and its hello"},
		{"others asked for TLS first, and failed as well", []*conn{closed(name).to("10.0.0.5:1389"), closed(other).to("10.0.0.5:1389").carrier("starttls-ldap")}, HelloClosed, "", "check whether TLS is enabled on that listener"},
		{"PostgreSQL's port", []*conn{closed(name).to("10.0.0.5:5432")}, HelloClosed, "on this port PostgreSQL has its clients ask for TLS", "ask for TLS first"},
		{"SQL Server's port", []*conn{closed(name).to("10.0.0.5:1433")}, HelloClosed, "on this port SQL Server has its clients ask for TLS", "ask for TLS first"},
		{"RDP's port", []*conn{closed(name).to("10.0.0.5:3389")}, HelloClosed, "on this port RDP has its clients ask for TLS", "ask for TLS first"},
		{"PostgreSQL's port, where TLS passed", []*conn{closed(name).to("10.0.0.5:5432"), passed(other).to("10.0.0.5:5432"), passed(name).to("10.0.0.5:5432")}, HelloClosed, "", "comes and goes"},
		{"LDAP's port, no name, silence", []*conn{unanswered("").to("10.0.0.5:389")}, NoSNIUnanswered, "on this port LDAP", "ask for TLS first"},

		{"DNS's port, no name, silence", []*conn{unanswered("").to("10.0.0.5:53")}, NoSNIUnanswered, "port 53 is that of DNS without TLS, which has port 853 for it", "use the port on which the protocol has TLS"},
		{"MQTT's port, an address as name", []*conn{reset(name).badName().to("10.0.0.5:1883")}, HelloReset, "port 1883 is that of MQTT", "use the port on which the protocol has TLS"},
		{"HTTP's port, where TLS passed", []*conn{closed(name).to("10.0.0.5:80"), passed(other).to("10.0.0.5:80"), passed(name).to("10.0.0.5:80")}, HelloClosed, "", "comes and goes"},
		{"HTTP's port, through a proxy on it", []*conn{closed(name).to("10.0.0.5:80").tunnel("a.example:443")}, HelloClosed, "", "in the proxy's log"},
		{"no name, through a proxy", []*conn{closed("").tunnel("10.0.0.9:443")}, NoSNIClosed, "", "send server_name from the client; if that changes nothing, look in the proxy's log"},
		{"no name, alert 112 through a proxy", []*conn{setUpConn().tunnel("10.0.0.9:443").hello("").alert(server, 112)}, NoSNIAlert, "", "give the server a default certificate"},
		{"greeting in answer, where other names pass", []*conn{setUpConn().hello(name).plain(server, "ssh", "SSH-2.0-x\r\n").fin(server), passed(other)}, TLSToPlaintextPort, "so a router may have sent this one elsewhere", "the backend to which a router sends this name"},
		{"greeting of a mail server in answer, where other names pass", []*conn{setUpConn().hello(name).plain(server, "smtp", "220 x\r\n").fin(server), passed(other)}, TLSToPlaintextPort, "so a router may have sent this one elsewhere", "the backend to which a router sends this name"},
		{"CONNECT, a rule of the proxy", []*conn{tunnelRefused("HTTP/1.1 403 Filtered")}, ProxyRefused, "", "the rule that forbids the target"},
		{"CONNECT, no credentials", []*conn{tunnelRefused("HTTP/1.1 407 Proxy Authentication Required")}, ProxyRefused, "", "credentials that the proxy accepts"},
		{"CONNECT, no target", []*conn{tunnelRefused("HTTP/1.0 500 Unable to connect")}, ProxyRefused, "", "connect to its port"},
		{"CONNECT, no proxy", []*conn{tunnelRefused("HTTP/1.1 405 Not Allowed")}, ProxyRefused, "", "takes no CONNECT"},
		{"CONNECT, another status", []*conn{tunnelRefused("HTTP/1.1 429 Too Many Requests")}, ProxyRefused, "", "look at the status"},
		{"CONNECT, no status", []*conn{tunnelRefused("HTTP/1.1 ")}, ProxyRefused, "", "look at the status"},

		{"unacknowledged", []*conn{unacked(name)}, HelloUnanswered, "", "the hello was lost"},
		{"unacknowledged, perhaps for want of room", []*conn{unacked(name)}, HelloUnanswered, "", "ListenOverflows"},
		{"unacknowledged, as the ACK before", []*conn{unacked(name).synack()}, HelloUnanswered, "", "sent its SYN-ACK again and took nothing"},
		{"unanswered over UDP", []*conn{newConn().over(flow.QUIC).hello(name).stall(2, 1200).wait(3 * time.Second)}, HelloUnanswered,
			"server 10.0.0.5:443 did not answer a 297-byte ClientHello for \"shop.example\", sent 3 times, in 65.0 s", "nothing is acknowledged"},
		{"unanswered, the name passes too", []*conn{unanswered(name), passed(name)}, HelloUnanswered, "", "hangs, or is at a limit"},
		{"unanswered, other names pass", []*conn{unanswered(name), passed(other)}, HelloUnanswered, "so the backend of this name may be down", "the backend of the name is up"},
		{"unanswered, nothing else known", []*conn{unanswered(name)}, HelloUnanswered, "", "check whether TLS is enabled on that listener"},
		{"unanswered, and it spoke TLS to others", []*conn{unanswered(name), untrusted(other)}, HelloUnanswered, "", "check whether the server's process hangs or is at a limit, the backend"},

		{"warning 112, and the client does not accept the certificate", []*conn{setUpConn().hello(name).alertLevel(server, 1, 112).flight13().sealedAlert(client)}, ClientRejectedCertificate,
			"the server had said in a warning (alert 112) that it does not know the name", "add the host and its certificate to the server"},
		{"alert 40, other names pass", []*conn{setUpConn().hello(name).alert(server, 40), passed(other)}, NoCommonParameters, "the server may not know this name", "check first whether the server has this name"},
		{"alert 80, other names pass", []*conn{setUpConn().hello(name).alert(server, 80), passed(other)}, ServerAlert, "the server may not know this name", "whether the server has this name"},
		{"alert 80 to an address as name, names pass", []*conn{setUpConn().hello(name).badName().alert(server, 80), passed(other)}, ServerAlert, "with the invalid server_name", "instead of the invalid server_name"},
		{"alert 40 to an address as name, names pass", []*conn{setUpConn().hello(name).badName().alert(server, 40), passed(other)}, NoCommonParameters, "with the invalid server_name", "instead of the invalid server_name"},
		{"alert 47 to an underscore", []*conn{setUpConn().hello("my_shop.example").alert(server, 47)}, NoCommonParameters, "servers on GnuTLS send this alert for a name", "such as an alias"},
		{"alert 47 to an underscore, other names pass", []*conn{setUpConn().hello("my_shop").alert(server, 47), passed(other)}, NoCommonParameters, "servers on GnuTLS send this alert for a name", "such as an alias"},
		{"alert 47 to an asterisk", []*conn{setUpConn().hello("*.example").alert(server, 47)}, NoCommonParameters, "servers on GnuTLS send this alert for a name", "letters, digits, hyphens and dots only"},
		{"alert 47 to an underscore, and the same name passes", []*conn{setUpConn().hello("my_shop").alert(server, 47), passed("my_shop")}, NoCommonParameters, "", "align versions, cipher suites, groups and signature algorithms; check"},
		{"alert 47 to an underscore, behind a retry", []*conn{setUpConn().hello("my_shop").retried().alert(server, 47)}, NoCommonParameters, "", "align versions, cipher suites, groups and signature algorithms; check"},
		{"alert 47 to a usual name", []*conn{setUpConn().hello(name).alert(server, 47)}, NoCommonParameters, "", "align versions, cipher suites, groups and signature algorithms; check"},
		{"alert 40 to an underscore", []*conn{setUpConn().hello("my_shop").alert(server, 40)}, NoCommonParameters, "", "align versions, cipher suites, groups and signature algorithms; check"},
		{"alert 80 alone", []*conn{setUpConn().hello(name).alert(server, 80)}, ServerAlert, "", "what the alert means"},
		{"a lost alert", []*conn{setUpConn().hello(name).acked().lost(server, 7).fin(server)}, ServerAlert, "the length of one alert", "what the client printed, for the reason"},
		{"a lost alert of the client", []*conn{setUpConn().hello(name).flight12(name).flightAcked().lost(client, 7).fin(client)}, ClientAlert, "the length of one alert", "what the client printed or logged"},
		{"an encrypted alert in the flight, no name, and with one it passes", []*conn{setUpConn().hello("").flight13().sealedAlert(server).fin(server), passed(name)}, NoSNIAlert,
			"as from Java servers that have no certificate for a hello without a name, and 1 handshake with a name went through there", "send server_name from the client"},
		{"an encrypted alert in the flight, no name, and others pass without", []*conn{setUpConn().hello("").flight13().sealedAlert(server).fin(server), passed(name), passed("").from("10.1.1.1")}, ServerAlert, "", "has a key with a certificate"},
		{"an encrypted alert in the flight, no name", []*conn{setUpConn().hello("").flight13().sealedAlert(server).fin(server)}, ServerAlert, "", "whether it insists on a server name"},
		{"an encrypted alert in the flight, and other names pass", []*conn{setUpConn().hello(name).flight13().sealedAlert(server).fin(server), passed(other)}, ServerAlert, "", "whether the server has this name"},
		{"a plaintext server drops a request, and answers others", []*conn{dropped(), setUpConn().plain(client, "http", "GET /").plain(server, "http", "HTTP/1.1 200 OK\r\n").fin(server), passed(name).to("10.0.0.6:443")}, PlaintextToTLSPort,
			"it answered others there in plaintext", "speaks plaintext to others there"},
		{"a server of both drops a request in plaintext", []*conn{dropped(), setUpConn().plain(client, "http", "GET /").plain(server, "http", "HTTP/1.1 200 OK\r\n").fin(server), passed(name)}, PlaintextToTLSPort,
			"the server spoke TLS in 1 connection of this capture", "use https://"},
		{"QUIC has TLS 1.3 alone", []*conn{setUpConn().hello(name).do(only13).over(flow.QUIC).alert(server, 40)}, NoCommonParameters, "", "align"},
		{"a plaintext server drops a request, and says to others that it expects TLS", []*conn{dropped(), complaining()}, PlaintextToTLSPort, "", "use https://"},
		{"a page, and nothing else known", []*conn{complaining()}, PlaintextToTLSPort, "", "use https:// in the client; or, where that is a gateway"},
		{"a page, and TLS with others", []*conn{complaining(), passed(name)}, PlaintextToTLSPort, "", "use https:// (or the protocol's TLS mode) in the client"},
		{"a page, and others had another answer", []*conn{complaining(), setUpConn().plain(client, "http", "GET /").plain(server, "http", "HTTP/1.1 200 OK\r\n").fin(server)}, PlaintextToTLSPort,
			"it answered others there in plaintext, so it may be a gateway that passed on what its backend says", "have the gateway that passed this on use TLS to its backend (nginx: proxy_pass https://"},
		{"a page, and plaintext for a hello", []*conn{complaining(), blocked(name)}, PlaintextToTLSPort, "it answered others there in plaintext", "use TLS to its backend"},
		{"a page, and plaintext for a hello, and TLS for another", []*conn{complaining(), blocked(name), passed("www.example")}, PlaintextToTLSPort, "", "use https:// (or"},
		{"the signature of a certificate does not fit", []*conn{setUpConn().hello(name).flight12(name).alert(client, 51)}, ClientAlert, "", "an older authority of the same name"},
		{"TLS 1.3 alone, and the server chooses 1.2", []*conn{setUpConn().hello(name).do(only13).flight12(name).alert(client, 50)}, ProtocolVersion, "; it offered TLS 1.3 alone, and the server chose TLS 1.2", "let the client offer TLS 1.2 as well"},
		{"TLS 1.3 alone, and the server chooses 1.2, without a name", []*conn{setUpConn().hello("").do(only13).flight12(name).fin(client)}, ProtocolVersion, "the server chose TLS 1.2", "let the client offer TLS 1.2 as well"},
		{"TLS 1.3 alone, and alert 40", []*conn{setUpConn().hello(name).do(only13).alert(server, 40)}, NoCommonParameters, "; the client offers TLS 1.3 alone", "let the client offer TLS 1.2 as well"},
		{"client leaves at a pre-shared key", []*conn{setUpConn().hello(name).flight12().do(withPSK).do(uncertified).fin(client)}, ClientAborted, "", "the same pre-shared key"},
		{"client leaves at a certificate that had expired", []*conn{setUpConn().hello(name).flight12(name).do(old).fin(client)}, ClientAborted, "expired", "renew the server's certificate, which has expired"},
		{"a header is no method", []*conn{setUpConn().carrier("proxy-v1").hello(name).plain(server, "http", "HTTP/1.1 501 Not Implemented\r\n").fin(server)}, ProxyHeaderUnexpected, "501 Not Implemented", "turn the PROXY header off"},
		{"an encrypted alert in the flight", []*conn{setUpConn().hello(name).flight13().sealedAlert(server).fin(server)}, ServerAlert, "in the middle of the server's answer", "has a key with a certificate"},
		{"an encrypted alert long after the flight", []*conn{setUpConn().hello(name).flight13().flightAcked().wait(10 * time.Second).sealedAlert(server).fin(server)}, ServerAlert, "10.0 s after the server's answer began, to which the client had sent nothing", "what the client waits for"},

		{"certificate expired", []*conn{setUpConn().hello(name).flight13().alert(client, 45)}, ClientRejectedCertificate, "", "renew the server's certificate"},
		{"certificate seen to have expired", []*conn{setUpConn().hello(name).flight12(name).do(old).alert(client, 42)}, ClientRejectedCertificate, "the server's certificate expired on 2023-11-04", "renew the server's certificate"},
		{"expired, and its authority is unknown", []*conn{setUpConn().hello(name).flight12(name).do(old).alert(client, 48)}, ClientRejectedCertificate, "server's certificate expired on", "the alert says that the client does not know it"},
		{"expired, and self-signed", []*conn{setUpConn().hello(name).flight12(name).do(old).do(selfSigned).alert(client, 48)}, ClientRejectedCertificate, "is self-signed", "renew the self-signed one"},
		{"expired, and revoked", []*conn{setUpConn().hello(name).flight12(name).do(old).alert(client, 44)}, ClientRejectedCertificate, "server's certificate expired on", "has revoked it"},
		{"expired, and not for servers", []*conn{setUpConn().hello(name).flight12(name).do(old).alert(client, 43)}, ClientRejectedCertificate, "server's certificate expired on", "the key usage of a server"},
		{"unknown authority", []*conn{setUpConn().hello(name).flight13().alert(client, 48)}, ClientRejectedCertificate, "", "give the client the authority"},
		{"a bad certificate, which came alone", []*conn{setUpConn().hello(name).flight12(name).do(func(r *conversation.Record) { r.Server.CertAlone, r.Server.CertIssuer = true, "Some CA" }).alert(client, 42)}, ClientRejectedCertificate,
			"and no intermediate certificate came with it", "have the server send its chain with all intermediate certificates, if"},
		{"a bad certificate with others", []*conn{setUpConn().hello(name).flight12(name).alert(client, 42)}, ClientRejectedCertificate, "", "look at the client's trust store"},
		{"a name that has a port", []*conn{setUpConn().hello("shop.example:680").badName().do(func(r *conversation.Record) { r.Hello.Name = "shop.example:680" }).alert(server, 112)}, SNIInvalid, "", "without the port"},
		{"an address that has a port", []*conn{setUpConn().hello(name).badName().do(func(r *conversation.Record) { r.Hello.Name = "10.0.0.5:680" }).alert(server, 112)}, SNIInvalid, "", "without a trailing dot"},
		{"a name without a dot", []*conn{setUpConn().hello("backend").alert(server, 112)}, SNIUnrecognized, "", "a group of servers in its own configuration"},
		{"a name with dots", []*conn{setUpConn().hello(name).alert(server, 112)}, SNIUnrecognized, "", "add the host and its certificate to the server, or correct"},
		{"revoked", []*conn{setUpConn().hello(name).flight13().alert(client, 44)}, ClientRejectedCertificate, "", "has revoked it"},
		{"not for servers", []*conn{setUpConn().hello(name).flight13().alert(client, 43)}, ClientRejectedCertificate, "", "the key usage of a server"},
		{"another fault", []*conn{setUpConn().hello(name).flight13().alert(client, 46)}, ClientRejectedCertificate, "", "the chain, the dates, the names and the key usage"},
		{"no name, unknown authority", []*conn{setUpConn().hello("").flight13().alert(client, 48)}, NoSNIClientRejected, "", "have the server send its chain with all intermediate certificates, and give the client the authority that issued it; if"},
		{"no name, unknown authority of a self-signed certificate", []*conn{setUpConn().hello("").flight12(name).do(selfSigned).alert(client, 48)}, NoSNIClientRejected, "", "send server_name from the client, so that the server can choose the certificate for it"},
		{"no name, unknown authority, others pass without", []*conn{setUpConn().hello("").flight13().alert(client, 48), passed("").from("10.1.1.1")}, NoSNIClientRejected, "", "give the client the authority"},
		{"no name, unknown authority, the same client passes with one", []*conn{setUpConn().hello("").flight13().alert(client, 48), passed(name)}, NoSNIClientRejected, "the same client went through with server_name", "if it sends the right one, look at the client's trust store"},
		{"no name, the certificate has expired", []*conn{setUpConn().hello("").flight12(name).do(old).fin(client)}, NoSNIClientRejected, "server's certificate expired on", "renew the server's certificate"},
		{"the client went on", []*conn{setUpConn().hello(name).flight12(name).do(old).through().fin(client)}, Healthy, "expired on 2023-11-04", ""},
		{"client's certificate expired", []*conn{setUpConn().hello(name).flight12(name).cert(conversation.CertSent).alert(server, 45)}, ClientCertificateRejected, "", "renew the client's certificate"},
		{"client's certificate, and alert 80", []*conn{setUpConn().hello(name).flight12(name).cert(conversation.CertSent).alert(server, 80)}, ClientCertificateRejected, "", "Apache httpd: SSLVerifyDepth"},
		{"client's alert 42, as Go sends it to one for servers", []*conn{setUpConn().hello(name).flight12(name).cert(conversation.CertSent).alert(server, 42)}, ClientCertificateRejected, "", "extended key usage clientAuth"},
		{"client's refused without an alert", []*conn{setUpConn().hello(name).flight13().cert(conversation.CertSent).finished().fin(server)}, ClientCertificateRejected, "without another record", "the key usage of the certificate"},
		{"only h2 is offered", []*conn{setUpConn().hello(name).do(offering("h2")).alert(server, 120)}, ALPNMismatch, `that offered "h2"`, "enable HTTP/2 on the server"},
		{"only http/1.1 is offered", []*conn{setUpConn().hello(name).do(offering("http/1.1")).alert(server, 120)}, ALPNMismatch, `that offered "http/1.1"`, "have the client offer what the server insists on, such as h2"},
		{"several are offered", []*conn{setUpConn().hello(name).do(offering("http/1.0", "spdy/3")).alert(server, 120)}, ALPNMismatch, "", "align the application protocols"},
		{"h3 is offered", []*conn{newConn().over(flow.QUIC).hello(name).do(offering("h3")).alert(server, 120)}, ALPNMismatch, `that offered "h3"`, "whether that UDP port speaks what the client offers"},
		{"client's authority unknown", []*conn{setUpConn().hello(name).flight12(name).cert(conversation.CertSent).alert(server, 48)}, ClientCertificateRejected, "", "give the server the authority"},
		{"client's has expired, and its authority is unknown", []*conn{setUpConn().hello(name).flight12(name).cert(conversation.CertSent).do(oldClient).alert(server, 48)}, ClientCertificateRejected, "the client's certificate had expired", "the alert says that the server does not know it"},
		{"client's has expired, and its signature does not fit", []*conn{setUpConn().hello(name).flight12(name).cert(conversation.CertSent).do(oldClient).alert(server, 51)}, ClientCertificateRejected, "", "an older one of the same name"},
		{"no name, and no client certificate", []*conn{setUpConn().hello("").flight13().cert(conversation.CertEmpty).through()}, NoSNIAccepted, "asked for a client certificate and the client sent none", ""},

		{"client leaves at once with the flight", []*conn{setUpConn().hello(name).flight13().fin(client)}, ClientAborted, "", "check first whether the client trusts"},
		{"client leaves a resumed session at once", []*conn{setUpConn().hello(name).flight13().do(resumed).fin(client)}, ClientAborted, "", "look at the client: a time-out"},
		{"client leaves a resumed session without a name", []*conn{setUpConn().hello("").flight13().do(resumed).fin(client)}, ClientAborted, "", "look at the client: a time-out"},
		{"alert 80 in a resumed session", []*conn{setUpConn().hello(name).flight13().do(resumed).alert(client, 80)}, ClientAlert, "", "gives no reason"},
		{"client leaves later", []*conn{setUpConn().hello(name).flight13().wait(2 * time.Second).fin(client)}, ClientAborted, "", "look at the client: a time-out"},
		{"client leaves before the flight", []*conn{setUpConn().hello(name).acked().fin(client)}, ClientAborted, "", "look at the client: a time-out"},
		{"client takes NATS's greeting for TLS", []*conn{setUpConn().plain(server, "nats", "INFO {").hello(name).carrier("starttls-nats").acked().fin(client)}, ClientAborted, "before any TLS of the server", "without reading the server's greeting first"},
		{"client takes NATS's greeting for TLS, which the server went on to", []*conn{setUpConn().plain(server, "nats", "INFO {").hello("").carrier("starttls-nats").flight13().fin(client)}, ClientAborted, "after the server's last byte", "without reading the server's greeting first"},
		{"NATS greets a client that began with TLS", []*conn{setUpConn().hello("").plain(server, "nats", "INFO {").flight13().fin(client)}, TLSToPlaintextPort, "with plaintext (nats), \"INFO {\", and in TLS only after that", "read the server's greeting before it begins TLS"},
		{"NATS greets a client that began with TLS, and left before the server did", []*conn{setUpConn().hello("").plain(server, "nats", "INFO {").fin(client).flight13()}, TLSToPlaintextPort, "and in TLS only after that", "read the server's greeting before it begins TLS"},
		{"NATS seems to greet later, and the client had read its certificate", []*conn{setUpConn().hello(name).plain(server, "nats", "INFO {").flight13().alert(client, 48)}, ClientRejectedCertificate, "", "give the client the authority"},
		{"NATS seems to greet later, and wants a certificate", []*conn{setUpConn().hello(name).plain(server, "nats", "INFO {").flight12(name).cert(conversation.CertEmpty).alert(server, 116)}, ClientCertificateRequired, "", "give the client a certificate"},
		{"NATS seems to greet later, and refuses the versions", []*conn{setUpConn().hello(name).plain(server, "nats", "INFO {").alert(server, 70)}, ProtocolVersion, "", ""},
		{"a client does not like the certificate of NATS", []*conn{setUpConn().plain(server, "nats", "INFO {").hello("").carrier("starttls-nats").flight13().alert(client, 48)}, NoSNIClientRejected, "", "look at the client's trust store"},
		{"server closes on a pre-shared key", []*conn{setUpConn().hello(name).flight12().do(withPSK).finished().fin(server)}, HelloClosed, "in the middle of the handshake", "the same pre-shared key"},
		{"server closes before the client's key exchange", []*conn{setUpConn().hello(name).flight12().do(withPSK).fin(server)}, HelloClosed, "in the middle of the handshake", "a time-out for handshakes"},
		{"behind a proxy", []*conn{closed(name).tunnel("shop.example:443")}, HelloClosed, `server 10.0.0.5:443 as the proxy to "shop.example:443" sent FIN`, "look in the proxy's log"},
		{"behind a proxy, another name at the target passes", []*conn{closed(name).tunnel("shop.example:443"), closed("third.example").tunnel("shop.example:443"), passed(other).tunnel("shop.example:443")}, HelloClosed, "", "check whether the router knows the name"},
		{"no name, alert 40, a name fails and another passes", []*conn{setUpConn().hello("").alert(server, 40), setUpConn().hello(name).alert(server, 40), passed(other)}, NoSNIAlert, "yet the server refused 1 hello with one as well", "if a name changes nothing, align versions"},
		{"no name, alert 49, and so to a name", []*conn{setUpConn().hello("").alert(server, 49), setUpConn().hello(name).alert(server, 49)}, NoSNIAlert, "programs on rustls", "send server_name from the client, or give the server a default certificate"},
		{"no name, alert 40, names fail too", []*conn{setUpConn().hello("").alert(server, 40), setUpConn().hello(name).alert(server, 40)}, NoSNIAlert, "", "check that the server has a certificate"},
		{"OpenSSL's callback refuses", []*conn{setUpConn().hello(name).flight13().alert(client, 80)}, ClientAlert, "", "the client's own check"},
		{"the client's alert 80 in TLS 1.1", []*conn{setUpConn().hello(name).flight(tlswire.VersionTLS11, name).alert(client, 80)}, ProtocolVersion, "; the server chose TLS 1.1, which clients on OpenSSL 3 refuse in this way", "enable TLS 1.2 or later on the server"},
		{"the client's alert 80 in TLS 1.0, of which it offers no more", []*conn{setUpConn().hello(name).do(tls10).flight(tlswire.VersionTLS10, name).alert(client, 80)}, ProtocolVersion, "the server chose TLS 1.0", "let the client offer TLS 1.2 or later, and enable it on the server"},
		{"the client's alert 40 in TLS 1.1", []*conn{setUpConn().hello(name).flight(tlswire.VersionTLS11, name).alert(client, 40)}, ClientAlert, "", "look up the alert"},
		{"the client's alert 80 in a resumed session of TLS 1.1", []*conn{setUpConn().hello(name).flight(tlswire.VersionTLS11, name).do(resumed).alert(client, 80)}, ClientAlert, "", "gives no reason"},
		{"TLS 1.0, alert 80", []*conn{setUpConn().hello(name).do(tls10).alert(server, 80)}, ProtocolVersion, "that offers at most TLS 1.0", "a server on OpenSSL 3 takes earlier ones only with @SECLEVEL=0 among its ciphers"},
		{"another pre-shared key", []*conn{setUpConn().hello(name).do(psk).alert(server, 47)}, NoCommonParameters, "pre-shared key", "the same pre-shared key"},
		{"another pre-shared key, 51", []*conn{setUpConn().hello(name).do(psk).alert(server, 51)}, ServerAlert, "pre-shared key", "the same pre-shared key"},
		{"client's certificate, and a close", []*conn{setUpConn().hello(name).flight13().cert(conversation.CertSent).fin(server)}, ClientCertificateRejected, "without another record", "once it had the client's certificate"},

		{"reset, by what reads the name", []*conn{setUpConn().hello(name).acked().bareRST(server), passed("www.example")}, HelloReset, "so something on the way may filter by name", "that rejects this name"},
		{"reset in the middle, by what reads the name", []*conn{amidReset(name), passed("www.example")}, HelloReset, "", "that rejects this name"},
		{"reset, and the name passed once", []*conn{setUpConn().hello(name).acked().bareRST(server), passed(name), passed("www.example")}, HelloReset, "", "had no such connection any more"},
		{"reset at once, and nobody goes through", []*conn{reset(name)}, HelloReset, "(proxy-header-expected)", "expects a PROXY header that nobody sends"},
		{"reset at once, and another name goes through", []*conn{reset(name), reset("third.example"), passed("www.example")}, HelloReset, "", "check whether the router knows the name"},
		{"a bare RST, and a full queue is one cause among others", []*conn{setUpConn().hello(name).acked().bareRST(server)}, HelloReset, "", "find out why the server's host had no such connection any more: a load balancer, NAT or failover that forgot or moved it, a restart, a firewall's rule that sends the RST itself, or a full queue"},
		{"a bare RST, and the SYN was sent again", []*conn{newConn().syn().wait(time.Second).syn().synack().ack().hello(name).acked().bareRST(server)}, HelloReset, "", "check whether the queue of connections of the server's program was full (ListenOverflows in nstat), for SYNs to it went unanswered; else find out"},
		{"a bare RST, and another SYN had no answer", []*conn{setUpConn().hello(name).acked().bareRST(server), newConn().syn().wait(time.Second).syn()}, HelloReset, "", "check whether the queue of connections"},
		{"a bare RST, and the answer to another SYN did not get back", []*conn{setUpConn().hello(name).acked().bareRST(server), newConn().syn().wait(time.Second).syn().bounces("10.0.0.5", 3, 1)}, HelloReset, "", "find out why the server's host had no such connection any more"},
		{"a bare RST, and another SYN to another port had no answer", []*conn{setUpConn().hello(name).acked().bareRST(server), newConn().to("10.0.0.5:8443").syn().wait(time.Second).syn()}, HelloReset, "", "find out why the server's host had no such connection any more"},
		{"forgotten while it lay idle", []*conn{setUpConn().wait(6 * time.Second).hello(name).acked().bareRST(server)}, HelloReset, "here 6.0 s after the connection was set up", "a load balancer, NAT or failover"},
		{"long hello of one name dropped", []*conn{narrow(name), longPass("www.example").from("10.1.1.1")}, PathMTU, "yet 1 handshake for another name, with a hello as long, went through there", "drops what it inspects"},
		{"long hello dropped, and the server gives up", []*conn{narrow(name).fin(server), passed("www.example").from("10.1.1.1")}, PathMTU, "while smaller ones arrived; then the server sent FIN", "clamp the MSS on the router of the narrow link, lower"},
		{"long hello dropped, and the server gives up on several", []*conn{narrow(name).fin(server), narrow("").fin(server), passed("www.example").from("10.1.1.1")}, PathMTU, "", "clamp the MSS"},
		{"long hello dropped", []*conn{narrow(name), passed("www.example").from("10.1.1.1")}, PathMTU, "", "clamp the MSS on the router of the narrow link, lower"},
		{"plaintext for one name, and alerts for others", []*conn{blocked(name), setUpConn().hello("www.example").alert(server, 112)}, TLSToPlaintextPort, "a router may have sent this one elsewhere", "answers this way to a PROXY header"},
		{"HTTP in answer", []*conn{blocked(name)}, TLSToPlaintextPort, "", "if the server is meant as its proxy, write that as http://"},
		{"HTTP of a proxy in answer", []*conn{blocked(name), passed(other).tunnel("a.example:443")}, TLSToPlaintextPort, "; it is a proxy that was asked without TLS for 1 tunnel", "https:// means TLS to the proxy itself"},
		{"HTTP of a proxy with TLS of its own in answer", []*conn{blocked(name), passed(other).tunnel("a.example:443"), passed(name)}, TLSToPlaintextPort, "the server spoke TLS in 1 connection", "captive portal"},
		{"HTTP of a proxy that nobody used in answer", []*conn{blocked(name), connecting().rst(server)}, TLSToPlaintextPort, "", "if the server is meant as its proxy"},
		{"a proxy closes", []*conn{closed(name), passed(other).tunnel("a.example:443")}, HelloClosed, "it is a proxy that was asked", "write the proxy as http://"},
		{"a proxy waits for the end of a line", []*conn{setUpConn().hello(name).acked().wait(3 * time.Second).fin(client).answers(server), passed(other).tunnel("a.example:443")}, HelloUnanswered, "it is a proxy that was asked", "write the proxy as http://"},
		{"an idle connection, and hellos that wait for it", []*conn{setUpConn().wait(7 * time.Second).fin(client), lateFlight(name), lateFlight(other)}, ClientLeftBeforeHello, "; the server left 2 hellos of other connections unanswered", "takes one connection at a time"},
		{"an idle connection, and a hello that a closed port keeps waiting", []*conn{setUpConn().wait(7 * time.Second).fin(client), unacked(name)}, ClientLeftBeforeHello, "", "is harmless"},
		{"a connection that ends at once, and hellos that wait", []*conn{setUpConn().fin(client), lateFlight(name)}, ClientLeftBeforeHello, "", "nothing needs fixing"},
		{"bytes that were changed on their way to the client", []*conn{setUpConn().hello(name).flight13().alert(client, 20)}, ClientAlert, "", "what changes bytes on the way"},
		{"bytes that were changed on their way to the server", []*conn{setUpConn().hello(name).flight12(name).finished().alert(server, 20)}, ServerAlert, "", "what changes bytes on the way"},
		{"a session that cannot be resumed", []*conn{setUpConn().hello(name).do(psk).acked().alert(server, 80), passed(name)}, ServerAlert, "; the hello offered a session to resume", "SSL_CTX_set_session_id_context"},
		{"a session that cannot be resumed, without a name", []*conn{setUpConn().hello("").do(psk).acked().alert(server, 80), passed("")}, NoSNIAlert, "", "SSL_CTX_set_session_id_context"},
		{"a session, and the name never passes", []*conn{setUpConn().hello(name).do(psk).acked().alert(server, 80), passed(other)}, ServerAlert, "", "whether the server has this name"},
		{"no session, and the name passes", []*conn{setUpConn().hello(name).acked().alert(server, 80), passed(name)}, ServerAlert, "", "the server's log"},
		{"early data, and TLS 1.2", []*conn{setUpConn().hello(name).do(early).flight12(name).alert(server, 10)}, ServerAlert, "0-RTT), and the server chose TLS 1.2, which has none", "without early data"},
		{"early data, and TLS 1.3", []*conn{setUpConn().hello(name).do(early).flight13().alert(server, 10)}, ServerAlert, "", "the server's log"},
		{"plaintext for a name that passed", []*conn{blocked(name), passed(name)}, TLSToPlaintextPort, "", "captive portal: the server speaks TLS on that port"},
		{"plaintext for one name", []*conn{blocked(name), passed("www.example")}, TLSToPlaintextPort, "", "answers this way to a PROXY header that it does not expect"},
		{"greeting, and others had asked for TLS", []*conn{setUpConn().hello(name).plain(server, "smtp", "220 mail").fin(client), passed(name).carrier("starttls-smtp")}, TLSToPlaintextPort, "", "ask for TLS first, with STARTTLS"},

		{"refused, and others were not", []*conn{newConn().syn().rst(server), passed(name)}, ConnectionRefused, "", "down or restarting"},
		{"refused", []*conn{newConn().syn().rst(server)}, ConnectionRefused, "", "start the server"},
		{"refused, and asked on", []*conn{newConn().syn().refused().wait(time.Second).syn().wait(2 * time.Second).syn()}, ConnectionRefused,
			"; the client sent its SYN 3 times, for 3.0 s, so the RST may not reach it", "start the server"},
		{"unanswered SYNs, and others were not", []*conn{newConn().syn().wait(time.Second).syn(), passed(name)}, SYNUnanswered, "", "check whether the server's queue of connections is full (ListenOverflows in nstat)"},
		{"unanswered SYNs, and other clients' were not", []*conn{newConn().syn().wait(time.Second).syn(), passed(name).from("10.1.1.1")}, SYNUnanswered, "", "check the route back from the server to this client"},
		{"unanswered SYNs, and others were heard that did not go through, it may be this client's", []*conn{newConn().syn().wait(time.Second).syn(), setUpConn().hello(name).acked().wait(3 * time.Second).fin(client)}, SYNUnanswered, "",
			"the port took other connections of this capture"},
		{"one unanswered SYN, and other clients' were not", []*conn{newConn().syn(), passed(name).from("10.1.1.1")}, SYNUnanswered, "", "or the route back to it is missing"},
		{"unanswered SYNs", []*conn{newConn().syn().wait(time.Second).syn()}, SYNUnanswered, "", "let the firewalls"},
		{"a program's RST before the hello", []*conn{setUpConn().rst(server)}, ResetBeforeHello, "", "an allow list, a limit"},
		{"a bare RST before the hello", []*conn{setUpConn().bareRST(server)}, ResetBeforeHello, "", "an asymmetric path"},
		{"the capture lost what arrived", []*conn{setUpConn().hello(name).acked().lost(server, 20).do(arrived(server, 20)).fin(server)}, IncompleteCapture, "the server's last 20 bytes were not captured", "without losing packets"},
		{"what was lost may not have arrived", []*conn{setUpConn().hello(name).acked().lost(server, 20).fin(server)}, IncompleteCapture, "the server's last 20 bytes were not captured", "capture again with `-s 0`"},
		{"one direction", []*conn{setUpConn().hello(name).incomplete(flow.IncompleteOneSided | flow.IncompleteEndOfCapture)}, IncompleteCapture, "only one direction was seen", "where both directions pass"},
		{"one direction, cut short", []*conn{setUpConn().hello(name).incomplete(flow.IncompleteOneSided | flow.IncompleteSnaplen)}, IncompleteCapture, "(snaplen)", "capture again with `-s 0`, both directions"},
		{"too many at once", []*conn{setUpConn().hello(name).acked().incomplete(flow.IncompleteEvicted)}, IncompleteCapture, "too many connections were open at once", "by a filter"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			v := judged(tc.conns...)[0]
			if v.Code != tc.code {
				t.Fatalf("%s: %s", v.Code, v.Detail)
			}
			if !strings.Contains(v.Detail, tc.says) {
				t.Errorf("detail %q does not say %q", v.Detail, tc.says)
			}
			if !strings.Contains(v.Fix, tc.fix) {
				t.Errorf("fix %q does not say %q", v.Fix, tc.fix)
			}
			checkShape(t, &v)
		})
	}
}

// dropped is a request in plaintext that the server resets.
func dropped() *conn { return setUpConn().plain(client, "http", "GET /").acked().rst(server) }

// complaining is a request in plaintext, and the page that says so.
func complaining() *conn {
	return setUpConn().plain(client, "http", "GET /").plain(server, "http", "HTTP/1.1 400 Bad Request\r\n").do(complains).fin(server)
}

// complains has the server's answer say that it expects TLS.
func complains(r *conversation.Record) { r.PlainHTTPError = true }

// tunnelRefused is a CONNECT and the first line of what a proxy says to it.
func tunnelRefused(answer string) *conn {
	return connecting().plain(server, "http", answer).do(func(r *conversation.Record) { r.CarrierRefused = answer })
}

// amidReset is reset before the rest of its hello came.
func amidReset(sni string) *conn {
	c := setUpConn().hello(sni).bareRST(server)
	c.Hello.End = c.packet(client)
	return c
}

// TestRefusedClientsThatAskAgain has Windows ask again although it has the RST, and a client that had waited before it was refused.
func TestRefusedClientsThatAskAgain(t *testing.T) {
	for name, c := range map[string]*conn{
		"Windows":      newConn().syn().refused().wait(time.Second / 2).syn().wait(time.Second / 2).syn(),
		"asked before": newConn().syn().wait(time.Second).syn().wait(2 * time.Second).syn().refused(),
	} {
		if v := judged(c)[0]; v.Code != ConnectionRefused || strings.Contains(v.Detail, "times") {
			t.Errorf("%s: %s, %s", name, v.Code, v.Detail)
		}
	}
}
