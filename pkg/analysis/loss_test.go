package analysis_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"

	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/decode"
	"github.com/sniscope/sniscope/pkg/diagnosis"
	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/tlswire"
)

// TestLossAccusesNobody takes packets from each shipped capture in every way in which captures lose them, in two of these ways
// at once, and one by one at random. What is left may be judged less surely, or not at all; but no connection that the whole capture finds
// healthy becomes a finding that is more than possible, none gets another diagnosis that is called certain, and nothing is
// said of it that the whole capture belies.
func TestLossAccusesNobody(t *testing.T) {
	const pairs, random = 60, 60
	overCaptures(t, func(t *testing.T, l *lane, packets []taken, whole []found) {
		known := byEndpoints(whole)
		ways := lossesOf(packets, whole)
		try := func(what string, rest []taken) {
			for _, got := range l.run(t, rest) {
				if why := known.belied(&got); why != "" {
					t.Errorf("%s: %v: %s", what, got.record.Endpoints, why)
				}
			}
		}
		for _, w := range ways {
			try(w.name, w.rest(packets))
		}
		rng := rand.New(rand.NewPCG(uint64(len(packets)), 1))
		for range pairs {
			a, b := ways[rng.IntN(len(ways))], ways[rng.IntN(len(ways))]
			try(a.name+", "+b.name, b.rest(a.rest(packets)))
		}
		for i := range random {
			seed, share := rng.Uint64(), uint64(1+i%8) // of ten packets
			some := loss{drop: func(p *taken) bool { return mixed(seed, p.place)%10 < share }}
			try(fmt.Sprintf("%d of ten lost, seed %d", share, seed), some.rest(packets))
		}
	})
}

// mixed is a number that a seed and a place give.
func mixed(seed uint64, place int) uint64 { return rand.NewPCG(seed, uint64(place)).Uint64() }

// TestCopiesChangeNothing captures packets twice, and swaps those that a side sent one right after the other.
func TestCopiesChangeNothing(t *testing.T) {
	overCaptures(t, func(t *testing.T, l *lane, packets []taken, whole []found) {
		same := func(what string, i int, rest []taken) {
			if !slices.EqualFunc(whole, l.run(t, rest), func(a, b found) bool { return concluded(&a.verdict) == concluded(&b.verdict) }) {
				t.Errorf("packet %d %s changes the verdicts", i+1, what)
			}
		}
		for i := range packets {
			same("again", i, copied(packets, i, i+1))
			if i+2 < len(packets) && packets[i+2].Time-packets[i].Time < disorder {
				same("again, behind two others", i, copied(packets, i, i+3))
			}
			if i+1 < len(packets) && packets[i].goesOn(&packets[i+1]) {
				same("behind the next", i, swapped(packets, i))
			}
		}
	})
}

// copied has packet i once more before packet at.
func copied(packets []taken, i, at int) []taken {
	p := packets[i]
	p.Time = packets[at-1].Time
	return slices.Insert(slices.Clone(packets), at, p)
}

// swapped has packet i behind the next, at the times at which they were captured.
func swapped(packets []taken, i int) []taken {
	s := slices.Clone(packets)
	s[i], s[i+1] = s[i+1], s[i]
	s[i].Time, s[i+1].Time = s[i+1].Time, s[i].Time
	return s
}

// goesOn reports whether the next packet is its sender's next at that, and not the same as it leaves: that never comes first.
func (p *taken) goesOn(next *taken) bool {
	if p.segment.Iface != next.segment.Iface {
		return false
	}
	return p.tcp() && next.tcp() && p.from == next.from && p.to == next.to && next.Time-p.Time < disorder
}

// disorder is how far apart packets may be that a capture shows in another order, in nanoseconds.
const disorder = 1e6

// overCaptures calls f with each shipped capture.
func overCaptures(t *testing.T, f func(t *testing.T, l *lane, packets []taken, whole []found)) {
	collectSeldom(t)
	t.Run("captures", func(t *testing.T) { // which ends once all of them have
		for _, in := range repositoryCaptures(t) {
			t.Run(in.name, func(t *testing.T) {
				t.Parallel()
				l := lanes.Get().(*lane)
				defer lanes.Put(l)
				packets := l.load(t, in.name, in.data)
				whole := l.run(t, packets)
				sameAsRun(t, whole, verdictsOf(t, in))
				f(t, l, packets, whole)
			})
		}
	})
}

// sameAsRun holds that the short way of these tests comes to what the long one does.
func sameAsRun(t *testing.T, whole []found, want verdicts) {
	t.Helper()
	got := verdicts{}
	for i := range whole {
		got.add(&whole[i].record, &whole[i].verdict)
	}
	same := func(a, b diagnosis.Verdict) bool { return concluded(&a) == concluded(&b) && a.Frame == b.Frame }
	if !maps.EqualFunc(got, want, same) {
		t.Fatalf("%+v; want %+v", got, want)
	}
}

