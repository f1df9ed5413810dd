package main

import (
	"encoding/binary"
	"time"
)

// start is the time of the first packet of every generated capture.
var start = time.Date(2024, 3, 5, 8, 37, 36, 36_000_000, time.UTC)

// Link types (https://www.tcpdump.org/linktypes.html).
const (
	linkNull     = 0
	linkEthernet = 1
	linkPPP      = 9
	linkRaw      = 101
	linkLoop     = 108
	linkSLL      = 113
	linkIPv4     = 228
)

// frame is one captured packet with its link-layer header.
type frame struct {
	at   time.Time
	data []byte
	link uint16
}

// capture collects frames; clock is the time of the next one.
type capture struct {
	link   uint16
	clock  time.Time
	frames []frame
}

func (c *capture) wait(d time.Duration) { c.clock = c.clock.Add(d) }

func (c *capture) add(data []byte) {
	c.frames = append(c.frames, frame{c.clock, data, c.link})
}

// format is a file format; encode lays it out.
type format struct {
	link  uint16
	order binary.AppendByteOrder
	kind  kind
}

type kind int

const (
	pcapMicro kind = iota
	pcapNano
	pcapModified // magic a1b2cd34: Kuznetzov's patched libpcap, a longer record header
	pcapNG
)

var ethernet = format{link: linkEthernet, order: binary.LittleEndian}

func (f format) encode(frames []frame) []byte {
	if f.kind == pcapNG {
		return f.encodeNG(frames)
	}
	magic := map[kind]uint32{pcapMicro: 0xa1b2c3d4, pcapNano: 0xa1b23c4d, pcapModified: 0xa1b2cd34}[f.kind]
	b := f.order.AppendUint32(nil, magic)
	b = f.order.AppendUint16(b, 2)
	b = f.order.AppendUint16(b, 4)
	b = append(b, make([]byte, 8)...) // time zone, accuracy
	b = f.order.AppendUint32(b, 262144)
	b = f.order.AppendUint32(b, uint32(f.link))
	for _, fr := range frames {
		fraction := fr.at.Nanosecond()
		if f.kind != pcapNano {
			fraction /= 1000
		}
		b = f.order.AppendUint32(b, uint32(fr.at.Unix()))
		b = f.order.AppendUint32(b, uint32(fraction))
		b = f.order.AppendUint32(b, uint32(len(fr.data)))
		b = f.order.AppendUint32(b, uint32(len(fr.data)))
		if f.kind == pcapModified {
			b = append(b, make([]byte, 8)...) // interface index, protocol, packet type
		}
		b = append(b, fr.data...)
	}
	return b
}

// encodeNG writes a pcapng section with one interface for each link type, in
// order of first use; the second and later ones count in nanoseconds.
func (f format) encodeNG(frames []frame) []byte {
	section := f.order.AppendUint32(nil, 0x1a2b3c4d)
	section = f.order.AppendUint16(section, 1)
	section = f.order.AppendUint16(section, 0)
	section = f.order.AppendUint64(section, 1<<64-1)
	b := f.block(nil, 0x0a0d0d0a, section)
	interfaces := map[uint16]uint32{}
	for _, fr := range frames {
		id, ok := interfaces[fr.link]
		if !ok {
			id = uint32(len(interfaces))
			interfaces[fr.link] = id
			b = f.block(b, 1, f.describe(fr.link, id))
		}
		b = f.block(b, 6, f.packet(fr, id))
	}
	return b
}

// describe is the body of an Interface Description Block.
func (f format) describe(link uint16, id uint32) []byte {
	b := f.order.AppendUint16(nil, link)
	b = f.order.AppendUint16(b, 0)
	b = f.order.AppendUint32(b, 0) // no limit
	if id > 0 {
		b = f.order.AppendUint16(b, 9) // if_tsresol
		b = f.order.AppendUint16(b, 1)
		b = append(b, 9, 0, 0, 0)
		b = append(b, 0, 0, 0, 0) // end of options
	}
	return b
}

// packet is the body of an Enhanced Packet Block.
func (f format) packet(fr frame, id uint32) []byte {
	t := uint64(fr.at.UnixMicro())
	if id > 0 {
		t = uint64(fr.at.UnixNano())
	}
	b := f.order.AppendUint32(nil, id)
	b = f.order.AppendUint32(b, uint32(t>>32))
	b = f.order.AppendUint32(b, uint32(t))
	b = f.order.AppendUint32(b, uint32(len(fr.data)))
	b = f.order.AppendUint32(b, uint32(len(fr.data)))
	return append(b, fr.data...)
}

func (f format) block(b []byte, kind uint32, body []byte) []byte {
	for len(body)%4 != 0 {
		body = append(body, 0)
	}
	b = f.order.AppendUint32(b, kind)
	b = f.order.AppendUint32(b, uint32(len(body)+12))
	b = append(b, body...)
	return f.order.AppendUint32(b, uint32(len(body)+12))
}
