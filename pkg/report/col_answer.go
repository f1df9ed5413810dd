package report

import (
	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/diagnosis"
	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/iana"
	"github.com/sniscope/sniscope/pkg/tlswire"
)

// Columns of the server's answer and of the client's second flight.

func colTLSVersion(row *Row) *term { return versionName(row.Record.Server.Version) }

func colALPN(row *Row) string { return row.Record.Server.ALPN }

func colCipher(row *Row) string {
	s := &row.Record.Server
	if !s.Hello.Happened() {
		return ""
	}
	return iana.CipherSuite(s.Cipher)
}

func colCertNames(row *Row) []string { return row.Record.Server.CertNames }

func colCertIssuer(row *Row) string { return row.Record.Server.CertIssuer }

func colCertNotAfter(dst []byte, row *Row) []byte {
	t := row.Record.Server.CertNotAfter
	if t.IsZero() {
		return dst
	}
	return appendSeconds(dst, t.Unix())
}

// colServerFirst is the time from the last byte of the hello to the server's first TLS byte.
func colServerFirst(row *Row) millis {
	r := row.Record
	if r.Hello.State != conversation.HelloComplete {
		return millis{}
	}
	return span(r, &r.Hello.End, &r.Server.First)
}

// colResumed says false only where the server sent a certificate, or ServerHello says all, as in TLS 1.3.
func colResumed(row *Row) *term {
	s := &row.Record.Server
	return truth(s.Resumed, s.Certificate.Happened() || tlswire.Is13(s.Version))
}

func colClientCert(row *Row) string {
	r := row.Record
	switch {
	case r.Client.Cert == conversation.CertEmpty:
		return "empty"
	case r.Client.Cert == conversation.CertSent:
		return "sent"
	case r.Server.CertRequested:
		return "requested"
	}
	return ""
}

var alertLevels = newTerms([]string{1: "warning", 2: "fatal"})

// shownAlert is the alert that matters and whose it is: the one that ended the connection, else the first that
// was sent while the handshake was on. It is nil when there was none.
func shownAlert(r *conversation.Record) (first *conversation.Alert, side flow.Side) {
	side = flow.Nobody
	if !r.Alerts[flow.Client].Happened() && !r.Alerts[flow.Server].Happened() {
		return nil, side
	}
	if c := diagnosis.End(r); c.Kind == diagnosis.CauseAlert {
		return c.Alert, c.By
	}
	for i := range r.Alerts {
		a := &r.Alerts[i]
		if !a.Happened() || (a.Late && r.Established) || (first != nil && first.Frame <= a.Frame) {
			continue
		}
		first, side = a, flow.Side(i)
	}
	return first, side
}

func colAlert(shown *conversation.Alert) string {
	switch {
	case shown == nil:
		return ""
	case shown.Encrypted:
		return "encrypted"
	}
	return iana.Alert(shown.Description)
}

func colAlertFrom(side flow.Side) *term { return termOf(sides, uint8(side)) }

func colAlertLevel(shown *conversation.Alert) string {
	if shown == nil || shown.Encrypted {
		return ""
	}
	if name := termOf(alertLevels, shown.Level).text; name != "" {
		return name
	}
	return decimal(uint64(shown.Level))
}
