package conversation

import (
	"bytes"
	"slices"
	"strings"
)

// A client that would like TLS and may go without it does so where the server refuses: its session works.

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

// cleartext reports whether the client went on without TLS and the server went along with that.
func (f *follower) cleartext() bool {
	a := f.aside
	client := &f.half[f.clientGuess()]
	server := client.other()
	if a.refused == "" || a.sequel.server == 0 || client.carriesTLS() || server.carriesTLS() {
		return false
	}
	asked, answer := client.lead[min(a.sequel.client, len(client.lead)):], server.lead[min(a.sequel.server, len(server.lead)):]
	switch d := a.dialect; {
	case d.reading == inLines:
		return worksInLines(asked, d) && bytes.IndexByte(answer, '\n') >= 0 && d.refusal(answer) == ""
	case d.carrier == starttlsPostgreSQL:
		return len(answer) > 0 && answer[0] == authenticatesPostgreSQL
	case d.carrier == starttlsLDAP:
		return resultLDAP(answer)
	}
	return false
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
func worksInLines(b []byte, d *dialect) bool {
	for line := range bytes.SplitSeq(b, []byte("\n")) {
		command, second := firstWords(line)
		if d.carrier == starttlsIMAP {
			command = second
		}
		if slices.ContainsFunc(work, func(w string) bool { return strings.EqualFold(w, string(command)) }) {
			return true
		}
	}
	return false
}

// authenticatesPostgreSQL is how a server's AuthenticationRequest begins, or AuthenticationOk. A server that has no rule for clients
// without TLS sends an error instead.
const authenticatesPostgreSQL = 'R'

// resultLDAP reports whether a server's messages hold a result (RFC 4511, Section 4.1.9) and none of those that ask for TLS:
// strongerAuthRequired, which also comes with a notice of disconnection, and confidentialityRequired.
func resultLDAP(b []byte) bool {
	const stronger, confidentiality = "\x0a\x01\x08", "\x0a\x01\x0d"
	return bytes.Contains(b, []byte("\x0a\x01")) && !bytes.Contains(b, []byte(stronger)) && !bytes.Contains(b, []byte(confidentiality))
}
