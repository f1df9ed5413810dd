package analysis_test

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"testing"

	"github.com/sniscope/sniscope/pkg/analysis"
	"github.com/sniscope/sniscope/pkg/capture"
)

// pcapng is a pcapng file under construction.
type pcapng struct {
	order binary.AppendByteOrder
	out   []byte
}

// Block types (draft-ietf-opsawg-pcapng, Section 11.1).
const (
	blockSection   = 0x0a0d0d0a
	blockInterface = 1
	blockObsolete  = 2
	blockSimple    = 3
	blockNames     = 4
	blockStats     = 5
	blockEnhanced  = 6
	blockSecrets   = 10
	blockCustom    = 0x0bad
)

// block appends a block, and pads its body.
func (p *pcapng) block(kind uint32, body []byte) {
	body = append(body, make([]byte, -len(body)&3)...)
	length := uint32(12 + len(body))
	p.out = p.order.AppendUint32(p.order.AppendUint32(p.out, kind), length)
	p.out = p.order.AppendUint32(append(p.out, body...), length)
}

// section begins a section in the given byte order.
func (p *pcapng) section(order binary.AppendByteOrder) {
	p.order = order
	body := order.AppendUint16(order.AppendUint16(order.AppendUint32(nil, 0x1a2b3c4d), 1), 0)
	p.block(blockSection, order.AppendUint64(body, ^uint64(0)))
}

// iface describes an interface.
func (p *pcapng) iface(kind uint32, snaplen uint32, options ...[]byte) {
	body := p.order.AppendUint32(p.order.AppendUint16(p.order.AppendUint16(nil, uint16(kind)), 0), snaplen)
	for _, o := range options {
		body = append(body, o...)
	}
	p.block(blockInterface, append(body, 0, 0, 0, 0))
}

func (p *pcapng) option(code uint16, value []byte) []byte {
	o := p.order.AppendUint16(p.order.AppendUint16(nil, code), uint16(len(value)))
	return append(append(o, value...), make([]byte, -len(value)&3)...)
}

// packet appends an Enhanced Packet Block.
func (p *pcapng) packet(iface uint32, ticks uint64, f frame) {
	p.block(blockEnhanced, p.timed(p.order.AppendUint32(nil, iface), ticks, f))
}

// obsolete appends a Packet Block.
func (p *pcapng) obsolete(iface uint16, ticks uint64, f frame) {
	p.block(blockObsolete, p.timed(p.order.AppendUint16(p.order.AppendUint16(nil, iface), 0xffff), ticks, f))
}

// simple appends a Simple Packet Block.
func (p *pcapng) simple(f frame) {
	p.block(blockSimple, append(p.order.AppendUint32(nil, f.length()), f.data...))
}

func (p *pcapng) timed(body []byte, ticks uint64, f frame) []byte {
	o := p.order
	body = o.AppendUint32(o.AppendUint32(body, uint32(ticks>>32)), uint32(ticks))
	return append(o.AppendUint32(o.AppendUint32(body, uint32(len(f.data))), f.length()), f.data...)
}

// clock is if_tsresol and if_tsoffset.
type clock struct {
	resolution byte
	offset     int64 // seconds
}

// ticks is the least timestamp that is not before the time.
func (c clock) ticks(time int64) uint64 {
	units, exponent := uint64(1), c.resolution&0x7f
	for range exponent {
		if units *= 10; c.resolution&0x80 != 0 {
			units = units / 10 * 2
		}
	}
	hi, lo := bits.Mul64(uint64(time-c.offset*1e9), units)
	quotient, rest := bits.Div64(hi, lo, 1e9)
	if rest > 0 {
		quotient++
	}
	return quotient
}

// write writes a file whose only interface has that clock.
func (c clock) write(kind uint32, frames []frame) []byte {
	var p pcapng
	p.section(binary.LittleEndian)
	offset := p.order.AppendUint64(nil, uint64(c.offset))
	p.iface(kind, 0, p.option(9, []byte{c.resolution}), p.option(14, offset))
	for _, f := range frames {
		p.packet(0, c.ticks(f.time), f)
	}
	return p.out
}

const microseconds = 1000

// plainPcapng writes one section with one interface.
func plainPcapng(order binary.AppendByteOrder) func(uint32, []frame) []byte {
	return func(kind uint32, frames []frame) []byte {
		var p pcapng
		p.section(order)
		p.iface(kind, snaplen)
		for _, f := range frames {
			p.packet(0, uint64(f.time/microseconds), f)
		}
		return p.out
	}
}

// sections begins a section after every third datagram, each in another byte order and with other units of time than
// the one before. The fragments of a datagram are on one interface, and a new section has new interfaces.
func sections(kind uint32, frames []frame) []byte {
	orders := []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian}
	clocks := []clock{{resolution: 6}, {resolution: 9}}
	var p pcapng
	for i, whole := 0, 0; i < len(frames); i++ {
		k := whole / 3 % 2
		if whole%3 == 0 && (i == 0 || !frames[i-1].more) {
			p.section(orders[k])
			p.iface(kind, 0, p.option(9, []byte{clocks[k].resolution}))
		}
		p.packet(0, clocks[k].ticks(frames[i].time), frames[i])
		if !frames[i].more {
			whole++
		}
	}
	return p.out
}

