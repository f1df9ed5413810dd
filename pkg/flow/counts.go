package flow

import "iter"

// Reason is why a segment belongs to no connection or was left out of one, or why a connection was given up.
type Reason uint8

// The reasons, in the order in which the report lists them. Their names are published.
const (
	Stray        Reason = iota // a lone ACK, FIN or RST of a connection that was never seen
	StrayICMP                  // an ICMP error about a connection that was never seen
	UDP                        // a datagram that no connection was opened for
	Duplicate                  // a copy of a packet, from another interface or a mirror port
	Late                       // a packet of a connection that had been over for a second
	Implausible                // payload or a FIN far outside the window: its bytes are not taken
	Evicted                    // connections given up because the table was full
	GivenUp                    // holes given up because too many bytes waited behind them
	Overfull                   // handshake messages given up because too much was held of others
	UnnamedEncap               // connections whose encapsulation is one too many to be named
	numReasons
)

var reasonNames = [numReasons]string{
	Stray:        "stray",
	StrayICMP:    "stray-icmp",
	UDP:          "udp",
	Duplicate:    "duplicate",
	Late:         "late",
	Implausible:  "implausible",
	Evicted:      "evicted",
	GivenUp:      "hole-given-up",
	Overfull:     "message-given-up",
	UnnamedEncap: "unnamed-encapsulation",
}

// String is the reason as the report prints it.
func (r Reason) String() string {
	if r < numReasons {
		return reasonNames[r]
	}
	return "unknown"
}

// Counts says how often each reason applied. The zero value is empty.
type Counts [numReasons]uint64

// Add adds what o counts.
func (c *Counts) Add(o Counts) {
	for r, n := range o {
		c[r] += n
	}
}

// All yields the reasons that applied, in a fixed order, and how often each did.
func (c *Counts) All() iter.Seq2[Reason, uint64] {
	return func(yield func(Reason, uint64) bool) {
		for r, n := range c {
			if n > 0 && !yield(Reason(r), n) {
				return
			}
		}
	}
}
