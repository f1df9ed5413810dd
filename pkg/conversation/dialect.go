package conversation

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"strconv"
	"strings"

	"github.com/sniscope/sniscope/pkg/flow"
)

// dialect is a plaintext dialogue in which a client asks for TLS, or for a tunnel to carry it.
type dialect struct {
	carrier string
	// protocol is what the first bytes of client or server must look like.
	protocol string
	reading  reading
	// asks reports whether the client's plaintext holds the request, and where the tunnel would lead to.
	asks func(client []byte) (target string, ok bool)
	// refusal returns the server's refusal in what it said since, "" when it agrees or has said nothing decisive.
	refusal func(answer []byte) string
}

// reading is how a dialogue is read.
type reading uint8

const (
	inWhole    reading = iota // asks and refusal look at all that was said
	inLines                   // at each line for itself
	tunnel                    // inWhole; the answer counts from the server's first byte, since the request was the first thing that was said
	wrappedTDS                // inWhole; TLS begins in packets of TDS
)

// dialects are tried in order. Each reads plaintext only; where TLS begins is found by its bytes.
var dialects = []dialect{
	{carrierConnect, "http", tunnel, asksConnect, refusesHTTP("12")},
	{carrierSOCKS5, "socks5", tunnel, asksSOCKS5, refusesSOCKS5},
	{"socks4", "socks4", tunnel, asksSOCKS4, refusesSOCKS4},
	{starttlsSMTP, "smtp", inLines, asksLine("STARTTLS"), refusesLine("4", "5")},
	{starttlsLMTP, "lmtp", inLines, asksLine("STARTTLS"), refusesLine("4", "5")},
	{starttlsIMAP, "imap", inLines, asksLine("STARTTLS"), refusesTagged},
	{starttlsPOP3, "pop3", inLines, asksLine("STLS"), refusesLine("-ERR")},
	{starttlsFTP, "ftp", inLines, asksFTP, refusesLine("4", "5")},
	{starttlsFTP, "smtp", inLines, asksFTP, refusesLine("4", "5")}, // the greeting does not tell them apart; AUTH has no TLS in SMTP
	{"starttls-nntp", "nntp", inLines, asksLine("STARTTLS"), refusesLine("4", "5")},
	{"starttls-irc", "irc", inLines, asksLine("STARTTLS"), refusesIRC},
	{"starttls-xmpp", "xmpp", inWhole, asksText("<starttls"), refusesText("<failure", "<stream:error")},
	{starttlsLDAP, "ldap", inWhole, asksText("1.3.6.1.4.1.1466.20037"), refusesLDAP},
	{starttlsPostgreSQL, "postgresql", inWhole, asksPostgreSQL, refusesPostgreSQL},
	{"starttls-mysql", "mysql", inWhole, asksMySQL, refusesMySQL},
	{"starttls-rdp", "rdp", inWhole, asksRDP, refusesRDP},
	{"starttls-sieve", "sieve", inLines, asksLine("STARTTLS"), refusesLine("NO", "BYE")},
	{"starttls-vnc", "vnc", inWhole, asksVNC, refusesVNC},
	{"starttls-tds", "tds", wrappedTDS, asksTDS, refusesTDS},
	{"starttls-tds", "tds", wrappedTDS, asksLoginTDS, unasked.refusal},
	{"starttls-http", "http", inWhole, asksUpgrade, refusesHTTP("1")},
}

// The carriers of dialogues of which more is known than their words.
const (
	carrierConnect     = "http-connect"
	carrierSOCKS5      = "socks5"
	starttlsSMTP       = "starttls-smtp"
	starttlsLMTP       = "starttls-lmtp"
	starttlsIMAP       = "starttls-imap"
	starttlsPOP3       = "starttls-pop3"
	starttlsLDAP       = "starttls-ldap"
	starttlsPostgreSQL = "starttls-postgresql"
)

// starttlsFTP is the carrier of a dialogue that is known to be FTP's by the request.
const starttlsFTP = "starttls-ftp"

// dialogue looks for a request for TLS in the client's plaintext, for its refusal in the server's, and for the
// place where TLS begins in either.
func (h *half) dialogue() {
	f := h.f
	switch {
	case f.dialect == nil:
		f.findDialect(h)
	case f.refused != "":
		f.goOn(h)
		f.askAgain()
	}
	// Once the client has begun TLS, what the server says answers its hello.
	client := &f.half[f.clientGuess()]
	if f.dialect != nil && f.refused == "" && !client.carriesTLS() {
		server := &f.half[f.clientGuess().Other()]
		a := f.own()
		a.refused = clip(f.refusal(server), maxRefusal)
		if a.refused != "" {
			a.refusedAt, a.offer = f.at, f.dialect.offer(server.lead[:min(server.answered, len(server.lead))])
			f.goOn(h) // a refusal so short that it was not known for plaintext until then
		}
		a.asked = len(client.lead)
	}
	if f.dialect != nil && f.dialect.reading == tunnel {
		f.targetSpeaks(h, client)
	}
	switch {
	case f.dialect != nil || h.other().mode == modeTLS:
		h.findTLS()
	case h.startsUnasked():
		a := f.own()
		a.dialect, a.carrier = &unasked, append(a.carrier, unasked.carrier)
		h.takeTLS(h.lead[h.looked.turn:], h.leadBase+uint64(h.looked.turn))
	}
	f.complaint()
}

