package filter

// constants are the names that stand for a number anywhere in an expression.
var constants = map[string]uint32{
	"tcpflags": 13,
	"tcp-fin":  0x01, "tcp-syn": 0x02, "tcp-rst": 0x04, "tcp-push": 0x08,
	"tcp-ack": 0x10, "tcp-urg": 0x20, "tcp-ece": 0x40, "tcp-cwr": 0x80,

	"icmptype": 0, "icmpcode": 1,
	"icmp-echoreply": 0, "icmp-unreach": 3, "icmp-sourcequench": 4, "icmp-redirect": 5,
	"icmp-echo": 8, "icmp-routeradvert": 9, "icmp-routersolicit": 10, "icmp-timxceed": 11,
	"icmp-paramprob": 12, "icmp-tstamp": 13, "icmp-tstampreply": 14, "icmp-ireq": 15,
	"icmp-ireqreply": 16, "icmp-maskreq": 17, "icmp-maskreply": 18,

	"icmp6type": 0, "icmp6code": 1,
	"icmp6-destinationunreach": 1, "icmp6-packettoobig": 2, "icmp6-timeexceeded": 3,
	"icmp6-parameterproblem": 4, "icmp6-echo": 128, "icmp6-echoreply": 129,
	"icmp6-multicastlistenerquery": 130, "icmp6-multicastlistenerreportv1": 131,
	"icmp6-multicastlistenerdone": 132, "icmp6-routersolicit": 133, "icmp6-routeradvert": 134,
	"icmp6-neighborsolicit": 135, "icmp6-neighboradvert": 136, "icmp6-redirect": 137,
	"icmp6-routerrenum": 138, "icmp6-nodeinformationquery": 139,
	"icmp6-nodeinformationresponse": 140, "icmp6-ineighbordiscoverysolicit": 141,
	"icmp6-ineighbordiscoveryadvert": 142, "icmp6-multicastlistenerreportv2": 143,
	"icmp6-homeagentdiscoveryrequest": 144, "icmp6-homeagentdiscoveryreply": 145,
	"icmp6-mobileprefixsolicit": 146, "icmp6-mobileprefixadvert": 147,
	"icmp6-certpathsolicit": 148, "icmp6-certpathadvert": 149,
	"icmp6-multicastrouteradvert": 151, "icmp6-multicastroutersolicit": 152,
	"icmp6-multicastrouterterm": 153,
}

// layer says where a protocol's header is and how the protocol is recognised.
type layer uint8

const (
	layerLink      layer = iota // the link-layer header
	layerNetwork                // recognised by an EtherType
	layerTransport              // recognised by an IP protocol number
)

// protocol is a keyword that names a protocol.
type protocol struct {
	name   string
	layer  layer
	number uint32 // EtherType or IP protocol number; 0 for the link layer
	v4, v6 bool   // the IP versions that the bare keyword matches; transport only
	fields bool   // whether name[offset] can be written
}

const (
	etherTypeIPv4 = 0x0800
	etherTypeARP  = 0x0806
	etherTypeRARP = 0x8035
	etherTypeIPv6 = 0x86dd
	etherTypeMPLS = 0x8847
	etherTypePPP  = 0x8864 // PPPoE, session stage

	protoTCP      = 6
	protoUDP      = 17
	protoFragment = 44 // IPv6 fragment header
	protoAH       = 51
	protoICMPv6   = 58
	protoSCTP     = 132
)

// protocols are the protocol keywords. fddi, ppp, slip, tr and wlan mean "the
// link layer, whatever it is", as link and ether do.
var protocols = keyed(
	protocol{name: "link", fields: true}, protocol{name: "ether", fields: true},
	protocol{name: "fddi", fields: true}, protocol{name: "tr", fields: true},
	protocol{name: "ppp", fields: true}, protocol{name: "slip", fields: true},
	protocol{name: "wlan", fields: true},

	protocol{name: "ip", layer: layerNetwork, number: etherTypeIPv4, fields: true},
	protocol{name: "ip6", layer: layerNetwork, number: etherTypeIPv6, fields: true},
	protocol{name: "arp", layer: layerNetwork, number: etherTypeARP, fields: true},
	protocol{name: "rarp", layer: layerNetwork, number: etherTypeRARP, fields: true},
	protocol{name: "pppoed", layer: layerNetwork, number: 0x8863},

	protocol{name: "tcp", layer: layerTransport, number: protoTCP, v4: true, v6: true, fields: true},
	protocol{name: "udp", layer: layerTransport, number: protoUDP, v4: true, v6: true, fields: true},
	protocol{name: "sctp", layer: layerTransport, number: protoSCTP, v4: true, v6: true, fields: true},
	protocol{name: "icmp", layer: layerTransport, number: 1, v4: true, fields: true},
	protocol{name: "icmp6", layer: layerTransport, number: protoICMPv6, v6: true, fields: true},
	protocol{name: "igmp", layer: layerTransport, number: 2, v4: true, fields: true},
	protocol{name: "igrp", layer: layerTransport, number: 9, v4: true, fields: true},
	protocol{name: "pim", layer: layerTransport, number: 103, v4: true, v6: true, fields: true},
	protocol{name: "vrrp", layer: layerTransport, number: 112, v4: true, fields: true},
	protocol{name: "carp", layer: layerTransport, number: 112, v4: true, fields: true},
	protocol{name: "ah", layer: layerTransport, number: protoAH, v4: true, v6: true},
	protocol{name: "esp", layer: layerTransport, number: 50, v4: true, v6: true},
)

func keyed(list ...protocol) map[string]*protocol {
	table := make(map[string]*protocol, len(list))
	for i := range list {
		table[list[i].name] = &list[i]
	}
	return table
}

// ipProtocols are the names after "proto", spelled as in /etc/protocols.
var ipProtocols = map[string]uint32{
	"ip": 0, "hopopt": 0, "icmp": 1, "igmp": 2, "ipencap": 4, "tcp": protoTCP, "egp": 8, "igp": 9,
	"udp": protoUDP, "dccp": 33, "ipv6": 41, "ipv6-route": 43, "ipv6-frag": protoFragment,
	"rsvp": 46, "gre": 47, "esp": 50, "ah": protoAH, "ipv6-icmp": protoICMPv6,
	"ipv6-nonxt": 59, "ipv6-opts": 60, "eigrp": 88, "ospf": 89, "ipip": 94, "etherip": 97,
	"pim": 103, "ipcomp": 108, "vrrp": 112, "l2tp": 115, "sctp": protoSCTP, "udplite": 136,
}

// etherTypes are the names after "ether proto".
var etherTypes = map[string]uint32{
	"ip": etherTypeIPv4, "ip6": etherTypeIPv6, "arp": etherTypeARP, "rarp": etherTypeRARP,
	"loopback": 0x9000,
}
