package conversation

import (
	"hash/maphash"
	"slices"
	"time"

	"github.com/sniscope/sniscope/pkg/flow"
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
	// sum is of the whole message, so that the message need not be kept: with a secret seed, no two that anybody can make
	// share their 64 bits. 0 is none.
	sum  uint64
	info tlswire.CertificateInfo
}

// get returns what the body of a Certificate message says. It is valid until the next call.
func (l *leaves) get(body []byte) *leaf {
	if len(body) > longestLeaf {
		info := tlswire.ParseCertificate(body)
		return &leaf{info: info}
	}
	if l.table == nil {
		l.seed, l.table = maphash.MakeSeed(), make([]leaf, leavesKept)
	}
	sum := maphash.Bytes(l.seed, body) | 1<<63
	c := &l.table[sum%leavesKept]
	if c.sum != sum {
		c.sum = sum
		c.info = tlswire.ParseCertificate(body) // what decoded before a fault is kept
	}
	return c
}

// validity is that of the leaf at the time of a packet, unknown where the capture has no times or no clock that was set.
func (c *leaf) validity(at flow.Event) Validity {
	switch t, i := time.Unix(0, at.Time), &c.info; {
	case at.Time < clockSet || i.NotBefore.IsZero() || i.NotAfter.IsZero():
		return ValidityUnknown
	case t.Before(i.NotBefore):
		return NotYetValid
	case t.After(i.NotAfter):
		return Expired
	}
	return Valid
}

// matches reports whether a name of the leaf in the message matches host.
func (c *leaf) matches(body []byte, host string) bool {
	if host == "" {
		return false
	}
	if i := &c.info; i.NamesFromCN || i.NamesTotal != len(i.Names) || i.NamesTotal == 0 {
		return tlswire.CertificateMatches(body, host)
	}
	return anyMatches(c.info.Names, host)
}

// anyMatches reports whether one of a leaf's names matches host.
func anyMatches(names []string, host string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return tlswire.MatchHostname(name, host) })
}
