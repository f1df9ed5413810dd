package report

import "fmt"

// term is one of the few words that a column may hold, none longer than maxTerm.
type term struct {
	text string
	cell [maxTerm + 1]byte // of CSV: the text and a comma, and nothing of meaning behind it
}

// maxTerm makes a cell as long as what a processor copies at once.
const maxTerm = 15

// noTerm stands where there is nothing to say.
var noTerm = newTerm("")

func newTerm(text string) term {
	t := term{text: text}
	t.cell[copy(t.cell[:maxTerm], text)] = ','
	return t
}

// newTerms are the terms of values that are told by their place.
func newTerms(texts []string) []term {
	terms := make([]term, len(texts))
	for i, text := range texts {
		terms[i] = newTerm(text)
	}
	return terms
}

// termsOf are the terms of values that have names, from 0 on.
func termsOf[T interface {
	~uint8
	fmt.Stringer
}](last T) (terms []term) {
	for v := T(0); v <= last; v++ {
		terms = append(terms, newTerm(v.String()))
	}
	return terms
}

// termOf looks up a term: that of nothing for a value that has none.
func termOf(terms []term, v uint8) *term {
	if int(v) < len(terms) {
		return &terms[v]
	}
	return &noTerm
}
