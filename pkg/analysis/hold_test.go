package analysis_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"slices"
	"testing"
	"time"

	"github.com/sniscope/sniscope/pkg/analysis"
	"github.com/sniscope/sniscope/pkg/excerpt"
)

// kept are the numbers of the packets that come with each row.
type kept [][]uint64

func (k *kept) add(row *analysis.Row) {
	var frames []uint64
	for p := range row.Packets.All() {
		frames = append(frames, p.Ordinal)
	}
	*k = append(*k, frames)
}

// TestMoreIsHeldThanThereIsRoomFor has many connections at once send hellos that never end: of each all packets are kept, in order.
func TestMoreIsHeldThanThereIsRoomFor(t *testing.T) {
	const conns, segments, size = 50, 40, 1400
	hello := endlessHello(segments * size)
	var sent []turn
	ports := portsOfOneShard(t, conns)
	for i := range segments + 1 {
		for _, port := range ports {
			x := tcpTurn(port, 1, 2, "")
			if i > 0 {
				x = tcpTurn(port, uint32(2+(i-1)*size), 0x10, string(hello[(i-1)*size:][:size]))
			}
			sent = append(sent, x)
		}
	}
	kept, lost := keptOf(t, sent)
	if lost != (excerpt.Lost{}) || len(kept) != conns {
		t.Fatalf("lost %+v, %d rows", lost, len(kept))
	}
	for i, got := range kept {
		var want []uint64
		for n := range segments + 1 {
			want = append(want, uint64(n*conns+i+1))
		}
		if !slices.Equal(got, want) {
			t.Errorf("connection %d: %d packets, want %d: %v", i+1, len(got), len(want), got)
		}
	}
}

// TestTheEndingIsKept has connections send more than is kept of one: what is left out is counted, and is not the RST.
func TestTheEndingIsKept(t *testing.T) {
	const conns, segments, size = 8, 46, 1400
	hello := endlessHello(segments * size)
	var sent []turn
	for port := uint16(1); port <= conns; port++ {
		sent = append(sent, tcpTurn(port, 1, 2, ""))
		for i := range segments {
			sent = append(sent, tcpTurn(port, uint32(2+i*size), 0x10, string(hello[i*size:][:size])))
		}
		sent = append(sent, tcpTurn(port, 2+segments*size, 4, ""))
	}
	kept, lost := keptOf(t, sent)
	if len(kept) != conns || lost.Packets == 0 || lost.Connections != 0 {
		t.Fatalf("%d rows, lost %+v", len(kept), lost)
	}
	n := uint64(0)
	for i, frames := range kept {
		n += uint64(len(frames))
		if end := uint64(i+1) * (segments + 2); len(frames) < segments/2 || frames[len(frames)-1] != end {
			t.Errorf("connection %d: %d packets, the last of them %d, want %d", i+1, len(frames), frames[len(frames)-1], end)
		}
	}
	if n+lost.Packets != uint64(len(sent)) {
		t.Errorf("%d packets are kept, %d lost, of %d", n, lost.Packets, len(sent))
	}
}

// TestSilenceEndsWhatIsKept has connections of a live capture end because time goes by: their packets come with them.
func TestSilenceEndsWhatIsKept(t *testing.T) {
	var all kept
	w := newWire(t, "no-sni-reset-clients.pcap")
	w.silence = int64(time.Minute)
	if _, err := analysis.Follow(t.Context(), analysis.Config{Workers: 2, Hold: analysis.HoldAll}, w, collector(all.add)); err != nil {
		t.Fatal(err)
	}
	for i, frames := range all {
		if len(frames) < 5 {
			t.Errorf("connection %d: packets %v", i+1, frames)
		}
	}
	if len(all) != 10 {
		t.Errorf("%d connections", len(all))
	}
}

// keptOf are the packets that are kept of each connection.
func keptOf(t *testing.T, sent []turn) (kept, excerpt.Lost) {
	t.Helper()
	for i := range sent {
		sent[i].time = int64(1e18) + int64(i)*1e3
	}
	captures := opened(t, plain, file{"test", pcapFormats()[0].write(1, plainFrames(sent))})
	var all kept
	result, err := analysis.Run(context.Background(), analysis.Config{Workers: 2, Hold: analysis.HoldAll}, captures, collector(all.add))
	if err != nil {
		t.Fatal(err)
	}
	return all, result.Lost
}

// endlessHello is the beginning of a ClientHello that is longer.
func endlessHello(n int) []byte {
	hello := bytes.Repeat([]byte{0x16, 3, 1, 0x40, 0}, n/5)
	copy(hello[5:], "\x01\x00\xff\xff")
	return hello
}

// tcpTurn is a segment of a client.
func tcpTurn(port uint16, seq uint32, flags byte, payload string) turn {
	tcp := binary.BigEndian.AppendUint16(nil, port)
	tcp = binary.BigEndian.AppendUint16(tcp, 443)
	tcp = binary.BigEndian.AppendUint32(tcp, seq)
	tcp = append(tcp, 0, 0, 0, 0, 0x50, flags, 0xff, 0xff, 0, 0, 0, 0)
	return turn{toServer: true, ttl: 64, tcp: append(tcp, payload...)}
}

// portsOfOneShard are so many clients' ports whose connections share the room of one table.
func portsOfOneShard(t *testing.T, n int) (ports []uint16) {
	t.Helper()
	l := lanes.Get().(*lane)
	defer lanes.Put(l)
	var all []turn
	for port := uint16(1024); port < 1024+128*uint16(n); port++ {
		all = append(all, tcpTurn(port, 1, 2, ""))
	}
	for _, p := range l.load(t, "ports", pcapFormats()[0].write(1, plainFrames(all))) {
		if p.segment.Shard() == 0 && len(ports) < n {
			ports = append(ports, p.from.Port())
		}
	}
	if len(ports) < n {
		t.Fatalf("%d ports", len(ports))
	}
	return ports
}
