package analysis

import (
	"cmp"
	"math"
	"path"
	"slices"
	"strings"
)

// beginning is a Source that knows the time of its first packet beforehand.
type beginning interface{ FirstTime() (int64, bool) }

// turn is when the turn of a capture comes.
type turn struct {
	Source
	begins int64
	point  *point
}

// point is what was captured in one place, in one file or several.
type point struct {
	begins int64
	name   string // its series
}

// inOrder sorts captures by the time of their first packet; those without one keep their place at the end. Files that a capture
// was rotated into stay together, so that a connection goes on from one to the next although another place was captured at
// the same time.
func inOrder(captures []Source) []Source {
	if len(captures) < 2 {
		return captures // without a look at its first packet, for which its first block would be copied
	}
	points, turns := make(map[string]*point), make([]turn, len(captures))
	for i, s := range captures {
		name, begins := series(s.Name()), firstTime(s)
		at := points[name]
		if at == nil {
			at = &point{begins, name}
			points[name] = at
		}
		at.begins = min(at.begins, begins)
		turns[i] = turn{s, begins, at}
	}
	slices.SortStableFunc(turns, func(a, b turn) int {
		return cmp.Or(cmp.Compare(a.point.begins, b.point.begins), cmp.Compare(a.point.name, b.point.name), cmp.Compare(a.begins, b.begins))
	})
	sorted := make([]Source, len(turns))
	for i := range turns {
		sorted[i] = turns[i].Source
	}
	return sorted
}

// rotated reports whether both may be files that one capture was rotated into.
func rotated(a, b Source) bool { return series(a.Name()) == series(b.Name()) }

// series is what the names of files have in common that tcpdump and its like rotate a capture into: they number them, or put the time
// into the name, and may compress all but the last.
func series(name string) string {
	switch ext := path.Ext(name); ext {
	case ".gz", ".zst", ".xz":
		name = strings.TrimSuffix(name, ext)
	}
	return strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return -1
		}
		return r
	}, name)
}

// firstTime is the time of the first packet of a capture, the last that there can be where that is not known.
func firstTime(s Source) int64 {
	if b, ok := s.(beginning); ok {
		if t, ok := b.FirstTime(); ok {
			return t
		}
	}
	return math.MaxInt64
}
