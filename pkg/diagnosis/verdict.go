// Package diagnosis says why a handshake failed: it is a pure function of a connection's Record, of what
// other connections of the same endpoints did, and of when the capture ended.
package diagnosis

// Code names a diagnosis. The codes are published: they never change their meaning.
type Code string

// Severity says how much a finding matters.
type Severity uint8

// The severities. Error and Warning are findings; Info is counted; OK is neither.
const (
	OK Severity = iota
	Info
	Warning
	Error
)

var severities = [...]string{"ok", "info", "warning", "error"}

// String is the published name.
func (s Severity) String() string { return severities[s&3] }

// IsFinding reports whether something is wrong.
func (s Severity) IsFinding() bool { return s >= Warning }

// Confidence says how sure a verdict is.
type Confidence uint8

// The degrees.
const (
	Possible Confidence = iota
	Probable
	Certain
)

var confidences = [...]string{"possible", "probable", "certain"}

// String is the published name.
func (c Confidence) String() string {
	if int(c) < len(confidences) {
		return confidences[c]
	}
	return ""
}

// Use says whether anything came of a handshake, where its diagnosis does not. Where nothing did, Detail says more.
type Use uint8

// What came of it.
const (
	Used     Use = iota // as far as is known
	Unused              // it went through, and a side ended the connection without data
	Deserted            // so did the server, whose host had failed to reach another server
	Failed              // it did not go through, of which the capture shows that much
)

// Verdict is what is concluded about one connection.
type Verdict struct {
	Code       Code
	Severity   Severity
	Confidence Confidence
	Entry      uint8 // place of the Code in Catalogue
	OwnWords   bool  // Detail holds no text from the network, and with it no quotation mark
	Use        Use
	Absent     bool     // a capture nearer to the server has nothing of the connection, as Context.Absent
	Frame      uint64   // ordinal of the deciding packet, 0 when there is none
	Evidence   []uint64 // ordinals of the packets that show it, ascending
	Detail     string   // one sentence with the connection's own numbers; may hold bytes from the network, unescaped
	Fix        string   // one sentence, "" when there is nothing to fix
	Tampering  string   // passive-tampering signature that the connection matches, "" when none
}
