package tlswire

import "testing"

func TestBefore(t *testing.T) {
	for _, tc := range []struct {
		v, than uint16
		want    bool
	}{
		{VersionTLS11, VersionTLS12, true}, {VersionTLS12, VersionTLS12, false}, {VersionTLS13, VersionTLS12, false},
		{VersionDTLS10, VersionTLS12, true}, {VersionDTLS12, VersionTLS13, true}, {VersionDTLS12, VersionTLS12, false},
		{VersionDTLS13, VersionTLS13, false}, {0, VersionTLS12, false}, {VersionTLS12, 0, false}, {0x7f1c, VersionTLS13, false},
	} {
		if got := Before(tc.v, tc.than); got != tc.want {
			t.Errorf("%04x before %04x: %v", tc.v, tc.than, got)
		}
	}
}
