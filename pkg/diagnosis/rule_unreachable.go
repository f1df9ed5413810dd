package diagnosis

import (
	"strconv"

	"github.com/sniscope/sniscope/pkg/flow"
)

// destinationUnreachable: ICMP 3 or ICMPv6 1 quotes the SYN, or a QUIC client's first packets, and the server
// never answered. One that quotes the server's SYN-ACK is for replyUnreachable.
var destinationUnreachable = rule{
	code:  DestinationUnreachable,
	needs: routerSpoke,
	when: func(v *view) truth {
		return is(v.ICMP.Happened() && v.ICMP.QuotesSYN && v.ICMP.Quoted == client && v.ICMP.Unreachable() && v.Packets[server] == 0)
	},
	then: func(v *view) finding {
		return finding{severity: v.weight(), confidence: Certain, at: v.ICMP.Event, shown: [4]flow.Event{v.SYN, v.Hello.Start}}
	},
	say: func(v *view, b []byte) []byte {
		e := &v.ICMP
		b = append(e.From.AppendTo(b), " answered the packets to "...)
		b = appendICMP(append(v.Endpoints[server].AppendTo(b), " with "...), e)
		if byFirewall(e) {
			b = append(b, ", as a firewall does"...)
		}
		return b
	},
	fix: func(v *view) string {
		switch {
		case byFirewall(&v.ICMP):
			return fixRejects
		case !v.ICMP.NoPort():
			return fixUnreachable
		case v.Transport == flow.TCP:
			return "look for a rule of a firewall that rejects the packets, on the server's host or before it: a host on which nothing listens answers TCP with RST, not with this message"
		case v.ICMP.From != v.Endpoints[server].Addr():
			return "look for a rule of a firewall on the way that rejects the packets: a host on which nothing listens answers in its own name"
		}
		return "check whether the server runs and listens on that UDP port and address; if it does, look for a firewall's rule that rejects the packets with the same message"
	},
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

// appendICMP names an unreachable message: "ICMP 3/13 (administratively prohibited)".
func appendICMP(b []byte, e *flow.ICMPError) []byte {
	protocol, names := "ICMP ", unreachableV4[:]
	if !e.From.Is4() {
		protocol, names = "ICMPv6 ", unreachableV6[:]
	}
	b = append(strconv.AppendUint(append(b, protocol...), uint64(e.Type), 10), '/')
	b = strconv.AppendUint(b, uint64(e.Code), 10)
	if int(e.Code) < len(names) {
		b = append(append(append(b, " ("...), names[e.Code]...), ')')
	}
	return b
}

// byFirewall holds for the codes that only a rule of a firewall sends.
func byFirewall(e *flow.ICMPError) bool {
	if e.From.Is4() {
		return e.Code == 9 || e.Code == 10 || e.Code == 13
	}
	return e.Code == 1 || e.Code == 5 || e.Code == 6
}
