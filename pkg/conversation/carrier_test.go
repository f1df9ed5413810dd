package conversation

import (
	"encoding/binary"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/tlswire"
)

const c, s = flow.Client, flow.Server

// then is what is said after something else.
func then(first []said, more ...said) []said { return slices.Concat(first, more) }

func text(side flow.Side, data string) said { return said{side, []byte(data)} }

// preambles are what may come before TLS.
var preambles = []struct {
	carrier, proxied, target, protocol string
	said                               []said
}{
	{"proxy-v1", "198.51.100.7", "", "tls", []said{text(c, "PROXY TCP4 198.51.100.7 192.0.2.2 5000 443\r\n")}},
	{"proxy-v2", "198.51.100.7", "", "tls", []said{text(c, proxyV2+"\x21\x11\x00\x0c\xc6\x33\x64\x07\xc0\x00\x02\x02\x13\x88\x01\xbb")}},
	{"http-connect", "", "gw.example.com:443", "http", []said{
		text(c, "CONNECT gw.example.com:443 HTTP/1.1\r\nHost: gw.example.com\r\n\r\n"), text(s, "HTTP/1.1 200 Connection established\r\n\r\n")}},
	{"socks5", "", "gw.example.com:443", "socks5", []said{
		text(c, "\x05\x01\x00"), text(s, "\x05\x00"), text(c, "\x05\x01\x00\x03\x0egw.example.com\x01\xbb"),
		text(s, "\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")}},
	{"socks4", "", "gw.example.com:443", "socks4", []said{
		text(c, "\x04\x01\x01\xbb\x00\x00\x00\x01me\x00gw.example.com\x00"), text(s, "\x00\x5a\x00\x00\x00\x00\x00\x00")}},
	{"starttls-smtp", "", "", "smtp", []said{
		text(s, "220 mail ESMTP\r\n"), text(c, "EHLO x\r\n"), text(s, "250-mail\r\n250 STARTTLS\r\n"), text(c, "STARTTLS\r\n"), text(s, "220 go ahead\r\n")}},
	{"starttls-imap", "", "", "unknown", []said{
		text(s, "* OK IMAP4rev1 ready\r\n"), text(c, "a1 STARTTLS\r\n"), text(s, "a1 OK begin\r\n")}},
	{"starttls-pop3", "", "", "unknown", []said{text(s, "+OK ready\r\n"), text(c, "STLS\r\n"), text(s, "+OK begin\r\n")}},
	{"starttls-ftp", "", "", "unknown", []said{text(s, "220 FTP ready\r\n"), text(c, "AUTH TLS\r\n"), text(s, "234 begin\r\n")}},
	{"starttls-ftp", "", "", "unknown", []said{ // as FileZilla greets
		text(s, "220-FileZilla Server 1.8.0\r\n220 Please visit https://filezilla-project.org/\r\n"), text(c, "AUTH TLS\r\n"), text(s, "234 begin\r\n")}},
	{"starttls-xmpp", "", "", "xmpp", []said{
		text(c, "<?xml version='1.0'?><stream:stream>"), text(s, "<?xml version='1.0'?><stream:stream><stream:features/>"),
		text(c, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"), text(s, "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")}},
	{"starttls-postgresql", "", "", "postgresql", []said{text(c, "\x00\x00\x00\x08\x04\xd2\x16\x2f"), text(s, "S")}},
	{"starttls-postgresql", "", "", "postgresql", []said{ // with a Kerberos ticket
		text(c, "\x00\x00\x00\x08\x04\xd2\x16\x30"), text(s, "N"), text(c, "\x00\x00\x00\x08\x04\xd2\x16\x2f"), text(s, "S")}},
	{"starttls-ldap", "", "", "ldap", []said{
		text(c, "\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037"), text(s, "\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00")}},
	{"starttls-mysql", "", "", "unknown", []said{
		text(s, "\x4a\x00\x00\x00\x0a8.0.36\x00"+strings.Repeat("x", 60)), text(c, "\x20\x00\x00\x01\x85\xae\xff\x19"+strings.Repeat("\x00", 28))}},
	{"starttls-rdp", "", "", "rdp", []said{
		text(c, "\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00\x01\x00\x08\x00\x03\x00\x00\x00"),
		text(s, "\x03\x00\x00\x13\x0e\xd0\x00\x00\x12\x34\x00\x02\x00\x08\x00\x02\x00\x00\x00")}},
	{"starttls-rdp", "", "", "rdp", []said{ // with a cookie, as in MS-RDPBCGR, Section 4.1.1
		text(c, "\x03\x00\x00\x2a\x25\xe0\x00\x00\x00\x00\x00Cookie: mstshash=me\r\n\x01\x00\x08\x00\x0b\x00\x00\x00"),
		text(s, "\x03\x00\x00\x13\x0e\xd0\x00\x00\x12\x34\x00\x02\x00\x08\x00\x02\x00\x00\x00")}},
	{"starttls-irc", "", "", "unknown", []said{text(c, "STARTTLS\r\n"), text(s, ":irc.example 670  :STARTTLS successful, go ahead with TLS handshake\r\n")}},
	{"starttls-sieve", "", "", "unknown", []said{ // as Dovecot speaks
		text(s, "\"IMPLEMENTATION\" \"Dovecot Pigeonhole\"\r\n\"STARTTLS\"\r\nOK \"ready.\"\r\n"), text(c, "STARTTLS\r\n"), text(s, "OK \"Begin TLS.\"\r\n")}},
	{"starttls-nats", "", "", "tls", []said{text(s, "INFO {\"server_id\":\"N\",\"tls_required\":true} \r\n")}},
	{"starttls-vnc", "", "", "vnc", []said{ // VeNCrypt, X509None, as TigerVNC speaks
		text(s, rfb), text(c, rfb), text(s, "\x01\x13"), text(c, "\x13"), text(s, "\x00\x02"), text(c, "\x00\x02"),
		text(s, "\x00\x01\x00\x00\x01\x04"), text(c, "\x00\x00\x01\x04"), text(s, "\x01")}},
	{"starttls-http", "", "", "http", []said{text(c, upgrade), text(s, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: TLS/1.0,HTTP/1.1\r\n\r\n")}},
	{"starttls-unknown", "", "", "unknown", []said{text(s, "hello, who is it\r\n"), text(c, "somebody new\r\n"), text(s, "go on\r\n")}},
	{"starttls-unknown", "", "", "amqp", []said{text(c, "AMQP\x02\x01\x00\x00"), text(s, "AMQP\x02\x01\x00\x00")}},
}

const (
	rfb     = "RFB 003.008\n"
	upgrade = "OPTIONS * HTTP/1.1\r\nConnection: Upgrade\r\nHost: a\r\nUpgrade: TLS/1.2,TLS/1.1,TLS/1.0\r\n\r\n" // as CUPS asks
)

// TestCarriers puts each preamble before the same handshake, in chunks of any size.
func TestCarriers(t *testing.T) {
	handshake := talk(t, clientConfig("gw.example.com"), serverConfig())
	for _, p := range preambles {
		what := append(append([]said(nil), p.said...), handshake...)
		for _, size := range []int{1 << 16, 1, 2, 3, 5, 7, 11, 64, 101} {
			r := follow(t, what, size, nil)
			if p.carrier == "starttls-ftp" && r.Protocol[flow.Server] != "ftp" {
				t.Errorf("%s in chunks of %d: the server speaks %q", p.carrier, size, r.Protocol[flow.Server])
			}
			if !reflect.DeepEqual(r.Carrier, []string{p.carrier}) || r.ProxiedClient != p.proxied || r.ProxyTarget != p.target {
				t.Errorf("%s in chunks of %d: carrier %q, client %q, target %q", p.carrier, size, r.Carrier, r.ProxiedClient, r.ProxyTarget)
			}
			if !r.Established || r.Hello.Name != "gw.example.com" || r.CarrierRefused != "" || r.Protocol[c] != p.protocol {
				t.Errorf("%s in chunks of %d: established %v, name %q, refused %q, protocol %q",
					p.carrier, size, r.Established, r.Hello.Name, r.CarrierRefused, r.Protocol[c])
			}
		}
	}
}

// TestTargetsOfSOCKS4 holds that a name is the target only where the address is 0.0.0.x with x other than 0, as SOCKS4A has it.
func TestTargetsOfSOCKS4(t *testing.T) {
	for address, target := range map[string]string{
		"\x00\x00\x00\x05": "gw.example.com:443", "\x00\x00\x00\x00": "0.0.0.0:443", "\x00\x00\x01\x05": "0.0.1.5:443",
		"\x00\x01\x00\x05": "0.1.0.5:443", "\x01\x00\x00\x05": "1.0.0.5:443",
	} {
		r := follow(t, []said{text(c, "\x04\x01\x01\xbb"+address+"me\x00gw.example.com\x00")}, 1<<16, nil)
		if r.ProxyTarget != target {
			t.Errorf("address %x: target %q, want %q", address, r.ProxyTarget, target)
		}
	}
}

func TestRefusals(t *testing.T) {
	cases := []struct {
		carrier, refused string
		said             []said
	}{
		{"http-connect", "HTTP/1.1 403 Forbidden", []said{text(c, "CONNECT a:443 HTTP/1.1\r\n\r\n"), text(s, "HTTP/1.1 403 Forbidden\r\n\r\n")}},
		{"socks5", "SOCKS5: reply 2", []said{text(c, "\x05\x01\x00"), text(s, "\x05\x00"),
			text(c, "\x05\x01\x00\x01\x7f\x00\x00\x01\x01\xbb"), text(s, "\x05\x02\x00\x01\x00\x00\x00\x00\x00\x00")}},
		{"socks5", "SOCKS5: no acceptable authentication method", []said{text(c, "\x05\x01\x00"), text(s, "\x05\xff")}},
		{"socks5", "SOCKS5: username or password refused", []said{text(c, "\x05\x01\x02"), text(s, "\x05\x02"),
			text(c, "\x01\x02me\x02pw"), text(s, "\x01\x01")}},
		{"socks5", "SOCKS5: reply 2", []said{text(c, "\x05\x01\x02"), text(s, "\x05\x02"), text(c, "\x01\x02me\x02pw"), text(s, "\x01\x00"),
			text(c, "\x05\x01\x00\x01\x7f\x00\x00\x01\x01\xbb"), text(s, "\x05\x02\x00\x01\x00\x00\x00\x00\x00\x00")}},
		{"starttls-smtp", "454 TLS not available", []said{text(s, "220 mail ESMTP\r\n"), text(c, "EHLO x\r\n"),
			text(s, "250 mail\r\n"), text(c, "STARTTLS\r\n"), text(s, "454 TLS not available\r\n")}},
		{"starttls-imap", "a1 BAD unknown", []said{text(s, "* OK ready\r\n"), text(c, "a1 STARTTLS\r\n"), text(s, "a1 BAD unknown\r\n")}},
		{"starttls-pop3", "-ERR no TLS", []said{text(s, "+OK ready\r\n"), text(c, "STLS\r\n"), text(s, "-ERR no TLS\r\n")}},
		{"starttls-pop3", "-ERR no TLS", []said{text(s, "+OK ready\r\n"), text(c, "STLS\r\n"), text(s, "-ERR no TLS\r\n"), text(c, "QUIT\r\n")}},
		{"starttls-irc", ":irc.example 691  :STARTTLS failed", []said{text(c, "STARTTLS\r\n"), text(s, ":irc.example 691  :STARTTLS failed\r\n")}},
		{"starttls-postgresql", "PostgreSQL: N", []said{text(c, "\x00\x00\x00\x08\x04\xd2\x16\x2f"), text(s, "N")}},
		{"starttls-sieve", `NO "TLS support isn't enabled."`, []said{text(s, "\"IMPLEMENTATION\" \"Dovecot\"\r\nOK \"ready.\"\r\n"),
			text(c, "STARTTLS\r\n"), text(s, "NO \"TLS support isn't enabled.\"\r\n")}},
		{"starttls-xmpp", "<stream:error><host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>", []said{ // as Prosody and ejabberd
			text(c, "<?xml version='1.0'?><stream:stream to='other.example'><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"),
			text(s, "<?xml version='1.0'?><stream:stream><stream:error><host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>")}},
		{"starttls-vnc", "VeNCrypt: subtype refused", []said{text(s, rfb), text(c, rfb), text(s, "\x01\x13"), text(c, "\x13"), text(s, "\x00\x02"),
			text(c, "\x00\x02"), text(s, "\x00\x01\x00\x00\x01\x04"), text(c, "\x00\x00\x01\x06"), text(s, "\x00")}},
		{"starttls-vnc", "VeNCrypt: version refused", []said{text(s, rfb), text(c, rfb), text(s, "\x01\x13"), text(c, "\x13"), text(s, "\x00\x02"),
			text(c, "\x00\x01"), text(s, "\xff")}},
		{"starttls-http", "HTTP/1.1 200 OK", []said{text(c, upgrade), text(s, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")}},
		{"starttls-postgresql", "PostgreSQL: N", []said{
			text(c, "\x00\x00\x00\x08\x04\xd2\x16\x30"), text(s, "N"), text(c, "\x00\x00\x00\x08\x04\xd2\x16\x2f"), text(s, "N")}},
	}
	hello := talk(t, clientConfig("gw.example.com"), serverConfig())[0]
	hello.data[lenVersionVNC] = vncVeNCrypt // as one of its random bytes may be
	for _, x := range cases {
		for _, all := range [][]said{x.said, then(x.said, hello)} { // some go on all the same
			r := follow(t, all, 1<<16, nil)
			if !reflect.DeepEqual(r.Carrier, []string{x.carrier}) || r.CarrierRefused != x.refused || r.RefusedAt.Happened() != (x.refused != "") {
				t.Errorf("%s: carrier %q, refused %q", x.carrier, r.Carrier, r.CarrierRefused)
			}
		}
	}
}

// TestTargets holds what comes through a tunnel in plaintext, whether or not the client had begun TLS, apart from the proxy's
// agreement.
func TestTargets(t *testing.T) {
	const greeting = "220 mail.example ESMTP\r\n"
	hello := talk(t, clientConfig("gw.example.com"), serverConfig())[0]
	for _, p := range preambles {
		agrees := agreements[p.carrier]
		if agrees == nil {
			continue
		}
		for _, size := range []int{1 << 16, 1, 3, 7} {
			for _, what := range [][]said{then(p.said, hello, text(s, greeting)), then(p.said, text(s, greeting), hello)} {
				r := follow(t, what, size, nil)
				if r.Target.Protocol != "smtp" || r.Target.Text != greeting || r.Hello.State != HelloComplete {
					t.Errorf("%s in chunks of %d: %+v, hello %v", p.carrier, size, r.Target, r.Hello.State)
				}
				if r.Target.Frame <= r.FirstData[s].Frame {
					t.Errorf("%s in chunks of %d: target in packet %d, the proxy in %d", p.carrier, size, r.Target.Frame, r.FirstData[s].Frame)
				}
			}
			if r := follow(t, then(p.said, hello), size, nil); r.Target != (Plaintext{}) {
				t.Errorf("%s in chunks of %d: nothing came, and it is %+v", p.carrier, size, r.Target)
			}
		}
	}
	again := []said{text(c, "CONNECT a:25 HTTP/1.1\r\n\r\n"), text(s, "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 2\r\n\r\nno"),
		text(c, "CONNECT a:25 HTTP/1.1\r\nProxy-Authorization: Basic eDp5\r\n\r\n"), text(s, "HTTP/1.1 200 OK\r\n\r\n"), hello, text(s, greeting)}
	if r := follow(t, again, 1<<16, nil); r.Target.Text != greeting {
		t.Errorf("behind a refusal: %+v", r.Target)
	}
}

// TestAgreements cuts an agreement to a tunnel short: it is not whole before its last byte.
func TestAgreements(t *testing.T) {
	for _, x := range []struct{ carrier, answer string }{
		{"http-connect", "HTTP/1.1 200 OK\r\nVia: 1.1 x\r\n\r\n"}, {"socks4", "\x00\x5a\x00\x00\x00\x00\x00\x00"},
		{"socks5", "\x05\x00\x05\x00\x00\x01\x0a\x00\x00\x01\x01\xbb"}, {"socks5", "\x05\x00\x05\x00\x00\x03\x02ab\x01\xbb"},
		{"socks5", "\x05\x02\x01\x00\x05\x00\x00\x04" + strings.Repeat("\x01", 16) + "\x01\xbb"},
	} {
		for n := range len(x.answer) {
			if got := agreements[x.carrier]([]byte(x.answer[:n])); got != 0 {
				t.Errorf("%s: %d of %d bytes are an agreement of %d", x.carrier, n, len(x.answer), got)
			}
		}
		if got := agreements[x.carrier]([]byte(x.answer + "more")); got != len(x.answer) {
			t.Errorf("%s: an agreement of %d bytes has %d", x.carrier, len(x.answer), got)
		}
	}
}

// A client that is refused may ask again.
func TestAskedAgain(t *testing.T) {
	const connect = "CONNECT a:443 HTTP/1.1\r\n"
	refused := []said{text(c, connect+"\r\n"), text(s, "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 2\r\n\r\nno")}
	again := then(refused, text(c, connect+"Proxy-Authorization: Basic eDp5\r\n\r\n"))
	smtp := []said{text(s, "220 mail ESMTP\r\n"), text(c, "STARTTLS\r\n"), text(s, "454 later\r\n"), text(c, "NOOP\r\n"), text(s, "250 ok\r\n")}
	for _, x := range []struct {
		name, refused, target string
		said                  []said
	}{
		{"not yet answered", "", "a:443", again},
		{"accepted", "", "a:443", then(again, text(s, "HTTP/1.1 200 OK\r\n\r\n"))},
		{"refused again", "HTTP/1.1 403 Forbidden", "a:443", then(again, text(s, "HTTP/1.1 403 Forbidden\r\n\r\n"))},
		{"went on without", "454 later", "", smtp},
		{"went on without, PostgreSQL", "PostgreSQL: N", "", []said{text(c, "\x00\x00\x00\x08\x04\xd2\x16\x2f"), text(s, "N"),
			text(c, "\x00\x00\x00\x10\x00\x03\x00\x00user\x00x\x00\x00"), text(s, "R")}},
		{"accepted later", "", "", then(smtp, text(c, "STARTTLS\r\n"), text(s, "220 go ahead\r\n"))},
	} {
		for _, size := range []int{1 << 16, 1, 7} {
			if size < len(connect) && x.refused != "" {
				continue // a refusal is quoted as far as it is there
			}
			if r := follow(t, x.said, size, nil); r.CarrierRefused != x.refused || r.ProxyTarget != x.target {
				t.Errorf("%s, in chunks of %d: refused %q, target %q", x.name, size, r.CarrierRefused, r.ProxyTarget)
			}
		}
	}
}

// TestOffer has servers of mail that refuse what they had offered.
func TestOffer(t *testing.T) {
	for _, x := range []struct {
		ehlo, refusal string
		want          Offer
	}{
		{"250-mx\r\n250-STARTTLS\r\n250 DSN\r\n", "500 what?", OfferMade},
		{"250-mx\r\n250-DSN\r\n250 starttls\r\n", "454 not now", OfferMade},
		{"250-mx\r\n250-XXXXXXXA\r\n250 DSN\r\n", "500 what?", OfferBlanked},
		{"250-mx\r\n250 XXXXXXXX\r\n", "500 what?", OfferBlanked},
		{"250-XXXXXXXB\r\n250-STARTTLS\r\n250 DSN\r\n", "500 what?", OfferMade},
		{"250-mx\r\n250-XCLIENT NAME\r\n250-XXXXXXXAB\r\n250 X\r\n250", "500 what?", OfferUnknown},
		{"", "500 what?\r\n250-STARTTLS", OfferUnknown}, // it said so only then
	} {
		said := []said{text(s, "220 mail ESMTP\r\n"), text(c, "EHLO x\r\n"), text(s, x.ehlo), text(c, "STARTTLS\r\n"), text(s, x.refusal+"\r\n")}
		for _, size := range []int{1 << 16, 1, 7} {
			if r := follow(t, said, size, nil); r.CarrierRefused == "" || r.Offer != x.want {
				t.Errorf("%q in chunks of %d: refused %q, offer %d; want %d", x.ehlo, size, r.CarrierRefused, r.Offer, x.want)
			}
		}
	}
	ftp := []said{text(s, "220 FTP\r\n"), text(c, "FEAT\r\n"), text(s, "250-STARTTLS\r\n"), text(c, "AUTH TLS\r\n"), text(s, "500 no\r\n")}
	if r := follow(t, ftp, 1<<16, nil); r.CarrierRefused == "" || r.Offer != OfferUnknown {
		t.Errorf("FTP: refused %q, offer %d", r.CarrierRefused, r.Offer)
	}
}

// TestAuthForKerberos has clients of FTP that ask for Kerberos first, and go on in plaintext or with TLS.
func TestAuthForKerberos(t *testing.T) {
	kerberos := []said{text(s, "220 FTP ready\r\n"), text(c, "AUTH GSSAPI\r\n"), text(s, "504 unknown security mechanism\r\n")}
	plain := then(kerberos, text(c, "USER auth\r\n"), text(s, "331 password\r\n"), text(c, "PASS x\r\n"), text(s, "530 no\r\n"), text(c, "STOR AUTH\r\n"), text(s, "550 no\r\n"))
	for _, x := range []struct {
		refused string
		carrier []string
		said    []said
	}{
		{"", nil, plain},
		{"", []string{"starttls-ftp"}, then(kerberos, text(c, "auth ssl\r\n"), text(s, "234 begin\r\n"))},
		{"5", []string{"starttls-ftp"}, then(kerberos, text(c, "AUTH TLS-P\r\n"), text(s, "502 no\r\n"))},
	} {
		for _, size := range []int{1 << 16, 1, 7} {
			r := follow(t, x.said, size, nil)
			if !reflect.DeepEqual(r.Carrier, x.carrier) || !strings.HasPrefix(r.CarrierRefused, x.refused) || x.refused == "" && r.CarrierRefused != "" {
				t.Errorf("in chunks of %d: carrier %q, refused %q, want %q, %q", size, r.Carrier, r.CarrierRefused, x.carrier, x.refused)
			}
		}
	}
}

// TestRDPWithoutTLS has clients that want RDP's own security: what the server says to that is no refusal of TLS.
func TestRDPWithoutTLS(t *testing.T) {
	requests := map[string]string{
		"an old client":           "\x03\x00\x00\x23\x1e\xe0\x00\x00\x00\x00\x00Cookie: mstshash=meandall\r\n",
		"one that asks for it":    "\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00\x01\x00\x08\x00\x00\x00\x00\x00",
		"the same, with a cookie": "\x03\x00\x00\x2a\x25\xe0\x00\x00\x00\x00\x00Cookie: mstshash=me\r\n\x01\x00\x08\x00\x00\x00\x00\x00",
	}
	required := text(s, "\x03\x00\x00\x13\x0e\xd0\x00\x00\x12\x34\x00\x03\x00\x08\x00\x01\x00\x00\x00") // SSL_REQUIRED_BY_SERVER
	for name, request := range requests {
		for _, size := range []int{1 << 16, 1, 7} {
			if r := follow(t, []said{text(c, request), required}, size, nil); r.Carrier != nil || r.CarrierRefused != "" {
				t.Errorf("%s, in chunks of %d: carrier %q, refused %q", name, size, r.Carrier, r.CarrierRefused)
			}
		}
	}
}

// TestRequestBeforeTheGreeting has a client ask before the server's greeting tells what it asks for.
func TestRequestBeforeTheGreeting(t *testing.T) {
	what := []said{text(c, "a1 NOOP\r\na2 STARTTLS\r\na3 NOOP\r\n"), text(s, "* OK ready\r\n"), text(c, "a4 NOOP\r\n"),
		text(s, "a1 OK\r\na2 BAD unknown\r\n")}
	for _, size := range []int{1 << 16, 1, 2, 3, 5, 7, 11} {
		if r := follow(t, what, size, nil); !reflect.DeepEqual(r.Carrier, []string{"starttls-imap"}) || !strings.HasPrefix(r.CarrierRefused, "a2 B") {
			t.Errorf("in chunks of %d: carrier %q, refused %q", size, r.Carrier, r.CarrierRefused)
		}
	}
}

// TestPlaintextIsLookedThroughOnce has dialogues byte by byte: each byte must not have all that came before it looked at again.
func TestPlaintextIsLookedThroughOnce(t *testing.T) {
	long := strings.Repeat("a\n", 1500)
	for _, x := range [][]said{
		{text(s, "220 mail ESMTP\r\n"), text(c, long)},
		{text(s, "* OK ready\r\n"), text(c, "a1 STARTTLS\r\n"), text(s, long)},
	} {
		n := testing.AllocsPerRun(2, func() { follow(t, x, 1, nil) })
		if n > 100_000 { // a few for each byte are the test's own
			t.Errorf("%q: %v allocations", x[len(x)-2].data, n)
		}
	}
}

func TestPlaintext(t *testing.T) {
	page := "HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n\r\n<html>The plain HTTP request was sent to HTTPS port</html>"
	r := follow(t, []said{text(c, "GET / HTTP/1.1\r\n\r\n"), text(s, page)}, 1<<16, nil)
	if r.Protocol != [2]string{"http", "http"} || !r.PlainHTTPError || r.Hello.State != HelloNone || r.Hello.SNI != tlswire.SNIUnknown {
		t.Errorf("protocols %q, complaint %v, hello %v", r.Protocol, r.PlainHTTPError, r.Hello.State)
	}
	hello := talk(t, clientConfig("gw.example.com"), serverConfig())[0]
	r = follow(t, []said{text(s, "SSH-2.0-OpenSSH_9.2\r\n"), hello}, 1<<16, nil)
	if r.Protocol != [2]string{"tls", "ssh"} || !r.ServerFirst || r.Hello.State != HelloComplete {
		t.Errorf("protocols %q, server first %v, hello %v", r.Protocol, r.ServerFirst, r.Hello.State)
	}
}

// TestHelloAmidPlaintext has a hello where nobody begins TLS: in what a client sends, and wrapped by its protocol.
func TestHelloAmidPlaintext(t *testing.T) {
	hello := talk(t, clientConfig("gw.example.com"), serverConfig())[0]
	begun := []said{text(c, "somebody new\r\n"), text(s, "go on, please\r\n")}
	for name, what := range map[string][]said{
		"in a file":    then(begun, said{c, append([]byte("put it here: "), hello.data...)}),
		"one-sided":    {text(c, "somebody new\r\n"), hello},
		"behind a SYN": {text(c, "somebody new\r\n"+string(hello.data)), text(s, "go on, please\r\n")},
		"an answer":    then(begun, text(c, "\x16\x03\x03\x00\x50\x02\x00\x00\x4c\x03\x03"+strings.Repeat("x", 74))),
		"plain VNC":    {text(s, rfb), text(c, rfb), text(s, "\x01\x01"), text(c, "\x01"), text(s, "\x00\x00\x00\x00"), hello},
	} {
		for _, size := range []int{1 << 16, 7, 1} {
			if r := follow(t, what, size, nil); r.TLSBytes[c] != 0 || r.Hello.State != HelloNone || len(r.Carrier) != 0 {
				t.Errorf("%s, in chunks of %d: %d bytes of TLS, hello %v, carrier %q", name, size, r.TLSBytes[c], r.Hello.State, r.Carrier)
			}
		}
	}
}

// TestNATSWithoutTLS has a server greet that offers no TLS: the hello is no answer to that.
func TestNATSWithoutTLS(t *testing.T) {
	hello := talk(t, clientConfig("gw.example.com"), serverConfig())[0]
	r := follow(t, []said{text(s, "INFO {\"server_id\":\"N\",\"max_payload\":1048576} \r\n"), hello}, 1<<16, nil)
	if r.Protocol != [2]string{"tls", "nats"} || len(r.Carrier) != 0 {
		t.Errorf("protocols %q, carrier %q", r.Protocol, r.Carrier)
	}
}

// TestManyProxyHeaders stacks PROXY headers before a hello.
func TestManyProxyHeaders(t *testing.T) {
	for n, hello := range map[int]HelloState{1: HelloComplete, 2: HelloComplete, 3: HelloNone, 6000: HelloNone} {
		what := []said{text(c, strings.Repeat("PROXY \r\n", n)), {c, helloWith(extensionName...)}}
		for _, size := range []int{1 << 16, 5} {
			r := follow(t, what, size, nil)
			if r.Hello.State != hello || len(r.Carrier) != min(n, maxProxyHeaders) {
				t.Errorf("%d headers in chunks of %d: hello %v, %d carriers", n, size, r.Hello.State, len(r.Carrier))
			}
		}
	}
}

// TestAlmostTLS holds that what begins like TLS, but for a message of 5 MB, is nothing of it in chunks of any size; and that
// short plaintext does not wait for more.
func TestAlmostTLS(t *testing.T) {
	for size := 1; size < 12; size++ {
		r := follow(t, []said{text(c, "\x16\x03\x01\x10\x00\x01\x50\x00\x00\x03\x03 and so on")}, size, nil)
		if r.Protocol[c] != "unknown" || r.Hello.State != HelloNone || r.TLSBytes[c] != 0 {
			t.Errorf("in chunks of %d: %q, hello %v, %d bytes of TLS", size, r.Protocol[c], r.Hello.State, r.TLSBytes[c])
		}
	}
	for greeting, want := range map[string]string{"SSH-": "ssh", "* OK": "imap", "+OK": "pop3", "\x05\x01\x00": "socks5"} {
		h := newHandler(&collected{})
		f := h.Open(c).(*follower)
		f.Bytes(&flow.Chunk{Side: c, Data: []byte(greeting), At: event(4), Segments: 1})
		if got := f.half[c].protocol; got != want {
			t.Errorf("%q is %q before more comes, want %q", greeting, got, want)
		}
	}
}

// TestLongPreamble puts a PROXY header before the hello that leaves room for a few bytes of it in what is kept.
func TestLongPreamble(t *testing.T) {
	header := append([]byte(proxyV2), 0x20, 0, 0, 0)
	header = append(header, make([]byte, maxLead-proxyV2Header-3)...)
	binary.BigEndian.PutUint16(header[14:], uint16(len(header)-proxyV2Header))
	what := []said{{c, append(header, helloWith(extensionName...)...)}}
	for _, size := range []int{1 << 16, 1400, len(header), len(header) + 3, 7, 1} {
		r := follow(t, what, size, nil)
		if r.Protocol[c] != "tls" || r.Hello.State != HelloComplete || r.Hello.Name != "gw.tld" || len(r.Carrier) != 1 {
			t.Errorf("in chunks of %d: protocol %q, hello %v, name %q, carrier %q", size, r.Protocol[c], r.Hello.State, r.Hello.Name, r.Carrier)
		}
		if want := uint64(len(what[0].data)); r.Hello.EndOffset != want {
			t.Errorf("in chunks of %d: the hello ends at %d, want %d", size, r.Hello.EndOffset, want)
		}
	}
}

// TestRequiredInNATS has a client go on in plaintext where the server's greeting requires TLS.
func TestRequiredInNATS(t *testing.T) {
	for _, required := range []bool{true, false} {
		info := fmt.Sprintf("INFO {\"server_id\":\"%s\",\"version\":\"2.10\",\"tls_required\":%t}\r\n", strings.Repeat("N", 56), required)
		for _, size := range []int{1 << 16, 11} {
			r := follow(t, []said{text(s, info), text(c, "CONNECT {\"verbose\":false}\r\nPING\r\n")}, size, nil)
			if r.PlainHTTPError != required || r.Protocol != [2]string{"nats", "nats"} || r.Hello.State != HelloNone {
				t.Errorf("required %v in chunks of %d: %v, protocols %q", required, size, r.PlainHTTPError, r.Protocol)
			}
		}
	}
}
