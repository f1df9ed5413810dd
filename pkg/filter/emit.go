package filter

import "golang.org/x/net/bpf"

// registers is what is known about the accumulator and the index register; nil
// means nothing.
type registers struct{ a, x *value }

// emitter writes the instructions that compute values, without computing again
// what a register still holds.
type emitter struct {
	registers
	code  []bpf.Instruction
	cells int // scratch cells in use
}

func (e *emitter) emit(i bpf.Instruction) { e.code = append(e.code, i) }

// toA computes v into the accumulator.
func (e *emitter) toA(v *value) {
	if e.a == v {
		return
	}
	switch v.op {
	case opConstant:
		e.emit(bpf.LoadConstant{Dst: bpf.RegA, Val: v.k})
	case opLength:
		e.emit(bpf.LoadExtension{Num: bpf.ExtLen})
	case opTag:
		e.emit(bpf.LoadExtension{Num: bpf.ExtVLANTag})
	case opMemory:
		e.emit(bpf.LoadScratch{Dst: bpf.RegA, N: int(v.width)})
	case opHeader:
		e.toX(v)
		e.emit(bpf.TXA{})
	case opLoad:
		if v.a == nil {
			e.emit(bpf.LoadAbsolute{Off: v.k, Size: int(v.width)})
			break
		}
		e.toX(v.a)
		e.emit(bpf.LoadIndirect{Off: v.k, Size: int(v.width)})
	case opALU:
		if v.b.op == opConstant {
			e.toA(v.a)
			e.emit(bpf.ALUOpConstant{Op: v.alu, Val: v.b.k})
			break
		}
		e.toAX(v.a, v.b)
		e.emit(bpf.ALUOpX{Op: v.alu})
	}
	e.a = v
}

// toX computes v into the index register, using the accumulator if need be.
func (e *emitter) toX(v *value) {
	if e.x == v {
		return
	}
	switch v.op {
	case opConstant:
		e.emit(bpf.LoadConstant{Dst: bpf.RegX, Val: v.k})
	case opMemory:
		e.emit(bpf.LoadScratch{Dst: bpf.RegX, N: int(v.width)})
	case opHeader:
		e.emit(bpf.LoadMemShift{Off: v.k})
	default:
		e.toA(v)
		e.emit(bpf.TAX{})
	}
	e.x = v
}

// direct reports whether v can be loaded into the index register without the accumulator.
func direct(v *value) bool { return v.op == opConstant || v.op == opMemory || v.op == opHeader }

// simple reports whether v can be loaded into the accumulator without the index register.
func simple(v *value) bool {
	return v.op == opConstant || v.op == opMemory || v.op == opLength || v.op == opTag || v.op == opLoad && v.a == nil
}

// toAX computes a into the accumulator and x into the index register.
func (e *emitter) toAX(a, x *value) {
	switch {
	case direct(x):
		e.toA(a)
		e.toX(x)
	case simple(a):
		e.toX(x)
		e.toA(a)
	case cellsFor(a) >= cellsFor(x):
		e.toA(a)
		cell := e.push()
		e.toX(x)
		e.pop(bpf.RegA, cell)
		e.a = a
	default:
		e.toA(x)
		cell := e.push()
		e.toA(a)
		e.pop(bpf.RegX, cell)
		e.x = x
	}
}

// push saves the accumulator in a scratch cell. Since the operand that needs
// more cells is computed first, an expression of n operands needs log2(n) of
// them, and maxExpression leaves room for fewer than 2^14 operands.
func (e *emitter) push() int {
	e.emit(bpf.StoreScratch{Src: bpf.RegA, N: e.cells})
	e.cells++
	return e.cells - 1
}

// pop loads the cell that was pushed last.
func (e *emitter) pop(to bpf.Register, cell int) {
	e.cells--
	e.emit(bpf.LoadScratch{Dst: to, N: cell})
}

// cellsFor is the number of scratch cells that computing v takes.
func cellsFor(v *value) int {
	switch {
	case v == nil || v.op != opALU && v.op != opLoad:
		return 0
	case v.op == opLoad || direct(v.b):
		return cellsFor(v.a)
	case simple(v.a):
		return cellsFor(v.b)
	}
	a, b := cellsFor(v.a), cellsFor(v.b)
	return max(a, b, min(a, b)+1)
}

// jump is how a test node ends: a comparison with the right-hand side, which is
// the constant k or the index register.
type jump struct {
	cond  bpf.JumpTest
	index bool
	k     uint32
}

// test computes both sides of a test. The comparison of masked bits with 0
// leaves the field itself in the accumulator; it is inverted, as JumpBitsSet
// is true when a bit is not 0.
func (e *emitter) test(t test) (j jump, inverted bool) {
	if t.right.op != opConstant {
		e.toAX(t.left, t.right)
		return jump{cond: t.cond, index: true}, false
	}
	if bits := t.left; bits.op == opALU && bits.alu == bpf.ALUOpAnd && bits.b.op == opConstant &&
		t.cond == bpf.JumpEqual && t.right.k == 0 && e.a != bits {
		e.toA(bits.a)
		return jump{cond: bpf.JumpBitsSet, k: bits.b.k}, true
	}
	e.toA(t.left)
	return jump{cond: t.cond, k: t.right.k}, false
}

func (j jump) instruction(yes, no uint8) bpf.Instruction {
	if j.index {
		return bpf.JumpIfX{Cond: j.cond, SkipTrue: yes, SkipFalse: no}
	}
	return bpf.JumpIf{Cond: j.cond, Val: j.k, SkipTrue: yes, SkipFalse: no}
}
