package filter

import (
	"fmt"

	"golang.org/x/net/bpf"
)

// compiler turns a syntax tree into a condition on packets of one link type. It
// walks the tree in textual order, because vlan and mpls move the offsets of
// everything that is written after them.
type compiler struct {
	values
	expr     string
	link     *link
	head     uint32 // offset of the link-layer header
	typeAt   uint32 // offset of the EtherType
	payload  uint32 // offset behind the link-layer header
	labels   uint32 // MPLS labels passed so far
	assigned uint32 // scratch assignments made so far
	stripped bool   // the outermost VLAN tag is metadata, until a vlan was about it
	sawVLAN  bool
	err      error
}

func newCompiler(expr string, linkType uint32) (*compiler, error) {
	l := links[linkType]
	if l == nil {
		err := fmt.Errorf("%w: link type %d has no filters", ErrUnsupported, linkType)
		return nil, &Error{Err: err}
	}
	return &compiler{values: values{}, expr: expr, link: l, typeAt: l.typeAt, payload: l.payload}, nil
}

// network is the offset of the network-layer header.
func (c *compiler) network() uint32 { return c.payload + 4*c.labels }

// condition compiles one node of the tree.
func (c *compiler) condition(e expr) condition {
	switch e := e.(type) {
	case *logical:
		left := c.condition(e.left)
		right := c.condition(e.right)
		if e.or {
			return or(left, right)
		}
		return and(left, right)
	case *negation:
		return not(c.condition(e.operand))
	case *match:
		return c.match(e)
	case *abbreviation:
		return c.protocol(e.at, e.proto)
	case *casting:
		return c.casting(e)
	case *size:
		if e.greater {
			return compare(c.length(), bpf.JumpGreaterOrEqual, c.constant(e.length))
		}
		return not(compare(c.length(), bpf.JumpGreaterThan, c.constant(e.length)))
	case *heading:
		return c.heading(e)
	case *label:
		return c.label(e)
	case *relation:
		return c.relation(e)
	}
	return always(false) // nil, after an error
}

// equal tests a value against a number.
func (c *compiler) equal(v *value, k uint32) condition {
	return compare(v, bpf.JumpEqual, c.constant(k))
}

// carries tests for an EtherType in the innermost link-layer header.
func (c *compiler) carries(at token, etherType uint32) condition {
	if c.labels == 0 {
		return c.link.carries(c, etherType)
	}
	// RFC 3032, Section 2.1: nothing names the protocol behind the last label.
	bottom := c.equal(c.mask(c.load(c.network()-2, 1), 1), 1)
	version := c.mask(c.load(c.network(), 1), 0xf0)
	switch etherType {
	case etherTypeIPv4:
		return and(bottom, c.equal(version, 0x40))
	case etherTypeIPv6:
		return and(bottom, c.equal(version, 0x60))
	}
	return c.fail(at, ErrInvalid, "only IPv4 and IPv6 can be told apart behind mpls")
}

// fail records the first error.
func (c *compiler) fail(at token, kind error, format string, args ...any) condition {
	if c.err == nil {
		c.err = errorAt(c.expr, at, kind, format, args...)
	}
	return always(false)
}
