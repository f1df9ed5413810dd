package conversation

import (
	"encoding/binary"
	"slices"
	"testing"

	"github.com/sniscope/sniscope/pkg/flow"
)

// versionNegotiation answers a client's Initial with the versions given.
func versionNegotiation(initial []byte, versions ...uint32) said {
	dst := initial[6 : 6+initial[5]]
	rest := initial[6+len(dst):]
	src := rest[1 : 1+rest[0]]
	b := slices.Concat([]byte{0x80, 0, 0, 0, 0, byte(len(src))}, src, []byte{byte(len(dst))}, dst)
	for _, v := range versions {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	return said{s, b}
}

func TestVersionNegotiation(t *testing.T) {
	list := datagramsOf(t, "ok-quic.pcap")
	hello, flight := list[0], list[1:]
	v2 := versionNegotiation(hello.data, 0x6b3343cf, 0x1a2a3a4a, 0x709a50c4)
	cases := []struct {
		name     string
		list     []said
		declined uint64
		versions string
	}{
		{"declined", []said{hello, v2}, 2, "v2, 0x709a50c4"},
		{"declined twice", []said{hello, v2, hello, v2}, 2, "v2, 0x709a50c4"},
		{"none that means anything", []said{hello, versionNegotiation(hello.data, 0x1a2a3a4a)}, 2, "none that is known"},
		{"the client's own is listed", []said{hello, versionNegotiation(hello.data, 0x6b3343cf, 1)}, 0, ""},
		{"forged, for the server answers", slices.Concat([]said{hello, v2}, flight), 0, ""},
		{"goes on, and the hello was not captured", []said{hello, v2, {s, append([]byte{0xe1, 0, 0, 0, 1, 1, 'x', 1, 'y', 30}, make([]byte, 30)...)}}, 0, ""},
	}
	for _, tc := range cases {
		if r := followDatagrams(t, tc.list, 1<<16); r.Declined.Frame != tc.declined || r.Versions != tc.versions {
			t.Errorf("%s: packet %d, %q", tc.name, r.Declined.Frame, r.Versions)
		}
	}
}

// TestForeignVersion has a server that goes over to a version of QUIC which is not read: that it answered must be known, for
// else it looks silent.
func TestForeignVersion(t *testing.T) {
	list := recorded(t, "compatible-version")
	for i := range list {
		if b := list[i].data; b[0]&0x80 != 0 && b[1] == 0x70 {
			list[i].data = slices.Concat(b[:4], []byte{0xff}, b[5:])
		}
	}
	const version = 0x709a50ff
	if r := followDatagrams(t, list, 1<<16); r.Foreign != version || r.Established || r.Incomplete&flow.IncompleteLimit == 0 {
		t.Errorf("%#x, established %v, incomplete %v", r.Foreign, r.Established, r.Incomplete)
	}
	hello, flight := list[0], recorded(t, "compatible-version")[1:]
	if r := followDatagrams(t, slices.Concat([]said{hello, list[1]}, flight), 1<<16); r.Foreign != 0 || !r.Established {
		t.Errorf("forged: %#x, established %v", r.Foreign, r.Established)
	}
}

func TestRetries(t *testing.T) {
	for name, want := range map[string]uint32{"hello-unanswered-quic-retry.pcap": 3, "ok-quic-retry.pcap": 0} {
		if r := followDatagrams(t, datagramsOf(t, name), 1<<16); r.Retries != want || (want > 0) == r.Server.First.Happened() {
			t.Errorf("%s: %d, answered in packet %d", name, r.Retries, r.Server.First.Frame)
		}
	}
	list := datagramsOf(t, "ok-quic-retry.pcap")[:3] // Retry is obeyed, and then nothing
	if r := followDatagrams(t, list, 1<<16); r.Retries != 0 || r.Packets[flow.Server] != 0 && r.Server.First.Happened() {
		t.Errorf("obeyed: %d", r.Retries)
	}
}
