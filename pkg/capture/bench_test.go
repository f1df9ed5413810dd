package capture

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

func benchmarkRead(b *testing.B, data []byte, packets int) {
	r := bytes.NewReader(data)
	var block Block
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		r.Reset(data)
		rd, err := NewReader("bench", r)
		if err != nil {
			b.Fatal(err)
		}
		for err == nil {
			err = rd.Next(&block)
		}
		if err != io.EOF {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*packets), "ns/packet")
}

// Small packets, so that what is measured is the framing and not the copying of bytes.
const benchPackets = 200_000

func BenchmarkReadPcap(b *testing.B) {
	f := pcapFile(le, 0xa1b2c3d4, 4, 65535, 1)
	data := strings.Repeat("x", 66)
	for i := range uint32(benchPackets) {
		f.record(i, i, 66, 66, "", data)
	}
	benchmarkRead(b, f.data, benchPackets)
}

func BenchmarkReadPcapng(b *testing.B) {
	f := ngFile(le).iface(1, 65535)
	data := strings.Repeat("x", 66)
	for i := range uint64(benchPackets) {
		f.enhanced(0, i<<32, 66, data)
	}
	benchmarkRead(b, f.data, benchPackets)
}

// benchmarkScan measures the framing alone: data is one block, which stays in the cache.
func benchmarkScan(b *testing.B, f *file) {
	fr, err := newFramer(f.data, "")
	if err != nil {
		b.Fatal(err)
	}
	block := Block{Data: f.data}
	if _, fault := fr.scan(&block, 0); fault != nil {
		b.Fatal(fault)
	}
	block.Data = f.data[f.records[len(f.records)-1-benchScanned].end:] // behind the headers
	b.ReportAllocs()
	for b.Loop() {
		block.Packets = block.Packets[:0]
		fr.scan(&block, 0)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(block.Packets)), "ns/packet")
}

const benchScanned = 1000

func BenchmarkScanPcap(b *testing.B) {
	f := pcapFile(le, 0xa1b2c3d4, 4, 65535, 1)
	for i := range uint32(benchScanned) {
		f.record(i, i, 66, 66, "", strings.Repeat("x", 66))
	}
	benchmarkScan(b, f)
}

func BenchmarkScanPcapng(b *testing.B) {
	f := ngFile(le).iface(1, 65535)
	for i := range uint64(benchScanned) {
		f.enhanced(0, i<<32, 66, strings.Repeat("x", 66))
	}
	benchmarkScan(b, f)
}
