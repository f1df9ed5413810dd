package report

import (
	"cmp"
	"slices"

	"github.com/sniscope/sniscope/pkg/diagnosis"
)

// codes are counts by diagnosis, in the order in which these were first met, with one example of each.
type codes struct {
	index map[diagnosis.Code]int
	all   []codeCount
}

// codeCount counts the connections with one diagnosis. The fields below severity are of its first finding, or of its first
// connection where none is a finding; or of the first that is more certain, and needs the same done about it.
type codeCount struct {
	code     diagnosis.Code
	info     uint64 // connections for which it is only worth knowing
	findings uint64 // connections for which it is a warning or an error
	severity diagnosis.Severity
	conn     uint64
	frame    frame
	detail   string
	fix      string
	sure     diagnosis.Confidence
	other    []otherFix // what else is advised for findings, in the order in which it was first met; at most maxOtherFixes
	more     uint64     // findings with advice that did not fit
}

// otherFix is advice that is not the example's, and the first connection that it is for.
type otherFix struct {
	conn  uint64
	frame frame
	fix   string
	n     uint64 // connections that it is for
}

func newCodes() codes { return codes{index: make(map[diagnosis.Code]int)} }

// add takes a connection that is not simply ok.
func (c *codes) add(row *Row) {
	code := row.Verdict.Code
	i, ok := c.index[code]
	if !ok {
		i = len(c.all)
		c.index[code] = i
		c.all = append(c.all, codeCount{code: code})
	}
	c.all[i].add(row)
}

// add counts a connection.
func (c *codeCount) add(row *Row) {
	v := row.Verdict
	isFinding := v.Severity.IsFinding()
	first := c.findings == 0 && (isFinding || c.info == 0)
	if first || isFinding && v.Confidence > c.sure && v.Fix == c.fix {
		c.conn, c.frame, c.detail, c.fix, c.sure = row.Conn, decidingFrame(row), v.Detail, v.Fix, v.Confidence
	}
	if !isFinding {
		c.info++
		return
	}
	c.findings++
	c.severity = max(c.severity, v.Severity)
	c.addFix(row)
}

// addFix takes what is advised for a finding, where that is not what is advised for the example.
func (c *codeCount) addFix(row *Row) {
	fix := row.Verdict.Fix
	if fix == c.fix || fix == "" {
		return
	}
	for i := range c.other {
		if c.other[i].fix == fix {
			c.other[i].n++
			return
		}
	}
	if len(c.other) == maxOtherFixes {
		c.more++
		return
	}
	c.other = append(c.other, otherFix{conn: row.Conn, frame: decidingFrame(row), fix: fix, n: 1})
}

// findings are the diagnoses that are findings, the most serious and most frequent first.
func (c *codes) findings() []codeCount {
	var found []codeCount
	for _, one := range c.all {
		if one.findings > 0 {
			found = append(found, one)
		}
	}
	slices.SortStableFunc(found, func(a, b codeCount) int {
		return cmp.Or(cmp.Compare(b.severity, a.severity), cmp.Compare(b.findings, a.findings), cmp.Compare(a.code, b.code))
	})
	return found
}

// of returns what is counted of a diagnosis, nil for nothing.
func (c *codes) of(code diagnosis.Code) *codeCount {
	if i, ok := c.index[code]; ok {
		return &c.all[i]
	}
	return nil
}

// explainHint follows the meanings. The signs that it explains are the table's: whoever needs them has the report before him, not
// the manual page.
const explainHint = "S server, C client; ~ probable, ? possible. sniscope --explain CODE tells more, such as the fix for each product"

// paragraphs are what the diagnosis means, "" for nothing to say, an example of it, its fix, and what is advised for others.
func (c *codeCount) paragraphs(meaning string, withFile bool) (out []string) {
	if meaning != "" {
		out = append(out, meaning)
	}
	if c.detail != "" {
		out = append(out, "example, "+which(c.conn, c.frame, withFile)+": "+c.detail)
	}
	if c.fix != "" {
		out = append(out, "fix: "+c.fix)
	}
	for i := range c.other {
		o := &c.other[i]
		who := which(o.conn, o.frame, withFile)
		if o.n > 1 {
			who = Grouped(o.n) + " connections such as " + who
		}
		out = append(out, "fix for "+who+": "+o.fix)
	}
	if c.more > 0 {
		out = append(out, "for "+Plural(c.more, "more connection", "more connections")+", see the fix in CSV or JSON")
	}
	return out
}

// which names a connection: the number is the one in CSV and JSON; the lines of the table, of which not every connection has one,
// are known by their frames.
func which(conn uint64, f frame, withFile bool) string {
	text := "connection " + Grouped(conn)
	if f.number > 0 {
		text += " (frame " + f.text(withFile) + ")"
	}
	return text
}
