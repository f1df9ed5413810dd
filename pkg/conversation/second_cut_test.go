package conversation

import (
	"slices"
	"testing"

	"github.com/sniscope/sniscope/pkg/flow"
)

// most is how much of each packet is captured in these tests: the header of its record, and the hello not whole.
const most = 60

// roomCase is what records behind a handshake leave room for.
type roomCase struct {
	name   string
	behind []said
	want   Again
}

func (tc *roomCase) follow(t *testing.T, handshake []said) {
	r := followCut(t, slices.Concat(handshake, tc.behind), most)
	if !r.Established || r.Server.Again != tc.want {
		t.Errorf("%v, established %v", r.Server.Again, r.Established)
	}
}

// TestRoomForRenegotiation has what the headers of records leave room for behind a handshake of TLS 1.2 whose packets were cut short.
func TestRoomForRenegotiation(t *testing.T) {
	get := encrypted(c, data, 110)
	request, bye := encrypted(s, message, 28), encrypted(c, alertRec, 26)
	for _, tc := range []roomCase{
		{"data", []said{get, encrypted(s, data, 300)}, AgainNot},
		{"no data", []said{get, encrypted(s, alertRec, 26)}, AgainNot},
		{"the client closes", []said{bye}, AgainNot},
		{"it asks, and the client answers", []said{get, request, encrypted(c, message, 238), encrypted(s, alertRec, 26)}, AgainPerhaps},
		{"it asks, and the client declines", []said{get, request, bye, encrypted(s, alertRec, 26)}, AgainPerhaps},
		{"it asks, and goes on", []said{get, request, encrypted(c, message, 238), encrypted(s, data, 300)}, AgainNot},
		{"records of the client in one packet", []said{joined(get, bye)}, AgainUnknown},
		{"records of the server in one packet", []said{get, joined(encrypted(s, alertRec, 260), request)}, AgainUnknown},
		{"and data behind", []said{get, joined(encrypted(s, alertRec, 260), request), encrypted(s, data, 300)}, AgainNot},
		{"an upload", slices.Repeat([]said{get}, maxBehind+1), AgainUnknown},
	} {
		t.Run(tc.name, func(t *testing.T) { tc.follow(t, handshake12(t)) })
	}
}

// TestRoomForAuthentication is the same of TLS 1.3, in which all records look like data.
func TestRoomForAuthentication(t *testing.T) {
	get, finished := encrypted(c, data, 103), encrypted(c, data, sealedFinished256)
	for _, tc := range []roomCase{
		{"an answer", []said{get, encrypted(s, data, 300)}, AgainNot},
		{"a request as short as a Finished", []said{finished, encrypted(s, data, 300)}, AgainNot},
		{"and no answer to it", []said{finished}, AgainNot},
		{"the client takes its leave", []said{get, encrypted(s, data, 300), encrypted(c, data, sealedAlert)}, AgainNot},
		{"a certificate, refused", []said{get, encrypted(s, data, 120), encrypted(c, data, 835), encrypted(c, data, 281), finished, encrypted(s, data, sealedAlert)}, AgainPerhaps},
		{"none, and the server closes", []said{get, encrypted(s, data, 120), encrypted(c, data, sealedEmptyCert), finished}, AgainPerhaps},
		{"one that it takes", []said{get, encrypted(s, data, 120), encrypted(c, data, 835), encrypted(c, data, 281), finished, encrypted(s, data, 300)}, AgainNot},
		{"a long answer", []said{get, encrypted(s, data, longestRequest+1), encrypted(c, data, 835), finished}, AgainNot},
		{"records of the client in one packet", []said{get, encrypted(s, data, 120), joined(encrypted(c, data, 835), finished)}, AgainUnknown},
		{"records of the server in one packet", []said{get, joined(encrypted(s, data, 120), encrypted(s, data, 120))}, AgainUnknown}, // in TLS 1.2, and which it is was cut off, it would be
	} {
		t.Run(tc.name, func(t *testing.T) { tc.follow(t, handshake13(t)) })
	}
}

