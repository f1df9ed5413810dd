package diagnosis

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// A file of the catalogue is plain Markdown with a fixed shape: a title, "severity:" and optionally "shared:"
// lines, a paragraph, and sections of bullets. A bullet goes on in lines that are indented. What several codes
// have in common is in a file under shared, whose sections are put behind the code's own; what several of these have is
// listed once.

// readEntry reads the file of a code.
func readEntry(files fs.FS, c Code) (Entry, error) {
	name := "catalogue/" + string(c) + ".md"
	e := Entry{Code: c}
	if err := readFile(files, name, &e); err != nil {
		return e, err
	}
	switch {
	case len(e.Severities) == 0:
		return e, fmt.Errorf("%s: no severity", name)
	case e.Meaning == "":
		return e, fmt.Errorf("%s: no meaning", name)
	}
	return e, nil
}

func readFile(files fs.FS, name string, e *Entry) error {
	text, err := fs.ReadFile(files, name)
	if err != nil {
		return err
	}
	f := entryFile{name: name, entry: e}
	for i, line := range strings.Split(string(text), "\n") {
		f.number = i + 1
		if err := f.line(line); err != nil {
			return err
		}
	}
	if err := f.flush(); err != nil {
		return err
	}
	for _, s := range f.shared {
		if err := readFile(files, "catalogue/shared/"+s+".md", e); err != nil {
			return err
		}
	}
	return nil
}

// entryFile is a file being read.
type entryFile struct {
	name    string
	number  int // of the line
	entry   *Entry
	section string
	block   []string // lines of the paragraph or bullet being read
	bullet  bool
	shared  []string
}

func (f *entryFile) line(line string) error {
	switch {
	case strings.HasPrefix(line, "# "):
		if got := line[2:]; got != string(f.entry.Code) && !strings.Contains(f.name, "/shared/") {
			return f.errorf("title %q", got)
		}
	case strings.HasPrefix(line, "severity: "):
		return f.severity(line[len("severity: "):])
	case strings.HasPrefix(line, "shared: "):
		f.shared = append(f.shared, strings.Fields(line[len("shared: "):])...)
	case strings.HasPrefix(line, "## "):
		err := f.flush()
		f.section = line[3:]
		return err
	case strings.HasPrefix(line, "- "):
		err := f.flush()
		f.block, f.bullet = []string{line[2:]}, true
		return err
	case strings.TrimSpace(line) == "":
		return f.flush()
	default:
		f.block = append(f.block, strings.TrimSpace(line))
	}
	return nil
}

func (f *entryFile) severity(list string) error {
	for name := range strings.SplitSeq(list, "/") {
		i := slices.Index(severities[:], name)
		if i < 0 {
			return f.errorf("severity %q", name)
		}
		f.entry.Severities = append(f.entry.Severities, Severity(i))
	}
	return nil
}

// flush puts the paragraph or bullet that was read where it belongs.
func (f *entryFile) flush() error {
	text, bullet := strings.Join(f.block, " "), f.bullet
	f.block, f.bullet = nil, false
	switch {
	case text == "":
		return nil
	case bullet:
		return f.item(text)
	case f.section == "":
		f.entry.Meaning = text
	case f.section == "Fix" && f.entry.Fix == "":
		f.entry.Fix = text
	default:
		return f.errorf("a paragraph in section %q", f.section)
	}
	return nil
}

// item takes a bullet.
func (f *entryFile) item(text string) error {
	e := f.entry
	head, rest, ok := strings.Cut(text, ": ")
	switch f.section {
	case "Evidence":
		e.Evidence = append(e.Evidence, text)
		return nil
	case "References":
		e.References = append(e.References, text)
		return nil
	}
	if !ok {
		return f.errorf("a bullet without a head in section %q", f.section)
	}
	switch f.section {
	case "Look-alikes":
		code := Code(strings.Trim(head, "`"))
		if !slices.Contains(codes[:], code) {
			return f.errorf("look-alike %q is no code", code)
		}
		e.LookAlikes = append(e.LookAlikes, LookAlike{code, rest})
	case "What programs print":
		if p := (Print{head, strings.Trim(rest, "`")}); !slices.Contains(e.Prints, p) {
			e.Prints = append(e.Prints, p)
		}
	case "Fix":
		e.Products = append(e.Products, Product{head, rest})
	default:
		return f.errorf("section %q", f.section)
	}
	return nil
}

func (f *entryFile) errorf(format string, args ...any) error {
	return fmt.Errorf("%s:%d: %s", f.name, f.number, fmt.Sprintf(format, args...))
}
