package conversation

import (
	"reflect"
	"testing"
	"time"

	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/tlswire"
)

// TestLeavesAgree looks up certificates that share their beginning, or what is kept of them, and expects of each what
// parsing it says.
func TestLeavesAgree(t *testing.T) {
	var l leaves
	der := testCertificate().Certificate[0]
	whole := tlsBody(der)
	bodies := [][]byte{whole, whole[:len(whole)-1], tlsBody(der, der), tlsBody(), whole[:2], nil, tlsBody(der, make([]byte, longestLeaf))}
	for i := range whole {
		changed := append([]byte(nil), whole...)
		changed[i] ^= 0x20
		bodies = append(bodies, changed)
	}
	for range 2 {
		for _, body := range bodies {
			c := l.get(body)
			want := tlswire.ParseCertificate(body)
			if !reflect.DeepEqual(c.info, want) {
				t.Fatalf("%+v, want %+v", c.info, want)
			}
			for _, host := range []string{"", "other.example", "gw.example.com", "a.apps.example.com", "apps.example.com", "192.0.2.1"} {
				if got, want := c.matches(body, host), tlswire.CertificateMatches(body, host); got != want {
					t.Fatalf("%q: matches %v, want %v", host, got, want)
				}
			}
		}
	}
	if n := testing.AllocsPerRun(100, func() { l.get(whole).matches(whole, "gw.example.com") }); n != 0 {
		t.Errorf("%v allocations for a known certificate", n)
	}
}

// tlsBody is the body of a Certificate message (RFC 5246, Section 7.4.2).
func tlsBody(chain ...[]byte) []byte {
	size := func(n int) []byte { return []byte{byte(n >> 16), byte(n >> 8), byte(n)} }
	var list []byte
	for _, der := range chain {
		list = append(append(list, size(len(der))...), der...)
	}
	return append(size(len(list)), list...)
}

// TestValidity compares a certificate's dates with the capture's clock.
func TestValidity(t *testing.T) {
	from, to := time.Unix(1_700_000_000, 0), time.Unix(1_700_000_100, 0)
	for _, c := range []struct {
		at       time.Time
		from, to time.Time
		want     Validity
	}{
		{from.Add(-1), from, to, NotYetValid},
		{from, from, to, Valid},
		{to, from, to, Valid},
		{to.Add(1), from, to, Expired},
		{time.Unix(0, 0), from, to, ValidityUnknown},    // a capture without times
		{time.Unix(3600, 0), from, to, ValidityUnknown}, // one whose clock was never set
		{to, time.Time{}, to, ValidityUnknown},
		{to, from, time.Time{}, ValidityUnknown},
	} {
		l := leaf{info: tlswire.CertificateInfo{NotBefore: c.from, NotAfter: c.to}}
		if got := l.validity(flow.Event{Frame: 1, Time: c.at.UnixNano()}); got != c.want {
			t.Errorf("%v of %v to %v: %v, want %v", c.at, c.from, c.to, got, c.want)
		}
	}
}
