package conversation

// helloCheckRandom is what HAProxy's "option ssl-hello-chk" sends in place of a random, behind four bytes of time.
const helloCheckRandom = "HAPROXYSSLCHK\nHAPROXYSSLCHK\n"

// IsHelloCheck reports whether it is a health check of HAProxy's "option ssl-hello-chk": a hello of SSL 3.0 without an extension, the same
// each second, that takes an alert for health as well.
func (h *Hello) IsHelloCheck() bool {
	return h.Random[4] == helloCheckRandom[0] && string(h.Random[4:]) == helloCheckRandom // the first byte tells nearly all
}
