package capture

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// written is a packet for a Writer: interface, packet, bytes and comment.
type written struct {
	Packet
	data, comment string
}

// writeAll writes packets of the interfaces, p.Iface being an index among these.
func writeAll(t testing.TB, w *Writer, ifaces []Interface, packets []written) {
	t.Helper()
	for n, i := range ifaces {
		if got, err := w.AddInterface(i); err != nil || got != n {
			t.Fatalf("AddInterface: %d, %v", got, err)
		}
	}
	for _, p := range packets {
		if err := w.WritePacket(int(p.Iface), p.Packet, []byte(p.data), p.comment); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// mixture has two link types, two resolutions, a cut packet, an empty one and comments of every padding.
func mixture() ([]Interface, []written) {
	us := second * 1e9
	ifaces := []Interface{
		{Link: LinkEthernet, Name: "eth0", Digits: 6},
		{Link: LinkLinuxSLL2, Name: "any", Digits: 9},
		{Link: LinkRaw, Digits: 0},
	}
	packet := func(iface uint16, time int64, data, comment string, length uint32) written {
		return written{Packet{Time: time, CapLen: uint32(len(data)), Len: length, Link: ifaces[iface].Link,
			Iface: iface, Digits: ifaces[iface].Digits}, data, comment}
	}
	frame := strings.Repeat("\x02\x00\x00\x00\x00\x01", 2) + "\x08\x00" + strings.Repeat("x", 46)
	return ifaces, []written{
		packet(0, us+123456000, frame, "", 60),
		packet(1, us+999999999, strings.Repeat("\x00", 20)+"abc", "no-sni-reset: name missing — „añadir“", 23),
		packet(0, us, frame[:33], "a", 1514),
		packet(2, us+1e9, "E", "ab", 1),
		packet(1, us-1, "", "abc", 0),
		packet(2, 0, "Eab", "abcd", 3),
	}
}

func readBack(packets []written) (want []packet) {
	for i, p := range packets {
		want = append(want, packet{p.Packet, uint64(i) + 1, p.data})
	}
	return want
}

func TestWriterRoundTrip(t *testing.T) {
	ifaces, packets := mixture()
	var out bytes.Buffer
	writeAll(t, NewWriter("test", &out), ifaces, packets)
	samePackets(t, mustCollect(t, out.Bytes()), readBack(packets))
	r, err := NewReader("test", &out)
	if err != nil {
		t.Fatal(err)
	}
	collect(t, r, 0)
	if got := allOf(r); !slices.Equal(got, ifaces) {
		t.Errorf("interfaces\n got %+v\nwant %+v", got, ifaces)
	}
}

// A unit of 2^-10 seconds has four decimals, rounded up, but its times have more.
func TestWriterKeepsTimesExact(t *testing.T) {
	var out bytes.Buffer
	w := NewWriter("test", &out)
	times := []int64{1e9 + 5e5, 1_000_976_562, 1_002_929_687, 2e9, -1}
	var packets []written
	for _, time := range times {
		packets = append(packets, written{Packet: Packet{Time: time, Digits: 4}, data: "x"})
	}
	writeAll(t, w, []Interface{{Link: LinkEthernet, Digits: 4}}, packets)
	got := mustCollect(t, out.Bytes())
	times[4] = 0 // there is nothing before 1970
	for i, p := range got {
		if p.Time != times[i] {
			t.Errorf("packet %d: time %d, want %d", i+1, p.Time, times[i])
		}
	}
	if len(got) != len(times) {
		t.Errorf("%d packets", len(got))
	}
}

func TestWriterDrops(t *testing.T) {
	var out bytes.Buffer
	w := NewWriter("test", &out)
	want := Interface{Link: LinkEthernet, Digits: 9, HasDrops: true, DroppedByIf: 1 << 40, DroppedByHost: 7}
	if _, err := w.AddInterface(want); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.WriteDrops(0, want, second*1e9), w.WriteDrops(0, Interface{}, 0), w.Close()); err != nil {
		t.Fatal(err)
	}
	r, err := NewReader("test", &out)
	if err != nil {
		t.Fatal(err)
	}
	collect(t, r, 0)
	if got := allOf(r); len(got) != 1 || got[0] != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestWriterRefuses(t *testing.T) {
	w := NewWriter("test", io.Discard)
	if err := w.WritePacket(0, Packet{}, nil, ""); err == nil {
		t.Error("a packet of no interface was written")
	}
	if err := w.WriteDrops(-1, Interface{HasDrops: true}, 0); err == nil {
		t.Error("drops of no interface were written")
	}
	if _, err := w.AddInterface(Interface{}); err != nil {
		t.Fatal(err)
	}
	if err := w.WritePacket(0, Packet{}, make([]byte, maxWritePacket+1), ""); err == nil {
		t.Error("a packet longer than can be read was written")
	}
	if err := w.WritePacket(0, Packet{}, nil, ""); err != nil {
		t.Errorf("after a refusal: %v", err)
	}
}

// The longest packet with the longest comment is still within what is read.
func TestWriterLongest(t *testing.T) {
	var out bytes.Buffer
	w := NewWriter("test", &out)
	data := strings.Repeat("x", maxWritePacket)
	packets := []written{{Packet{CapLen: maxWritePacket, Len: maxWritePacket}, data, strings.Repeat("é", maxComment)}}
	writeAll(t, w, []Interface{{}}, packets)
	samePackets(t, mustCollect(t, out.Bytes()), readBack(packets))
}

// full is a disk on which there is room for n bytes.
type full struct{ n int }

func (f *full) Write(p []byte) (int, error) {
	n := min(len(p), f.n)
	f.n -= n
	if n < len(p) {
		return n, &fs.PathError{Op: "write", Path: "kept.pcapng", Err: errors.New("no space left on device")}
	}
	return n, nil
}

func TestWriterFails(t *testing.T) {
	w := NewWriter("kept.pcapng", &full{n: 1000})
	if _, err := w.AddInterface(Interface{Name: "eth0"}); err != nil {
		t.Fatal(err)
	}
	var err error
	for range 3000 {
		if err = w.WritePacket(0, Packet{}, make([]byte, 100), ""); err != nil {
			break
		}
	}
	const want = "kept.pcapng: cannot be written: no space left on device"
	if err == nil || err.Error() != want {
		t.Fatalf("got %v, want %s", err, want)
	}
	for _, again := range []error{w.WritePacket(0, Packet{}, nil, ""), w.Flush(), w.Close()} {
		if again != err {
			t.Errorf("later: %v", again)
		}
	}
}

func TestWriterClosed(t *testing.T) {
	w := NewWriter("test", io.Discard)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	_, add := w.AddInterface(Interface{})
	for _, err := range []error{w.WritePacket(0, Packet{}, nil, ""), w.Flush(), w.Close(), add} {
		if !errors.Is(err, fs.ErrClosed) {
			t.Errorf("after Close: %v", err)
		}
	}
}

func TestCreateFileFails(t *testing.T) {
	name := filepath.Join(t.TempDir(), "none", "F")
	_, err := CreateFile(name, Rotation{})
	if !errors.Is(err, fs.ErrNotExist) || err.Error() != name+": cannot be written: no such file or directory" {
		t.Errorf("got %v", err)
	}
}

// What is buffered is in the file after Flush.
func TestWriterFlush(t *testing.T) {
	name := filepath.Join(t.TempDir(), "F")
	w, err := CreateFile(name, Rotation{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if _, err := w.AddInterface(Interface{}); err != nil {
		t.Fatal(err)
	}
	for n := range 3 {
		if err := errors.Join(w.WritePacket(0, Packet{}, []byte("x"), ""), w.Flush()); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := len(mustCollect(t, data)); got != n+1 {
			t.Errorf("%d packets in the file, want %d", got, n+1)
		}
	}
}
