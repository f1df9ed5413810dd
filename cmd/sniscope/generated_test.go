package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/template"

	"github.com/spf13/pflag"

	"github.com/sniscope/sniscope/pkg/diagnosis"
)

// generated are the files of docs that are made from templates in testdata/generate, the flags and the catalogue.
var generated = []string{"sniscope.1", "completion/sniscope.bash", "completion/_sniscope", "completion/sniscope.fish"}

// TestGenerated compares them with what would be made now; "go generate ./cmd/sniscope" makes them.
func TestGenerated(t *testing.T) {
	for _, file := range generated {
		t.Run(file, func(t *testing.T) {
			got := generate(t, filepath.Join("testdata/generate", filepath.Base(file)+".tmpl"))
			file = filepath.Join(docsDir, file)
			if *update {
				writeGolden(t, file, got)
				return
			}
			want, err := os.ReadFile(file)
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s is not up to date (%v): go generate ./cmd/sniscope\n%s", file, err, firstDifference(string(got), string(want)))
			}
		})
	}
}

// TestMakefileInstallsThem reads what "make install" copies.
func TestMakefileInstallsThem(t *testing.T) {
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range generated {
		if !bytes.Contains(makefile, []byte(" docs/"+file+" $(DESTDIR)$(PREFIX)/share/")) {
			t.Errorf("docs/%s is not installed", file)
		}
	}
}

func generate(t *testing.T, file string) []byte {
	t.Helper()
	functions := template.FuncMap{
		"roff": roff, "shell": shell, "zsh": zshArgument, "fish": fish,
		"last": func(list []flagDoc) int { return len(list) - 1 },
		"join": func(words []string) string { return strings.Join(words, " ") },
	}
	tmpl, err := template.New(filepath.Base(file)).Funcs(functions).ParseFiles(file)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := tmpl.Execute(&out, newCommandLine()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// commandLine is what templates know.
type commandLine struct {
	Flags   []flagDoc
	Ignored []flagDoc // accepted, and not to be offered
	Codes   []codeDoc
}

// flagDoc describes a flag.
type flagDoc struct {
	Long, Short string
	Value       string // name of its value, "" if it has none
	Usage       string
	Default     string // "" where nothing is the default
	Repeated    bool
	Kind        string   // "files", "code", "codes" or ""
	Words       []string // that it takes, besides
}

// codeDoc describes a diagnosis.
type codeDoc struct {
	Code, Severities, Meaning string // Meaning is one sentence
}

func newCommandLine() (c commandLine) {
	newFlagSet(&flags{}).VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			c.Ignored = append(c.Ignored, newFlagDoc(f))
			return
		}
		c.Flags = append(c.Flags, newFlagDoc(f))
	})
	for _, e := range diagnosis.Catalogue() {
		var severities []string
		for _, s := range e.Severities {
			severities = append(severities, s.String())
		}
		c.Codes = append(c.Codes, codeDoc{string(e.Code), strings.Join(severities, " or "), firstSentence(e.Meaning)})
	}
	return c
}

func newFlagDoc(f *pflag.Flag) flagDoc {
	d := flagDoc{Long: f.Name, Short: f.Shorthand}
	d.Value, d.Usage = pflag.UnquoteUsage(f)
	if f.Value.Type() == "string" {
		d.Default = f.DefValue
	}
	d.Repeated = strings.HasSuffix(f.Value.Type(), "Slice") || strings.HasSuffix(f.Value.Type(), "Array")
	switch d.Value {
	case "FILE":
		d.Kind = "files"
	case "CODE":
		d.Kind, d.Words = "code", []string{"list"}
	case "CODE[,CODE]":
		d.Kind = "codes"
	case "FORMAT":
		d.Words = formats
	case "WHEN":
		d.Words = colors
	}
	if f.Name == "fail-on" {
		d.Words = []string{"error", "warning"}
	}
	return d
}

// roff escapes a text for the manual page.
func roff(s string) string {
	s = strings.NewReplacer(`\`, `\e`, `-`, `\-`, `"`, `\(dq`, `…`, `...`).Replace(s)
	if strings.HasPrefix(s, ".") || strings.HasPrefix(s, "'") {
		s = `\&` + s
	}
	return s
}

// shell quotes a text for bash and zsh.
func shell(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// fish quotes a text for fish.
func fish(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

// zshArgument is what _arguments takes for a flag.
func zshArgument(f flagDoc) string {
	text := strings.NewReplacer(`\`, `\\`, `[`, `\[`, `]`, `\]`, `:`, `\:`).Replace
	value := ""
	if f.Value != "" {
		value = ":" + text(f.Value) + ":" + zshAction(f)
	}
	usage := "[" + text(f.Usage) + "]" + value
	short, long := "-"+f.Short, "--"+f.Long
	exclude := "(" + strings.TrimPrefix(short+" ", "- ") + long + ")"
	if f.Repeated {
		exclude = "*"
	}
	if f.Value != "" {
		short, long = short+"+", long+"=" // the value may be attached
	}
	if f.Short == "" {
		return shell(exclude + long + usage)
	}
	return shell(exclude) + "{" + short + "," + long + "}" + shell(usage)
}

func zshAction(f flagDoc) string {
	switch words := strings.Join(f.Words, " "); {
	case f.Kind == "files":
		return "_files"
	case f.Kind == "code":
		return "_sniscope_code " + words
	case f.Kind == "codes":
		return strings.TrimSpace("_sniscope_code_list " + words)
	case words != "":
		return "(" + words + ")"
	}
	return ""
}

// TestFlagsAreDocumented finds a flag without a name for its value, which would read as its type.
func TestFlagsAreDocumented(t *testing.T) {
	types := []string{"string", "strings", "stringArray", "uint", "int", "duration"}
	for _, f := range newCommandLine().Flags {
		if slices.Contains(types, f.Value) {
			t.Errorf("--%s takes %q: name its value in backquotes", f.Long, f.Value)
		}
	}
}