// concluded is a verdict without its evidence.
func concluded(v *diagnosis.Verdict) string {
	return fmt.Sprintf("%s, %s, %s", v.Code, v.Severity, v.Confidence)
}

// loss is one way to lose packets.
type loss struct {
	name string
	drop func(p *taken) bool // nil for snap
	snap uint32              // bytes that are left of each packet
}

func (w *loss) rest(packets []taken) []taken {
	rest := slices.Clone(packets)
	if w.drop != nil {
		return slices.DeleteFunc(rest, func(p taken) bool { return w.drop(&p) })
	}
	for i := range rest {
		rest[i].CapLen = min(rest[i].CapLen, w.snap)
	}
	return rest
}

// lossesOf are the ways to lose packets of a capture.
func lossesOf(packets []taken, whole []found) (ways []loss) {
	drop := func(name string, f func(p *taken) bool) { ways = append(ways, loss{name: name, drop: f}) }
	for i := range packets {
		for _, n := range []int{1, 2, 3, 5, 7, 10} {
			if i+n <= len(packets) {
				drop(fmt.Sprintf("%d packets from %d on lost", n, i+1), func(p *taken) bool { return p.place >= i && p.place < i+n })
			}
		}
		drop(fmt.Sprintf("begun with packet %d", i+1), func(p *taken) bool { return p.place < i })
		drop(fmt.Sprintf("ended with packet %d", i+1), func(p *taken) bool { return p.place > i })
	}
	for _, snap := range []uint32{54, 60, 68, 74, 96, 128, 200, 256, 400, 512, 1024} {
		ways = append(ways, loss{name: fmt.Sprintf("cut to %d bytes", snap), snap: snap})
	}
	for i := range whole {
		e := whole[i].record.Endpoints
		ways = append(ways, lossesOfOne(packets, e[flow.Client], e[flow.Server])...)
		ways = append(ways, lossesOfOne(packets, e[flow.Server], e[flow.Client])...)
	}
	for _, kind := range kinds {
		drop("no "+kind.name, kind.is)
	}
	return ways
}

// kinds are packets that captures are filtered by, or that are lost sooner than others.
var kinds = []struct {
	name string
	is   func(p *taken) bool
}{
	{"ACK", func(p *taken) bool {
		return p.tcp() && p.segment.Length == 0 && !p.flag(decode.SYN|decode.FIN|decode.RST)
	}},
	{"SYN", func(p *taken) bool { return p.flag(decode.SYN) }},
	{"RST or FIN", func(p *taken) bool { return p.flag(decode.RST | decode.FIN) }},
	{"RST", func(p *taken) bool { return p.flag(decode.RST) }},
	{"payload", func(p *taken) bool { return p.segment.Length > 0 }},
	{"long payload", func(p *taken) bool { return p.segment.Length > 1000 }},
	{"short payload", func(p *taken) bool { return p.segment.Length > 0 && p.segment.Length < 100 }},
}

func (p *taken) tcp() bool {
	return p.segment.Hash != 0 && p.segment.Bits&(decode.BitUDP|decode.BitICMP) == 0
}

// flag reports whether any of the control bits is set.
func (p *taken) flag(f decode.TCPFlags) bool { return p.tcp() && p.segment.Flags&f != 0 }

// lossesOfOne are the ways to lose packets that one end of a connection sends.
func lossesOfOne(packets []taken, from, to netip.AddrPort) (ways []loss) {
	sent := func(p *taken) bool { return p.from == from && p.to == to }
	drop := func(name string, f func(p *taken) bool) {
		name = fmt.Sprintf("%s of %v to %v", name, from, to)
		ways = append(ways, loss{name: name, drop: func(p *taken) bool { return sent(p) && f(p) }})
	}
	for _, kind := range kinds {
		drop("no "+kind.name, kind.is)
	}
	drop("nothing", func(*taken) bool { return true })
	for i := range packets {
		if sent(&packets[i]) {
			drop(fmt.Sprintf("nothing before packet %d", i+1), func(p *taken) bool { return p.place < i })
			drop(fmt.Sprintf("nothing from packet %d on", i+1), func(p *taken) bool { return p.place >= i })
		}
	}
	return ways
}

// endpoints name a connection whoever is taken for the client.
type endpoints [2]netip.AddrPort

func endpointsOf(r *conversation.Record) endpoints { return ordered(r.Endpoints[0], r.Endpoints[1]) }

func ordered(a, b netip.AddrPort) endpoints {
	if a.Compare(b) > 0 {
		a, b = b, a
	}
	return endpoints{a, b}
}

// known are the connections of a whole capture. Those that have the same endpoints one after the other are there together.
type known map[endpoints][]*found

func byEndpoints(whole []found) known {
	k := known{}
	for i := range whole {
		e := endpointsOf(&whole[i].record)
		k[e] = append(k[e], &whole[i])
	}
	return k
}

