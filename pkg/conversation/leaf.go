package conversation

import (
	"bytes"
	"hash/maphash"

	"github.com/sniscope/sniscope/pkg/tlswire"
)

// leaves keeps what Certificate messages say that many connections share: a server sends the same one each time.
// Of each place in its table the latest is kept. The zero value is ready for use.
type leaves struct {
	seed  maphash.Seed
	table []leaf
}

// leaf is what one Certificate message says.
type leaf struct {
	body []byte
	info tlswire.CertificateInfo
}

// get returns what the body of a Certificate message says. It is valid until the next call.
func (l *leaves) get(body []byte) *leaf {
	if len(body) == 0 || len(body) > longestLeaf {
		info, _ := tlswire.ParseCertificate(body) // what decoded before a fault is kept
		return &leaf{body, info}
	}
	if l.table == nil {
		l.seed, l.table = maphash.MakeSeed(), make([]leaf, leavesKept)
	}
	c := &l.table[maphash.Bytes(l.seed, body[:min(len(body), leafHashed)])%leavesKept]
	if !bytes.Equal(c.body, body) {
		c.body = append(c.body[:0], body...)
		c.info, _ = tlswire.ParseCertificate(c.body)
	}
	return c
}

// matches reports whether a name of the leaf matches host.
func (c *leaf) matches(host string) bool {
	if host == "" {
		return false
	}
	if i := &c.info; i.NamesFromCN || i.NamesTotal != len(i.Names) || i.NamesTotal == 0 {
		return tlswire.CertificateMatches(c.body, host)
	}
	for _, name := range c.info.Names {
		if tlswire.MatchHostname(name, host) {
			return true
		}
	}
	return false
}
