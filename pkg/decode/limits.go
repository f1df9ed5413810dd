package decode

import "time"

const (
	// maxEncap is how many outer layers, VLAN tags among them, are stripped from one packet. Real
	// networks nest two or three; the bound keeps a packet made of nothing but headers cheap.
	maxEncap = 8

	// maxEncaps is how many different chains of outer layers one batch can name: what fits in
	// Segment.Encap, less one. The last stands for all that came too late. Captures have a handful.
	maxEncaps = 255

	// maxTags is how many VLAN tags the fast path strips, and are looked for where it is a guess that a frame
	// begins. Real networks have two.
	maxTags = 2

	// maxExtensions is how many IPv6 extension headers are walked. RFC 8200, Section 4.1 has seven at
	// most, one of them twice; the bound is for packets made to waste time.
	maxExtensions = 16

	// maxDatagrams, maxFragmentBytes and maxFragmentAge bound what waits for the rest of its datagram: the
	// values that Linux has for itself (net.ipv4.ipfrag_high_thresh, ipfrag_time). The oldest goes first.
	maxDatagrams     = 4096
	maxFragmentBytes = 4 << 20
	maxFragmentAge   = 30 * time.Second
	// keepArena is the memory that a batch may keep for blocks that have no room behind their data: more than most have.
	keepArena = 2 << 20
	// keepSegments is for how many segments a batch may keep room that few of them take, 2 MiB: four times as many as the shortest
	// packets make of a block, so that lists of the usual lengths stay.
	keepSegments = 1 << 15
	// maxNumbers is how many fragments of a datagram are remembered by number: those of the longest on a link of 1,280
	// bytes.
	maxNumbers = 54

	// maxPieces is how many fragments one datagram may consist of. The largest datagram has 54 where
	// every link carries the 1280 bytes of RFC 8200, Section 5, and 120 at 576 bytes.
	maxPieces = 128

	// datagramOverhead and pieceOverhead are what they cost in memory beyond their bytes, roughly.
	datagramOverhead = 512
	pieceOverhead    = 32
)
