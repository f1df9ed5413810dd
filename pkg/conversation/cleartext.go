package conversation

import (
	"bytes"
	"slices"
	"strings"
)

// A client that would like TLS and may go without it does so where the server refuses: its session works.

// Cleartext says how a client fared that was refused TLS and went on without.
type Cleartext uint8

// What was seen of that.
const (
	CleartextUnseen  Cleartext = iota // it was not seen to go on, or no answer to that
	CleartextWorks                    // the server went along with it
	CleartextRefused                  // the server refused that as well
)

// sequel is what a refusal of TLS was followed by.
type sequel struct {
	client int // where in the client's plaintext it went on
	server int // where in the server's plaintext the answer to that begins; 0 where the client said nothing more
}

// goOn notes where the client goes on behind a refusal.
func (f *follower) goOn(h *half) {
	if h.isClient() && f.sequel.server == 0 {
		f.own().sequel = sequel{f.asked, len(h.other().lead)}
	}
}

// cleartext says how the client fared without TLS.
func (f *follower) cleartext() Cleartext {
	a := f.aside
	client := &f.half[f.clientGuess()]
	server := client.other()
	if a.refused == "" || a.sequel.server == 0 || client.carriesTLS() || server.carriesTLS() {
		return CleartextUnseen
	}
	asked, answer := client.lead[min(a.sequel.client, len(client.lead)):], server.lead[min(a.sequel.server, len(server.lead)):]
	switch d := a.dialect; {
	case d.reading == inLines:
		if tag, works := worksInLines(asked, d); works && bytes.IndexByte(answer, '\n') >= 0 {
			return fared(d.goesAlong(answer, tag))
		}
	case d.carrier == starttlsPostgreSQL:
		if len(answer) > 0 {
			return fared(answer[0] == authenticatesPostgreSQL)
		}
	case d.carrier == starttlsLDAP:
		if bytes.Contains(answer, []byte(enumeratedLDAP)) {
			return fared(resultLDAP(answer))
		}
	}
	return CleartextUnseen
}

// fared is how it fared with a server that answered.
func fared(well bool) Cleartext {
	if well {
		return CleartextWorks
	}
	return CleartextRefused
}

// goesAlong reports whether no line of a server refuses what the client wants without TLS. One goes along that has let the client in,
// whatever it refuses then, and one of mail that puts the mail off, as with greylisting (RFC 5321, Section 4.2.1: a reply that begins
// with 4). tag is that of the client's command in IMAP.
func (d *dialect) goesAlong(answer, tag []byte) bool {
	agreed, refused := 0, false
	for line := range bytes.SplitSeq(answer, []byte("\n")) {
		switch {
		case d.refusal(line) == "":
			if agreed++; d.letsIn(line, tag, agreed) {
				return true
			}
		case line[0] == '4' && d.carriesMail() && !namesTLS(line):
		default:
			refused = true
		}
	}
	return !refused
}

// letsIn reports whether that line, the nth that is no refusal, says that the client may do what it came for: 354 in SMTP, where it may send
// the mail, 230 in FTP, where it is logged in, and what accepts the login in IMAP and the password in POP3.
func (d *dialect) letsIn(line, tag []byte, n int) bool {
	switch d.carrier {
	case starttlsSMTP, starttlsLMTP:
		return bytes.HasPrefix(line, []byte("354"))
	case starttlsFTP:
		return bytes.HasPrefix(line, []byte("230"))
	case starttlsIMAP:
		first, second := firstWords(line)
		return string(second) == "OK" && bytes.Equal(first, tag)
	case starttlsPOP3:
		return n == 2 && bytes.HasPrefix(line, []byte("+OK")) // behind the one to USER
	}
	return false
}

// carriesMail reports whether the dialogue is one in which a client hands mail over.
func (d *dialect) carriesMail() bool { return d.carrier == starttlsSMTP || d.carrier == starttlsLMTP }

// namesTLS reports whether a server says what it wants in that line.
func namesTLS(line []byte) bool {
	line = bytes.ToLower(line[:min(len(line), maxRefusal)])
	return bytes.Contains(line, []byte("tls")) || bytes.Contains(line, []byte("ssl")) || bytes.Contains(line, []byte("encrypt"))
}

// work are commands of protocols of lines that a client comes for: who logs in, sends or fetches something goes without TLS.
var work = []string{
	"MAIL", "AUTH", // SMTP
	"LOGIN", "AUTHENTICATE", "SELECT", "EXAMINE", "STATUS", "APPEND", // IMAP, ManageSieve
	"USER", "PASS", "APOP", "STAT", "RETR", // POP3
	"STOR", "LIST", "PASV", "EPSV", // FTP
	"GROUP", "ARTICLE", "POST", // NNTP
	"JOIN", "SUB", "PUB", // IRC, NATS
}

// worksInLines reports whether a client's lines have one of them, which in IMAP stands behind a tag.
func worksInLines(b []byte, d *dialect) (tag []byte, ok bool) {
	for line := range bytes.SplitSeq(b, []byte("\n")) {
		command, second := firstWords(line)
		tag = command
		if d.carrier == starttlsIMAP {
			command = second
		}
		if slices.ContainsFunc(work, func(w string) bool { return strings.EqualFold(w, string(command)) }) {
			return tag, true
		}
	}
	return nil, false
}

// authenticatesPostgreSQL is how a server's AuthenticationRequest begins, or AuthenticationOk. A server that has no rule for clients
// without TLS sends an error instead.
const authenticatesPostgreSQL = 'R'

// enumeratedLDAP is how a resultCode begins (RFC 4511, Section 4.1.9).
const enumeratedLDAP = "\x0a\x01"

// resultLDAP reports whether the results in a server's messages are none of those that ask for TLS:
// strongerAuthRequired, which also comes with a notice of disconnection, and confidentialityRequired.
func resultLDAP(b []byte) bool {
	const stronger, confidentiality = enumeratedLDAP + "\x08", enumeratedLDAP + "\x0d"
	return !bytes.Contains(b, []byte(stronger)) && !bytes.Contains(b, []byte(confidentiality))
}