// findDialect compares what the client said with what asks for TLS. It is h that spoke.
func (f *follower) findDialect(h *half) {
	client := &f.half[f.clientGuess()]
	server := &f.half[f.clientGuess().Other()]
	for i := range dialects {
		d := &dialects[i]
		if d.protocol != client.protocol && d.protocol != server.protocol {
			continue
		}
		from := 0
		if d.reading == inLines {
			from = int(client.looked.asks)
		}
		target, ok := d.asks(client.lead[from:])
		if !ok && !d.implied(client, server) {
			continue
		}
		a := f.own()
		a.dialect, a.asksFor, a.askedAt = d, target, f.at
		a.carrier = append(a.carrier, d.carrier)
		if d.carrier == starttlsFTP {
			server.protocol = "ftp"
		}
		if d.reading != tunnel {
			server.answered = int(server.looked.turn) // what it said since may be what tells the dialect
		}
		if h == client {
			server.answered = min(server.answered, server.acked())
		}
		h.other().catchUp()
		return
	}
	client.looked.asks = uint16(openLine(client.lead, int(client.looked.asks)))
}

// implied reports whether a tunnel was asked for although no whole request is there: the rest of it was not captured, or the
// proxy refused the client before it came to that.
func (d *dialect) implied(client, server *half) bool {
	switch d.carrier {
	case carrierConnect:
		return client.missing != 0 && bytes.HasPrefix(client.lead, []byte(connect))
	case carrierSOCKS5:
		return client.protocol == d.protocol && refusesSOCKS5(server.lead) != ""
	}
	return false
}

// refusal returns the server's refusal of what was asked for, "" where there is none so far.
func (f *follower) refusal(server *half) string {
	from := min(server.answered, len(server.lead))
	if f.dialect.reading != inLines {
		return f.dialect.refusal(server.lead[from:])
	}
	from = max(from, int(server.looked.refuses))
	server.looked.refuses = uint16(openLine(server.lead, from))
	return f.dialect.refusal(server.lead[from:])
}

// openLine returns where the line begins that b does not complete. It is no earlier than from, where a line begins.
func openLine(b []byte, from int) int {
	for {
		n := bytes.IndexByte(b[from:], '\n')
		if n < 0 {
			return from
		}
		from += n + 1
	}
}

// askAgain forgets a refusal once the client asks another time, as with the credentials that a proxy wants.
func (f *follower) askAgain() {
	client := &f.half[f.clientGuess()]
	a, server := f.own(), &f.half[f.clientGuess().Other()]
	a.asked = min(a.asked, len(client.lead))
	target, ok := f.dialect.asks(client.lead[a.asked:])
	if !ok {
		if f.dialect.reading == inLines {
			a.asked = openLine(client.lead, a.asked)
		}
		return
	}
	a.refused, a.asksFor, a.askedAt, a.refusedAt = "", target, f.at, flow.Event{}
	a.sequel = sequel{}
	server.answered = len(server.lead)
}

// findTLS begins TLS where the side's plaintext turns into it.
func (h *half) findTLS() {
	if d := h.f.dialect; d != nil && d.reading == wrappedTDS {
		h.findWrapped()
		return
	}
	from := int(h.looked.tls)
	if h.f.tls() {
		from = max(from, min(h.answered, len(h.lead)))
	}
	h.looked.tls = uint16(max(from, len(h.lead)-beginning+1))
	for i := from; i < len(h.lead); i++ {
		n := bytes.IndexAny(h.lead[i:], "\x16\x15")
		if n < 0 {
			return
		}
		if i += n; beginsTLS(h.lead[i:]) {
			h.takeTLS(h.lead[i:], h.leadBase+uint64(i))
			return
		}
	}
}

// acked is how much of lead the other side, which speaks, has acknowledged: where its packets are captured late, the rest was said in
// answer to what it says now.
func (h *half) acked() int {
	n := h.f.ackedByThen()
	if n <= h.leadBase {
		return len(h.lead) // which is what it had, as far as is known
	}
	return int(min(n-h.leadBase, uint64(len(h.lead))))
}

// catchUp looks for TLS in what the side had said before it was known that there may be some: the other side's packets are captured
// late. What precedes TLS is all its plaintext.
func (h *half) catchUp() {
	if h.mode != modePlain {
		return
	}
	f := h.f
	at, acked := f.at, f.acked
	f.at, f.acked = h.begun, nil
	if h.findTLS(); h.mode == modeTLS {
		h.lead = h.lead[:h.base-h.leadBase]
	}
	f.at, f.acked = at, acked
}

