// Command generate writes docs/diagnoses.md from the catalogue of package diagnosis. It is run by go generate
// in the folder pkg/diagnosis.
package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/sniscope/sniscope/pkg/diagnosis"
)

// output is the page, as seen from the folder in which go generate runs.
const output = "../../docs/diagnoses.md"

var (
	//go:embed introduction.md
	introduction string
	//go:embed method.md
	method string
	//go:embed afterword.md
	afterword string
)

func main() {
	log.SetFlags(0)
	if err := os.WriteFile(output, page(), 0o644); err != nil {
		log.Fatalf("generate: %v", err)
	}
}

// page is the whole document.
func page() []byte {
	var b bytes.Buffer
	b.WriteString(introduction)
	b.WriteString("| code | severity | fix |\n| --- | --- | --- |\n")
	entries := diagnosis.Catalogue()
	for i := range entries {
		e := &entries[i]
		fmt.Fprintf(&b, "| %s | %s | %s |\n", link(e.Code), severities(e), strings.ReplaceAll(e.Fix, "|", `\|`))
	}
	for i := range entries {
		writeEntry(&b, &entries[i])
	}
	b.WriteString(method)
	for i, s := range diagnosis.Precedence() {
		fmt.Fprintf(&b, "%d. %s: %s.\n", i+1, s.Title, links(s.Codes))
	}
	b.WriteString(afterword)
	return b.Bytes()
}

func writeEntry(b *bytes.Buffer, e *diagnosis.Entry) {
	fmt.Fprintf(b, "\n### %s\n\nSeverity: %s. %s\n", e.Code, severities(e), e.Meaning)
	if e.Fix != "" {
		fmt.Fprintf(b, "\nFix: %s.\n", e.Fix)
	}
	section(b, "By product", e.Products, func(p diagnosis.Product) string { return p.Name + ": " + p.Text })
	section(b, "Evidence", e.Evidence, func(x string) string { return x })
	section(b, "Look-alikes", e.LookAlikes, func(l diagnosis.LookAlike) string { return link(l.Code) + ": " + l.Text })
	section(b, "What programs print", e.Prints, func(p diagnosis.Print) string { return p.Program + ": `" + p.Text + "`" })
	section(b, "References", e.References, func(r string) string { return r })
}

// section writes a list under a heading, nothing where it is empty.
func section[T any](b *bytes.Buffer, title string, items []T, text func(T) string) {
	if len(items) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s:\n", title)
	for _, x := range items {
		fmt.Fprintf(b, "- %s\n", text(x))
	}
}

func severities(e *diagnosis.Entry) string {
	names := make([]string, 0, len(e.Severities))
	for _, s := range e.Severities {
		names = append(names, s.String())
	}
	return strings.Join(names, " or ")
}

func link(c diagnosis.Code) string { return fmt.Sprintf("[`%s`](#%s)", c, c) }

// links lists codes, each once.
func links(codes []diagnosis.Code) string {
	var list []string
	seen := make(map[diagnosis.Code]bool)
	for _, c := range codes {
		if !seen[c] {
			list = append(list, link(c))
		}
		seen[c] = true
	}
	return strings.Join(list, ", ")
}
