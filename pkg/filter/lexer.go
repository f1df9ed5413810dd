package filter

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf8"
)

// lexer cuts an expression into tokens as libpcap's scanner does: the longest
// match wins, so "6000-6008" is one name and "tcp-syn" one constant.
type lexer struct {
	expr string
	pos  int
}

// lex returns the tokens of expr, ending with tokenEnd.
func lex(expr string) ([]token, error) {
	if len(expr) > maxExpression {
		err := fmt.Errorf("%w: longer than %d bytes", ErrTooComplex, maxExpression)
		return nil, &Error{Err: err}
	}
	l := lexer{expr: expr}
	var tokens []token
	for {
		t, err := l.next()
		if err != nil {
			return nil, err
		}
		tokens = append(tokens, t)
		if t.kind == tokenEnd {
			return tokens, nil
		}
	}
}

func (l *lexer) next() (token, error) {
	l.take(l.span(isSpace))
	rest := l.expr[l.pos:]
	switch {
	case rest == "":
		return token{kind: tokenEnd, pos: l.pos}, nil
	case rest[0] == '\\':
		return l.escaped()
	}
	if address := rest[:l.span(isAddressByte)]; strings.Count(address, ":") >= 2 {
		return l.address(address)
	}
	if isAlnum(rest[0]) {
		// A name may contain but not end in these two.
		name := strings.TrimRight(rest[:l.span(isNameByte)], "-_")
		return l.word(l.take(len(name)))
	}
	return l.operator()
}

// escaped reads a backslash and the name after it, which is then no keyword.
func (l *lexer) escaped() (token, error) {
	t := l.take(1)
	name := l.take(l.span(func(c byte) bool { return !strings.ContainsRune(" !()\n\t", rune(c)) }))
	if name.text == "" {
		return t, l.fail(t, "no name after the backslash")
	}
	name.kind = tokenName
	return name, nil
}

// address reads what has two colons or more: an IPv6 or an Ethernet address.
func (l *lexer) address(text string) (token, error) {
	t := l.take(len(text))
	if mac, ok := parseMAC(text); ok {
		t.kind, t.mac = tokenMAC, mac
		return t, nil
	}
	ip, err := netip.ParseAddr(text)
	if err != nil {
		return t, l.fail(t, "neither an IPv6 nor an Ethernet address")
	}
	t.kind, t.ip = tokenIPv6, ip
	return t, nil
}

// word classifies a name by its spelling alone.
func (l *lexer) word(t token) (token, error) {
	if canonical, ok := words[t.text]; ok {
		t.kind, t.text = tokenWord, canonical
		return t, nil
	}
	if protocols[t.text] != nil {
		t.kind = tokenWord
		return t, nil
	}
	if unsupported[t.text] {
		t.kind = tokenUnsupported
		return t, nil
	}
	if mac, ok := parseMAC(t.text); ok {
		t.kind, t.mac = tokenMAC, mac
		return t, nil
	}
	if isNumber(t.text) {
		return l.number(t)
	}
	if value, ok := constants[t.text]; ok {
		t.kind, t.num = tokenNumber, value
		return t, nil
	}
	t.kind = tokenName
	if isDotted(t.text) {
		t.kind = tokenIPv4
	}
	return t, nil
}

// number converts decimal, 0x hexadecimal and 0 octal, as in C.
func (l *lexer) number(t token) (token, error) {
	text, base := t.text, 10
	if len(text) > 2 && (text[1] == 'x' || text[1] == 'X') {
		text, base = text[2:], 16
	} else if len(text) > 1 && text[0] == '0' {
		base = 8
	}
	value, err := strconv.ParseUint(text, base, 32)
	if err != nil {
		return t, l.fail(t, "not a 32-bit number (a leading 0 means octal)")
	}
	t.kind, t.num = tokenNumber, uint32(value)
	return t, nil
}

func (l *lexer) operator() (token, error) {
	rest := l.expr[l.pos:]
	for _, size := range []int{2, 1} {
		if len(rest) < size {
			continue
		}
		if canonical, ok := words[rest[:size]]; ok {
			t := l.take(size)
			t.kind, t.text = tokenWord, canonical
			return t, nil
		}
	}
	_, size := utf8.DecodeRuneInString(rest)
	t := l.take(size)
	return t, l.fail(t, "unexpected character")
}

// take consumes n bytes.
func (l *lexer) take(n int) token {
	text := l.expr[l.pos : l.pos+n]
	l.pos += n
	return token{raw: text, text: text, pos: l.pos - n}
}

// span counts the bytes ahead that satisfy is.
func (l *lexer) span(is func(byte) bool) int {
	n := 0
	for l.pos+n < len(l.expr) && is(l.expr[l.pos+n]) {
		n++
	}
	return n
}

func (l *lexer) fail(t token, why string) error {
	return errorAt(l.expr, t, ErrSyntax, "%s", why)
}
