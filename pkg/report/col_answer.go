package report

import (
	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/diagnosis"
	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/iana"
)

// Columns of the server's answer and of the client's second flight.

func colTLSVersion(dst []byte, row *Row) []byte { return appendVersion(dst, row.Record.Server.Version) }

func colALPN(dst []byte, row *Row) []byte { return append(dst, row.Record.Server.ALPN...) }

func colCipher(dst []byte, row *Row) []byte {
	if s := &row.Record.Server; s.Hello.Happened() {
		dst = append(dst, iana.CipherSuite(s.Cipher)...)
	}
	return dst
}

func colCertNames(dst []byte, row *Row, i int) ([]byte, bool) {
	return appendItem(dst, row.Record.Server.CertNames, i)
}

func colCertIssuer(dst []byte, row *Row) []byte { return append(dst, row.Record.Server.CertIssuer...) }

func colCertNotAfter(dst []byte, row *Row) []byte {
	t := row.Record.Server.CertNotAfter
	if t.IsZero() {
		return dst
	}
	return appendSeconds(dst, t.Unix())
}

// colServerFirst is the time from the last byte of the hello to the server's first TLS byte.
func colServerFirst(dst []byte, row *Row) []byte {
	r := row.Record
	if r.Hello.State != conversation.HelloComplete {
		return dst
	}
	return appendSpan(dst, r, r.Hello.End, r.Server.First)
}

func colResumed(dst []byte, row *Row) []byte {
	s := &row.Record.Server
	if !s.Resumed && !s.Hello.Happened() {
		return dst
	}
	return appendBool(dst, s.Resumed)
}

func colClientCert(dst []byte, row *Row) []byte {
	r := row.Record
	switch {
	case r.Client.Cert == conversation.CertEmpty:
		return append(dst, "empty"...)
	case r.Client.Cert == conversation.CertSent:
		return append(dst, "sent"...)
	case r.Server.CertRequested:
		return append(dst, "requested"...)
	}
	return dst
}

var alertLevels = [...]string{1: "warning", 2: "fatal"}

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

func colAlert(dst []byte, row *Row) []byte {
	a, _ := shownAlert(row.Record)
	switch {
	case a == nil:
		return dst
	case a.Encrypted:
		return append(dst, "encrypted"...)
	}
	return append(dst, iana.Alert(a.Description)...)
}

func colAlertFrom(dst []byte, row *Row) []byte {
	_, side := shownAlert(row.Record)
	return append(dst, nameOf(sideNames[:], uint8(side))...)
}

func colAlertLevel(dst []byte, row *Row) []byte {
	a, _ := shownAlert(row.Record)
	if a == nil || a.Encrypted {
		return dst
	}
	if name := nameOf(alertLevels[:], a.Level); name != "" {
		return append(dst, name...)
	}
	return appendUint(dst, uint64(a.Level))
}
