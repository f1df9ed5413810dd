package filter

// Bounds on what a filter expression may ask for.
const (
	// maxExpression is the length of an expression in bytes. Linux passes at most
	// 128 KiB in one argument; half of that already exceeds 4096 instructions.
	maxExpression = 64 << 10

	// maxDepth is how deeply parentheses, negations and operands may nest; it
	// bounds the parser's recursion.
	maxDepth = 200

	// maxTests is the number of comparisons before optimisation. It bounds the
	// compiler's time and memory; what is left of them must fit in 4096 instructions.
	maxTests = 8 << 10

	// maxInstructions is BPF_MAXINSNS: Linux and the BSDs attach no longer program.
	maxInstructions = 4096

	// maxFacts is how many outcomes of earlier tests the optimiser remembers on
	// one path. Forgetting one only costs an instruction.
	maxFacts = 32

	// maxChainHops is how many extension headers protochain follows. A kernel
	// accepts no loops, so the chase is unrolled; RFC 8200, Section 4.1 has a
	// packet carry seven of them at most.
	maxChainHops = 12

	// maxPort is what the 16 bits of a port can say.
	maxPort = 1<<16 - 1

	// maxIndex is the largest constant index. No packet is that long, and an offset
	// from 2^31 up may mean something else to a kernel.
	maxIndex = 1 << 30
)
