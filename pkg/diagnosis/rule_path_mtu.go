package diagnosis

import (
	"strconv"

	"github.com/sniscope/sniscope/pkg/flow"
)

// pathMTU: full-size segments of one direction are sent again and again and never acknowledged, while small
// ones are. An ICMP message that names the smaller MTU makes it certain; alone that is path MTU discovery at work.
var pathMTU = rule{
	code:  PathMTU,
	needs: segmentStalled,
	when:  func(v *view) truth { return all(is(v.tlsSeen()), v.fullSizeLost()) },
	then: func(v *view) finding {
		f := finding{severity: Error, confidence: Probable, at: v.Sides[v.stalledSide()].Stall.Event, shown: [4]flow.Event{v.Hello.End}}
		switch {
		case v.tooBig():
			f.confidence, f.shown[1] = Certain, v.ICMP.Event
		case v.longOnesArrive():
			f.confidence = Possible
		}
		return f
	},
	say: func(v *view, b []byte) []byte {
		s := v.stalledSide()
		stall := &v.Sides[s].Stall
		b = strconv.AppendUint(append(v.appendSide(b, s), " sent a segment of "...), uint64(stall.Length), 10)
		b = appendCount(append(b, " bytes again "...), stall.Count, "time")
		b = append(b, " and it was never acknowledged, while smaller ones arrived"...)
		if v.tooBig() {
			b = v.appendNextHop(append(v.ICMP.From.AppendTo(append(b, "; "...)), " says that "...))
		} else if v.longOnesArrive() {
			b = appendOtherNames(append(b, "; yet "...), v.c.Endpoint.byLength(1).Passed)
			b = append(b, ", with a hello as long, went through there, so something on the way may filter by name"...)
		}
		return b
	},
	fix: func(v *view) string {
		if v.longOnesArrive() && !v.tooBig() {
			return fixInspected + "; if clients differ in their path, " +
				"clamp the MSS on the router of the narrow link, or lower the MTU of the interface"
		}
		return ""
	},
}

// pathMTUGivenUp: the same of a hello of which nothing ever arrived but what came behind its first segment, and then the server, which had
// waited for it, ended the connection.
var pathMTUGivenUp = rule{
	code:  PathMTU,
	needs: segmentStalled,
	when: func(v *view) truth {
		return is(v.Transport == flow.TCP && v.helloSeen() && v.leftBy(server) && !v.helloArrived() && v.fullSizeLostOf(client))
	},
	then: func(v *view) finding {
		f := pathMTU.then(v)
		f.shown[2] = v.cause.Event
		return f
	},
	say: func(v *view, b []byte) []byte {
		return v.appendCause(append(pathMTU.say(v, b), "; then the server sent "...))
	},
	fix: pathMTU.fix,
}

// longOnesArrive holds when it is the hello that does not arrive, others as long did, and only hellos with its name fail: no
// path is narrow for a name.
func (v *view) longOnesArrive() bool {
	return v.stalledSide() == client && !v.Server.First.Happened() && v.namesServer() && v.onlyNameFails() &&
		v.c.Endpoint.byLength(1).Passed > 0
}

const (
	// optionRoom is what TCP options may take of a segment's MSS (RFC 9293, Section 3.1: 40 bytes).
	optionRoom = 40
	// fullSizeDefault is full-size where no MSS option was seen: below what any tunnel leaves of 1,500 bytes.
	fullSizeDefault = 1200
)

// fullSizeLost is whether the path swallows what is full-size.
func (v *view) fullSizeLost() truth {
	if v.Transport != flow.TCP {
		return no
	}
	return either(is(v.fullSizeLostOf(client)), is(v.fullSizeLostOf(server)))
}

func (v *view) fullSizeLostOf(s flow.Side) bool {
	stall := &v.Sides[s].Stall
	if stall.Count < stallCount || stall.Length < v.fullSize(s) || v.garbled(s) {
		return false
	}
	return v.Sides[s].Acked > 0 || v.repeatedACKs(s.Other()) > 0 || v.tooBig()
}

// stalledSide is the side whose full-size segments are lost.
func (v *view) stalledSide() flow.Side {
	if v.fullSizeLostOf(client) {
		return client
	}
	return server
}

// fullSize is the least length of a segment that fills what the peer said it takes.
func (v *view) fullSize(s flow.Side) uint32 {
	mss := uint32(v.Sides[s.Other()].MSS)
	if own := uint32(v.Sides[s].MSS); own > 0 && own < mss {
		mss = own
	}
	if mss <= optionRoom {
		return fullSizeDefault
	}
	return mss - optionRoom
}

// appendNextHop says what the router then named.
func (v *view) appendNextHop(b []byte) []byte {
	return append(strconv.AppendUint(append(b, "the next hop takes "...), uint64(v.ICMP.MTU), 10), " bytes"...)
}

// tooBig holds when a router said that a packet did not fit.
func (v *view) tooBig() bool { return v.ICMP.Happened() && v.ICMP.TooBig() }

// repeatedACKs are packets of a side that can only be acknowledgments without payload, beyond the one that
// set the connection up. Where the peer's first segment is missing, each tells that a later one arrived.
func (v *view) repeatedACKs(s flow.Side) int {
	side := &v.Sides[s]
	n := int(v.Packets[s]) - int(side.SYNs) - int(side.Retransmits)
	if s == client {
		n -= 1 + max(v.Hello.Segments, v.ClientPackets)
	} else if v.FirstData[server].Happened() {
		return 0 // its packets with payload are not counted
	}
	if v.leftBy(s) {
		n--
	}
	return n
}
