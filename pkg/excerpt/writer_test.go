package excerpt

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/sniscope/sniscope/pkg/capture"
)

// interfaces describes one file with two interfaces, the second of which lost packets.
func interfaces(file int) []capture.Interface {
	if file != 7 {
		return nil
	}
	return []capture.Interface{{Name: "eth0"}, {}, {}, {Name: "eth3", HasDrops: true, DroppedByHost: 5}}
}

func TestWriterDescribesWhatItWrites(t *testing.T) {
	var out bytes.Buffer
	file := capture.NewWriter("test", &out)
	w := NewWriter(file)
	one := Packets(nil).append(packet(1, 10)).append(packet(2, 20))
	stranger := packet(3, 30)
	stranger.File, stranger.Link = 8, capture.LinkRaw
	for _, l := range []Packets{one, Packets(nil).append(stranger), nil} {
		if err := w.Write(l, "why", 2, interfaces); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Drops(interfaces), file.Close()); err != nil {
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
	all := r.Interfaces()
	if len(all) != 2 || all[0].Name != "eth3" || all[0].DroppedByHost != 5 || all[1].Name != "" {
		t.Errorf("interfaces %+v", all)
	}
}
