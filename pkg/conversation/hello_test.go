package conversation

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/tlswire"
)

// helloWith is a ClientHello of TLS 1.2 or 1.3 with the given list of extensions, in one record.
func helloWith(extensions ...byte) []byte {
	body := append([]byte{3, 3}, make([]byte, 32)...)
	body = append(body, 0, 0, 2, 0x13, 1, 1, 0, byte(len(extensions)>>8), byte(len(extensions)))
	body = append(body, extensions...)
	b := []byte{0x16, 3, 1, 0, 0, 1, 0, 0, 0}
	binary.BigEndian.PutUint16(b[3:], uint16(4+len(body)))
	binary.BigEndian.PutUint16(b[7:], uint16(len(body)))
	return append(b, body...)
}

var (
	extensionOverrun       = []byte{0x12, 0x34, 0, 9, 1} // it says that it has 9 bytes
	extensionVersions      = []byte{0, 43, 0, 3, 2, 3, 4}
	extensionPostHandshake = []byte{0, 49, 0, 0}
	extensionName          = []byte{0, 0, 0, 11, 0, 9, 0, 0, 6, 'g', 'w', '.', 't', 'l', 'd'}
)

// TestMalformedHello holds that a hello which is there to its last byte is complete, and has a name only where that comes
// before its fault.
func TestMalformedHello(t *testing.T) {
	for state, extensions := range map[tlswire.SNIState][]byte{
		tlswire.SNIUnknown: extensionOverrun,
		tlswire.SNIPresent: slices.Concat(extensionName, extensionOverrun),
	} {
		r := follow(t, []said{{flow.Client, helloWith(extensions...)}}, 1<<16, nil)
		if h := &r.Hello; h.State != HelloComplete || h.SNI != state || h.SNIProblem != "" || h.Incomplete != 0 {
			t.Errorf("hello %v, SNI %v %q, incomplete %v, want complete and %v", h.State, h.SNI, h.SNIProblem, h.Incomplete, state)
		}
	}
}

// TestNameOffsetOfPartialHello holds that a name lies where it does in the whole hello, also behind another record.
func TestNameOffsetOfPartialHello(t *testing.T) {
	hello := helloWith(slices.Concat(extensionName, extensionVersions)...)
	for _, before := range [][]byte{nil, {0x15, 3, 1, 0, 2, 1, 0}} {
		whole := follow(t, []said{{flow.Client, slices.Concat(before, hello)}}, 1<<16, nil)
		cut := follow(t, []said{{flow.Client, slices.Concat(before, hello[:len(hello)-3])}}, 1<<16, nil)
		want := bytes.Index(hello, []byte("gw.tld"))
		if whole.Hello.SNIOffset != want || cut.Hello.SNIOffset != want || cut.Hello.State != HelloPartial {
			t.Errorf("behind %d bytes: %d in the whole hello, %d in the cut one, want %d", len(before), whole.Hello.SNIOffset, cut.Hello.SNIOffset, want)
		}
	}
}

// TestTooLongBehindHello has a message that is too long to be put together behind the hello, of which all that was known stays.
func TestTooLongBehindHello(t *testing.T) {
	long := func(typ byte) (b []byte) {
		const part = 10_000
		message := append([]byte{typ, 1, 0x11, 0x6c}, make([]byte, 7*part-4)...)
		for record := range slices.Chunk(message, part) {
			b = append(append(b, 0x16, 3, 3, part>>8, part&0xff), record...)
		}
		return b
	}
	hello := said{c, helloWith(extensionName...)}
	for _, behind := range []said{{s, long(11)}, {c, long(1)}} {
		r := follow(t, []said{hello, behind}, 1<<16, nil)
		if r.Hello.State != HelloComplete || r.Hello.Name != "gw.tld" || r.ClientSide != c || r.Incomplete&flow.IncompleteLimit == 0 {
			t.Errorf("behind %v: hello %v of side %v, name %q, incomplete %v", behind.side, r.Hello.State, r.ClientSide, r.Hello.Name, r.Incomplete)
		}
	}
	if r := follow(t, []said{{s, long(11)}}, 1<<16, nil); r.Hello.State != HelloNone {
		t.Errorf("of a server alone: hello %v", r.Hello.State)
	}
}

// TestGarbageBehindTLS has a client whose records end in what is none: it has spoken TLS all the same.
func TestGarbageBehindTLS(t *testing.T) {
	hello := helloWith(extensionName...)
	r := follow(t, []said{{c, slices.Concat(hello, []byte("no record"))}}, 1<<16, nil)
	if r.Protocol[c] != "tls" || r.TLSBytes[c] < uint64(len(hello)) {
		t.Errorf("%q, %d bytes of TLS", r.Protocol[c], r.TLSBytes[c])
	}
}
