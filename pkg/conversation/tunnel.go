package conversation

import (
	"bytes"

	"github.com/sniscope/sniscope/pkg/flow"
)

// Plaintext is what a side says in the clear where TLS was to be.
type Plaintext struct {
	flow.Event        // the packet with its first byte; what follows is empty where there is none
	Protocol   string // as Record.Protocol
	Text       string // its start, at most 64 bytes, as sent
}

// agreements are how long a proxy's agreement to a tunnel is, by carrier; 0 where it is not whole.
var agreements = map[string]func(answer []byte) int{
	carrierConnect: agreesConnect,
	carrierSOCKS5:  agreesSOCKS5,
	"socks4":       func(b []byte) int { return whole(b, 8) },
}

// agreesConnect finds the end of the header of an answer (RFC 9112, Section 2.1).
func agreesConnect(b []byte) int {
	const end = "\r\n\r\n"
	if i := bytes.Index(b, []byte(end)); i >= 0 {
		return i + len(end)
	}
	return 0
}

// agreesSOCKS5 skips the choice of a method, the outcome of a password and the reply (RFC 1928, Sections 3 and 6; RFC 1929).
func agreesSOCKS5(b []byte) int {
	at := 2
	if len(b) > 2 && b[1] == 2 {
		at += 2
	}
	if len(b) < at+5 {
		return 0
	}
	switch b[at+3] {
	case 1:
		return whole(b, at+4+4+2)
	case 3:
		return whole(b, at+5+int(b[at+4])+2)
	case 4:
		return whole(b, at+4+16+2)
	}
	return 0
}

// whole is n where b has so many bytes, else 0.
func whole(b []byte, n int) int {
	if len(b) < n {
		return 0
	}
	return n
}

// targetSpeaks notes when the first byte came through a tunnel that the proxy agreed to.
func (f *follower) targetSpeaks(h, client *half) {
	agrees, server := agreements[f.dialect.carrier], client.other()
	if agrees == nil || h != server || f.refused != "" || f.said.Happened() {
		return
	}
	if a := f.own(); a.agreed == 0 {
		from := 0
		if !client.carriesTLS() {
			from = min(server.answered, len(server.lead)) // behind a refusal that the client took up
		}
		if n := agrees(server.lead[from:]); n > 0 {
			a.agreed = from + n
		}
	}
	if f.agreed > 0 && len(server.lead) > f.agreed {
		f.own().said = f.at
	}
}

// target is what was said then, if it is plaintext.
func (f *follower) target(server *half) (p Plaintext) {
	if !f.said.Happened() || server.carriesTLS() || mayBeTLS(server.lead[f.agreed:]) {
		return p
	}
	said := server.lead[f.agreed:]
	p = Plaintext{Event: f.said, Protocol: protocolOf(said), Text: string(said[:min(len(said), maxServerText)])}
	if p.Protocol == "" {
		p.Protocol = "unknown"
	}
	return p
}