// belied says what is claimed of a connection that no connection of the whole capture bears out, "" if all is well.
func (k known) belied(got *found) (why string) {
	same := k[endpointsOf(&got.record)]
	if len(same) == 0 {
		return "there was no such connection"
	}
	for _, want := range same {
		if why = accused(want, got); why == "" && len(same) == 1 {
			why = contradicted(&want.record, &got.record)
		}
		if why == "" {
			return ""
		}
	}
	return why
}

// accused says how the verdict on what is left accuses more than that on the whole, "" if it does not.
func accused(whole, rest *found) string {
	want, got := &whole.verdict, &rest.verdict
	healthy := want.Severity <= diagnosis.Info && want.Code != diagnosis.IncompleteCapture
	switch {
	case whole.record.Second.Asked.Happened() && got.Code == diagnosis.Healthy:
		return "" // it is the first handshake that is known to have gone through
	case got.Code == diagnosis.Healthy && got.Confidence == diagnosis.Certain && want.Severity == diagnosis.Error:
	case got.Code == want.Code, !got.Severity.IsFinding(), got.Confidence == diagnosis.Possible:
		return ""
	case got.Confidence == diagnosis.Probable && (!healthy || silence(got.Code)):
		return "" // of what a connection goes on to say after a while nothing may be left
	case got.Confidence == diagnosis.Certain && borneOut(want.Code, got.Code):
		return ""
	}
	return fmt.Sprintf("was %s, and is %s", concluded(want), concluded(got))
}

// silence reports whether a diagnosis says that nothing came anymore.
func silence(c diagnosis.Code) bool {
	return c == diagnosis.HelloUnanswered || c == diagnosis.NoSNIUnanswered || c == diagnosis.HandshakeStalled
}

// borneOut reports whether a diagnosis is what a connection says of itself that had another one by contrast with others, by
// how a RST differs from what its sender sent before, by an ICMP message, or by many packets that were sent again.
func borneOut(want, got diagnosis.Code) bool {
	switch want {
	case diagnosis.ProxyHeaderExpected:
		return got == diagnosis.HelloReset || got == diagnosis.NoSNIReset || got == diagnosis.HelloClosed
	case diagnosis.SplitHelloRejected, diagnosis.SNIUnrecognized, diagnosis.ResetInjected:
		return got == diagnosis.HelloReset || got == diagnosis.NoSNIReset
	case diagnosis.DestinationUnreachable:
		return got == diagnosis.SYNUnanswered
	case diagnosis.PathMTU:
		return silence(got)
	}
	return false
}

// contradicted says what is told of the rest of a connection that is not so, "" if all of it is.
func contradicted(want, got *conversation.Record) string {
	w, g := &want.Hello, &got.Hello
	switch {
	case got.Transport == flow.DTLS: // its second hello, with the cookie, is as good as the first
		return ""
	case g.State == conversation.HelloComplete && w.State != conversation.HelloComplete:
		return "the hello is complete"
	case g.SNI == tlswire.SNIMissing && w.SNI != tlswire.SNIMissing:
		return "the server name is missing"
	case g.Name != "" && (g.Name != w.Name || g.SNIOffset != w.SNIOffset):
		return fmt.Sprintf("the server name is %q at %d", g.Name, g.SNIOffset)
	case g.State == conversation.HelloComplete && !w.Retried && (g.Random != w.Random || g.Bytes != w.Bytes || g.JA4 != w.JA4):
		return "it is another hello"
	case got.Stage > want.Stage && want.Client.Cert == conversation.CertNotSeen && !want.Alerts[flow.Client].Encrypted: // else an alert may have been inferred, or be lost
		return "the stage is " + got.Stage.String()
	case got.Server.Resumed && !want.Server.Resumed:
		return "the session was resumed"
	case got.Server.Version != 0 && got.Server.Version != want.Server.Version,
		got.Server.Cipher != 0 && got.Server.Cipher != want.Server.Cipher:
		return "other parameters were chosen"
	case len(got.Server.CertNames) > 0 && !slices.Equal(got.Server.CertNames, want.Server.CertNames):
		return "it is another certificate"
	case got.Client.Cert != conversation.CertNotSeen && got.Client.Cert != want.Client.Cert:
		return "the client's certificate is another"
	}
	return contradictedEnd(want, got)
}

// contradictedEnd is the same for the alerts and the counters, which are of sides.
func contradictedEnd(want, got *conversation.Record) string {
	if want.Endpoints != got.Endpoints {
		return ""
	}
	for s := range got.Alerts {
		w, g := &want.Alerts[s], &got.Alerts[s]
		if g.Happened() && (!w.Happened() || g.Encrypted != w.Encrypted || g.Description != w.Description) {
			return fmt.Sprintf("alert %d, encrypted %v, by side %d", g.Description, g.Encrypted, s)
		}
		if got.Packets[s] > want.Packets[s] || got.Bytes[s] > want.Bytes[s] {
			return fmt.Sprintf("%d packets and %d bytes of side %d", got.Packets[s], got.Bytes[s], s)
		}
	}
	return ""
}
