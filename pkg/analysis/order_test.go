package analysis

import "testing"

func TestSeriesOfRotatedFiles(t *testing.T) {
	for _, tc := range []struct {
		a, b string
		same bool
	}{
		{"gw.pcap", "gw.pcap1", true},
		{"gw-20261123-050000.pcap", "gw-20261123-060000.pcap", true},
		{"gw.pcap0.gz", "gw.pcap1", true},
		{"gw_00001.pcapng.zst", "gw_00002.pcapng", true},
		{"client.pcap", "gateway.pcap", false},
		{"a/gw.pcap0", "b/gw.pcap1", false},
		{"gw.pcap", "gw.pcapng", false},
	} {
		if same := series(tc.a) == series(tc.b); same != tc.same {
			t.Errorf("%s and %s are of one series: %v", tc.a, tc.b, same)
		}
	}
}
