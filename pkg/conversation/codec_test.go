package conversation

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"testing"
	"time"

	"github.com/sniscope/sniscope/pkg/flow"
)

// filler sets every field of a record to something that is not zero.
type filler struct {
	r     *rand.Rand
	first uint64
}

func (f *filler) fill(v reflect.Value) {
	switch v.Interface().(type) {
	case flow.Event:
		v.Set(reflect.ValueOf(flow.Event{Frame: f.first + f.r.Uint64N(1e6), Time: f.r.Int64()}))
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
		v.SetInt(1 + f.r.Int64N(1e9))
	default:
		v.SetUint(1 + f.r.Uint64N(100))
	}
}

func (f *filler) addr() netip.Addr {
	var a [16]byte
	for i := range a {
		a[i] = byte(f.r.Uint32() | 1)
	}
	if f.r.IntN(2) == 0 {
		return netip.AddrFrom4([4]byte(a[:4]))
	}
	return netip.AddrFrom16(a)
}

// TestEveryFieldSurvives fills a record, encodes and decodes it: a field that the codec forgets is lost.
func TestEveryFieldSurvives(t *testing.T) {
	for seed := range uint64(200) {
		f := filler{r: rand.New(rand.NewPCG(seed, 1)), first: 1 + seed*1e9}
		var want, got Record
		f.fill(reflect.ValueOf(&want).Elem())
		want.Hello.State = HelloComplete
		want.Opening.First, want.Opened = f.first, f.first
		if err := new(Decoder).Decode(&got, f.first, want.AppendOpening(nil), AppendEnding(nil, &want.Ending)); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("seed %d:\n got %+v\nwant %+v", seed, got, want)
		}
	}
}

// TestCorruptRecords cuts and changes encoded records; reading them must fail or give some record, and never panic.
func TestCorruptRecords(t *testing.T) {
	f := filler{r: rand.New(rand.NewPCG(1, 2)), first: 1}
	var r, got Record
	var d Decoder
	f.fill(reflect.ValueOf(&r).Elem())
	r.Hello.State = HelloComplete
	r.Opening.First, r.Opened = 1, 1
	open, end := r.AppendOpening(nil), AppendEnding(nil, &r.Ending)
	for n := range open {
		if d.Decode(&got, 1, open[:n], end) == nil {
			t.Fatalf("opening cut after %d of %d bytes is taken for whole", n, len(open))
		}
		changed := append([]byte(nil), open...)
		changed[n] ^= 0xff
		_ = d.Decode(&got, 1, changed, end)
	}
}

// TestFarEventsSurvive codes events that lie too far apart for a word each, also before the start.
func TestFarEventsSurvive(t *testing.T) {
	far := []flow.Event{
		{Frame: 7, Time: 1e18 + 1<<39 - 1}, {Frame: 7, Time: 1e18 + 1<<39}, {Frame: 7, Time: 1e18 - 1<<39}, {Frame: 7, Time: 1e18 - 1<<39 - 1},
		{Frame: 5 + 1<<24 - 1, Time: 1e18}, {Frame: 5 + 1<<24, Time: 1e18}, {Frame: 1, Time: -1e18}, {Frame: 1 << 63, Time: 1},
	}
	for _, e := range far {
		var want, got Record
		want.Opening.First, want.Opened, want.Start, want.End = 5, 5, 1e18, 1e18
		want.SYN, want.SYNACK, want.Terminator.Event = flow.Event{Frame: 5, Time: 1e18}, e, e
		if err := new(Decoder).Decode(&got, 5, want.AppendOpening(nil), AppendEnding(nil, &want.Ending)); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%+v:\n got %+v\nwant %+v", e, got, want)
		}
	}
}
