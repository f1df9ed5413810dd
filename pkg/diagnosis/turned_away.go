package diagnosis

import (
	"slices"
	"strings"
)

// refusals are what servers say in place of their greeting, or of TLS, to a client that they do not serve: one too many, or one whose
// address is denied (RFC 5321, Section 3.1; RFC 959, Section 5.4; RFC 3501, Section 7.1.5; RFC 1459, Section 4.6.4; Redis).
var refusals = [...]string{"421 ", "421-", "521 ", "554 ", "554-", "* BYE ", "ERROR :", "-ERR max number of clients"}

// provoked is what such replies say to a client that spoke too early, or said what nobody understood: Exim ("synchronization"), Postfix
// ("Protocol error"), Sendmail ("not accepting messages"), IRC ("Registration timed out").
var provoked = [...]string{"synchroni", "rotocol error", "not accepting", "timed out", "ommand"}

// turnedAway holds where the server's plaintext says so.
func (v *view) turnedAway() bool {
	reply := v.spoken().Text
	return slices.ContainsFunc(refusals[:], func(r string) bool { return strings.HasPrefix(reply, r) }) &&
		!slices.ContainsFunc(provoked[:], func(p string) bool { return strings.Contains(reply, p) })
}

func (v *view) appendTurnedAway(b []byte) []byte {
	b = append(b, ": it refuses the client, before TLS"...)
	if v.headerOwed() {
		return v.appendHeaderOwed(append(b, "; "...))
	}
	if v.c.Endpoint.passed() > 0 {
		b = v.appendSpokeTLS(append(b, "; "...))
	}
	return b
}

// fixTurnedAway is what to do about it.
func (v *view) fixTurnedAway() string {
	const fix = "look in the server's log for why it refuses this client before TLS: a limit of connections, in all or of one address, a deny list or tcp wrappers, or trouble of its own"
	reply := v.spoken().Text
	switch {
	case v.headerOwed():
		return fixHeaderOwed + "; else " + fix
	case strings.HasPrefix(reply, "421 ") && !v.greetedEarly() && !v.BehindProxyHeader() && v.c.Endpoint.passed() == 0:
		return fix + "; else enable TLS on the listener, or have the client ask for it first (STARTTLS); or send the PROXY header that the listener expects, for want of which Postfix says 421 in place of its greeting (smtpd_upstream_proxy_protocol)"
	case v.c.Endpoint.passed() == 0:
		return fix + "; if it refuses all, enable TLS on the listener, or have the client ask for it first (STARTTLS)"
	}
	return fix
}
