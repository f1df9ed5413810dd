package filter

import "golang.org/x/net/bpf"

// nodeKind tells the nodes of a decision graph apart.
type nodeKind uint8

const (
	nodeAccept nodeKind = iota
	nodeReject
	nodeTest   // goes to yes or no
	nodeAssign // sets scratch cells, goes to yes
)

// test compares two values: equal, greater than, or greater or equal.
type test struct {
	left, right *value
	cond        bpf.JumpTest
}

// assignment stores a value into a scratch cell.
type assignment struct {
	cell  uint8
	value *value
}

// node is one step of the decision. A load beyond the captured bytes and a
// division by zero reject the packet wherever they happen, so the order of
// tests matters: it is libpcap's.
type node struct {
	kind    nodeKind
	test    test
	sets    []assignment
	yes, no *node
}

// graph holds the nodes of a program. It is built from the end backwards, so
// nodes[i] leads only to nodes before it; nodes[0] accepts, nodes[1] rejects.
type graph struct{ nodes []*node }

func newGraph() *graph {
	return &graph{nodes: []*node{{kind: nodeAccept}, {kind: nodeReject}}}
}

func (g *graph) accept() *node { return g.nodes[0] }

func (g *graph) reject() *node { return g.nodes[1] }

// add appends a node. Those beyond maxTests, except one, are not kept: the
// compiler gives up when tooComplex says so, at the end.
func (g *graph) add(n node) *node {
	if !g.tooComplex() {
		g.nodes = append(g.nodes, &n)
	}
	return &n
}

func (g *graph) tooComplex() bool { return len(g.nodes)-2 > maxTests }

// condition adds to the graph what decides between two continuations and
// returns where that begins. It is used once.
type condition func(g *graph, yes, no *node) *node

func always(outcome bool) condition {
	return func(_ *graph, yes, no *node) *node {
		if outcome {
			return yes
		}
		return no
	}
}

func compare(left *value, cond bpf.JumpTest, right *value) condition {
	return func(g *graph, yes, no *node) *node {
		return g.add(node{kind: nodeTest, test: test{left, right, cond}, yes: yes, no: no})
	}
}

func not(c condition) condition {
	return func(g *graph, yes, no *node) *node { return c(g, no, yes) }
}

// and is true when each condition is, tried from left to right.
func and(first condition, rest ...condition) condition {
	return func(g *graph, yes, no *node) *node {
		for i := len(rest) - 1; i >= 0; i-- {
			yes = rest[i](g, yes, no)
		}
		return first(g, yes, no)
	}
}

// or is true when one of the conditions is, tried from left to right.
func or(first condition, rest ...condition) condition {
	return func(g *graph, yes, no *node) *node {
		for i := len(rest) - 1; i >= 0; i-- {
			no = rest[i](g, yes, no)
		}
		return first(g, yes, no)
	}
}
