package decode

import (
	"encoding/binary"
	"math"

	"github.com/sniscope/sniscope/pkg/capture"
)

// Apple's header before a packet (https://www.tcpdump.org/linktypes/LINKTYPE_PKTAP.html). All systems that write it are
// little-endian.
const (
	pktapFlags     = 36 // offset of the flags in both versions
	pktapMinimum   = 40 // as far as the flags reach
	pktapMinimum1  = 108
	pktapVersion2  = 0x00080000 // flag
	pktapHasPacket = 1          // record type of version 1
	pktapName1     = 12         // offset of the interface's name in version 1, which has 24 bytes
	pktapNameBytes = 24
)

// pktap takes Apple's header, which names the link type of what follows.
func pktap(w *walk) step {
	h := w.peek(pktapMinimum)
	if h == nil {
		return nil
	}
	if binary.LittleEndian.Uint32(h[pktapFlags:])&pktapVersion2 != 0 {
		return w.pktap(int(h[0]), int(h[3]), uint32(binary.LittleEndian.Uint16(h[6:])))
	}
	size, link := binary.LittleEndian.Uint32(h), binary.LittleEndian.Uint32(h[8:])
	switch {
	case size < pktapMinimum1 || size > math.MaxUint16:
		return w.skip(Malformed)
	case binary.LittleEndian.Uint32(h[4:]) != pktapHasPacket:
		return w.skip(NotIP)
	}
	return w.pktap(int(size), pktapName1, link)
}

// pktap goes on behind a header of that size with the given link type. The interface's name is at an offset of the
// header, 0 if there is none.
func (w *walk) pktap(size, name int, link uint32) step {
	h := w.take(max(size, pktapMinimum))
	switch {
	case h == nil:
		return nil
	case size < pktapMinimum || link > math.MaxUint16 || capture.LinkType(link) == linkPKTAP:
		return w.skip(Malformed)
	}
	if 0 < name && name < size {
		w.iface = interfaceTag(w.p.Iface, hashName(h[name:min(name+pktapNameBytes, size)]))
	}
	return w.link(capture.LinkType(link))
}

// hashName folds a name that a NUL may end.
func hashName(name []byte) (hash uint32) {
	for _, b := range name {
		if b == 0 {
			break
		}
		hash = hash*31 + uint32(b)
	}
	return hash
}
