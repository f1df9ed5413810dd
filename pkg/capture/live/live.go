// Package live captures packets from network interfaces, in the blocks in which package capture reads them from
// files.
//
// On Linux it reads the memory-mapped ring of a packet socket (packet(7), TPACKET_V3) and needs neither cgo nor
// libpcap. With the build tag libpcap, and cgo, it uses libpcap instead, which is how macOS and the BSDs capture. In
// other builds Open says what to do.
package live

import (
	"github.com/sniscope/sniscope/pkg/capture"
	"github.com/sniscope/sniscope/pkg/filter"
)

// Any is the name that stands for all interfaces at once, those that come later included. Linux only.
const Any = "any"

// Options is what a capture may be told. The zero value captures every packet to and from this machine.
type Options struct {
	// Promiscuous captures also what the network brings to the interface for others. It has no effect on Any.
	Promiscuous bool

	// Filter returns the filter for packets of the given link type, or nil for all packets. It is called once,
	// in Open, which returns its error as it is. A nil Filter takes all packets.
	//
	// On Linux a filter sees a packet without the outermost VLAN tag, as the kernel does: see package filter on "VLAN
	// tags in live captures". Compile knows. The tag is put back into what Next returns.
	Filter func(link capture.LinkType) (*filter.Program, error)

	// WentDown is called in Next, unless it is nil, when the interface goes down: the capture goes on once it is up
	// again. Linux only.
	WentDown func()

	// ringBytes is the memory for packets that the kernel has captured and Next has not yet returned, in bytes;
	// 0 means 32 MiB. It is rounded and kept between 1 MiB and 1 GiB. Only tests set it.
	ringBytes int
}

// program returns the filter for a link type, nil for none.
func (o Options) program(link capture.LinkType) (*filter.Program, error) {
	if o.Filter == nil {
		return nil, nil
	}
	return o.Filter(link)
}
