package filter

import "golang.org/x/net/bpf"

// Scratch cells that hold the state of the chase. Arithmetic uses cells from 0
// up and does not get here.
const (
	cellOffset   = 14 // offset of the current header from the network-layer header
	cellProtocol = 15 // protocol of the current header
)

// protoChain compiles "protochain", which looks for a protocol behind any
// number of extension headers.
func (c *compiler) protoChain(m *match) condition {
	number, ok := c.protoNumber(m)
	switch {
	case !ok:
		return always(false)
	case m.proto == nil:
		return or(c.chain(m, etherTypeIPv4, number), c.chain(m, etherTypeIPv6, number))
	case m.proto.number == etherTypeIPv4, m.proto.number == etherTypeIPv6:
		return c.chain(m, m.proto.number, number)
	}
	return c.fail(m.value, ErrInvalid, "protochain is for ip and ip6")
}

// chain follows the headers of one IP version. The loop is unrolled, one round
// per header, since a kernel accepts only jumps forward. libpcap's own code
// loses its place behind an authentication header; this one does not.
func (c *compiler) chain(m *match, etherType, number uint32) condition {
	start := []assignment{
		{cellProtocol, c.load(c.network()+9, 1)},
		{cellOffset, c.header(c.network())},
	}
	if etherType == etherTypeIPv6 {
		start[0].value = c.load(c.network()+6, 1)
		start[1].value = c.constant(headerIPv6)
	}
	c.assigned += maxChainHops + 1
	outcome := c.equal(c.memory(cellProtocol, c.assigned), number)
	for hop := uint32(1); hop <= maxChainHops; hop++ {
		outcome = c.hop(etherType, number, c.assigned-hop, outcome)
	}
	return and(c.carries(m.value, etherType), assign(start, outcome))
}

// hop tests the header that an assignment found and, if it is an extension
// header, continues with the next.
func (c *compiler) hop(etherType, number, assigned uint32, next condition) condition {
	protocol, offset := c.memory(cellProtocol, assigned), c.memory(cellOffset, assigned)
	is := func(number uint32) condition { return c.equal(protocol, number) }
	extension := always(false)
	if etherType == etherTypeIPv6 {
		// RFC 8200, Section 4: hop-by-hop options, destination options, routing, fragment.
		extension = or(is(0), is(60), is(43), is(protoFragment))
	}
	following, units := c.loadAt(offset, c.network(), 1), c.loadAt(offset, c.network()+1, 1)
	skip := func(extra, size uint32) []assignment {
		length := c.alu(bpf.ALUOpMul, c.alu(bpf.ALUOpAdd, units, c.constant(extra)), c.constant(size))
		return []assignment{{cellProtocol, following}, {cellOffset, c.alu(bpf.ALUOpAdd, length, offset)}}
	}
	return func(g *graph, yes, no *node) *node {
		rest := continueAt(next(g, yes, no))
		byExtension := assign(skip(1, 8), rest)(g, yes, no)
		byAH := assign(skip(2, 4), rest)(g, yes, no) // RFC 4302, Section 2.2
		other := is(protoAH)(g, byAH, no)
		return is(number)(g, yes, extension(g, byExtension, other))
	}
}

// assign sets scratch cells, in order, before a condition.
func assign(sets []assignment, then condition) condition {
	return func(g *graph, yes, no *node) *node {
		return g.add(node{kind: nodeAssign, sets: sets, yes: then(g, yes, no)})
	}
}

func continueAt(n *node) condition {
	return func(*graph, *node, *node) *node { return n }
}
