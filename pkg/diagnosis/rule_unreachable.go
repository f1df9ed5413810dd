package diagnosis

import (
	"fmt"

	"github.com/sniscope/sniscope/pkg/flow"
)

// destinationUnreachable: ICMP 3 or ICMPv6 1 quotes the SYN, or a QUIC client's first packets, and the server
// never answered.
var destinationUnreachable = rule{
	code:  DestinationUnreachable,
	needs: routerSpoke,
	when:  func(v *view) truth { return is(v.unreachable() && v.Packets[server] == 0) },
	then: func(v *view) finding {
		return finding{severity: v.weight(), confidence: Certain, at: v.ICMP.Event, shown: [4]flow.Event{v.SYN, v.Hello.Start}}
	},
	say: func(v *view) string {
		e := &v.ICMP
		s := fmt.Sprintf("%s answered the packets to %s with %s", e.From, v.serverAddr(), icmpWords(e))
		if byFirewall(e) {
			s += ", as a firewall does"
		}
		return s
	},
}

// unreachable holds for a message that says that the server cannot be reached; "too big" (3/4) does not.
func (v *view) unreachable() bool {
	e := &v.ICMP
	if !e.Happened() || !e.QuotesSYN {
		return false
	}
	if e.From.Is4() {
		return e.Type == 3 && e.Code != 4
	}
	return e.Type == 1
}

// unreachableV4 and unreachableV6 are what the codes mean (RFC 792, RFC 1812, Section 5.2.7.1; RFC 4443, Section 3.1).
var (
	unreachableV4 = [...]string{
		"network unreachable", "host unreachable", "protocol unreachable", "port unreachable", "fragmentation needed",
		"source route failed", "network unknown", "host unknown", "source host isolated", "network prohibited",
		"host prohibited", "network unreachable for this service", "host unreachable for this service",
		"administratively prohibited", "host precedence violation", "precedence cutoff in effect",
	}
	unreachableV6 = [...]string{
		"no route to destination", "administratively prohibited", "beyond scope of source address", "address unreachable",
		"port unreachable", "source address failed policy", "reject route to destination", "error in source routing header",
	}
)

// icmpWords name an unreachable message: "ICMP 3/13 (administratively prohibited)".
func icmpWords(e *flow.ICMPError) string {
	protocol, names := "ICMP", unreachableV4[:]
	if !e.From.Is4() {
		protocol, names = "ICMPv6", unreachableV6[:]
	}
	s := fmt.Sprintf("%s %d/%d", protocol, e.Type, e.Code)
	if int(e.Code) < len(names) {
		s += " (" + names[e.Code] + ")"
	}
	return s
}

// byFirewall holds for the codes that only a rule of a firewall sends.
func byFirewall(e *flow.ICMPError) bool {
	if e.From.Is4() {
		return e.Code == 9 || e.Code == 10 || e.Code == 13
	}
	return e.Code == 1 || e.Code == 5 || e.Code == 6
}
