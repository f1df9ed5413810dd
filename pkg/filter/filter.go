package filter

import (
	"fmt"
	"slices"

	"golang.org/x/net/bpf"
)

// defaultSnaplen is what an accepting program returns when the caller names no
// snapshot length: tcpdump's default, more than any packet that IP carries.
const defaultSnaplen = 262144

// Program is a compiled filter. It is immutable and may be used from several
// goroutines at once.
type Program struct {
	instructions []bpf.Instruction
	steps        []step
}

// Compile translates a pcap-filter(7) expression for packets of the given link
// type (a LINKTYPE_ number, as in pcap and pcapng files). An empty expression
// accepts every packet.
//
// snaplen is what the program returns for a packet that it accepts, which is
// how many of its bytes a kernel then delivers; 0 means 262144. It is no
// condition on packets, and Match does not depend on it.
//
// The error is an *[Error].
func Compile(expr string, linkType uint32, snaplen uint32) (*Program, error) {
	p, _, err := compile(expr, linkType, snaplen, false)
	return p, err
}

// compile compiles an expression for frames that have all their VLAN tags, or of which the outermost was stripped.
func compile(expr string, linkType, snaplen uint32, stripped bool) (*Program, *compiler, error) {
	if snaplen == 0 {
		snaplen = defaultSnaplen
	}
	c, err := newCompiler(expr, linkType)
	if err != nil {
		return nil, nil, err
	}
	c.stripped = stripped
	tree, err := parse(expr)
	if err != nil {
		return nil, nil, err
	}
	accepts := always(true)
	if tree != nil {
		accepts = c.condition(tree)
	}
	if c.err != nil {
		return nil, nil, c.err
	}
	g := newGraph()
	entry := accepts(g, g.accept(), g.reject())
	if g.tooComplex() {
		return nil, nil, &Error{Err: fmt.Errorf("%w: more than %d comparisons", ErrTooComplex, maxTests)}
	}
	entry, nodes := g.optimize(entry)
	p, err := newProgram(g.assemble(entry, nodes, snaplen))
	return p, c, err
}

// newProgram is a program of so many instructions, unless no kernel would take it.
func newProgram(instructions []bpf.Instruction) (*Program, error) {
	if n := len(instructions); n > maxInstructions {
		return nil, &Error{Err: fmt.Errorf("%w: %d instructions, a kernel accepts %d", ErrTooComplex, n, maxInstructions)}
	}
	return &Program{instructions, load(instructions)}, nil
}

// Parse checks the syntax of an expression without a link type: whether its
// words are in place, not whether names are known, numbers in range or
// constructs possible on some link. A file name, as a rule, is no expression.
//
// The error is an *[Error]. It wraps [ErrUnsupported] when the text is, as far
// as could be read, a filter with a primitive that this package does not know.
func Parse(expr string) error {
	_, err := parse(expr)
	return err
}

// Instructions returns the program as classic BPF, without loops and within
// 4096 instructions, so that a kernel accepts it. Linux also limits the memory of
// a socket's options (net.core.optmem_max): where that is at its old default of
// 20 KiB, attaching more than some 2500 instructions fails with ENOMEM.
//
// A kernel decides as Match does, with one exception: it shifts by a computed
// amount, as in ip[0] << ip[1], modulo 32.
func (p *Program) Instructions() []bpf.Instruction { return slices.Clone(p.instructions) }

// Raw returns the program in the encoding that SO_ATTACH_FILTER takes.
func (p *Program) Raw() ([]bpf.RawInstruction, error) {
	raw, err := bpf.Assemble(p.instructions)
	if err != nil {
		return nil, fmt.Errorf("filter: assembling: %w", err)
	}
	return raw, nil
}
