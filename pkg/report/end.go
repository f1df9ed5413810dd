package report

import (
	"time"

	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/diagnosis"
	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/tlswire"
)

// endCell says what ended the connection, whose it was, and how long after the hello: "S RST +0.3ms",
// "C alert 48" ("?" for an encrypted one), "ICMP 3/13", "-" where nothing did.
func endCell(r *conversation.Record) string {
	c := diagnosis.End(r)
	side := sideLetter(c.By) + " "
	switch c.Kind {
	case diagnosis.CauseAlert:
		return side + "alert " + alertNumber(c.Alert)
	case diagnosis.CauseICMP:
		name := "ICMP "
		if c.By != flow.Path {
			name = side + name
		}
		return name + decimal(uint64(r.ICMP.Type)) + "/" + decimal(uint64(r.ICMP.Code))
	}
	name := endNames[c.Kind]
	if name == "" {
		return leaveCell(r)
	}
	if after, ok := c.After(r); ok && after >= 0 { // else the capture's clock went back in between
		name += " +" + shortSpan(after)
	}
	return side + name
}

// leaveCell is the end of a handshake that nothing else ended: DTLS has no end but the close_notify of a side.
func leaveCell(r *conversation.Record) string {
	a, by := shownAlert(r)
	if a == nil || r.Established || a.Encrypted || a.Description != tlswire.AlertCloseNotify {
		return "-"
	}
	return sideLetter(by) + " alert " + alertNumber(a)
}

var endNames = map[diagnosis.CauseKind]string{
	diagnosis.CauseRST:            "RST",
	diagnosis.CauseFIN:            "FIN",
	diagnosis.CauseQUICClose:      "close",
	diagnosis.CauseStatelessReset: "reset",
}

func alertNumber(a *conversation.Alert) string {
	if a.Encrypted {
		return "?"
	}
	return decimal(uint64(a.Description))
}

// sideLetter is C or S.
func sideLetter(s flow.Side) string {
	switch s {
	case flow.Client:
		return "C"
	case flow.Server:
		return "S"
	}
	return "?"
}

// shortSpan is a duration in few characters: 0ms, 0.04ms, 0.3ms, 12ms, 1.2s, 130s, 12h, 5d.
func shortSpan(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d < 5*time.Microsecond:
		return "0ms"
	case d < 100*time.Microsecond:
		return fixed(in(d, 10*time.Microsecond), 2) + "ms"
	case d < 10*time.Millisecond:
		return fixed(in(d, 100*time.Microsecond), 1) + "ms"
	case d < time.Second:
		return decimal(uint64(in(d, time.Millisecond))) + "ms"
	case d < 100*time.Second:
		return fixed(in(d, 100*time.Millisecond), 1) + "s"
	case d < 10*time.Hour:
		return decimal(uint64(in(d, time.Second))) + "s"
	case d < 3*day:
		return decimal(uint64(in(d, time.Hour))) + "h"
	}
	return decimal(uint64(in(d, day))) + "d"
}

// in is a duration in units, rounded as the sentence about it is.
func in(d, unit time.Duration) time.Duration { return d.Round(unit) / unit }

// fixed writes n with its last one or two digits as decimals.
func fixed(n time.Duration, decimals int) string {
	scale := uint64(10)
	if decimals == 2 {
		scale = 100
	}
	b := append(appendUint(nil, uint64(n)/scale), '.')
	return string(appendDigits(b, uint64(n)%scale, decimals))
}