// simpleBlocks writes packets without times.
func simpleBlocks(kind uint32, frames []frame) []byte {
	var p pcapng
	p.section(binary.BigEndian)
	p.iface(kind, 0)
	for _, f := range frames {
		p.simple(f)
	}
	return p.out
}

// obsoleteBlocks writes every other packet as a Packet Block.
func obsoleteBlocks(kind uint32, frames []frame) []byte {
	var p pcapng
	p.section(binary.BigEndian)
	p.iface(kind, 0)
	for i, f := range frames {
		if i%2 == 0 {
			p.obsolete(0, uint64(f.time/microseconds), f)
		} else {
			p.packet(0, uint64(f.time/microseconds), f)
		}
	}
	return p.out
}

// strangers puts blocks between the packets that have nothing to say about them.
func strangers(kind uint32, frames []frame) []byte {
	var p pcapng
	p.section(binary.LittleEndian)
	p.block(0x7ffffff0, nil)
	p.iface(kind, 0, p.option(2, []byte("eth0")), p.option(0xfff0, []byte("?")))
	for i, f := range frames {
		p.block([]uint32{blockNames, blockSecrets, 0x0bac, 0x40000bac, 0x80000001}[i%5], make([]byte, i*i))
		p.packet(0, uint64(f.time/microseconds), f)
		p.block(blockStats, make([]byte, 12))
	}
	return p.out
}

// twoInterfaces has every other datagram on a second interface, which is described when its first packet comes.
func twoInterfaces(kind uint32, frames []frame) []byte {
	var p pcapng
	p.section(binary.BigEndian)
	p.iface(kind, 0)
	second, known := false, false
	for _, f := range frames {
		if second && !known {
			known = true
			p.iface(kind, 0, p.option(9, []byte{9}))
		}
		if second {
			p.packet(1, uint64(f.time), f)
		} else {
			p.packet(0, uint64(f.time/microseconds), f)
		}
		second = second != !f.more
	}
	return p.out
}

func pcapngFormats() []format {
	return []format{
		{name: "pcapng", write: plainPcapng(binary.LittleEndian)},
		{name: "pcapng big-endian", write: plainPcapng(binary.BigEndian)},
		{name: "pcapng of many sections", write: sections},
		{name: "pcapng nanoseconds", write: clock{resolution: 9}.write},
		{name: "pcapng, units of 100 ns, offset", write: clock{7, 1_000_000_000}.write},
		{name: "pcapng nanoseconds from 2100 on", write: clock{9, -1_000_000_000}.write},
		{name: "pcapng, units of 2^-30 s", write: clock{resolution: 0x80 | 30}.write},
		{name: "pcapng, units of 2^-32 s, offset", write: clock{0x80 | 32, 1_500_000_000}.write},
		{name: "pcapng milliseconds", untimed: true, write: clock{resolution: 3}.write},
		{name: "pcapng, units of 2^-10 s", untimed: true, write: clock{resolution: 0x80 | 10}.write},
		{name: "pcapng obsolete packet blocks", write: obsoleteBlocks},
		{name: "pcapng unknown blocks between", write: strangers},
		{name: "pcapng of two interfaces", write: twoInterfaces},
		{name: "pcapng simple packet blocks", untimed: true, timeless: true, write: simpleBlocks},
	}
}

// TestNumberedBlocks puts custom blocks between the packets, which Wireshark numbers as if they were some. Evidence is
// numbered as there, with a filter and without, and they count as packets nowhere else.
func TestNumberedBlocks(t *testing.T) {
	all := turns(t)
	frames := plainFrames(all)
	var p pcapng
	p.section(binary.LittleEndian)
	p.block(blockCustom, make([]byte, 2*blockSize))
	p.iface(1, 0)
	for i, f := range frames {
		if i%3 == 0 {
			p.block(blockCustom, make([]byte, 8))
		}
		if i%6 == 0 {
			p.block(blockCustom|0x40000000, make([]byte, 600))
		}
		p.packet(0, uint64(f.time/microseconds), f)
	}
	want := evidenceMoved(baseRows(t, all), func(n int) string { return fmt.Sprint(n + 1 + (n+2)/3 + (n+5)/6) })
	for name, config := range map[string]analysis.Config{
		"without filter": {},
		"with filter":    {Filter: func(*capture.Packet, []byte) bool { return true }},
		"with a count":   {Packets: uint64(len(frames))},
		"with a time":    {Duration: 1 << 50},
	} {
		got, result, err := rowsWith(config, file{"matrix", p.out})
		if err != nil || result.Packets != uint64(len(frames)) {
			t.Errorf("%s: %v, %v", name, result, err)
		}
		sameRows(t, name, got, want)
	}
}
