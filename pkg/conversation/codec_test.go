package conversation

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/tlswire"
)

// filler sets every field of a record to something that is not zero: where small is set, so that the record fits into
// the narrow form.
type filler struct {
	r     *rand.Rand
	first uint64
	small bool
	v6    bool
}

func newFiller(seed uint64, small bool) *filler {
	return &filler{r: rand.New(rand.NewPCG(seed, 1)), first: 1 + seed*1e9, small: small, v6: seed%2 == 0}
}

// record returns a record with every field set that is coded.
func (f *filler) record() *Record {
	r := new(Record)
	f.fill(reflect.ValueOf(r).Elem())
	r.Hello.State = HelloComplete
	r.Opening.First, r.Opened = f.first, f.first
	r.Hello.SessionHash = 0
	if f.small {
		r.Start, r.End, r.Hello.JA4 = filledStart, filledStart, "t13d1516h2_8daaf6152771_03cffe03c89c"
		r.Hello.Fault = tlswire.Fault{} // which only the wide form has
	}
	return r
}

// filledStart is when records begin that are filled.
const filledStart = 1e18

func (f *filler) fill(v reflect.Value) {
	switch v.Interface().(type) {
	case flow.Event:
		v.Set(reflect.ValueOf(f.event()))
		return
	case netip.AddrPort:
		v.Set(reflect.ValueOf(netip.AddrPortFrom(f.addr(), uint16(f.r.Uint32()|1))))
		return
	case netip.Addr:
		v.Set(reflect.ValueOf(f.addr()))
		return
	case time.Time:
		v.Set(reflect.ValueOf(time.Unix(f.r.Int64N(1e10), 0).UTC()))
		return
	}
	f.fillKind(v)
}

func (f *filler) event() flow.Event {
	if f.small {
		return flow.Event{Frame: f.first + f.r.Uint64N(3), Time: filledStart + f.r.Int64N(3) - 1}
	}
	return flow.Event{Frame: f.first + f.r.Uint64N(1e6), Time: f.r.Int64()}
}

func (f *filler) fillKind(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			f.fill(v.Field(i))
		}
	case reflect.Array:
		for i := range v.Len() {
			f.fill(v.Index(i))
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1+f.r.IntN(3), 3))
		for i := range v.Len() {
			f.fill(v.Index(i))
		}
	case reflect.String:
		v.SetString(fmt.Sprintf("s%d", f.r.Uint32()))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(1 + f.r.Int64N(f.most(1e9)))
	default:
		v.SetUint(1 + uint64(f.r.Int64N(f.most(100))))
	}
}

// most is the largest number, where it may be large.
func (f *filler) most(large int64) int64 {
	if f.small {
		return 3
	}
	return large
}

func (f *filler) addr() netip.Addr {
	var a [16]byte
	for i := range a {
		a[i] = byte(f.r.Uint32() | 1)
	}
	if !f.v6 {
		return netip.AddrFrom4([4]byte(a[:4]))
	}
	return netip.AddrFrom16(a)
}

// survives encodes and decodes a record, and reports which of its parts have the narrow form.
func survives(t *testing.T, want *Record) (narrowOpening, narrowEnding bool) {
	t.Helper()
	var got Record
	open, end := want.AppendOpening([]byte("x"))[1:], AppendEnding([]byte("x"), &want.Ending)[1:]
	if err := new(Decoder).Decode(&got, want.First, open, end); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(&got, want) {
		t.Fatalf("\n got %+v\nwant %+v", &got, want)
	}
	return open[0]&formWide == 0, end[0]&formWide == 0
}

// TestEveryFieldSurvives fills a record, encodes and decodes it: a field that the codec forgets is lost.
func TestEveryFieldSurvives(t *testing.T) {
	for seed := range uint64(200) {
		for _, small := range []bool{true, false} {
			opening, ending := survives(t, newFiller(seed, small).record())
			if opening != small || ending && !small {
				t.Fatalf("seed %d, small %v: opening narrow %v, ending %v", seed, small, opening, ending)
			}
		}
	}
}

