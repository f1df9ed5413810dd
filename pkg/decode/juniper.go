package decode

import (
	"encoding/binary"

	"github.com/sniscope/sniscope/pkg/capture"
)

// linkJuniper is what Junos writes of an Ethernet interface ("monitor traffic … write-file"). The header is not described
// but in print-juniper.c of tcpdump: a magic number, flags, and perhaps a list of what the router knows of the packet.
const linkJuniper capture.LinkType = 178

const (
	juniperMagic   = "MGC"
	juniperNoLink  = 0x02 // flag: an address family stands in place of the Ethernet header
	juniperExtends = 0x80 // flag: a list with its length
)

func juniper(w *walk) step {
	h := w.take(4)
	switch {
	case h == nil:
		return nil
	case string(h[:3]) != juniperMagic:
		return w.skip(Malformed)
	}
	flags := h[3]
	if flags&juniperExtends != 0 {
		if h = w.take(2); h == nil || w.take(int(binary.BigEndian.Uint16(h))) == nil {
			return nil
		}
	}
	if flags&juniperNoLink == 0 {
		return ethernet
	}
	if w.take(4) == nil {
		return nil
	}
	return rawIP
}