// TestCutBehindTheHandshake cuts packets only there.
func TestCutBehindTheHandshake(t *testing.T) {
	behind := []said{encrypted(c, data, 110), encrypted(s, message, 28), encrypted(c, message, 7000), encrypted(s, alertRec, 26)}
	if r := followCut(t, slices.Concat(handshake12(t), behind), 6000); r.Server.Again != AgainPerhaps {
		t.Errorf("%v", r.Server.Again)
	}
	behind[2] = joined(encrypted(c, data, 7000), behind[2]) // so that nothing shows the answer
	if r := followCut(t, slices.Concat(handshake12(t), behind), 6000); r.Server.Again != AgainPerhaps {
		t.Errorf("with an answer that is not seen: %v", r.Server.Again)
	}
	what := handshake13(t)
	what[0].data = helloWith(slices.Concat(extensionVersions, extensionPostHandshake)...)
	for _, upload := range [][]said{
		append(handshake12(t), encrypted(c, data, 7000)),
		append(what, encrypted(c, data, 103), encrypted(s, data, 120), encrypted(c, data, 7000)),
	} {
		if r := followCut(t, upload, 6000); r.Server.Again != AgainNot {
			t.Errorf("an upload: %v", r.Server.Again)
		}
	}
}

// TestRoomWherePacketsAreMissing has nothing behind a handshake, where not all of it may be there.
func TestRoomWherePacketsAreMissing(t *testing.T) {
	for _, tc := range []struct {
		name string
		lack func(*flow.Facts)
		want Again
	}{
		{"nothing is", func(*flow.Facts) {}, AgainNot},
		{"the capture ends", func(f *flow.Facts) { f.Incomplete |= flow.IncompleteEndOfCapture }, AgainNot},
		{"a gap", func(f *flow.Facts) { f.Incomplete |= flow.IncompleteGap }, AgainUnknown},
		{"the last of the server", func(f *flow.Facts) { f.Sides[s].Unseen = 31 }, AgainUnknown},
	} {
		end := factsAfter(20)
		tc.lack(&end)
		if r := followCutTo(t, handshake12(t), most, end); r.Server.Again != tc.want {
			t.Errorf("%s: %v", tc.name, r.Server.Again)
		}
	}
}

// joined is what a side says in one packet.
func joined(a, b said) said { return said{a.side, slices.Concat(a.data, b.data)} }

// TestRoomAsOffered has packets of which the first record alone is known: who did not offer to be asked behind the handshake of TLS 1.3 is
// not, as far as its hello is there, and nobody is in HTTP/2.
func TestRoomAsOffered(t *testing.T) {
	const most = 1255 // all of the ServerHello, and not all of the server's flight in TLS 1.3
	saying := func(extensions ...byte) []said {
		what := handshake13(t)
		what[0].data = helloWith(slices.Concat(extensionVersions, extensions)...)
		return what
	}
	leaves := []said{joined(encrypted(c, data, 3000), encrypted(c, alertRec, 26))}
	answers := []said{encrypted(c, data, 103), joined(encrypted(s, data, 3000), encrypted(s, data, 120))}
	refused := []said{encrypted(c, data, 103), encrypted(s, data, 120), encrypted(c, data, sealedEmptyCert), encrypted(c, data, sealedFinished256), encrypted(s, data, sealedAlert)}
	for _, tc := range []struct {
		name   string
		what   []said
		behind []said
		most   int
		want   Again
	}{
		{"offered", saying(extensionPostHandshake...), leaves, most, AgainUnknown},
		{"offered, and refused behind data of the server", saying(extensionPostHandshake...), refused, most, AgainPerhaps},
		{"offered, and the client said nothing behind", saying(extensionPostHandshake...), answers, most, AgainNot},
		{"not offered", saying(), leaves, most, AgainNot},
		{"not offered in what was captured of the hello", handshake13(t), leaves, most, AgainUnknown},
		{"TLS 1.2, where it takes no offer", handshake12(t), leaves, 400, AgainUnknown},
		{"TLS 1.2, and HTTP/2 in it", handshake12(t, "h2"), leaves, 400, AgainNot},
	} {
		if r := followCut(t, slices.Concat(tc.what, tc.behind), tc.most); !r.Established || r.Server.Again != tc.want {
			t.Errorf("%s: %v, established %v", tc.name, r.Server.Again, r.Established)
		}
	}
}