// TestEveryNumberSurvives sets each number of a record to what may be the most that has room for it, and to one more.
func TestEveryNumberSurvives(t *testing.T) {
	var narrow, wide int
	r := newFiller(1, true).record()
	eachNumber(reflect.ValueOf(r).Elem(), func(v reflect.Value, name string) {
		old := v.Interface()
		for bits := range v.Type().Bits() + 1 {
			for _, n := range []uint64{1<<bits - 1, 1 << bits} {
				if v.CanUint() {
					v.SetUint(n & (1<<v.Type().Bits() - 1))
				} else {
					v.SetInt(int64(n))
				}
				if r.Hello.State == HelloNone || name == "Frame" && v.IsZero() {
					continue // then more would be unset
				}
				if opening, ending := survives(t, r); opening && ending {
					narrow++
				} else {
					wide++
				}
			}
		}
		v.Set(reflect.ValueOf(old))
	})
	if narrow < 1000 || wide < 1000 {
		t.Errorf("%d narrow ones, %d others", narrow, wide)
	}
}

// eachNumber calls f for every number of v that is coded, with the name of its field.
func eachNumber(v reflect.Value, f func(v reflect.Value, name string)) {
	for i := range v.NumField() {
		switch field, name := v.Field(i), v.Type().Field(i).Name; {
		case field.CanInt() || field.CanUint():
			if name != "First" && name != "Opened" && name != "SessionHash" {
				f(field, name)
			}
		case field.Kind() == reflect.Array || field.Kind() == reflect.Slice:
			for j := range field.Len() {
				switch e := field.Index(j); {
				case e.CanInt() || e.CanUint():
					f(e, name)
				case e.Kind() == reflect.Struct && e.Type() != reflect.TypeFor[netip.AddrPort]():
					eachNumber(e, f)
				}
			}
		case field.Kind() == reflect.Struct && field.Type() != reflect.TypeFor[netip.Addr]() && field.Type() != reflect.TypeFor[time.Time]():
			eachNumber(field, f)
		}
	}
}

// TestEveryTextSurvives codes texts of which many records have one of a few, and names of any length.
func TestEveryTextSurvives(t *testing.T) {
	for _, s := range append(usualProtocols[:], "h2", "h3", "http/1.1", "rdp") {
		r := newFiller(1, true).record()
		r.Protocol, r.Server.ALPN, r.Hello.ALPN = [2]string{s, "tls"}, s, []string{s}
		survives(t, r)
		r.Protocol, r.Hello.SNIProblem = [2]string{"tls", s}, ""
		survives(t, r)
	}
	for n := range 1<<nameBits + 2 {
		r := newFiller(1, true).record()
		r.Hello.Name, r.Hello.JA4, r.Hello.ALPN = strings.Repeat("n", n), strings.Repeat("4", n%50), nil
		survives(t, r)
	}
}

// TestAnswerOfTheClientSurvives codes a ServerHello that came from the side that is the client, so that no byte of a server was seen.
func TestAnswerOfTheClientSurvives(t *testing.T) {
	for _, small := range []bool{true, false} {
		r := newFiller(1, small).record()
		r.Server.First = flow.Event{}
		survives(t, r)
	}
}

// TestLateSurvives codes a side of which some was captured behind its acknowledgment, and nothing was sent again.
func TestLateSurvives(t *testing.T) {
	for side := range 2 {
		r := newFiller(1, true).record()
		for i := range r.Sides {
			s := &r.Sides[i]
			s.Retransmits, s.Stall, s.Garbled, s.Late = 0, flow.Stall{}, false, i == side
		}
		survives(t, r)
	}
}

