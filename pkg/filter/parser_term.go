package filter

// term reads a primitive that begins with a keyword.
func (p *parser) term() operand {
	var proto *protocol
	first := p.peek()
	if first.kind == tokenWord {
		proto = protocols[first.text]
	}
	if proto != nil {
		p.take()
	}
	switch t := p.peek(); {
	case t.is("broadcast"), t.is("multicast"):
		return operand{expr: &casting{proto, p.take()}}
	case p.startsQualifier():
		q := p.qualifier(proto)
		return operand{expr: p.values(q), next: q}
	case proto != nil:
		if t.kind == tokenUnsupported {
			p.unexpected()
		}
		return operand{expr: &abbreviation{proto, first}}
	case t.is("less"), t.is("greater"):
		p.take()
		return operand{expr: &size{t.is("greater"), p.plainNumber().num}}
	case t.is("inbound"), t.is("outbound"):
		return operand{expr: &heading{p.take()}}
	case t.is("vlan"), t.is("mpls"), t.is("pppoes"):
		p.take()
		return operand{expr: &label{t, p.optionalNumber()}}
	}
	p.unexpected()
	return operand{}
}

func (p *parser) startsQualifier() bool {
	switch t := p.peek(); {
	case t.is("src"), t.is("dst"), t.is("host"), t.is("net"), t.is("port"), t.is("portrange"),
		t.is("proto"), t.is("protochain"):
		return true
	}
	return false
}

// qualifier reads the direction and kind after an optional protocol.
func (p *parser) qualifier(proto *protocol) qualifier {
	q := qualifier{proto: proto, kind: "host", given: true}
	directed := p.at("src") || p.at("dst")
	if directed {
		q.dir = p.direction()
	}
	switch t := p.peek(); {
	case t.is("host"), t.is("net"), t.is("port"), t.is("portrange"):
		q.kind = p.take().text
	case !directed: // proto or protochain, which have no direction
		q.kind = p.take().text
	}
	return q
}

func (p *parser) direction() direction {
	first := p.take()
	if !p.at("and") && !p.at("or") {
		if first.is("src") {
			return dirSrc
		}
		return dirDst
	}
	both := p.take().is("and")
	other := "dst"
	if first.is("dst") {
		other = "src"
	}
	p.expect(other)
	if both {
		return dirBoth
	}
	return dirEither
}

// values reads what follows a qualifier: one value, or several in parentheses.
func (p *parser) values(q qualifier) expr {
	if !p.enter() {
		return nil
	}
	defer p.leave()
	if p.accept("not") {
		return &negation{p.values(q)}
	}
	if !p.accept("(") {
		return p.value(q)
	}
	list := p.values(q)
	for p.at("and") || p.at("or") {
		or := p.take().is("or")
		list = &logical{or, list, p.values(q)}
	}
	p.expect(")")
	return list
}

func (p *parser) startsValue() bool {
	switch p.peek().kind {
	case tokenName, tokenIPv4, tokenIPv6, tokenMAC:
		return true
	}
	return false
}

// value reads one value with its prefix length or mask.
func (p *parser) value(q qualifier) expr {
	if !p.startsValue() && p.peek().kind != tokenNumber {
		p.unexpected()
		return nil
	}
	m := &match{qualifier: q, value: p.take()}
	address := m.value.kind == tokenIPv4 || m.value.kind == tokenIPv6
	switch {
	case address && p.accept("/"):
		prefix := p.plainNumber()
		m.prefix = &prefix
	case m.value.kind == tokenIPv4 && p.accept("mask"):
		mask := p.take()
		if mask.kind != tokenIPv4 {
			p.fail(mask, ErrSyntax, "a mask has at least two numbers, as in 255.0")
		}
		m.mask = &mask
	case m.value.kind == tokenNumber && p.at("/"):
		p.fail(p.peek(), ErrSyntax, "write the network with a dot: %s.0/%s", m.value.text, p.tokens[1].text)
	}
	return m
}

// plainNumber reads one number.
func (p *parser) plainNumber() token {
	if p.peek().kind != tokenNumber {
		p.fail(p.peek(), ErrSyntax, "expected a number")
	}
	return p.take()
}

// optionalNumber reads a number, in parentheses or not, if one follows.
func (p *parser) optionalNumber() *token {
	if p.peek().kind == tokenNumber {
		t := p.take()
		return &t
	}
	if !p.enter() {
		return nil
	}
	defer p.leave()
	if !p.accept("(") {
		return nil
	}
	t := p.optionalNumber()
	if t == nil {
		p.fail(p.peek(), ErrSyntax, "expected a number")
	}
	p.expect(")")
	return t
}
