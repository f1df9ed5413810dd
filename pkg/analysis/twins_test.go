package analysis

import (
	"bytes"
	"net/netip"
	"testing"

	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/flow"
)

// A hash is linked to its first connection as long as it is among the latest, however many came between.
func TestTwinsLink(t *testing.T) {
	const max = 5000 // more than there is room for at first
	twins := newTwins(max, 0)
	hash := func(i uint64) uint64 { return i<<32 | 1 } // alike in their low bits
	for i := uint64(1); i <= max; i++ {
		if first := twins.link(hash(i), i); first != 0 {
			t.Fatalf("hash %d is new, and linked to connection %d", i, first)
		}
	}
	for i := uint64(1); i <= max; i++ {
		if first := twins.link(hash(i), max+i); first != i {
			t.Fatalf("hash %d is linked to connection %d", i, first)
		}
	}
	if first := twins.link(0, 1); first != 0 || twins.link(0, 2) != 0 {
		t.Error("connections without a hello are linked")
	}
	for i := uint64(max + 1); i <= 3*max; i++ {
		twins.link(hash(i), i)
	}
	if first := twins.link(hash(3*max), 0); first != 3*max {
		t.Errorf("the latest is linked to %d", first)
	}
	if first := twins.link(hash(1), 1); first != 0 {
		t.Errorf("one that was to be forgotten is linked to %d", first)
	}
}

// What has no hello is linked across captures only.
func TestTwinsWithoutAHello(t *testing.T) {
	twins := newTwins(100, 0)
	twins.captures = spans{{first: 1}, {first: 1000}, {first: 2000}}
	const hash, hello = 2, 3
	for _, tc := range []struct{ hash, conn, first, want uint64 }{
		{hash, 1, 1, 0}, {hash, 2, 9, 0}, {hello, 3, 10, 0}, {hello, 4, 11, 3},
		{hash, 5, 1000, 1}, {hash, 6, 1005, 1}, {hello, 7, 1006, 3},
		{hash, 8, 3000, 1}, {hash + 2, 9, 3001, 0}, {hash + 2, 10, 3002, 0},
	} {
		twins.enter(tc.conn, tc.first)
		if got := twins.link(tc.hash, tc.conn); got != tc.want {
			t.Errorf("connection %d is linked to %d, want %d", tc.conn, got, tc.want)
		}
	}
}

// A refused SYN that was captured before and behind the NAT of its client is one attempt; the next SYN there is another.
func TestAttemptBehindANAT(t *testing.T) {
	attempt := func(client, server string, isn uint32) uint64 {
		var r conversation.Record
		r.Endpoints = [2]netip.AddrPort{netip.MustParseAddrPort(client), netip.MustParseAddrPort(server)}
		r.SYN.Frame, r.Sides[flow.Client].ISN, r.Sides[flow.Client].InitialSeq = 1, true, isn
		return attemptHash(&r)
	}
	inside := attempt("10.0.0.1:40000", "10.0.0.5:443", 7)
	if outside := attempt("192.0.2.1:1024", "10.0.0.5:443", 7); inside != outside {
		t.Error("the two sides of a NAT are two attempts")
	}
	for what, other := range map[string]uint64{
		"another SYN":     attempt("10.0.0.1:40000", "10.0.0.5:443", 8),
		"another server":  attempt("10.0.0.1:40000", "10.0.0.6:443", 7),
		"another service": attempt("10.0.0.1:40000", "10.0.0.5:8443", 7),
	} {
		if inside == other {
			t.Errorf("%s is the same attempt", what)
		}
	}
}

// A part that is whole is cut where its ending begins, and nowhere if it is too short for what it says.
func TestCutWhole(t *testing.T) {
	var r conversation.Record
	r.First, r.Opened, r.Hello.State = 7, 7, conversation.HelloComplete
	whole, open, end := appendWhole(nil, &r, twinHash(&r)), appendOpening(nil, &r, twinHash(&r)), conversation.AppendEnding(nil, &r.Ending)
	from, to, ok := cutWhole(whole)
	if !ok || !bytes.Equal(whole[:from], open) || !bytes.Equal(whole[from:to], end) {
		t.Errorf("%x is cut at %d and %d, %v", whole, from, to, ok)
	}
	for _, part := range [][]byte{nil, {0, 0, 0}, {0, 0, 0, 0}, append(bytes.Repeat([]byte{0}, twinLen), 1, 0, 0, 0)} {
		if _, _, ok := cutWhole(part); ok {
			t.Errorf("%x is cut", part)
		}
	}
}
