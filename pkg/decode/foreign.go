package decode

import (
	"encoding/binary"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"

	"github.com/sniscope/sniscope/pkg/capture"
)

// Link types that are left to gopacket (https://www.tcpdump.org/linktypes.html).
const (
	linkFDDI     capture.LinkType = 10
	linkDot11    capture.LinkType = 105
	linkPFLog    capture.LinkType = 117
	linkPrism    capture.LinkType = 119
	linkRadiotap capture.LinkType = 127
)

// foreignEnd is where gopacket's part ends.
var foreignEnd = gopacket.NewLayerClass([]gopacket.LayerType{
	layers.LayerTypeIPv4, layers.LayerTypeIPv6, layers.LayerTypeARP, layers.LayerTypeDot1Q,
})

// radiotap takes the header that a wireless driver puts before a frame (https://www.radiotap.org). It is not
// gopacket's, which copies the whole packet to add a checksum to it.
func radiotap(w *walk) step {
	h := w.peek(4)
	if h == nil || w.take(int(binary.LittleEndian.Uint16(h[2:]))) == nil {
		return nil
	}
	return w.foreign(layers.LinkTypeIEEE802_11)
}

// foreign has gopacket find the way through a link layer, and goes on from where its part ends. gopacket recovers from
// its own panics: what it cannot decode looks like what is no IP.
func (w *walk) foreign(link layers.LinkType) step {
	rest := w.rest()
	packet := gopacket.NewPacket(rest, link, gopacket.DecodeOptions{Lazy: true, NoCopy: true})
	found := packet.LayerClass(foreignEnd)
	if found == nil {
		return w.skip(NotIP)
	}
	// Layers are parts of rest, all of which end where it does.
	header := found.LayerContents()
	at := cap(rest) - cap(header)
	if len(header) == 0 || at < 0 || &header[0] != &rest[at] {
		return w.skip(Malformed)
	}
	w.pos += at
	switch found.LayerType() {
	case layers.LayerTypeIPv4:
		return ipv4
	case layers.LayerTypeIPv6:
		return ipv6
	case layers.LayerTypeDot1Q:
		return vlan
	}
	return w.skip(ARP)
}
