package tlswire

// MatchHostname reports whether host is covered by pattern, a DNS name of a
// certificate, by the rules of RFC 9525, Section 6.3: ASCII letters compare
// without case, and a wildcard is the whole left-most label and stands for
// exactly one. A dot at the end of host is ignored. Addresses match nothing.
func MatchHostname[P ~string | ~[]byte](pattern P, host string) bool {
	if n := len(host); n > 0 && host[n-1] == '.' {
		host = host[:n-1]
	}
	if len(host) == 0 || len(pattern) == 0 || host[0] == '.' || isAddress(host) {
		return false
	}
	if len(pattern) > 2 && pattern[0] == '*' && pattern[1] == '.' {
		dot := 0
		for dot < len(host) && host[dot] != '.' {
			dot++
		}
		return equalFold(pattern[1:], host[dot:])
	}
	return equalFold(pattern, host)
}

// equalFold compares ASCII without case; a wildcard that is not the left-most
// label of a pattern stands for itself, which no host name contains.
func equalFold[P ~string | ~[]byte](a P, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c | 0x20
	}
	return c
}
