package filter

import (
	"encoding/binary"

	"golang.org/x/net/bpf"
)

// opcode is an operation of the virtual machine that runs a program here. It
// differs from bpf.VM in knowing a packet's length on the wire from the bytes
// captured, and in allocating nothing.
type opcode uint8

const (
	codeReturn      opcode = iota // accept when k is not 0
	codeLoadK                     // A = k
	codeLoadLength                // A = length on the wire
	codeLoadTag                   // A = control information of the VLAN tag that was taken out
	codeLoadTagged                // A = 1 if one was
	codeLoadCell                  // A = cell k
	codeLoad1                     // A = 1 byte at k
	codeLoad2                     // A = 2 bytes at k
	codeLoad4                     // A = 4 bytes at k
	codeLoadIndex1                // A = 1 byte at X + k
	codeLoadIndex2                // A = 2 bytes at X + k
	codeLoadIndex4                // A = 4 bytes at X + k
	codeIndexK                    // X = k
	codeIndexCell                 // X = cell k
	codeIndexHeader               // X = length of the IPv4 header at k
	codeIndexA                    // X = A
	codeLoadX                     // A = X
	codeStore                     // cell k = A
	codeAluK                      // A = A alu k
	codeAluX                      // A = A alu X
	codeJump                      // go to yes
	codeEqualK
	codeGreaterK
	codeGreaterEqualK
	codeBitsK
	codeEqualX
	codeGreaterX
	codeGreaterEqualX
)

// step is one instruction. Jumps are resolved to step numbers.
type step struct {
	code    opcode
	alu     uint8
	yes, no uint16
	k       uint32
}

var (
	comparesK = map[bpf.JumpTest]opcode{bpf.JumpEqual: codeEqualK, bpf.JumpGreaterThan: codeGreaterK,
		bpf.JumpGreaterOrEqual: codeGreaterEqualK, bpf.JumpBitsSet: codeBitsK}
	comparesX = map[bpf.JumpTest]opcode{bpf.JumpEqual: codeEqualX, bpf.JumpGreaterThan: codeGreaterX,
		bpf.JumpGreaterOrEqual: codeGreaterEqualX}
	loads       = map[int]opcode{1: codeLoad1, 2: codeLoad2, 4: codeLoad4}
	indexeds    = map[int]opcode{1: codeLoadIndex1, 2: codeLoadIndex2, 4: codeLoadIndex4}
	extensions  = map[bpf.Extension]opcode{bpf.ExtLen: codeLoadLength, bpf.ExtVLANTag: codeLoadTag, bpf.ExtVLANTagPresent: codeLoadTagged}
	constantsTo = map[bpf.Register]opcode{bpf.RegA: codeLoadK, bpf.RegX: codeIndexK}
	cellsTo     = map[bpf.Register]opcode{bpf.RegA: codeLoadCell, bpf.RegX: codeIndexCell}
)

// load translates what assemble wrote.
func load(program []bpf.Instruction) []step {
	steps := make([]step, len(program))
	for i, instruction := range program {
		target := func(skip uint32) uint16 { return uint16(i + 1 + int(skip)) }
		switch in := instruction.(type) {
		case bpf.RetConstant:
			steps[i] = step{code: codeReturn, k: in.Val}
		case bpf.LoadConstant:
			steps[i] = step{code: constantsTo[in.Dst], k: in.Val}
		case bpf.LoadExtension:
			steps[i] = step{code: extensions[in.Num]}
		case bpf.LoadScratch:
			steps[i] = step{code: cellsTo[in.Dst], k: uint32(in.N)}
		case bpf.StoreScratch:
			steps[i] = step{code: codeStore, k: uint32(in.N)}
		case bpf.LoadAbsolute:
			steps[i] = step{code: loads[in.Size], k: in.Off}
		case bpf.LoadIndirect:
			steps[i] = step{code: indexeds[in.Size], k: in.Off}
		case bpf.LoadMemShift:
			steps[i] = step{code: codeIndexHeader, k: in.Off}
		case bpf.TAX:
			steps[i] = step{code: codeIndexA}
		case bpf.TXA:
			steps[i] = step{code: codeLoadX}
		case bpf.ALUOpConstant:
			steps[i] = step{code: codeAluK, alu: uint8(in.Op), k: in.Val}
		case bpf.ALUOpX:
			steps[i] = step{code: codeAluX, alu: uint8(in.Op)}
		case bpf.Jump:
			steps[i] = step{code: codeJump, yes: target(in.Skip)}
		case bpf.JumpIf:
			steps[i] = step{code: comparesK[in.Cond], yes: target(uint32(in.SkipTrue)), no: target(uint32(in.SkipFalse)), k: in.Val}
		case bpf.JumpIfX:
			steps[i] = step{code: comparesX[in.Cond], yes: target(uint32(in.SkipTrue)), no: target(uint32(in.SkipFalse))}
		}
	}
	return steps
}

