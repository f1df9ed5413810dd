package capture

import "fmt"

// Options that are read (draft-ietf-opsawg-pcapng, Sections 4.2 and 4.6).
const (
	optEnd        = 0
	optIfName     = 2
	optIfTsresol  = 9
	optIfTsoffset = 14
	optIsbIfdrop  = 5
	optIsbOsdrop  = 7
)

// microseconds is the if_tsresol of an interface that has none.
const microseconds = 6

// describeInterface handles an Interface Description Block (Section 4.2).
func (n *pcapng) describeInterface(body []byte) (problem string) {
	if len(body) < 8 {
		return fmt.Sprintf("interface description block: %d bytes are too few", len(body))
	}
	if len(n.ifaces) >= maxInterfaces {
		return fmt.Sprintf("interface description block: more than %d interfaces", maxInterfaces)
	}
	iface := ngIface{Interface: Interface{
		Link:    LinkType(n.order.uint16(body)),
		SnapLen: n.order.uint32(body[4:]),
	}}
	resolution, offset := uint8(microseconds), int64(0)
	n.options(body[8:], func(code uint16, value []byte) {
		switch {
		case code == optIfName:
			iface.Name = string(value[:min(len(value), maxInterfaceName)])
		case code == optIfTsresol && len(value) >= 1:
			resolution = value[0]
		case code == optIfTsoffset && len(value) >= 8:
			offset = int64(n.order.uint64(value))
		}
	})
	iface.clock = newClock(resolution, offset)
	iface.Digits = iface.clock.digits
	n.ifaces = append(n.ifaces, iface)
	return ""
}

// statistics handles an Interface Statistics Block (Section 4.6). One for an unknown interface tells nothing
// about any packet and is passed over.
func (n *pcapng) statistics(body []byte) (problem string) {
	if len(body) < 12 {
		return fmt.Sprintf("interface statistics block: %d bytes are too few", len(body))
	}
	id := n.order.uint32(body)
	if id >= uint32(len(n.ifaces)-n.section) {
		return ""
	}
	iface := &n.ifaces[n.section+int(id)]
	n.options(body[12:], func(code uint16, value []byte) {
		switch {
		case code == optIsbIfdrop && len(value) >= 8:
			iface.HasDrops, iface.DroppedByIf = true, n.order.uint64(value)
		case code == optIsbOsdrop && len(value) >= 8:
			iface.HasDrops, iface.DroppedByHost = true, n.order.uint64(value)
		}
	})
	return ""
}

// options calls f for each option. One that exceeds the block ends the list: what it would have said is
// not known, and the packets do not depend on it.
func (n *pcapng) options(data []byte, f func(code uint16, value []byte)) {
	for len(data) >= 4 {
		code, length := n.order.uint16(data), int(n.order.uint16(data[2:]))
		if code == optEnd || length > len(data)-4 {
			return
		}
		f(code, data[4:4+length])
		data = data[min(len(data), 4+(length+3)&^3):]
	}
}
