package diagnosis

import (
	"strconv"

	"github.com/sniscope/sniscope/pkg/flow"
)

// A segment that comes with a wrong checksum is in the capture, and its receiver drops it: no MTU and no firewall keeps it back. A
// network card or a driver computes such sums, mostly of what a tunnel carries.

// garbled holds where a side sent a segment again, more than once, and each time the checksum was wrong. What leaves the sender's host
// is not looked at, nor what is longer than a packet: a network card completes the one, and has made the other of several.
func (v *view) garbled(s flow.Side) bool {
	side, most := &v.Sides[s], v.Sides[s.Other()].MSS
	return side.Garbled && side.Stall.Count > 1 && side.Passage != flow.PassageOut && (most == 0 || side.Stall.Length <= uint32(most))
}

// lostToGarbling holds where that is what the connection failed of, unless a side says what else.
func (v *view) lostToGarbling() bool {
	return (v.garbled(client) || v.garbled(server)) && v.through == no && v.cause.Kind != CauseAlert
}

// remarkGarbled says so.
func remarkGarbled(b []byte, v *view, _, _ *rule) []byte {
	if !v.lostToGarbling() {
		return b
	}
	s := server
	if v.garbled(client) {
		s = client
	}
	stall := &v.Sides[s].Stall
	b = append(append(append(b, "each of the "...), strconv.FormatUint(uint64(stall.Count), 10)...), " repetitions of the "...)
	b = append(append(append(b, sideNames[s]...), "'s segment of "...), strconv.FormatUint(uint64(stall.Length), 10)...)
	return append(append(append(b, " bytes was captured with a wrong TCP checksum; the "...), sideNames[s.Other()]...), "'s host drops such packets"...)
}

// fixGarbled is what to do about it.
const fixGarbled = "find out what computes the TCP checksum wrong between the sender and this capture: turn off checksum offload of the tunnel (VXLAN, Geneve), " +
	"the network card or the virtual one on the sender's host (ethtool -K DEV tx off), or update its driver or kernel; `tcpdump -vv` marks such packets as incorrect"
