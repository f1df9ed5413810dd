package filter

import (
	"slices"

	"golang.org/x/net/bpf"
)

// assembler lays a program out from its end to its beginning, so that the
// distance of every jump is known when it is written.
type assembler struct {
	reversed []bpf.Instruction
	starts   map[*node]int // length of the program from the node's first instruction to the end
	near     map[*node]int // the same for the latest jump to the node, if that is nearer
}

// assemble lays out the nodes, which are in order of execution.
func (g *graph) assemble(entry *node, nodes []*node, snaplen uint32) []bpf.Instruction {
	a := &assembler{starts: map[*node]int{}, near: map[*node]int{}}
	if entry != g.accept() {
		a.prepend(bpf.RetConstant{Val: 0})
		a.begin(g.reject())
	}
	if entry != g.reject() {
		a.prepend(bpf.RetConstant{Val: snaplen})
		a.begin(g.accept())
	}
	known := knownRegisters(nodes)
	for _, n := range slices.Backward(nodes) {
		e := emitter{registers: known[n]}
		if n.kind == nodeAssign {
			e.assign(n.sets)
			if a.distance(a.starts, n.yes) > 0 {
				a.jump(n.yes)
			}
		} else {
			j, inverted := e.test(n.test)
			yes, no := n.yes, n.no
			if inverted {
				yes, no = no, yes
			}
			a.reach(yes, no)
			a.prepend(j.instruction(uint8(a.distance(a.near, yes)), uint8(a.distance(a.near, no))))
		}
		for _, instruction := range slices.Backward(e.code) {
			a.prepend(instruction)
		}
		a.begin(n)
	}
	slices.Reverse(a.reversed)
	return a.reversed
}

func (e *emitter) assign(sets []assignment) {
	for _, set := range sets {
		e.toA(set.value)
		e.emit(bpf.StoreScratch{Src: bpf.RegA, N: int(set.cell)})
	}
}

func (a *assembler) prepend(i bpf.Instruction) { a.reversed = append(a.reversed, i) }

func (a *assembler) begin(n *node) {
	a.starts[n] = len(a.reversed)
	a.near[n] = len(a.reversed)
}

// distance is what a jump written next would skip to get to n.
func (a *assembler) distance(from map[*node]int, n *node) int { return len(a.reversed) - from[n] }

// maxSkip is the longest conditional jump.
const maxSkip = 255

// reach puts a long jump in front of the program for each target that a
// conditional jump would not reach.
func (a *assembler) reach(targets ...*node) {
	for _, n := range targets {
		// The jump for the other target may yet come in between.
		if a.distance(a.near, n) >= maxSkip {
			a.jump(n)
			a.near[n] = len(a.reversed)
		}
	}
}

// jump goes to a node at any distance. It is used even where the node only ends
// the program: Linux takes what comes behind a return to be reachable from there
// and then misses the scratch cells that were set.
func (a *assembler) jump(n *node) {
	a.prepend(bpf.Jump{Skip: uint32(a.distance(a.starts, n))})
}

// knownRegisters returns what the registers hold on every way to each node.
func knownRegisters(nodes []*node) map[*node]registers {
	known := map[*node]registers{}
	arrive := func(n *node, r registers) {
		before, reached := known[n]
		if !reached {
			before = r
		}
		if before.a != r.a {
			before.a = nil
		}
		if before.x != r.x {
			before.x = nil
		}
		known[n] = before
	}
	for _, n := range nodes {
		e := emitter{registers: known[n]}
		if n.kind == nodeAssign {
			e.assign(n.sets)
			arrive(n.yes, e.registers)
			continue
		}
		e.test(n.test)
		arrive(n.yes, e.registers)
		arrive(n.no, e.registers)
	}
	return known
}
