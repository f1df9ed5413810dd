package analysis_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sniscope/sniscope/pkg/analysis"
	"github.com/sniscope/sniscope/pkg/capture"
	"github.com/sniscope/sniscope/pkg/report"
)

// Live and offline give the same rows, up to their order and numbers, and to what the contrast with other connections
// changes.

// wire is a capture that comes as from an interface: a packet or so at a time, and between them silence.
type wire struct {
	*capture.Reader
	now     int64
	silence int64 // what passes after the last packet
	atEnd   func()
}

func (i *wire) Next(b *capture.Block) error {
	err := i.Reader.Next(b)
	if n := len(b.Packets); n > 0 {
		i.now = max(i.now, b.Packets[n-1].Time)
	}
	if errors.Is(err, io.EOF) && i.silence > 0 {
		b.Reset()
		i.now, i.silence = i.now+1e8, i.silence-1e8
		return nil
	}
	if errors.Is(err, io.EOF) && i.atEnd != nil {
		i.atEnd()
	}
	return err
}

func (i *wire) Now() int64 { return i.now }

// liveSink collects the rows as CSV.
type liveSink struct {
	*report.CSV
	out  bytes.Buffer
	rows atomic.Uint64
	fail error
}

func newLiveSink() *liveSink {
	s := &liveSink{}
	s.CSV = report.NewCSV(&s.out)
	return s
}

func (s *liveSink) Streams() int { return 1 }
func (s *liveSink) Append(_ int, dst []byte, row *analysis.Row) []byte {
	return s.AppendRow(dst, row)
}
func (s *liveSink) Write(_ int, b []byte) error {
	if s.fail != nil {
		return s.fail
	}
	return s.CSV.Write(b)
}
func (s *liveSink) Collect(*analysis.Row) { s.rows.Add(1) }

// newWire opens a capture of the repository as an interface.
func newWire(t *testing.T, name string) *wire {
	t.Helper()
	r, err := capture.Open(filepath.Join("../../pcaps", name), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	r.SetBlockSize(1)
	return &wire{Reader: r}
}

// follow follows it.
func follow(t *testing.T, w *wire, s *liveSink) {
	t.Helper()
	if _, err := analysis.Follow(t.Context(), analysis.Config{Workers: 2}, w, s); err != nil {
		t.Fatal(err)
	}
}

// lossyWire is a wire of which packets were lost until a time.
type lossyWire struct {
	*wire
	until int64
}

func (l lossyWire) DroppedUntil() int64 { return l.until }

// TestSilenceWherePacketsWereDropped has a handshake that stood still, and the capture loses packets until before the connection or until after
// what it has of it.
func TestSilenceWherePacketsWereDropped(t *testing.T) {
	for _, c := range []struct {
		until  int64
		unsure bool
	}{{0, false}, {1, false}, {math.MaxInt64, true}} {
		s, w := newLiveSink(), newWire(t, "handshake-stalled.pcap")
		if _, err := analysis.Follow(t.Context(), analysis.Config{Workers: 2}, lossyWire{w, c.until}, s); err != nil {
			t.Fatal(err)
		}
		rows := s.read(t)
		column := func(name string) string { return rows[1][slices.Index(rows[0], name)] }
		said := strings.Contains(column("detail"), "the kernel dropped packets")
		if unsure := column("confidence") == "possible"; unsure != c.unsure || said != unsure {
			t.Errorf("lost until %d: %s, %s: %s", c.until, column("diagnosis"), column("confidence"), column("detail"))
		}
	}
}

// read returns the rows in order of their first packets' time and their endpoints.
func (s *liveSink) read(t *testing.T) [][]string {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&s.out).ReadAll()
	if err != nil || uint64(len(rows)) != s.rows.Load()+1 {
		t.Fatalf("%d rows of %d, %v", len(rows)-1, s.rows.Load(), err)
	}
	return rows
}

