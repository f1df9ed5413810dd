package filter

// expr is a node of the Boolean part of the syntax tree.
type expr interface{ isExpr() }

type (
	// logical is "left and right" or "left or right".
	logical struct {
		or          bool
		left, right expr
	}

	// negation is "not operand".
	negation struct{ operand expr }

	// match is one value under its qualifiers: "tcp dst port 443".
	match struct {
		qualifier
		value  token
		prefix *token // the number in 10.0.0.0/8
		mask   *token // the address in 10.0.0.0 mask 255.0.0.0
	}

	// abbreviation is a protocol standing alone: "tcp".
	abbreviation struct {
		proto *protocol
		at    token
	}

	// casting is "[proto] broadcast" or "[proto] multicast".
	casting struct {
		proto *protocol // nil when not given
		at    token
	}

	// size is "less n" or "greater n".
	size struct {
		greater bool
		length  uint32
	}

	// heading is "inbound" or "outbound".
	heading struct{ at token }

	// label is "vlan [id]", "mpls [label]" or "pppoes [session]"; it moves what follows.
	label struct {
		at    token
		value *token // nil when not given
	}

	// relation compares two numbers.
	relation struct {
		op          string
		left, right number
	}
)

func (*logical) isExpr()      {}
func (*negation) isExpr()     {}
func (*match) isExpr()        {}
func (*abbreviation) isExpr() {}
func (*casting) isExpr()      {}
func (*size) isExpr()         {}
func (*heading) isExpr()      {}
func (*label) isExpr()        {}
func (*relation) isExpr()     {}

// number is a node of the arithmetic part of the syntax tree.
type number interface{ isNumber() }

type (
	// literal is a number as written.
	literal struct{ at token }

	// length is the keyword len.
	length struct{}

	// negative is "- operand".
	negative struct{ operand number }

	// arithmetic is "left op right".
	arithmetic struct {
		op          token
		left, right number
	}

	// field is "proto[index:width]".
	field struct {
		proto *protocol
		at    token // the protocol
		index number
		width *token // nil when not given: one byte
	}
)

func (*literal) isNumber()    {}
func (*length) isNumber()     {}
func (*negative) isNumber()   {}
func (*arithmetic) isNumber() {}
func (*field) isNumber()      {}

// direction restricts a match to one end of the packet.
type direction uint8

const (
	dirEither direction = iota // not given, or "src or dst"
	dirSrc
	dirDst
	dirBoth // "src and dst"
)

// qualifier is what stands before a value and is inherited by the values that
// follow in a list: [proto] [direction] [kind].
type qualifier struct {
	proto *protocol // nil when not given
	dir   direction
	kind  string // host, net, port, portrange, proto, protochain; host when only a direction is given
	given bool   // false where there is nothing to inherit, as after "tcp"
}
