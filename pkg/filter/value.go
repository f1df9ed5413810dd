package filter

import "golang.org/x/net/bpf"

// operation is what computes a value.
type operation uint8

const (
	opConstant operation = iota // k
	opLength                    // length of the packet on the wire
	opTag                       // control information of the VLAN tag that the kernel took out
	opLoad                      // width bytes at offset k, or k + a when a is set
	opHeader                    // length of the IPv4 header at offset k, in bytes
	opMemory                    // scratch cell width, as set by assignment k
	opALU                       // a alu b
)

// value is a number computed from a packet, as a tree. Values are interned: two
// that are computed in the same way are the same pointer.
type value struct {
	op    operation
	alu   bpf.ALUOp // for opALU
	width uint8
	k     uint32
	a, b  *value
}

// values interns the values of one program.
type values map[value]*value

func (vs values) intern(v value) *value {
	if known, ok := vs[v]; ok {
		return known
	}
	vs[v] = &v
	return &v
}

func (vs values) constant(k uint32) *value { return vs.intern(value{op: opConstant, k: k}) }

func (vs values) length() *value { return vs.intern(value{op: opLength}) }

func (vs values) tag() *value { return vs.intern(value{op: opTag}) }

// load reads width bytes (1, 2 or 4) at a fixed offset.
func (vs values) load(offset uint32, width uint8) *value {
	return vs.intern(value{op: opLoad, k: offset, width: width})
}

// loadAt reads width bytes at base + offset.
func (vs values) loadAt(base *value, offset uint32, width uint8) *value {
	return vs.intern(value{op: opLoad, k: offset, width: width, a: base})
}

func (vs values) header(offset uint32) *value { return vs.intern(value{op: opHeader, k: offset}) }

// memory is a scratch cell after the assignment with that number, which keeps the
// contents that a cell has at different times apart.
func (vs values) memory(cell uint8, assignment uint32) *value {
	return vs.intern(value{op: opMemory, width: cell, k: assignment})
}

// alu combines two values; the caller has ruled out division by a constant zero.
func (vs values) alu(op bpf.ALUOp, a, b *value) *value {
	if a.op == opConstant && b.op == opConstant {
		return vs.constant(compute(op, a.k, b.k))
	}
	return vs.intern(value{op: opALU, alu: op, a: a, b: b})
}

// mask clears the bits of v that are not in bits.
func (vs values) mask(v *value, bits uint32) *value {
	if bits == ^uint32(0) {
		return v
	}
	return vs.alu(bpf.ALUOpAnd, v, vs.constant(bits))
}

// compute is the arithmetic of the virtual machine: modulo 2^32, a shift by 32
// or more gives 0. b is not 0 for a division.
func compute(op bpf.ALUOp, a, b uint32) uint32 {
	switch op {
	case bpf.ALUOpAdd:
		return a + b
	case bpf.ALUOpSub:
		return a - b
	case bpf.ALUOpMul:
		return a * b
	case bpf.ALUOpDiv:
		return a / b
	case bpf.ALUOpMod:
		return a % b
	case bpf.ALUOpAnd:
		return a & b
	case bpf.ALUOpOr:
		return a | b
	case bpf.ALUOpXor:
		return a ^ b
	case bpf.ALUOpShiftLeft:
		return a << b
	default:
		return a >> b
	}
}
