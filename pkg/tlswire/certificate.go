package tlswire

import (
	"time"

	"golang.org/x/crypto/cryptobyte"
)

// CertificateInfo is what a server's Certificate message tells about its leaf.
type CertificateInfo struct {
	// Names are the DNS names of the subject alternative name, the first
	// MaxNames of them, or else the subject's common name. They are as in the
	// certificate: nobody vouches for their bytes.
	Names       []string
	NamesTotal  int  // how many there are, also those that Names leaves out
	NamesFromCN bool // there is no DNS name, so Names is the common name

	Issuer     string    // the issuer's common name, else its organization, else ""
	SelfIssued bool      // issuer and subject are the same name (RFC 5280, Section 3.2), as in one that signed itself
	NotBefore  time.Time // UTC; zero when it cannot be read
	NotAfter   time.Time // likewise
	Chain      int       // certificates in the message, the leaf included; set by ParseCertificate
}

// ParseCertificate decodes the body of a Certificate message of TLS 1.2 or
// earlier (RFC 5246, Section 7.4.2), in TLS 1.3 it is encrypted. What comes before
// a fault is kept. A message without certificates gives Chain 0, and where body is
// cut behind the leaf, Chain counts what was seen.
func ParseCertificate(body []byte) CertificateInfo {
	der, chain := readChain(body)
	l := readLeaf(der)
	info := l.info()
	info.Chain = chain
	return info
}

// CertificateEmpty reports whether the body of a Certificate message of TLS 1.2
// or earlier is that of a client which has none to show (RFC 5246, Section
// 7.4.6).
func CertificateEmpty(body []byte) bool {
	s := cryptobyte.String(body)
	var n uint32
	return s.ReadUint24(&n) && n == 0 && s.Empty()
}

// CertificateMatches reports whether a name of the leaf in the body of a
// Certificate message matches host, as MatchHostname has it. Unlike
// CertificateInfo.Names it goes through all of them. It allocates nothing.
func CertificateMatches(body []byte, host string) bool {
	der, _ := readChain(body)
	l := readLeaf(der)
	san, found := l.san, false
	for name, ok := nextDNSName(&san); ok; name, ok = nextDNSName(&san) {
		if found = true; MatchHostname(name, host) {
			return true
		}
	}
	return !found && l.whole && MatchHostname(l.subject.commonName.value, host)
}

// readChain returns the leaf, empty if there is none that is whole, and the number
// of whole certificates.
func readChain(body []byte) (leaf cryptobyte.String, chain int) {
	list, _, _ := vector24(body)
	for {
		der, rest, ok := vector24(list)
		if !ok {
			return leaf, chain
		}
		if list = rest; chain == 0 {
			leaf = der
		}
		chain++
	}
}

// info makes the strings. All names share one allocation.
func (l *leaf) info() CertificateInfo {
	info := CertificateInfo{Issuer: l.issuer.name(), SelfIssued: l.selfIssued, NotBefore: l.notBefore, NotAfter: l.notAfter}
	var kept [MaxNames]cryptobyte.String
	size, san := 0, l.san
	for name, ok := nextDNSName(&san); ok; name, ok = nextDNSName(&san) {
		if info.NamesTotal < MaxNames {
			kept[info.NamesTotal] = name
			size += len(name)
		}
		info.NamesTotal++
	}
	if info.NamesTotal > 0 {
		info.Names = shareString(kept[:min(info.NamesTotal, MaxNames)], size)
	} else if cn := l.subject.commonName.text(); cn != "" && l.whole {
		info.Names, info.NamesTotal, info.NamesFromCN = []string{cn}, 1, true
	}
	return info
}

// shareString returns the names, of size bytes in all, as parts of one string.
func shareString(names []cryptobyte.String, size int) []string {
	all := make([]byte, 0, size)
	for _, n := range names {
		all = append(all, n...)
	}
	text, out := string(all), make([]string, len(names))
	for i, n := range names {
		out[i], text = text[:len(n)], text[len(n):]
	}
	return out
}
