package diagnosis

import (
	"slices"
	"sync"

	"github.com/sniscope/sniscope/pkg/conversation"
)

// views are reused, because rules are called through pointers and a view would otherwise be allocated for each
// of millions of connections.
var views = sync.Pool{New: func() any { return new(view) }}

// Judge says what became of a connection. It fills in all of the Verdict but what is written for people, which
// Explain adds: most of a large capture is counted, and never read. c may be nil where nothing is known of other
// connections.
func Judge(r *conversation.Record, c *Context) Verdict {
	if c == nil {
		c = &noContext
	}
	v := views.Get().(*view)
	v.reset(r, c)
	rule, plain := v.decide()
	f := v.conclude(rule)
	tampering := v.tampering()
	v.release()
	return Verdict{
		Code: rule.code, Severity: f.severity, Confidence: f.confidence, Frame: f.at.Frame, Tampering: tampering,
		named: rule, plain: plain,
	}
}

// Explain adds Evidence, Detail and Fix to the Verdict that Judge returned for the same arguments. What
// Evidence already holds is overwritten, and its memory used again.
func Explain(r *conversation.Record, c *Context, verdict *Verdict) {
	if c == nil {
		c = &noContext
	}
	v := views.Get().(*view)
	v.reset(r, c)
	rule, plain := verdict.named, verdict.plain
	if rule == nil {
		rule, plain = v.decide()
	}
	f := v.conclude(rule)
	verdict.Evidence = f.evidence(verdict.Evidence[:0])
	verdict.Detail = rule.say(v)
	if f.isFinding() {
		verdict.Detail = v.withRemarks(verdict.Detail, rule, plain)
	}
	verdict.Fix = rule.advice(v)
	v.release()
}

// release gives a view back.
func (v *view) release() {
	*v = view{words: v.words}
	views.Put(v)
}

// advice is what to do, in one sentence.
func (r *rule) advice(v *view) string {
	if r.fix != nil {
		if s := r.fix(v); s != "" {
			return s
		}
	}
	return fixes()[r.code]
}

// conclude is what the rule concludes. Every verdict points to a packet: to the last one, if to no other.
func (v *view) conclude(r *rule) finding {
	f := r.then(v)
	if f.isFinding() && f.confidence == Certain && v.shaky(r) {
		f.confidence = Probable
	}
	if !f.at.Happened() {
		f.at = v.latest()
	}
	return f
}

// decide returns the rule that names the diagnosis, and the one that did before it was renamed.
func (v *view) decide() (named, plain *rule) {
	plain = v.first()
	for i := range renamings {
		if n := &renamings[i]; slices.Contains(n.of, plain.code) && n.rule.when(v) == yes {
			return n.rule, plain
		}
	}
	return plain, plain
}

// first returns the rule that decides by the connection's own facts, in order of precedence.
func (v *view) first() *rule {
	for i := range order {
		for _, r := range order[i].rules {
			switch r.when(v) {
			case yes:
				return r
			case unknown:
				return &incompleteCapture
			}
		}
	}
	return &incompleteCapture
}

// evidence appends the ordinals of the packets that show f, ascending and each once.
func (f *finding) evidence(frames []uint64) []uint64 {
	frames = append(frames, f.at.Frame)
	for _, e := range f.shown {
		if e.Happened() && !slices.Contains(frames, e.Frame) {
			frames = append(frames, e.Frame)
		}
	}
	slices.Sort(frames)
	return frames
}
