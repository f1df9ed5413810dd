package excerpt

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/sniscope/sniscope/pkg/capture"
)

// describe tells of one file, one of whose interfaces lost packets.
func describe(file, number int) (i capture.Interface) {
	if file == 7 && number == 3 {
		i = capture.Interface{Name: "eth3", HasDrops: true, DroppedByHost: 5}
	}
	return i
}

func TestWriterDescribesWhatItWrites(t *testing.T) {
	var out bytes.Buffer
	file := capture.NewWriter("test", &out)
	w := NewWriter(file)
	one := Packets(nil).append(packet(1, 10)).append(packet(2, 20))
	stranger := packet(3, 30)
	stranger.File, stranger.Link = 8, capture.LinkRaw
	for _, l := range []Packets{one, Packets(nil).append(stranger), nil} {
		if err := w.Write(l, "why", 2, describe); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Drops(describe), file.Close()); err != nil {
		t.Fatal(err)
	}
	if n := w.Connections(); n != 2 {
		t.Errorf("%d connections, want 2: one had no packets", n)
	}
	if n := bytes.Count(out.Bytes(), []byte("why")); n != 2 {
		t.Errorf("%d comments, want one for each connection", n)
	}
	r, err := capture.NewReader("test", &out)
	if err != nil {
		t.Fatal(err)
	}
	var b capture.Block
	for err == nil {
		if err = r.Next(&b); err == nil {
			break
		}
	}
	if len(b.Packets) != 3 || b.Packets[2].Link != capture.LinkRaw || b.Packets[0].Time != 1000 || b.Packets[0].Len != 14 {
		t.Errorf("%+v", b.Packets)
	}
	for !errors.Is(err, io.EOF) {
		b.Reset()
		err = r.Next(&b)
	}
	first, _ := r.Interface(0)
	second, ok := r.Interface(1)
	if _, more := r.Interface(2); !ok || more || first.Name != "eth3" || first.DroppedByHost != 5 || second.Name != "" {
		t.Errorf("interfaces %+v, %+v, more: %v", first, second, more)
	}
}

// TestTheCommentIsBesideThePacket asks for the first packet, the last, and one that is not among them.
func TestTheCommentIsBesideThePacket(t *testing.T) {
	held := Packets(nil).append(packet(1, 20)).append(packet(2, 20))
	for at, want := range map[uint64]bool{1: true, 2: false, 3: false} {
		var out bytes.Buffer
		file := capture.NewWriter("test", &out)
		if err := errors.Join(NewWriter(file).Write(held, "why", at, describe), file.Close()); err != nil {
			t.Fatal(err)
		}
		before, _, found := bytes.Cut(out.Bytes(), []byte("why"))
		if first := !bytes.Contains(before, bytes.Repeat([]byte{2}, 20)); !found || first != want {
			t.Errorf("asked for beside packet %d, beside the first: %v", at, first)
		}
	}
}

// TestDropsComeInOrder writes what many interfaces lost twice: the files are the same.
func TestDropsComeInOrder(t *testing.T) {
	lossy := func(_, number int) capture.Interface {
		return capture.Interface{HasDrops: true, DroppedByHost: uint64(number)}
	}
	write := func() []byte {
		var out bytes.Buffer
		file := capture.NewWriter("test", &out)
		w, held := NewWriter(file), Packets(nil)
		for i := range uint16(40) {
			p := packet(uint64(i)+1, 10)
			p.Iface = i
			held = held.append(p)
		}
		if err := errors.Join(w.Write(held, "", 1, lossy), w.Drops(lossy), file.Close()); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	file := write()
	if !bytes.Equal(file, write()) {
		t.Error("the order of interfaces is another each time")
	}
	r, err := capture.NewReader("test", bytes.NewReader(file))
	for b := new(capture.Block); err == nil; {
		err = r.Next(b)
	}
	for n := range 40 {
		if i, _ := r.Interface(n); i.DroppedByHost != uint64(n) {
			t.Errorf("interface %d: %+v", n, i)
		}
	}
}
