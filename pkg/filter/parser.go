package filter

// parser builds the syntax tree by recursive descent. After the first error it
// sees only the end of the expression, so every loop stops.
//
// The grammar is libpcap's: "and" and "or" have equal precedence and associate
// to the left, and a value without qualifiers takes those of the term before.
type parser struct {
	expr   string
	tokens []token // ends with tokenEnd
	depth  int
	err    error
}

// parse returns the tree of a whole expression, nil when it is empty.
func parse(text string) (expr, error) {
	tokens, err := lex(text)
	if err != nil {
		return nil, err
	}
	p := &parser{expr: text, tokens: tokens}
	if p.peek().kind == tokenEnd {
		return nil, nil
	}
	root := p.condition(p.sequence(qualifier{}, false))
	if t := p.peek(); t.kind == tokenUnsupported {
		p.unexpected()
	} else if t.kind != tokenEnd {
		p.fail(t, ErrSyntax, "expected \"and\" or \"or\" before it")
	}
	return root.expr, p.err
}

// operand is what a parser of part of an expression found: a condition, a list
// of values, or so far only a number.
type operand struct {
	expr   expr
	number number    // set instead of expr; may turn out to be a value
	list   bool      // expr consists of values only
	next   qualifier // what a value after this operand inherits
	first  token
}

// sequence reads operands joined by and/or. values says that the first may be
// a value that takes its qualifiers from inherited.
func (p *parser) sequence(inherited qualifier, values bool) operand {
	left := p.operand(inherited, values)
	if !p.at("and") && !p.at("or") {
		return left
	}
	left = p.condition(left)
	for p.at("and") || p.at("or") {
		or := p.take().is("or")
		right := p.condition(p.operand(left.next, true))
		if left.list && !right.list {
			p.fail(right.first, ErrSyntax, "a list of values in parentheses holds nothing else")
		}
		left.expr = &logical{or, left.expr, right.expr}
		left.next = right.next
	}
	return left
}

// operand reads one operand of and/or.
func (p *parser) operand(inherited qualifier, values bool) operand {
	if !p.enter() {
		return operand{}
	}
	defer p.leave()
	first := p.peek()
	var o operand
	switch {
	case p.accept("not"):
		o = p.condition(p.operand(inherited, values))
		o.expr = &negation{o.expr}
	case p.accept("("):
		o = p.group(inherited, values)
	case p.startsNumber():
		o = p.relation(p.number(0), inherited)
	case p.startsValue():
		o = operand{expr: p.value(inherited), list: true, next: inherited}
		if !values || !inherited.given {
			p.fail(first, ErrSyntax, "a value needs a qualifier, such as host, net or port, before it")
		}
	default:
		o = p.term()
	}
	o.first = first
	return o
}

// group reads the rest of a parenthesis: a condition, a list of values, or the
// first part of an arithmetic expression.
func (p *parser) group(inherited qualifier, values bool) operand {
	inner := p.sequence(inherited, values)
	p.expect(")")
	if inner.number != nil {
		return p.relation(p.operations(inner.number, 0), inherited)
	}
	inner.next = inherited
	return inner
}

// relation reads the comparison that follows a number, if any does.
func (p *parser) relation(left number, inherited qualifier) operand {
	switch op := p.peek(); {
	case op.is("="), op.is("!="), op.is("<"), op.is(">"), op.is("<="), op.is(">="):
		p.take()
		return operand{expr: &relation{op.text, left, p.number(0)}}
	}
	return operand{number: left, next: inherited}
}

// condition turns an operand that is still a number into a value; anything but
// a plain number cannot be one.
func (p *parser) condition(o operand) operand {
	if o.number == nil {
		return o
	}
	plain, ok := o.number.(*literal)
	switch {
	case !ok:
		p.fail(p.peek(), ErrSyntax, "a comparison such as \"!= 0\" must follow a number")
	case !o.next.given:
		p.fail(plain.at, ErrSyntax, "a value needs a qualifier, such as host, net or port, before it")
	default:
		o.expr, o.number, o.list = &match{qualifier: o.next, value: plain.at}, nil, true
	}
	return o
}

func (p *parser) peek() token {
	if p.err != nil {
		return p.tokens[len(p.tokens)-1]
	}
	return p.tokens[0]
}

func (p *parser) take() token {
	t := p.peek()
	if t.kind != tokenEnd {
		p.tokens = p.tokens[1:]
	}
	return t
}

func (p *parser) at(word string) bool { return p.peek().is(word) }

func (p *parser) accept(word string) bool {
	if p.at(word) {
		p.take()
		return true
	}
	return false
}

func (p *parser) expect(word string) {
	if !p.accept(word) {
		p.fail(p.peek(), ErrSyntax, "expected %q here", word)
	}
}

// enter guards a recursion; leave must follow when it returns true.
func (p *parser) enter() bool {
	if p.depth >= maxDepth {
		p.fail(p.peek(), ErrTooComplex, "nested more than %d deep", maxDepth)
		return false
	}
	p.depth++
	return true
}

func (p *parser) leave() { p.depth-- }

// unexpected reports the next token as out of place.
func (p *parser) unexpected() {
	t := p.peek()
	switch {
	case t.kind == tokenUnsupported:
		p.fail(t, ErrUnsupported, "only libpcap has this primitive")
	case t.kind == tokenEnd:
		p.fail(t, ErrSyntax, "more was expected")
	default:
		p.fail(t, ErrSyntax, "unexpected here")
	}
}

// fail records the first error.
func (p *parser) fail(t token, kind error, format string, args ...any) {
	if p.err == nil {
		p.err = errorAt(p.expr, t, kind, format, args...)
	}
}