// TestOddEndpointsSurvive codes endpoints that are missing, of two families, or IPv4 within IPv6.
func TestOddEndpointsSurvive(t *testing.T) {
	four, six := netip.MustParseAddrPort("192.0.2.1:443"), netip.MustParseAddrPort("[2001:db8::1]:443")
	mapped := netip.MustParseAddrPort("[::ffff:192.0.2.1]:443")
	for _, a := range []netip.AddrPort{{}, four, six, mapped} {
		for _, b := range []netip.AddrPort{{}, four, six, mapped} {
			r := newFiller(1, true).record()
			r.Endpoints = [2]netip.AddrPort{a, b}
			survives(t, r)
		}
	}
}

// TestRSTsAreReadIntoTheSameMemory decodes records one after the other, as a batch is.
func TestRSTsAreReadIntoTheSameMemory(t *testing.T) {
	var got Record
	for seed := range uint64(20) {
		want := newFiller(seed, seed%3 > 0).record()
		if seed%4 == 3 {
			want.Resets = want.Resets[:0]
		}
		if err := new(Decoder).Decode(&got, want.First, want.AppendOpening(nil), AppendEnding(nil, &want.Ending)); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got.Resets, want.Resets) {
			t.Fatalf("seed %d:\n got %+v\nwant %+v", seed, got.Resets, want.Resets)
		}
	}
}

// TestCorruptRecords cuts and changes encoded records; reading them must fail or give some record, and never panic.
func TestCorruptRecords(t *testing.T) {
	for _, small := range []bool{true, false} {
		var got Record
		var d Decoder
		r := newFiller(1, small).record()
		open, end := r.AppendOpening(nil), AppendEnding(nil, &r.Ending)
		decode := func(open, end []byte) error { return d.Decode(&got, r.First, open, end) }
		corrupt(t, open, func(b []byte) error { return decode(b, end) })
		corrupt(t, end, func(b []byte) error { return decode(open, b) })
	}
}

func corrupt(t *testing.T, b []byte, decode func([]byte) error) {
	t.Helper()
	for n := range b {
		if decode(b[:n]) == nil {
			t.Fatalf("what is cut after %d of %d bytes is taken for whole", n, len(b))
		}
		for _, flip := range []byte{0xff, 1, 2, 4, 8, 16, 32, 64, 128} {
			changed := slices.Clone(b)
			changed[n] ^= flip
			_ = decode(changed)
		}
	}
	if decode(append(slices.Clone(b), 0)) == nil {
		t.Fatal("what has a byte too many is taken for whole")
	}
}

// FuzzDecode reads anything as a record; what can be read is written and read again.
func FuzzDecode(f *testing.F) {
	for _, small := range []bool{true, false} {
		r := newFiller(1, small).record()
		f.Add(r.AppendOpening(nil), AppendEnding(nil, &r.Ending))
	}
	f.Fuzz(func(t *testing.T, open, end []byte) {
		var r, again Record
		if new(Decoder).Decode(&r, 1, open, end) == nil {
			if err := new(Decoder).Decode(&again, 1, r.AppendOpening(nil), AppendEnding(nil, &r.Ending)); err != nil {
				t.Errorf("%v, of %+v", err, &r)
			}
		}
	})
}

// TestFarEventsSurvive codes events that lie too far apart for a word each, also before the start.
func TestFarEventsSurvive(t *testing.T) {
	far := []flow.Event{
		{Frame: 7, Time: 1e18 + 1<<39 - 1}, {Frame: 7, Time: 1e18 + 1<<39}, {Frame: 7, Time: 1e18 - 1<<39}, {Frame: 7, Time: 1e18 - 1<<39 - 1},
		{Frame: 5 + 1<<24 - 1, Time: 1e18}, {Frame: 5 + 1<<24, Time: 1e18}, {Frame: 1, Time: -1e18}, {Frame: 1 << 63, Time: 1},
	}
	for _, e := range far {
		var want Record
		want.Opening.First, want.Opened, want.Start, want.End = 5, 5, 1e18, 1e18
		want.Endpoints = newFiller(1, true).record().Endpoints
		want.SYN, want.SYNACK, want.Terminator.Event = flow.Event{Frame: 5, Time: 1e18}, e, e
		survives(t, &want)
	}
}
