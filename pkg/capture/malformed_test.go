package capture

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

// malformed is a file with a fault, and what is found before it.
type malformed struct {
	name    string
	file    *file
	at      int // record at fault
	packets int
	problem string
}

func malformedFiles() []malformed {
	good := func() *file { return ngFile(le).iface(1, 0).enhanced(0, ngTime, 1, "x") }
	// broken replaces the bytes of the last record from offset at on.
	broken := func(f *file, at int, value string) *file {
		last := f.records[len(f.records)-1]
		if at < 0 {
			at += last.end - last.start
		}
		copy(f.data[last.start+at:], value)
		return f
	}
	return []malformed{
		{"pcap captured length", header(4, 1).record(1, 0, 1, 1, "", "x").record(1, 0, maxRecord+1, 1, "", strings.Repeat("y", 99)), 2, 1,
			"packet header: captured length 16777217 exceeds 16777216"},
		{"pcap behind pcap", joined(header(4, 1).record(1, 0, 1, 1, "", "x"), header(4, 1)), 2, 1, anotherFile},
		{"pcap behind pcap, big-endian", joined(pcapFile(be, 0xa1b23c4d, 4, 65535, 1).record(1, 0, 1, 1, "", "x"), header(4, 1)), 2, 1, anotherFile},
		{"pcapng behind pcap", joined(header(4, 1).record(1, 0, 1, 1, "", "x"), good()), 2, 1, anotherFile},
		{"pcapng behind pcap, big-endian", joined(header(4, 1).record(1, 0, 1, 1, "", "x"), ngFile(be)), 2, 1, anotherFile},
		{"pcap behind pcapng", joined(good(), header(4, 1)), 3, 1, anotherFile},
		{"pcap behind pcapng, big-endian", joined(ngFile(be).iface(1, 0).enhanced(0, ngTime, 1, "x"), header(4, 1)), 3, 1, anotherFile},
		{"snoop record length", broken(snoopFile(), 8, "\x00\x00\x00\x19"), 2, 1, "packet record: length 25, captured length 2"},
		{"snoop huge record", broken(snoopFile(), 8, "\x7f\x00\x00\x00"), 2, 1, "packet record: length 2130706432, captured length 2"},
		{"block too short", broken(good().block(99, "abcd"), 4, "\x08\x00"), 3, 1, "block of type 0x63: total length 8 is impossible"},
		{"block as long as can be stored", broken(good().block(99, "abcd"), 4, "\xfd\xff\xff\xff"), 3, 1,
			"block of type 0x63: total length 4294967293 is impossible"},
		{"packet block too large", broken(good().enhanced(0, ngTime, 1, "y"), 4, "\x00\x00\x00\x02"), 3, 1,
			"block of type 0x6: total length 33554432 exceeds 16777216"},
		{"trailer of a packet", broken(good().enhanced(0, ngTime, 1, "y"), -4, "\x00"), 3, 1,
			"block: total lengths differ, 52 at its start and 0 at its end"},
		{"trailer of a skipped block", broken(good().block(99, strings.Repeat("a", 5000)), -4, "\x00\x01"), 3, 1,
			"block: total lengths differ, 5012 at its start and 256 at its end"},
		{"trailer of a section", broken(good().section(be), -1, "\x1e"), 3, 1,
			"block: total lengths differ, 28 at its start and 30 at its end"},
		{"second section without magic", broken(good().section(le), 8, "\x00"), 3, 1, "section header block: byte-order magic 0x1a2b3c00"},
		{"second section too short", broken(good().section(le), 4, "\x18"), 3, 1, "section header block: total length 24 is less than 28"},
		{"second section version", broken(good().section(le), 12, "\x02"), 3, 1, "section header block: version 2.0 is not known"},
		{"captured length", broken(good().enhanced(0, ngTime, 1, "y"), 20, "\x15"), 3, 1,
			"packet block: captured length 21 exceeds the 20 bytes in the block"},
		{"captured length huge", broken(good().enhanced(0, ngTime, 1, "y"), 20, "\xff\xff\xff\xff"), 3, 1,
			"packet block: captured length 4294967295 exceeds the 20 bytes in the block"},
		{"packet block without fields", good().packetBlock(ngEnhancedPacket, 0, 0, 0), 3, 1, "packet block: 12 bytes are too few"},
		{"obsolete block without fields", good().packetBlock(ngPacket), 3, 1, "packet block: 0 bytes are too few"},
		{"simple block without fields", good().packetBlock(ngSimplePacket), 3, 1, "simple packet block: 0 bytes are too few"},
		{"simple block too long", good().packetBlock(ngSimplePacket, 9, "12345678"), 3, 1,
			"simple packet block: captured length 9 exceeds the 8 bytes in the block"},
		{"interface block without fields", good().block(ngInterface, 1), 3, 1, "interface description block: 4 bytes are too few"},
		{"statistics block without fields", good().block(ngStatistics, 0), 3, 1, "interface statistics block: 4 bytes are too few"},
		{"unknown interface", good().enhanced(1, ngTime, 1, "y"), 3, 1, "packet block: interface 1 of 1 in this section"},
		{"huge interface", good().enhanced(^uint32(0), ngTime, 1, "y"), 3, 1, "packet block: interface 4294967295 of 1 in this section"},
		{"interface of another section", good().section(le).enhanced(0, ngTime, 1, "y"), 4, 1, "packet block: interface 0 of 0 in this section"},
		{"simple block without interface", ngFile(le).packetBlock(ngSimplePacket, 1, "x"), 1, 0, "packet block: interface 0 of 0 in this section"},
		{"obsolete block without interface", ngFile(le).packetBlock(ngPacket, uint16(5), uint16(0), 0, 0, 0, 0), 1, 0,
			"packet block: interface 5 of 0 in this section"},
	}
}

// joined is one file behind the other, as cat writes them.
func joined(f, behind *file) *file {
	f.add(behind.data)
	return f
}

func TestMalformed(t *testing.T) {
	for _, m := range malformedFiles() {
		t.Run(m.name, func(t *testing.T) {
			for _, size := range blockSizes {
				got, err := collectBytes(t, m.file.data, size)
				var fault *FormatError
				if !errors.As(err, &fault) {
					t.Fatalf("block size %d: error %v", size, err)
				}
				if len(got) != m.packets {
					t.Errorf("block size %d: %d packets, want %d", size, len(got), m.packets)
				}
				want := FormatError{Name: "test", Offset: int64(m.file.records[m.at].start), Problem: m.problem}
				if *fault != want {
					t.Errorf("block size %d:\n got %+v\nwant %+v", size, *fault, want)
				}
			}
		})
	}
}

func TestTooManyInterfaces(t *testing.T) {
	f := ngFile(le)
	for range maxInterfaces {
		f.iface(1, 0)
	}
	f.enhanced(maxInterfaces-1, ngTime, 1, "x")
	got, err := collectBytes(t, f.data, 0)
	if err != io.EOF {
		t.Fatal(err)
	}
	samePackets(t, got, []packet{pkt(1, second*1e9, "x", iface(maxInterfaces-1, LinkEthernet))})

	_, err = collectBytes(t, f.iface(1, 0).data, 0)
	var fault *FormatError
	if !errors.As(err, &fault) || fault.Problem != fmt.Sprintf("interface description block: more than %d interfaces", maxInterfaces) {
		t.Errorf("error %v", err)
	}
}
