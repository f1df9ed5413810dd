package filter

// precedences of the arithmetic operators, loosest first. libpcap declares none
// for % and ^: they bind tighter than what stands before them, and everything
// after them is their right operand.
var precedences = map[string]int{
	"|": 1, "&": 2, "<<": 3, ">>": 3, "+": 4, "-": 4, "*": 5, "/": 5,
}

const precedenceUnary = 6

func (p *parser) startsNumber() bool {
	t := p.peek()
	if t.kind == tokenWord && protocols[t.text] != nil {
		return p.tokens[1].is("[")
	}
	return t.kind == tokenNumber || t.is("-") || t.is("len")
}

// number reads an arithmetic expression whose operators bind at least as
// tightly as loosest.
func (p *parser) number(loosest int) number {
	if !p.enter() {
		return nil
	}
	defer p.leave()
	return p.operations(p.primary(), loosest)
}

// operations reads the operators and operands that follow left.
func (p *parser) operations(left number, loosest int) number {
	for {
		op := p.peek()
		if op.is("%") || op.is("^") {
			p.take()
			left = &arithmetic{op, left, p.number(0)}
			continue
		}
		precedence := precedences[op.text]
		if op.kind != tokenWord || precedence == 0 || precedence < loosest {
			return left
		}
		p.take()
		left = &arithmetic{op, left, p.number(precedence + 1)}
	}
}

func (p *parser) primary() number {
	t := p.take()
	switch {
	case t.kind == tokenNumber:
		return &literal{t}
	case t.is("len"):
		return &length{}
	case t.is("-"):
		return &negative{p.number(precedenceUnary)}
	case t.is("("):
		inner := p.number(0)
		p.expect(")")
		return inner
	case t.kind == tokenWord && protocols[t.text] != nil:
		return p.field(t)
	}
	p.fail(t, ErrSyntax, "expected a number")
	return nil
}

// field reads the rest of proto[index:width].
func (p *parser) field(at token) number {
	f := &field{proto: protocols[at.text], at: at}
	p.expect("[")
	f.index = p.number(0)
	if p.accept(":") {
		width := p.plainNumber()
		f.width = &width
	}
	p.expect("]")
	return f
}
