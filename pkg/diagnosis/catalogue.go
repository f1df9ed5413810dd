package diagnosis

import (
	"embed"
	"fmt"
	"sync"
)

//go:generate go run ./internal/generate

// Entry is what the catalogue says of one code.
type Entry struct {
	Code       Code
	Severities []Severity // that a finding of this code may have, the usual one first
	Meaning    string     // one paragraph
	Evidence   []string   // what must be in the capture
	LookAlikes []LookAlike
	Prints     []Print
	Fix        string // one sentence, lower case and without a full stop; "" where there is nothing to fix
	Products   []Product
	References []string // RFC and section, or another public document
}

// LookAlike is another code and what tells it apart.
type LookAlike struct {
	Code Code
	Text string
}

// Print is what a program says in this case. "…" in it stands for anything.
type Print struct {
	Program, Text string
}

// Product is what to do, or to know, about one product.
type Product struct {
	Name, Text string
}

//go:embed catalogue/*.md catalogue/shared/*.md
var catalogueFiles embed.FS

// catalogue is read once, when it is first needed.
var catalogue = sync.OnceValue(func() []Entry {
	entries := make([]Entry, 0, len(codes))
	for _, c := range codes {
		e, err := readEntry(catalogueFiles, c)
		if err != nil {
			panic(fmt.Sprintf("diagnosis: %v", err)) // the files are part of the program
		}
		entries = append(entries, e)
	}
	return entries
})

// Catalogue returns all entries, in the order of Codes. They are shared: the caller must not change them.
func Catalogue() []Entry { return catalogue() }

// Lookup returns the entry of a code; ok is false if there is no such code.
func Lookup(code Code) (e Entry, ok bool) {
	for _, e := range catalogue() {
		if e.Code == code {
			return e, true
		}
	}
	return Entry{}, false
}
