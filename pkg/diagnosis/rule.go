package diagnosis

import "github.com/sniscope/sniscope/pkg/flow"

// rule is one diagnosis: when it holds, what is then concluded, and how that is said of the connection at hand.
type rule struct {
	code Code
	// needs are facts without which the rule does not hold, whatever the capture lacks. They are asked for first, since
	// that costs next to nothing: of most connections most rules need say no more.
	needs facts
	// when is whether the rule holds. It is unknown where what the capture lacks decides.
	when func(*view) truth
	// then is asked only where when is yes.
	then func(*view) finding
	// say appends the sentence with the connection's own numbers: lower case, no full stop.
	say func(v *view, b []byte) []byte
	// fix is what to do where the catalogue's advice does not fit, "" where it does; nil if it always does.
	fix func(*view) string
	// also are the steps behind this rule's that a remark may name, and renamed the rules that may replace it.
	also    steps
	renamed []*rule
	refuses bool // it says that no TLS came back for a hello
	entry   int  // of the catalogue
}

// finding is what a rule concludes.
type finding struct {
	severity   Severity
	confidence Confidence
	at         flow.Event    // the packet that decides it
	shown      [4]flow.Event // further packets that show it; those that never happened are left out
	use        Use           // see Verdict
}

// notOK holds for what a rule concludes of a connection that did not go as it should.
func (f *finding) notOK() bool { return f.severity != OK }

// atCause is the conclusion of most rules: the cause decides, and the hello that it answers shows it, with what is given.
func atCause(v *view, s Severity, c Confidence, with ...flow.Event) finding {
	f := finding{severity: s, confidence: c, at: v.cause.Event, shown: [4]flow.Event{v.Hello.End}}
	copy(f.shown[1:], with)
	return f
}
