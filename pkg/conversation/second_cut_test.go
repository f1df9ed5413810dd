package conversation

import (
	"slices"
	"testing"
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
}

// joined is what a side says in one packet.
func joined(a, b said) said { return said{a.side, slices.Concat(a.data, b.data)} }