// Match reports whether the filter accepts a packet. packet holds the captured
// bytes from the link-layer header on; wireLen is the packet's length on the
// wire, which is what len, less and greater compare. As in libpcap a packet
// that was cut off before a byte that the filter has to read is not accepted,
// whatever stands around that test, "not" included.
//
// Match does not allocate.
func (p *Program) Match(packet []byte, wireLen int) bool { return p.match(packet, wireLen, metadata{}) }

func (p *Program) match(packet []byte, wireLen int, meta metadata) bool {
	var (
		a, x  uint32
		cells [16]uint32
	)
	steps := p.steps
	for pc := 0; pc < len(steps); {
		s := &steps[pc]
		pc++
		ok := true
		switch s.code {
		case codeReturn:
			return s.k != 0
		case codeLoadK:
			a = s.k
		case codeLoadLength:
			a = uint32(wireLen)
		case codeLoadTag:
			a = meta.tci
		case codeLoadTagged:
			a = meta.tagged
		case codeLoadCell:
			a = cells[s.k&15]
		case codeLoad1:
			a, ok = load1(packet, uint64(s.k))
		case codeLoad2:
			a, ok = load2(packet, uint64(s.k))
		case codeLoad4:
			a, ok = load4(packet, uint64(s.k))
		case codeLoadIndex1:
			a, ok = load1(packet, uint64(x)+uint64(s.k))
		case codeLoadIndex2:
			a, ok = load2(packet, uint64(x)+uint64(s.k))
		case codeLoadIndex4:
			a, ok = load4(packet, uint64(x)+uint64(s.k))
		case codeIndexK:
			x = s.k
		case codeIndexCell:
			x = cells[s.k&15]
		case codeIndexHeader:
			x, ok = load1(packet, uint64(s.k))
			x = x & 0xf * 4
		case codeIndexA:
			x = a
		case codeLoadX:
			a = x
		case codeStore:
			cells[s.k&15] = a
		case codeAluK:
			a = compute(bpf.ALUOp(s.alu), a, s.k)
		case codeAluX:
			if ok = x != 0 || !divides(bpf.ALUOp(s.alu)); ok {
				a = compute(bpf.ALUOp(s.alu), a, x)
			}
		case codeJump:
			pc = int(s.yes)
		case codeEqualK:
			pc = s.next(a == s.k)
		case codeGreaterK:
			pc = s.next(a > s.k)
		case codeGreaterEqualK:
			pc = s.next(a >= s.k)
		case codeBitsK:
			pc = s.next(a&s.k != 0)
		case codeEqualX:
			pc = s.next(a == x)
		case codeGreaterX:
			pc = s.next(a > x)
		case codeGreaterEqualX:
			pc = s.next(a >= x)
		}
		if !ok {
			return false
		}
	}
	return false
}

func (s *step) next(outcome bool) int {
	if outcome {
		return int(s.yes)
	}
	return int(s.no)
}

func divides(op bpf.ALUOp) bool { return op == bpf.ALUOpDiv || op == bpf.ALUOpMod }

func load1(packet []byte, at uint64) (uint32, bool) {
	if at >= uint64(len(packet)) {
		return 0, false
	}
	return uint32(packet[at]), true
}

func load2(packet []byte, at uint64) (uint32, bool) {
	if at+2 > uint64(len(packet)) {
		return 0, false
	}
	return uint32(binary.BigEndian.Uint16(packet[at:])), true
}

func load4(packet []byte, at uint64) (uint32, bool) {
	if at+4 > uint64(len(packet)) {
		return 0, false
	}
	return binary.BigEndian.Uint32(packet[at:]), true
}
