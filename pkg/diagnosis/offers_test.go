package diagnosis

import (
	"testing"
)

func TestOffersAreASetWhateverTheOrder(t *testing.T) {
	var a, b offers
	for _, offer := range []uint16{9, 7, 7, 0, 12, 3, 8} {
		a.add(offer)
	}
	b.add(8)
	b.add(9)
	other := offers{3, 7, 9, 12}
	b.merge(&other)
	if want := (offers{3, 7, 8, 9}); a != want || b != want {
		t.Errorf("%v and %v, want %v", a, b, want)
	}
	if !a.has(7) || a.has(12) || a.has(4) || !a.has(anyOffer) {
		t.Error("it has what it has not, or lacks what it has")
	}
	b.add(anyOffer)
	if !b.has(4) {
		t.Error("what may be anything is not this")
	}
}

// Of two programs at one address the one that goes through says nothing sure of the other.
func TestSameAddressOtherProgram(t *testing.T) {
	offering := func(c *conn, offer uint16) *conn {
		c.Hello.Offer = offer
		return c
	}
	named := offering(passed(name), 6)
	for offer, want := range map[uint16]Confidence{6: Certain, 10: Probable} {
		tally, c := NewTally(), offering(setUpConn().hello("").acked().rst(server), offer)
		tally.Add(named.Record)
		tally.Add(c.Record)
		ctx := contextOf(tally, c, c.now)
		if v := explained(c.Record, &ctx); v.Code != NoSNIReset || v.Confidence != want {
			t.Errorf("offer %d: %s, %s, want %s: %s", offer, v.Code, v.Confidence, want, v.Detail)
		}
	}
	for offer, want := range map[uint16]Severity{6: Info, 10: Warning} {
		tally, c := NewTally(), offering(setUpConn().hello(name).flight13().fin(client), offer)
		tally.Add(named.Record)
		ctx := contextOf(tally, c, c.now)
		if v := explained(c.Record, &ctx); v.Code != ClientAborted || v.Severity != want {
			t.Errorf("offer %d: %s, %s, want %s: %s", offer, v.Code, v.Severity, want, v.Detail)
		}
	}
}

// Nor does a name help a client that goes through without one when it offers other things.
func TestSameAddressWithoutAName(t *testing.T) {
	for what, tc := range map[string]struct {
		passed []uint16
		alert  uint8
		want   Code
	}{
		"another offer":           {[]uint16{6}, 40, NoCommonParameters},
		"the same":                {[]uint16{6, 10}, 40, NoSNIAlert},
		"one that is not known":   {[]uint16{0}, 40, NoSNIAlert},
		"more than are kept":      {[]uint16{2, 3, 4, 5, 6}, 40, NoSNIAlert},
		"an alert about the name": {[]uint16{6}, 112, NoSNIAlert},
		"an alert of no reason":   {[]uint16{6}, 80, NoSNIAlert},
	} {
		tally, c := NewTally(), setUpConn().hello("").alert(server, tc.alert)
		c.Hello.Offer = 10
		for _, offer := range tc.passed {
			other := passed("")
			other.Hello.Offer = offer
			if offer == 0 {
				other.Sides[client].ISN = false
				other.Hello.Offer = 10
			}
			tally.Add(other.Record)
		}
		ctx := contextOf(tally, c, c.now)
		if v := explained(c.Record, &ctx); v.Code != tc.want || v.Code == NoCommonParameters && v.Confidence != Probable {
			t.Errorf("%s: %s, %s: %s", what, v.Code, v.Confidence, v.Detail)
		}
	}
}

// A PROXY header that was not captured may be why one went through.
func TestWhatMayHaveComeBeforeTheHello(t *testing.T) {
	for what, change := range map[string]func(*conn){
		"the beginning is not known":  func(c *conn) { c.Sides[client].ISN = false },
		"something before is missing": func(c *conn) { c.Hello.EndOffset += 40 },
	} {
		tally, with, without := NewTally(), passed(name), setUpConn().hello("").acked().rst(server)
		with.Hello.Offer, without.Hello.Offer = 6, 6
		change(with)
		tally.Add(with.Record)
		ctx := contextOf(tally, without, without.now)
		if v := explained(without.Record, &ctx); v.Code != NoSNIReset || v.Confidence != Probable {
			t.Errorf("%s: %s, %s: %s", what, v.Code, v.Confidence, v.Detail)
		}
	}
}
