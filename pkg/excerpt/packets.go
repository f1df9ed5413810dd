// Package excerpt keeps the packets of connections until it is known whether they are wanted, and writes those that
// are: out of 40 GB, the ten connections that failed.
package excerpt

import (
	"cmp"
	"encoding/binary"
	"iter"
	"slices"

	"github.com/sniscope/sniscope/pkg/capture"
)

// Packet is one packet of a connection.
type Packet struct {
	capture.Packet        // Offset has no meaning here
	Ordinal        uint64 // its number over the whole input, from 1
	File           uint32 // the place of its file in the order of files, from 0
	Data           []byte // what was captured of it
}

// Packets are packets of one connection in order, in binary form, so that they can be put into a temporary file.
type Packets []byte

// headerLen is what a packet takes besides its bytes.
const headerLen = 8 + 8 + 4 + 4 + 2 + 2 + 4 + 1

// size is what a packet takes in Packets.
func (p *Packet) size() int { return headerLen + len(p.Data) }

// append adds a packet.
func (l Packets) append(p *Packet) Packets {
	b := binary.LittleEndian.AppendUint64(l, p.Ordinal)
	b = binary.LittleEndian.AppendUint64(b, uint64(p.Time))
	b = binary.LittleEndian.AppendUint32(b, p.Len)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(p.Data)))
	b = binary.LittleEndian.AppendUint16(b, uint16(p.Link))
	b = binary.LittleEndian.AppendUint16(b, p.Iface)
	b = binary.LittleEndian.AppendUint32(b, p.File)
	return append(append(b, p.Digits), p.Data...)
}

// All yields the packets. Their Data is part of l.
func (l Packets) All() iter.Seq[Packet] {
	return func(yield func(Packet) bool) {
		for b := []byte(l); len(b) >= headerLen; {
			p := Packet{Ordinal: binary.LittleEndian.Uint64(b), File: binary.LittleEndian.Uint32(b[28:])}
			p.Packet = capture.Packet{
				Time: int64(binary.LittleEndian.Uint64(b[8:])), Len: binary.LittleEndian.Uint32(b[16:]),
				CapLen: binary.LittleEndian.Uint32(b[20:]), Link: capture.LinkType(binary.LittleEndian.Uint16(b[24:])),
				Iface: binary.LittleEndian.Uint16(b[26:]), Digits: b[32],
			}
			p.Data, b = b[headerLen:headerLen+p.CapLen], b[headerLen+p.CapLen:]
			if !yield(p) {
				return
			}
		}
	}
}

// Sort brings the packets into order: parts of l may have come in any.
func (l Packets) Sort() {
	all := slices.SortedFunc(l.All(), func(a, b Packet) int { return cmp.Compare(a.Ordinal, b.Ordinal) })
	sorted := make(Packets, 0, len(l))
	for i := range all {
		sorted = sorted.append(&all[i])
	}
	copy(l, sorted)
}

// last is the ordinal of the last packet, 0 if there is none.
func (l Packets) last() (ordinal uint64) {
	for p := range l.All() {
		ordinal = p.Ordinal
	}
	return ordinal
}

// has reports whether the packet with that ordinal is among them.
func (l Packets) has(ordinal uint64) bool {
	for p := range l.All() {
		if p.Ordinal == ordinal {
			return true
		}
	}
	return false
}
