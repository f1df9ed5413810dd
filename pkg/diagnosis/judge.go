package diagnosis

import (
	"bytes"
	"slices"
	"sync"

	"github.com/sniscope/sniscope/pkg/conversation"
)

// Case is one connection being judged, and then, if it is to be listed, explained. It is used again for one connection
// after the other, because rules are called through pointers and what they see would otherwise be allocated for each of
// millions. The zero value is ready for use.
type Case struct {
	view         view
	named, plain *rule
	finding      finding
	sentences    conversation.Pieces
}

// cases are those of Judge.
var cases = sync.Pool{New: func() any { return new(Case) }}

// Judge says what became of a connection, as Case.Judge does.
func Judge(r *conversation.Record, c *Context) (verdict Verdict) {
	k := cases.Get().(*Case)
	k.Judge(r, c, &verdict)
	*k = Case{}
	cases.Put(k)
	return verdict
}

// Judge says what became of a connection. It fills in all of the Verdict but what is written for people, which
// Explain adds: most of a large capture is counted, and never read. The memory of the Evidence that the Verdict held is
// used again. c may be nil where nothing is known of other connections.
func (k *Case) Judge(r *conversation.Record, c *Context, verdict *Verdict) {
	if c == nil {
		c = &noContext
	}
	v := &k.view
	v.reset(r, c)
	k.named, k.plain = v.decide()
	f := &k.finding
	v.conclude(k.named, f)
	verdict.Code, verdict.Severity, verdict.Confidence, verdict.Frame = k.named.code, f.severity, f.confidence, f.at.Frame
	verdict.Entry, verdict.OwnWords, verdict.Use, verdict.Absent = uint8(k.named.entry), false, f.use, c.Absent
	verdict.Evidence, verdict.Detail, verdict.Fix = verdict.Evidence[:0], "", ""
	verdict.Tampering = v.tampering()
}

// Explain adds Evidence, Detail and Fix to the Verdict that Judge filled in last. Text from the network stands in
// quotation marks, and nothing else does: appendQuoted is the only way by which it comes into a sentence.
func (k *Case) Explain(verdict *Verdict) {
	v := &k.view
	verdict.Evidence = k.finding.evidence(verdict.Evidence[:0])
	b := k.named.say(v, v.words[:0])
	if k.finding.notOK() {
		b = v.appendRemarks(b, k.named, k.plain)
	}
	v.words, verdict.Detail, verdict.OwnWords = b, k.sentences.Text(b, sentencesSize), bytes.IndexByte(b, '"') < 0
	verdict.Fix = k.named.advice(v)
}

// advice is what to do, in one sentence.
func (r *rule) advice(v *view) string {
	switch {
	case v.helloChecked():
		return fixHelloCheck
	case v.mayBeLost(r):
		return fixLossy
	case v.lostToGarbling():
		return fixGarbled
	case v.cameAstray(r):
		return fixAstray
	case v.forBounced(r):
		return v.fixBounced()
	case v.stoppedHere(r):
		return fixHere
	case v.forOnward(r) && v.Paired:
		return fixOnward
	case v.stoppedBetween(r):
		return v.fixBetween()
	case v.forOnward(r):
		return fixOnward
	}
	s := r.usualAdvice(v)
	if s != "" && v.cause.By == server && v.signs() != 0 && r.code != ResetInjected && r.code != ResetBeforeHello { // which say so by themselves
		s += fixPerhapsInjected
	}
	return s
}

// fixPerhapsInjected is what to do besides where one sign speaks for a forged RST.
const fixPerhapsInjected = "; the RST may be somebody else's: give sniscope captures of both ends at once"

// usualAdvice is what the rule itself says, else the catalogue.
func (r *rule) usualAdvice(v *view) string {
	if r.fix != nil {
		if s := r.fix(v); s != "" {
			return s
		}
	}
	return catalogue()[r.entry].Fix
}

// conclude is what the rule concludes. Every verdict points to a packet: to the last one, if to no other.
func (v *view) conclude(r *rule, f *finding) {
	*f = r.then(v)
	if f.notOK() && f.confidence == Certain && v.shaky(r) {
		f.confidence = Probable
	}
	if f.notOK() && r.code != ResetInjected && r.code != IncompleteCapture && (v.contradicted(r) || v.leftOnly()) {
		f.confidence = Possible
	}
	if f.notOK() && v.mayBeLost(r) {
		f.confidence = Possible
	}
	if f.notOK() && v.helloChecked() {
		f.severity = Info
	}
	if v.forOnward(r) {
		f.shown[len(f.shown)-1] = v.c.Onward.Failed
		if blamesName(r.code) || v.Paired { // what the server is said to have done the proxy did
			f.confidence = Possible
		}
	}
	if f.notOK() && v.answeredAstray() {
		f.shown[len(f.shown)-1] = v.c.Astray.Event
	}
	if !f.at.Happened() {
		f.at = v.latest()
	}
}

// decide returns the rule that names the diagnosis, and the one that did before it was renamed.
func (v *view) decide() (named, plain *rule) {
	v.facts = v.ofPassed()
	if !v.Established {
		v.facts |= v.ofFailed()
	}
	plain = v.first()
	for _, r := range plain.renamed {
		if r.when(v) == yes {
			return r, plain
		}
	}
	return plain, plain
}

// first returns the rule that decides by the connection's own facts, in order of precedence.
func (v *view) first() *rule {
	for may := v.facts.steps(); may != 0; {
		switch r := may.next(); r.when(v) {
		case yes:
			return r
		case unknown:
			return &incompleteCapture
		}
	}
	return &incompleteCapture
}

// evidence appends the ordinals of the packets that show f, ascending and each once.
func (f *finding) evidence(frames []uint64) []uint64 {
	frames = append(frames, f.at.Frame)
	for i := range f.shown {
		frame := f.shown[i].Frame
		if frame == 0 || slices.Contains(frames, frame) {
			continue
		}
		frames = append(frames, frame)
		for at := len(frames) - 1; at > 0 && frames[at-1] > frame; at-- {
			frames[at-1], frames[at] = frame, frames[at-1]
		}
	}
	return frames
}
