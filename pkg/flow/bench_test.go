package flow

import (
	"encoding/binary"
	"runtime"
	"testing"

	"github.com/sniscope/sniscope/pkg/decode"
)

// silent is a Handler that keeps nothing.
type silent struct{ settled bool }

func (s *silent) Open(Side) Stream                        { return s }
func (s *silent) Begins([]byte, uint32) (Transport, bool) { return QUIC, false }
func (s *silent) BeginsAnew([]byte, uint32) bool          { return false }
func (s *silent) OpenDatagrams(Transport) Datagrams       { return nil }
func (s *silent) Facts() *Facts                           { return new(Facts) }
func (s *silent) Settle(Follower)                         {}
func (s *silent) End(Follower)                            {}
func (s *silent) Bytes(*Chunk)                            {}
func (s *silent) Gap(Side, uint64, Incomplete, Event)     {}
func (s *silent) Settled() bool                           { return s.settled }
func (s *silent) Client() Side                            { return Nobody }
func (s *silent) Waits() bool                             { return false }
func (s *silent) Passed() bool                            { return false }
func (s *silent) Touch() uint64                           { return 0 }

// batchOf holds IPv4 addresses and 1,460 bytes of payload.
func batchOf() *decode.Batch {
	arena := make([]byte, 8+1460)
	copy(arena, []byte{10, 0, 0, 9, 10, 0, 0, 1})
	return &decode.Batch{Arena: arena, Encaps: []string{""}}
}

// segment is one of the client with address number n, or of the server to it.
func segment(batch *decode.Batch, n uint32, from Side, f decode.TCPFlags, seq, ack, length uint32) decode.Segment {
	s := decode.Segment{
		Time: epoch, Seq: seq, Ack: ack, Payload: 8, Captured: length, Length: length, Window: 65000, TTL: 64, Flags: f,
	}
	s.SetScale(7, f.Has(decode.SYN), 6)
	client, server := batch.Arena[0:4], batch.Arena[4:8]
	sport, dport := uint16(1024+n%60000), uint16(443)
	if from == S {
		client, server, sport, dport = server, client, dport, sport
	}
	binary.BigEndian.PutUint32(client, 0x0a000000|n)
	binary.BigEndian.PutUint32(server, 0xc0a80001)
	s.SetEndpoints(batch.Arena, 0, false, sport, dport)
	return s
}

// bulkTable has n settled connections.
func bulkTable(n uint32) (*Table, *decode.Batch) {
	t := NewPool().NewTable(&silent{settled: true}, DefaultLimits)
	batch := batchOf()
	for i := range n {
		for j, s := range []decode.Segment{
			segment(batch, i, C, decode.SYN, 1, 0, 0),
			segment(batch, i, S, decode.SYN|decode.ACK, 1, 2, 0),
			segment(batch, i, C, decode.ACK, 2, 2, 100),
		} {
			s := segmentAgain(batch, i, Side(j&1), s)
			t.Segment(&s, batch, uint64(i*3)+uint64(j)+1)
		}
	}
	return t, batch
}

// segmentAgain writes the addresses of a segment into the batch once more.
func segmentAgain(batch *decode.Batch, n uint32, from Side, s decode.Segment) decode.Segment {
	return segment(batch, n, from, s.Flags, s.Seq, s.Ack, s.Length)
}

func BenchmarkBulk(b *testing.B) {
	for _, n := range []uint32{1, 1000, 50000} {
		b.Run(itoa(n), func(b *testing.B) {
			t, batch := bulkTable(n)
			seqs := make([]uint32, n)
			for i := range seqs {
				seqs[i] = 102
			}
			b.ReportAllocs()
			b.ResetTimer()
			var s decode.Segment
			for i := range b.N {
				k := uint32(i) % n
				s = segment(batch, k, C, decode.ACK, seqs[k], 2, 1460)
				seqs[k] += 1460
				t.Segment(&s, batch, uint64(i)+1e6)
			}
		})
	}
}

func BenchmarkMakeSegment(b *testing.B) { // what the others pay for building their input
	batch := batchOf()
	for i := range b.N {
		s := segment(batch, uint32(i)%1000, C, decode.ACK, 1, 2, 1460)
		runtime.KeepAlive(&s)
	}
}

func BenchmarkSYNFlood(b *testing.B) {
	const n = 1_500_000
	for range b.N {
		var tables [decode.Shards]*Table
		pool := NewPool()
		for i := range tables {
			tables[i] = pool.NewTable(&silent{}, DefaultLimits)
		}
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		batch := batchOf()
		for i := range uint32(n) {
			s := segment(batch, i, C, decode.SYN, i, 0, 0)
			tables[s.Shard()].Segment(&s, batch, uint64(i)+1)
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		var counts Counts
		for _, t := range tables {
			counts.Add(t.Counts())
		}
		if counts[Evicted] > 0 {
			b.Fatalf("%d evicted", counts[Evicted])
		}
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/n, "B/entry")
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/SYN")
		runtime.KeepAlive(&tables)
	}
}

func BenchmarkHandshakes(b *testing.B) {
	t := NewPool().NewTable(&silent{}, DefaultLimits)
	batch := batchOf()
	b.ReportAllocs()
	var s decode.Segment
	for i := range b.N {
		n := uint32(i)
		for j, made := range []decode.Segment{
			segment(batch, n, C, decode.SYN, 1, 0, 0),
			segment(batch, n, S, decode.SYN|decode.ACK, 1, 2, 0),
			segment(batch, n, C, decode.ACK, 2, 2, 0),
			segment(batch, n, C, decode.ACK, 2, 2, 517),
			segment(batch, n, S, decode.ACK, 2, 519, 1460),
			segment(batch, n, S, decode.ACK|decode.RST, 1462, 519, 0),
		} {
			from := C
			if j == 1 || j > 3 {
				from = S
			}
			s = segmentAgain(batch, n, from, made)
			s.Time = epoch + int64(i)*1e7
			t.Segment(&s, batch, uint64(i*6+j)+1)
		}
	}
}

func itoa(n uint32) string {
	var b [10]byte
	i := len(b)
	for ; n > 0; n /= 10 {
		i--
		b[i] = byte('0' + n%10)
	}
	return string(b[i:])
}
