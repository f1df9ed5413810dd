package diagnosis

import (
	"math/bits"
	"strings"

	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/flow"
)

// resetInjected: the RSTs of the side that ended the connection bear two or more marks of a packet that this side
// did not make. Each mark alone is seen in healthy traffic. Or it was made on the host of the capture. Or a capture nearer to that
// side has none of its RSTs.
var resetInjected = rule{
	code: ResetInjected,
	when: func(v *view) truth {
		return is(v.forged(server) || v.resetBy(client) && (v.disowned() || v.madeHere()))
	},
	then: func(v *view) finding {
		f := atCause(v, Error, Probable)
		switch {
		case v.bothDisowned() || v.madeBoth():
			f.confidence = Certain
		case (v.c.Absent || v.disownedAlone()) && !v.madeHere() && !twoSigns(v.signs()):
			f.confidence = Possible
		}
		n := 1
		for i := range v.Resets {
			if x := &v.Resets[i]; x.By == v.cause.By && x.Signs != 0 && n < len(f.shown) {
				f.shown[n] = x.Event
				n++
			}
		}
		return f
	},
	say: func(v *view, b []byte) []byte {
		b = append(v.appendSide(append(b, "a RST in the name of "...), v.cause.By), " ended the connection "...)
		switch b = v.appendAfterHello(b); {
		case v.madeHere():
			return v.appendMadeHere(append(b, "; "...))
		case v.bothDisowned():
			return append(v.appendBetween(append(b, "; "...)), " sent it"...)
		case v.c.Absent && !twoSigns(v.signs()):
			return append(b, "; something on the way may have sent it"...) // a remark says why
		}
		if b = append(v.appendBetween(append(b, "; "...)), " probably sent it"...); v.disowned() {
			return b // likewise
		}
		b = append(b, ": "...)
		b = appendSigns(b, server, v.signs())
		if belied(v.Record) {
			b = append(b, ", and the client, which had not ended the connection, then no longer knew it"...)
		}
		return b
	},
}

// signs are the marks of injection on all RSTs of the side whose RST ended the connection.
func (v *view) signs() flow.Signs {
	if v.cause.Kind != CauseRST {
		return 0
	}
	return signsOf(v.Record, v.cause.By)
}

func signsOf(r *conversation.Record, by flow.Side) (s flow.Signs) {
	for i := range r.Resets {
		if r.Resets[i].By == by {
			s |= r.Resets[i].Signs
		}
	}
	return s
}

// twoSigns is how many marks it takes to say that a RST was not its apparent sender's.
func twoSigns(s flow.Signs) bool { return bits.OnesCount8(uint8(s)) >= 2 }

// forged holds when the RST that ended the connection bears a side's name and was not made by it. What it says of
// that side's bytes is then not to be believed either.
func (v *view) forged(by flow.Side) bool {
	return v.cause.Kind == CauseRST && v.cause.By == by && (strange(v.Record, by) || v.disowned() || v.madeHere())
}

// strange holds where RSTs in a side's name show that it did not send them.
func strange(r *conversation.Record, by flow.Side) bool {
	return twoSigns(signsOf(r, by)) || by == server && belied(r)
}

// belied holds where the server went on behind a RST in its name, which the client had taken for the server's: it was the first to
// end the connection on its side, by answering what came with a RST for want of a socket.
func belied(r *conversation.Record) bool {
	return strangerEnded(r) && signsOf(r, server)&flow.SignDataAfter != 0
}

// forgedReset returns what really ended the connection where a client's bare RST of that frame seems to, nil if that did: such
// a RST answers a segment for a connection that its sender no longer has. If a RST in the server's name that the client had to
// accept came before, and bears two marks, or the server went on behind it, it is why.
func forgedReset(r *conversation.Record, before uint64) *flow.Reset {
	if !strange(r, server) {
		return nil
	}
	for i := range r.Resets {
		if x := &r.Resets[i]; x.By == server && x.InWindow && x.Frame < before {
			return x
		}
	}
	return nil
}

// doubted lowers what is concluded from a RST that bears one mark of injection to possible, except where the
// contrast within one client is proof enough: by that alone the want of a name is certain.
func (v *view) doubted(f finding) finding {
	if v.signs() != 0 && !(v.noSNI() == yes && f.confidence == Certain) {
		f.confidence = Possible
	}
	return f
}

// signNames are the marks as sentences; the side in whose name the RST came stands where they have a "%".
var signNames = [...]struct {
	sign flow.Signs
	text string
}{
	{flow.SignTTL, "the % had not used that TTL before"},
	{flow.SignIPID, "its IP-ID is far from the %'s count"},
	{flow.SignWindow, "its sequence number is outside the window"},
	{flow.SignDataAfter, "the % went on with new data"},
	{flow.SignAcks, "several RSTs acknowledge different bytes"},
	{flow.SignTooSoon, "it came sooner than the server could have answered"},
	{flow.SignOutgoing, "it was captured leaving, and not coming in as others of the % were"},
	{flow.SignOnce, "it was captured once, where others of the % were captured twice, with two TTLs"},
}

// appendSigns lists the marks of RSTs in the name of a side.
func appendSigns(b []byte, by flow.Side, s flow.Signs) []byte {
	from := len(b)
	for _, n := range signNames {
		if s&n.sign == 0 {
			continue
		}
		before, after, named := strings.Cut(n.text, "%")
		if b = append(appendComma(b, from), before...); named {
			b = append(append(b, sideNames[by]...), after...)
		}
	}
	return b
}
