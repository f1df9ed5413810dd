package filter

import "golang.org/x/net/bpf"

// fact is the outcome of a test on the path to a node.
type fact struct {
	test    test
	outcome bool
}

// optimize removes tests whose outcome is known from the tests before them, and
// merges nodes that have become the same. It never moves a test, so which
// packets are rejected for being too short does not change.
//
// It returns the entry and the nodes that remain, in order of execution.
func (g *graph) optimize(entry *node) (*node, []*node) {
	arriving := map[*node][]fact{}
	entry = pass(arriving, entry, nil)
	for i := len(g.nodes) - 1; i > 1; i-- {
		n := g.nodes[i]
		facts, reached := arriving[n]
		if !reached {
			continue
		}
		delete(arriving, n)
		if n.kind == nodeAssign {
			n.yes = pass(arriving, n.yes, facts)
			continue
		}
		n.yes = pass(arriving, n.yes, learn(facts, fact{n.test, true}))
		n.no = pass(arriving, n.no, learn(facts, fact{n.test, false}))
	}
	return g.merge(entry)
}

// pass follows the edge to n as far as the facts decide, and leaves them there:
// what is known at a node is what is known on every edge to it.
func pass(arriving map[*node][]fact, n *node, facts []fact) *node {
	for n.kind == nodeTest {
		outcome, known := decide(facts, n.test)
		if !known {
			break
		}
		if outcome {
			n = n.yes
		} else {
			n = n.no
		}
	}
	before, reached := arriving[n]
	if !reached {
		arriving[n] = facts
		return n
	}
	var common []fact
	for _, f := range before {
		if outcome, known := decide(facts, f.test); known && outcome == f.outcome {
			common = append(common, f)
		}
	}
	arriving[n] = common
	return n
}

// learn adds a fact. When there are too many, the oldest that a value differs
// from something goes first: it rules out least.
func learn(facts []fact, f fact) []fact {
	if len(facts) < maxFacts {
		return append(facts[:len(facts):len(facts)], f)
	}
	drop := 0
	for i, old := range facts {
		if !old.outcome {
			drop = i
			break
		}
	}
	kept := append([]fact{}, facts[:drop]...)
	return append(append(kept, facts[drop+1:]...), f)
}

// decide looks for the outcome of t in what is known.
func decide(facts []fact, t test) (outcome, known bool) {
	if t.left.op == opConstant && t.right.op == opConstant {
		return holds(t.cond, t.left.k, t.right.k), true
	}
	for _, f := range facts {
		switch {
		case f.test == t:
			return f.outcome, true
		case f.outcome && f.test.cond == bpf.JumpEqual && f.test.left == t.left &&
			f.test.right.op == opConstant && t.right.op == opConstant:
			return holds(t.cond, f.test.right.k, t.right.k), true
		}
	}
	return false, false
}

func holds(cond bpf.JumpTest, a, b uint32) bool {
	switch cond {
	case bpf.JumpEqual:
		return a == b
	case bpf.JumpGreaterThan:
		return a > b
	default:
		return a >= b
	}
}

// merge replaces each node by the first one that tests the same and leads to
// the same nodes, and drops what is no longer reached.
func (g *graph) merge(entry *node) (*node, []*node) {
	type key struct {
		test    test
		yes, no *node
	}
	known := map[key]*node{}
	same := map[*node]*node{}
	find := func(n *node) *node {
		if s := same[n]; s != nil {
			return s
		}
		return n
	}
	for _, n := range g.nodes[2:] {
		n.yes, n.no = find(n.yes), find(n.no)
		if n.kind != nodeTest {
			continue
		}
		k := key{n.test, n.yes, n.no}
		if known[k] == nil {
			known[k] = n
		}
		same[n] = known[k]
	}
	entry = find(entry)
	return entry, g.reached(entry)
}

// reached returns the nodes that execution can get to, in its order.
func (g *graph) reached(entry *node) []*node {
	live := map[*node]bool{entry: true}
	var nodes []*node
	for i := len(g.nodes) - 1; i > 1; i-- {
		if n := g.nodes[i]; live[n] {
			nodes = append(nodes, n)
			live[n.yes], live[n.no] = true, true
		}
	}
	return nodes
}
