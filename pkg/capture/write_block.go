package capture

import (
	"encoding/binary"
	"strings"
	"unicode/utf8"
)

// Options that are only written (draft-ietf-opsawg-pcapng, Sections 3.5 and 4.1).
const (
	optComment     = 1
	optShbUserappl = 4
)

// nanoseconds is the if_tsresol of the finest timestamps that a Packet has.
const nanoseconds = 9

// WriteDrops stores the drops that i reports for the interface with that number (Section 4.6). time is when they
// were counted, in nanoseconds since the epoch. Without i.HasDrops there is nothing to store.
func (w *Writer) WriteDrops(iface int, i Interface, time int64) error {
	switch {
	case w.err != nil || !i.HasDrops:
		return w.err
	case uint(iface) >= uint(len(w.ifaces)):
		return w.noInterface(iface)
	}
	stamp := uint64(max(0, time) / w.ifaces[iface].unit)
	w.start(ngStatistics)
	w.uint32(uint32(iface), uint32(stamp>>32), uint32(stamp))
	w.option(optIsbIfdrop, binary.LittleEndian.AppendUint64(nil, i.DroppedByIf))
	w.option(optIsbOsdrop, binary.LittleEndian.AppendUint64(nil, i.DroppedByHost))
	w.option(optEnd, nil)
	w.finish()
	return w.err
}

// section writes a Section Header Block (Section 4.1) of unknown length.
func (w *Writer) section() {
	w.start(ngSection)
	w.uint32(ngByteOrderMagic, 1, ^uint32(0), ^uint32(0)) // 1 is version 1.0
	w.option(optShbUserappl, []byte("sniscope"))
	w.option(optEnd, nil)
	w.finish()
}

// describe writes an Interface Description Block (Section 4.2).
func (w *Writer) describe(i *writeIface) {
	w.start(ngInterface)
	w.uint32(uint32(i.Link), 0) // the limit of 0 is none
	if name := cutUTF8(i.Name, maxInterfaceName); name != "" {
		w.option(optIfName, []byte(name))
	}
	w.option(optIfTsresol, []byte{i.Digits})
	w.option(optEnd, nil)
	w.finish()
}

// enhancedPacket writes an Enhanced Packet Block (Section 4.3).
func (w *Writer) enhancedPacket(iface uint32, stamp uint64, length uint32, data []byte, comment string) {
	w.start(ngEnhancedPacket)
	w.uint32(iface, uint32(stamp>>32), uint32(stamp), uint32(len(data)), length)
	w.block = append(w.block, data...)
	w.pad()
	if comment = cutUTF8(comment, maxComment); comment != "" {
		w.option(optComment, []byte(comment))
		w.option(optEnd, nil)
	}
	w.finish()
}

// start begins a block; finish ends it and writes it.
func (w *Writer) start(kind uint32) {
	w.block = w.block[:0]
	w.uint32(kind, 0)
}

func (w *Writer) finish() {
	length := uint32(len(w.block) + ngTrailer)
	w.uint32(length)
	binary.LittleEndian.PutUint32(w.block[4:], length)
	if w.err != nil {
		return
	}
	n, err := w.buffered.Write(w.block)
	w.written += int64(n)
	w.fail(err)
}

func (w *Writer) uint32(values ...uint32) {
	for _, v := range values {
		w.block = binary.LittleEndian.AppendUint32(w.block, v)
	}
}

func (w *Writer) option(code uint16, value []byte) {
	w.block = binary.LittleEndian.AppendUint16(w.block, code)
	w.block = binary.LittleEndian.AppendUint16(w.block, uint16(len(value)))
	w.block = append(w.block, value...)
	w.pad()
}

func (w *Writer) pad() {
	for len(w.block)%4 != 0 {
		w.block = append(w.block, 0)
	}
}

// cutUTF8 returns the beginning of s, of at most n bytes, as UTF-8: bytes that are none become U+FFFD.
func cutUTF8(s string, n int) string {
	s = strings.ToValidUTF8(s, "\ufffd")
	if len(s) <= n {
		return s
	}
	for !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
