// Package filter compiles tcpdump's filter expressions, pcap-filter(7), to
// classic BPF, and runs the result.
//
// # Language
//
// An expression joins primitives with and, or, not (&&, ||, !) and parentheses;
// and and or have equal precedence and associate to the left. A value without
// qualifiers takes those of the primitive before it: "port 443 or 8443".
//
//	[proto] [src|dst|src or dst|src and dst] host|net|port|portrange VALUE
//	ip|ip6|ether|(nothing) proto|protochain NUMBER or \NAME
//	ether host|src|dst MAC        tcp, udp, sctp, icmp, icmp6, ip, ip6, arp, rarp, igmp, …
//	[ether] broadcast|multicast   ip multicast, ip6 multicast
//	vlan [ID], mpls [LABEL], pppoed, pppoes [SESSION]
//	less N, greater N, len
//	inbound, outbound             proto[index:width] and arithmetic, compared
//
// A filter means what libpcap 1.10 makes of it, oddities included, so that one
// selects the same packets here and in tcpdump: "tcp port 443" looks past no
// IPv6 extension header; tcp[…], udp[…] and icmp[…] read IPv4 only; "not vlan
// and ip" looks for IP behind a tag, since vlan moves all that is written after
// it; % and ^ take everything to their right as their operand; of two operands
// of an arithmetic operator only the left one's protocol is checked.
//
// What libpcap has beyond this is an [ErrUnsupported] that names it: gateway,
// geneve, IEEE 802.11, ATM, ISO, names that DNS or /etc/networks would
// resolve. Service and protocol names come from tables in this package. On link
// types without Ethernet addresses, tags or a direction the primitives that need
// them are an [ErrLinkType], as in libpcap, and inbound and outbound are one on
// Ethernet; "ip broadcast" would need a network mask and is unsupported. Link types
// that libpcap does not filter either, such as NFLOG and PKTAP, are an
// [ErrUnsupported].
//
// # Differences from libpcap
//
//   - In a LINKTYPE_NULL or LINKTYPE_ENC header the address family is accepted in both byte orders.
//     libpcap takes that of the file.
//   - protochain follows at most twelve headers, because a kernel runs no loops, and
//     it finds its way past an authentication header, where libpcap 1.10 gets lost.
//   - A packet that was cut off before a byte that a test reads is rejected, whatever
//     else the expression says. That is so in libpcap too, but its optimiser moves tests
//     about, so that on such packets tcpdump may decide otherwise than "tcpdump -O" and
//     this package.
//   - A negative constant index, as in tcp[-1], is an error.
//   - A list may begin with another one: "port ((80 or 443) or 22)".
//
// # VLAN tags in live captures
//
// Linux takes the outermost VLAN tag of a frame out of its bytes before a packet
// socket's filter runs, and keeps it as metadata. The programs of Compile read
// the bytes alone: on a live interface "tcp port 443" therefore also matches frames
// that have one tag, and "vlan" would match only those that have two. Those of
// [CompileLive] look at the metadata, as libpcap's do. In a file written by a tool
// that puts the tags back, as tcpdump does, expressions mean what pcap-filter(7)
// says.
package filter
