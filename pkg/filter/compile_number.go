package filter

import "golang.org/x/net/bpf"

// aluOps are the arithmetic operators.
var aluOps = map[string]bpf.ALUOp{
	"+": bpf.ALUOpAdd, "-": bpf.ALUOpSub, "*": bpf.ALUOpMul, "/": bpf.ALUOpDiv, "%": bpf.ALUOpMod,
	"&": bpf.ALUOpAnd, "|": bpf.ALUOpOr, "^": bpf.ALUOpXor,
	"<<": bpf.ALUOpShiftLeft, ">>": bpf.ALUOpShiftRight,
}

// computed is a value together with the conditions under which its fields exist.
type computed struct {
	value  *value
	exists []condition
}

// relation compiles a comparison. It is false, whatever the operator, where a
// field does not exist: tcp[0] != 1 matches TCP packets only.
func (c *compiler) relation(r *relation) condition {
	left, right := c.number(r.left), c.number(r.right)
	a, b := left.value, right.value
	var outcome condition
	switch r.op {
	case ">":
		outcome = compare(a, bpf.JumpGreaterThan, b)
	case "<=":
		outcome = not(compare(a, bpf.JumpGreaterThan, b))
	case ">=":
		outcome = compare(a, bpf.JumpGreaterOrEqual, b)
	case "<":
		outcome = not(compare(a, bpf.JumpGreaterOrEqual, b))
	default:
		if a.op == opConstant {
			a, b = b, a
		}
		outcome = compare(a, bpf.JumpEqual, b)
	}
	if r.op == "!=" {
		outcome = not(outcome)
	}
	checks := append(append(left.exists, right.exists...), outcome)
	return and(checks[0], checks[1:]...)
}

// number compiles a node of the arithmetic tree.
func (c *compiler) number(n number) computed {
	switch n := n.(type) {
	case *literal:
		return computed{value: c.constant(n.at.num)}
	case *length:
		return computed{value: c.length()}
	case *negative:
		operand := c.number(n.operand)
		return computed{c.alu(bpf.ALUOpSub, c.constant(0), operand.value), operand.exists}
	case *arithmetic:
		return c.arithmetic(n)
	case *field:
		return c.field(n)
	}
	return computed{value: c.constant(0)} // nil, after an error
}

// arithmetic combines two numbers. As in libpcap only the fields of the left one
// are checked for existing; those of the right one are read wherever they would be.
func (c *compiler) arithmetic(n *arithmetic) computed {
	left, right := c.number(n.left), c.number(n.right)
	op := aluOps[n.op.text]
	if right.value.op == opConstant {
		switch k := right.value.k; {
		case k == 0 && (op == bpf.ALUOpDiv || op == bpf.ALUOpMod):
			c.fail(n.op, ErrInvalid, "division by zero")
			return computed{value: c.constant(0)}
		case k > 31 && (op == bpf.ALUOpShiftLeft || op == bpf.ALUOpShiftRight):
			c.fail(n.op, ErrInvalid, "a shift is by at most 31 bits")
		}
	}
	return computed{c.alu(op, left.value, right.value), left.exists}
}

// field compiles proto[index:width].
func (c *compiler) field(f *field) computed {
	width := uint8(1)
	if f.width != nil {
		switch f.width.num {
		case 1, 2, 4:
			width = uint8(f.width.num)
		default:
			c.fail(*f.width, ErrInvalid, "a field is 1, 2 or 4 bytes wide")
		}
	}
	if !f.proto.fields {
		c.fail(f.at, ErrInvalid, "the fields of %s cannot be read", f.proto.name)
	}
	index := c.number(f.index)
	if index.value.op == opConstant && index.value.k > maxIndex {
		c.fail(f.at, ErrInvalid, "no packet has a byte %d", int32(index.value.k))
	}
	switch {
	case f.proto.layer == layerLink:
		return computed{c.fixedField(c.head, index.value, width), index.exists}
	case f.proto.layer == layerNetwork:
		exists := append(index.exists, c.carries(f.at, f.proto.number))
		return computed{c.fixedField(c.network(), index.value, width), exists}
	case f.proto.number == protoICMPv6: // right behind the fixed header
		exists := append(index.exists, c.carries(f.at, etherTypeIPv6), c.nextHeader(protoICMPv6))
		return computed{c.fixedField(c.network()+headerIPv6, index.value, width), exists}
	}
	// The others are read from IPv4 only, and not from later fragments.
	exists := append([]condition{c.carries(f.at, etherTypeIPv4)}, index.exists...)
	exists = append(exists, c.protoIPv4(f.proto.number), c.unfragmented())
	return computed{c.transportField(index.value, width), exists}
}

func (c *compiler) fixedField(base uint32, index *value, width uint8) *value {
	if index.op == opConstant {
		return c.load(base+index.k, width)
	}
	return c.loadAt(index, base, width)
}

// transportField reads behind an IPv4 header, which may have options.
func (c *compiler) transportField(index *value, width uint8) *value {
	header := c.header(c.network())
	if index.op == opConstant {
		return c.loadAt(header, c.network()+index.k, width)
	}
	return c.loadAt(c.alu(bpf.ALUOpAdd, index, header), c.network(), width)
}
