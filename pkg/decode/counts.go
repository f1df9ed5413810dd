package decode

import (
	"iter"
	"maps"

	"github.com/sniscope/sniscope/pkg/capture"
)

// Reason is why a packet did not become a segment.
type Reason uint8

// The reasons, in the order in which the report lists them. Their names are published.
const (
	Malformed     Reason = iota // a header contradicts itself or what is around it
	Truncated                   // the capture cut the packet before its ports and flags
	IPFragment                  // part of a datagram of which the rest was not seen
	ARP                         // or RARP
	NotIP                       // another EtherType, LLC, or address family
	ICMP                        // not an error, or an error that quotes neither TCP nor UDP
	SCTP                        // of whatever payload
	Encrypted                   // ESP
	OtherIP                     // another protocol over IP
	TooDeep                     // more tunnels inside each other than are followed
	UnknownLink                 // a link type that is not decoded
	UnknownTunnel               // a tunnel that carries what is not decoded
	numReasons
)

var reasonNames = [numReasons]string{
	Malformed:     "malformed",
	Truncated:     "truncated",
	IPFragment:    "ip-fragment",
	ARP:           "arp",
	NotIP:         "not-ip",
	ICMP:          "icmp",
	SCTP:          "sctp",
	Encrypted:     "encrypted",
	OtherIP:       "other-ip-protocol",
	TooDeep:       "too-deep",
	UnknownLink:   "unknown-link-type",
	UnknownTunnel: "unknown-tunnel",
}

// String is the reason as the report prints it.
func (r Reason) String() string {
	if r < numReasons {
		return reasonNames[r]
	}
	return "unknown"
}

// Counts says how many packets did not become a segment, by reason. The zero value is empty.
type Counts [numReasons]uint64

// Add adds the packets that o counts.
func (c *Counts) Add(o Counts) {
	for r, n := range o {
		c[r] += n
	}
}

// All yields the reasons that occurred, in a fixed order, and how often each did.
func (c *Counts) All() iter.Seq2[Reason, uint64] {
	return func(yield func(Reason, uint64) bool) {
		for r, n := range c {
			if n > 0 && !yield(Reason(r), n) {
				return
			}
		}
	}
}

// Links says how many packets have a link type. The nil Links is empty.
type Links map[capture.LinkType]uint64

// Add adds the packets that o counts.
func (l *Links) Add(o Links) {
	if *l == nil {
		*l = maps.Clone(o)
		return
	}
	for link, n := range o {
		(*l)[link] += n
	}
}