// inCommon joins what live and offline must have in common, and sorts it.
func inCommon(rows [][]string) (all []string) {
	for _, row := range rows[1:] {
		var b strings.Builder
		for i, column := range rows[0] {
			switch column {
			case "conn", "capture", "evidence", "same_as", "diagnosis", "severity", "confidence", "detail", "fix":
			default:
				b.WriteString(column + "=" + row[i] + " ")
			}
		}
		severity := row[slices.Index(rows[0], "severity")]
		b.WriteString("finding=" + map[bool]string{true: "yes", false: "no"}[severity == "error" || severity == "warning"])
		all = append(all, b.String())
	}
	slices.Sort(all)
	return all
}

func TestLiveEqualsOffline(t *testing.T) {
	for _, in := range repositoryCaptures(t) {
		t.Run(in.name, func(t *testing.T) {
			t.Parallel()
			offline, live := newLiveSink(), newLiveSink()
			if _, err := analysis.Run(t.Context(), analysis.Config{Workers: 1}, []analysis.Source{newWire(t, in.name).Reader}, offline); err != nil {
				t.Fatal(err)
			}
			follow(t, newWire(t, in.name), live)
			if want, got := inCommon(offline.read(t)), inCommon(live.read(t)); !slices.Equal(got, want) {
				t.Errorf("live:\n%s\noffline:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		})
	}
}

// TestRowsComeBeforeTheEnd lets an interface fall silent: what ended is reported a few seconds later, and what nobody
// answered when it is given up.
func TestRowsComeBeforeTheEnd(t *testing.T) {
	for _, test := range []struct {
		capture string
		silence time.Duration
		rows    uint64
	}{
		{"no-sni-reset-envoy.pcap", 100 * time.Millisecond, 0},
		{"no-sni-reset-envoy.pcap", 5 * time.Second, 3},
		{"connection-refused.pcap", 5 * time.Second, 2},
		{"syn-unanswered.pcap", 5 * time.Second, 0},
		{"syn-unanswered.pcap", 5 * time.Minute, 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			s, w := newLiveSink(), newWire(t, test.capture)
			var before uint64
			w.silence, w.atEnd = int64(test.silence), func() {
				time.Sleep(time.Second) // until what was handed on has arrived
				synctest.Wait()
				before = s.rows.Load()
			}
			if _, err := analysis.Follow(t.Context(), analysis.Config{Workers: 1}, w, s); err != nil {
				t.Fatal(err)
			}
			if before != test.rows {
				t.Errorf("%s: %d rows after %v, want %d", test.capture, before, test.silence, test.rows)
			}
		})
	}
}

// TestABrokenSinkEndsTheCapture fails to write the first rows.
func TestABrokenSinkEndsTheCapture(t *testing.T) {
	s, w := newLiveSink(), newWire(t, "no-sni-reset-envoy.pcap")
	s.fail = errors.New("disk full")
	w.silence = int64(1e6 * time.Hour) // for ever
	result, err := analysis.Follow(t.Context(), analysis.Config{Workers: 2}, w, s)
	if !errors.Is(err, s.fail) || result.Packets == 0 {
		t.Errorf("%v after %d packets", err, result.Packets)
	}
}

// TestABrokenSinkFailsTheRun is that offline.
func TestABrokenSinkFailsTheRun(t *testing.T) {
	s := newLiveSink()
	s.fail = errors.New("disk full")
	_, err := analysis.Run(t.Context(), analysis.Config{Workers: 2}, []analysis.Source{newWire(t, "no-sni-reset-envoy.pcap").Reader}, s)
	if !errors.Is(err, s.fail) {
		t.Error(err)
	}
}

// TestACountEndsTheCapture asks for few packets of an interface that goes on.
func TestACountEndsTheCapture(t *testing.T) {
	w := newWire(t, "no-sni-reset-envoy.pcap")
	w.silence = int64(1e6 * time.Hour) // for ever
	result, err := analysis.Follow(t.Context(), analysis.Config{Workers: 2, Packets: 10}, w, newLiveSink())
	if err != nil || result.Packets != 10 {
		t.Errorf("%v after %d packets", err, result.Packets)
	}
}

// TestLiveLearns judges the last connection by those that ended before it, also where the window turns in between, and those that end
// together by each other.
func TestLiveLearns(t *testing.T) {
	for pause, want := range map[time.Duration]string{0: "proxy-header-expected", 30 * time.Minute: "hello-reset"} {
		s := newLiveSink()
		late := &paused{reset: reset{wire: newWire(t, "proxy-header-expected-haproxy.pcap"), after: 15, by: -int64(pause)}}
		if _, err := analysis.Follow(t.Context(), analysis.Config{Workers: 1}, late, s); err != nil {
			t.Fatal(err)
		}
		rows := s.read(t)
		column := slices.Index(rows[0], "diagnosis")
		if first, last := rows[1][column], rows[4][column]; first != want || last != "proxy-header-expected" {
			t.Errorf("pause of %v: the first is %s, the last %s", pause, first, last)
		}
	}
}

// paused says in the middle of the pause what time it is: connections are over then.
type paused struct {
	reset
	told bool
}

func (p *paused) Next(b *capture.Block) error {
	if p.read < p.after || p.told {
		return p.reset.Next(b)
	}
	p.told = true
	p.now -= p.by / 2
	b.Reset()
	return nil
}

// reset is a capture during which the clock was set back, after so many packets.
type reset struct {
	*wire
	after int
	by    int64
	read  int
}

func (r *reset) Next(b *capture.Block) error {
	err := r.wire.Next(b)
	for i := range b.Packets {
		if r.read++; r.read > r.after {
			b.Packets[i].Time -= r.by
		}
	}
	if r.read > r.after {
		r.now = r.wire.now - r.by
	}
	return err
}

// TestTheClockIsSetBack sets the clock back before the SYN that is the last packet: that nobody answered it since is not to
// be said, offline or live, however the input is cut into blocks.
func TestTheClockIsSetBack(t *testing.T) {
	const packets = 23
	for _, by := range []time.Duration{0, 5 * time.Minute, 24 * time.Hour} {
		for _, size := range []int{1, 1 << 20} {
			for _, live := range []bool{false, true} {
				w := newWire(t, "no-sni-reset-envoy.pcap")
				w.SetBlockSize(size)
				source, s, config := &reset{wire: w, after: packets - 1, by: int64(by)}, newLiveSink(), analysis.Config{Workers: 2, Packets: packets}
				var err error
				if live {
					_, err = analysis.Follow(t.Context(), config, source, s)
				} else {
					_, err = analysis.Run(t.Context(), config, []analysis.Source{source}, s)
				}
				if err != nil {
					t.Fatal(err)
				}
				for _, row := range inCommon(s.read(t)) {
					if strings.Contains(row, "stage=syn ") && strings.Contains(row, "finding=yes") {
						t.Errorf("set back by %v, blocks of %d bytes, live %v: %s", by, size, live, row)
					}
				}
			}
		}
	}
}

// TestHandshakesThatHangAreCounted while their clients still wait, and no others.
func TestHandshakesThatHangAreCounted(t *testing.T) {
	for name, want := range map[string]int64{"hello-unanswered-retransmitted.pcap": 1, "no-sni-unanswered.pcap": 0, "hello-unanswered-quic-retry.pcap": 1, "hello-reset.pcap": 0, "ok-delay.pcap": 0} {
		for _, workers := range []int{1, 2} {
			w := newWire(t, name)
			w.silence = int64(5 * time.Second)
			config := analysis.Config{Workers: workers, Hanging: new(atomic.Int64)}
			if _, err := analysis.Follow(t.Context(), config, w, newLiveSink()); err != nil {
				t.Fatal(err)
			}
			if got := config.Hanging.Load(); got != want {
				t.Errorf("%s, %d workers: %d handshakes hang at the end, want %d", name, workers, got, want)
			}
		}
	}
}
