package capture

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// openStream reads data as a stream.
func openStream(t *testing.T, r io.Reader) *Stream {
	t.Helper()
	s, err := OpenStream(t.Context(), "test", r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// collectStream reads all packets of a stream, and the error that ended them.
func collectStream(t *testing.T, s *Stream) (all []packet, err error) {
	t.Helper()
	for b := new(Block); ; {
		if err = s.Next(b); err != nil {
			if len(b.Packets) != 0 {
				t.Fatalf("Next returned %d packets and the error %v", len(b.Packets), err)
			}
			return all, err
		}
		for i, p := range b.Packets {
			data := string(b.Data[p.Offset:][:p.CapLen])
			p.Offset = 0
			all = append(all, packet{p, b.First + uint64(i), data})
		}
	}
}

// TestStreamAgrees reads captures of all kinds in the small pieces of a pipe, as a stream and as a file.
func TestStreamAgrees(t *testing.T) {
	for _, name := range []string{"no-sni-reset-envoy.pcap", "format-pcapng-big-endian.pcapng", "format-pcapng-two-links.pcapng", "hello-malformed.pcap"} {
		data, err := os.ReadFile(filepath.Join("..", "..", "pcaps", name))
		if err != nil {
			t.Fatal(err)
		}
		want, ended := collectBytes(t, data, 0)
		s := openStream(t, &dribble{data: data})
		got, err := collectStream(t, s)
		samePackets(t, got, want)
		if errorText(err) != errorText(ended) {
			t.Errorf("%s ends with %v, as a file with %v", name, err, ended)
		}
		if received, _ := s.Stats(); received != uint64(len(want)) {
			t.Errorf("%s: %d packets are counted of %d", name, received, len(want))
		}
	}
}

// TestStreamHandsOnAtOnce expects each packet while its writer is still there, and the interface with it; large records too.
func TestStreamHandsOnAtOnce(t *testing.T) {
	f := ngFile(le).iface(uint16(LinkEthernet), 0).enhanced(0, 1, 4, "data")
	f.enhanced(0, 2, 4, "more").iface(uint16(LinkRaw), 0)
	f.enhanced(1, 3, 3*BlockSize, string(make([]byte, 3*BlockSize))).enhanced(0, 4, 4, "last")
	r, w := io.Pipe()
	records := make(chan record, len(f.records))
	go func() {
		for rec := range records {
			w.Write(f.data[rec.start:rec.end])
		}
	}()
	defer close(records)
	records <- f.records[0]
	s := openStream(t, r)
	if _, ok := s.Interface(0); ok {
		t.Error("the interface is known before it was described")
	}
	for i, links := 1, 0; i < len(f.records); i++ {
		rec := f.records[i]
		records <- rec
		if rec.packets == f.records[i-1].packets {
			links++
			continue
		}
		b, until := new(Block), time.Now().Add(20*time.Second)
		for len(b.Packets) == 0 {
			if err := s.Next(b); err != nil || time.Now().After(until) {
				t.Fatalf("record %d did not arrive: %v", i, err)
			}
		}
		if b.First != uint64(rec.packets) || len(b.Packets) != 1 || int(b.Packets[0].Iface) >= links {
			t.Fatalf("record %d: %d packets from %d on, %+v", i, len(b.Packets), b.First, b.Packets[0])
		}
		if _, ok := s.Interface(int(b.Packets[0].Iface)); !ok {
			t.Errorf("record %d: its interface is not described", i)
		}
	}
}

// TestStreamClock lets time go by while the writer is silent, but not while it holds back the rest of a record.
func TestStreamClock(t *testing.T) {
	const last = int64(1_700_000_000_000_000_000)
	for _, c := range []struct {
		silence  time.Duration
		packet   int64
		within   bool
		from, to time.Duration
	}{
		{silence: streamLatency + time.Minute, packet: last, from: time.Minute, to: 2 * time.Minute},
		{silence: streamLatency / 2, packet: last},
		{silence: streamLatency + time.Minute, packet: last, within: true},
		{silence: time.Minute}, // before the first packet, or without times
	} {
		s := &Stream{clock: LiveClock{packet: c.packet, read: time.Now().Add(-c.silence)}}
		s.within.Store(c.within)
		s.tell(new(Block))
		if after := time.Duration(s.Now() - c.packet); after < c.from || after > c.to {
			t.Errorf("%+v: time has come by %v", c, after)
		}
	}
	s := &Stream{clock: LiveClock{packet: last, read: time.Now().Add(-time.Hour)}}
	s.tell(&Block{Packets: []Packet{{Time: last - 5}, {Time: last - 3}}})
	if s.Now() != last-3 {
		t.Errorf("the time is %d, not that of the packet", s.Now())
	}
}

// TestStreamInterrupted expects what arrives soon after the interrupt, and no complaint of a record that was cut by it.
func TestStreamInterrupted(t *testing.T) {
	f := ngFile(le).iface(uint16(LinkEthernet), 0).enhanced(0, 1, 4, "data").enhanced(0, 2, 4, "more")
	cut := f.data[:len(f.data)-5]
	for _, interrupted := range []bool{true, false} {
		ctx, cancel := context.WithCancel(t.Context())
		r, w := io.Pipe()
		go w.Write(cut[:f.records[1].end])
		s, err := OpenStream(ctx, "test", r)
		if err != nil {
			t.Fatal(err)
		}
		if interrupted {
			cancel()
		}
		go func() {
			w.Write(cut[f.records[1].end:])
			w.Close()
		}()
		got, err := collectStream(t, s)
		var truncated *TruncatedError
		if len(got) != 1 || (err == io.EOF) != interrupted || errors.As(err, &truncated) == interrupted {
			t.Errorf("interrupted %v: %d packets, %v", interrupted, len(got), err)
		}
		cancel()
		s.Close()
	}
}

// TestStreamHeldBack is of a tcpdump without -U, which writes all that it has when the interrupt ends it, the beginning included.
func TestStreamHeldBack(t *testing.T) {
	f := ngFile(le).iface(uint16(LinkEthernet), 0).enhanced(0, 1, 4, "data").enhanced(0, 2, 4, "more")
	ctx, cancel := context.WithCancel(t.Context())
	r, w := io.Pipe()
	cancel()
	time.AfterFunc(50*time.Millisecond, func() {
		w.Write(f.data)
		w.Close()
	})
	s, err := OpenStream(ctx, "test", r)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if got, err := collectStream(t, s); err != io.EOF || len(got) != 2 {
		t.Errorf("%d packets, %v", len(got), err)
	}
}

// TestStreamOfSilence expects an interrupt to end what nobody writes to, before the first byte and after.
func TestStreamOfSilence(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(10*time.Millisecond, cancel)
	r, w := io.Pipe()
	defer w.Close()
	if _, err := OpenStream(ctx, "test", r); !errors.Is(err, context.Canceled) {
		t.Errorf("opened: %v", err)
	}
	r, w = io.Pipe()
	defer w.Close()
	ctx, cancel = context.WithCancel(t.Context())
	f := ngFile(le)
	go w.Write(f.data)
	s, err := OpenStream(ctx, "test", r)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	cancel()
	if got, err := collectStream(t, s); err != io.EOF || len(got) > 0 {
		t.Errorf("%d packets, %v", len(got), err)
	}
}

// TestStreamOfAnything expects of what is no capture what Open says of it.
func TestStreamOfAnything(t *testing.T) {
	for _, data := range []string{"", "hello, world\n", "\xd4\xc3\xb2\xa1"} {
		_, want := NewReader("test", bytes.NewReader([]byte(data)))
		_, err := OpenStream(t.Context(), "test", bytes.NewReader([]byte(data)))
		if errorText(err) != errorText(want) || err == nil {
			t.Errorf("%q: %v, want %v", data, err, want)
		}
	}
}