// beginning is how many bytes beginsTLS looks at.
const beginning = 11

// beginsTLS reports whether b begins with the first record of a side: a ClientHello, a ServerHello or a plaintext
// alert. It is strict, since b lies in the middle of other data.
func beginsTLS(b []byte) bool {
	if len(b) < 7 || b[1] != 3 || b[2] > 4 {
		return false
	}
	length := int(binary.BigEndian.Uint16(b[3:]))
	if b[0] == 0x15 {
		return length == 2 && (b[5] == 1 || b[5] == 2)
	}
	return len(b) >= beginning && length >= 4 && (b[5] == 1 || b[5] == 2) && b[6] == 0 && b[9] == 3 && b[10] <= 4
}

// clip shortens a quotation and its line end.
func clip(s string, n int) string {
	s, _, _ = strings.Cut(s, "\n")
	return strings.TrimRight(s[:min(len(s), n)], "\r")
}

// connect is how a request for a tunnel begins (RFC 9110, Section 9.3.6).
const connect = "CONNECT "

func asksConnect(b []byte) (string, bool) {
	if !bytes.HasPrefix(b, []byte(connect)) {
		return "", false
	}
	line, _, whole := strings.Cut(string(b[:min(len(b), maxName)]), "\n")
	if w := strings.Fields(line); whole && len(w) >= 2 {
		return w[1], true
	}
	return "", whole
}

// refusesHTTP finds an answer whose status does not begin with one of those digits.
func refusesHTTP(agreed string) func([]byte) string {
	return func(b []byte) string {
		if len(b) >= 12 && bytes.HasPrefix(b, []byte("HTTP/1.")) && strings.IndexByte(agreed, b[9]) < 0 {
			return string(b[:min(len(b), 2*maxRefusal)])
		}
		return ""
	}
}

// asksSOCKS5 reads the greeting and, where it is there, the request behind it (RFC 1928, Sections 3 and 4).
func asksSOCKS5(b []byte) (string, bool) {
	if len(b) < 2 || b[0] != 5 || len(b) < 2+int(b[1]) {
		return "", false
	}
	r := b[2+int(b[1]):]
	if len(r) > 3 && r[0] == 1 { // username and password (RFC 1929) come in between
		skip := 2 + int(r[1])
		if skip >= len(r) || skip+1+int(r[skip]) > len(r) {
			return "", false
		}
		r = r[skip+1+int(r[skip]):]
	}
	if len(r) < 7 || r[0] != 5 {
		return "", false
	}
	host, rest := socksHost(r[3], r[4:])
	if len(rest) < 2 {
		return "", false
	}
	return joinPort(host, rest), true
}

// socksHost reads an address of SOCKS5 and returns what follows it.
func socksHost(kind byte, b []byte) (host string, rest []byte) {
	switch {
	case kind == 1 && len(b) >= 4:
		return netip.AddrFrom4([4]byte(b[:4])).String(), b[4:]
	case kind == 4 && len(b) >= 16:
		return "[" + netip.AddrFrom16([16]byte(b[:16])).String() + "]", b[16:]
	case kind == 3 && len(b) > int(b[0]):
		return string(b[1 : 1+int(b[0])]), b[1+int(b[0]):]
	}
	return "", nil
}

func joinPort(host string, port []byte) string {
	return host + ":" + strconv.Itoa(int(binary.BigEndian.Uint16(port)))
}

// refusesSOCKS5 reads the choice of a method, the outcome of a password, and the reply.
func refusesSOCKS5(b []byte) string {
	if len(b) >= 2 && b[1] == 0xff {
		return "SOCKS5: no acceptable authentication method"
	}
	if len(b) >= 4 && b[0] == 5 && b[1] == 2 && b[2] == 1 { // RFC 1929
		if b[3] != 0 {
			return "SOCKS5: username or password refused"
		}
		b = b[2:]
	}
	if len(b) >= 4 && b[2] == 5 && b[3] != 0 {
		return "SOCKS5: reply " + strconv.Itoa(int(b[3]))
	}
	return ""
}

func asksSOCKS4(b []byte) (string, bool) {
	if len(b) < 9 || b[0] != 4 {
		return "", false
	}
	user := bytes.IndexByte(b[8:], 0)
	if user < 0 {
		return "", false
	}
	host := netip.AddrFrom4([4]byte(b[4:8])).String()
	if b[4] == 0 && b[5] == 0 && b[6] == 0 && b[7] != 0 { // SOCKS4a: a name follows
		name := b[8+user+1:]
		end := bytes.IndexByte(name, 0)
		if end < 0 {
			return "", false
		}
		host = string(name[:end])
	}
	return joinPort(host, b[2:4]), true
}

func refusesSOCKS4(b []byte) string {
	if len(b) >= 2 && b[0] == 0 && b[1] != 90 {
		return "SOCKS4: reply " + strconv.Itoa(int(b[1]))
	}
	return ""
}
