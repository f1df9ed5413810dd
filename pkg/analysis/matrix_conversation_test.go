package analysis_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/sniscope/sniscope/pkg/analysis"
	"github.com/sniscope/sniscope/pkg/capture"
	"github.com/sniscope/sniscope/pkg/decode"
	"github.com/sniscope/sniscope/pkg/report"
)

// The conversations that the matrix wraps in every link layer and file format: one that goes through with a name, and
// two without a name that are reset.

// turn is one TCP segment of them, without what carries it.
type turn struct {
	time     int64 // nanoseconds since the Unix epoch
	toServer bool
	id       uint16 // IPv4 Identification
	ttl      uint8
	tcp      []byte // header and payload
}

// turns reads them from a capture of Ethernet and IPv4 without options.
func turns(t testing.TB) (all []turn) {
	t.Helper()
	b, err := os.ReadFile("../../pcaps/no-sni-reset-envoy.pcap")
	if err != nil {
		t.Fatal(err)
	}
	le := binary.LittleEndian
	for b = b[24:]; len(b) > 0; {
		n := le.Uint32(b[8:])
		ip := b[16+14 : 16+n]
		all = append(all, turn{
			time: int64(le.Uint32(b))*1e9 + int64(le.Uint32(b[4:]))*1e3, toServer: ip[19] == 2,
			id: binary.BigEndian.Uint16(ip[4:]), ttl: ip[8], tcp: ip[20:],
		})
		b = b[16+n:]
	}
	if len(all) != 28 {
		t.Fatalf("%d packets", len(all))
	}
	return all
}

// frame is a packet as a file holds it.
type frame struct {
	time int64
	more bool // the rest of the datagram is in the next one
	data []byte
	wire int // its length on the wire, where that is more than was captured
}

func (f frame) length() uint32 { return uint32(max(f.wire, len(f.data))) }

// plainFrames are the turns as they were captured, near enough.
func plainFrames(turns []turn) []frame {
	frames, _ := framesOf(turns, onEthernet, networks()[0])
	return frames
}

// framesOf wraps the turns, and says of each with which frame, from 1, it is whole.
func framesOf(turns []turn, l link, n network) (frames []frame, whole []int) {
	for _, x := range turns {
		packets := n.packets(x)
		for i, packet := range packets {
			frames = append(frames, frame{time: x.time, more: i < len(packets)-1, data: l.wrap(packet)})
		}
		whole = append(whole, len(frames))
	}
	return frames, whole
}

// row is one line of JSON Lines.
type row map[string]any

// rowSink collects JSON Lines.
type rowSink struct {
	lines *report.JSONLines
	out   bytes.Buffer
}

func (s *rowSink) Streams() int { return 1 }
func (s *rowSink) Append(_ int, dst []byte, r *analysis.Row) []byte {
	return s.lines.AppendRow(dst, r)
}
func (s *rowSink) Write(_ int, b []byte) error { return s.lines.Write(b) }
func (s *rowSink) Collect(*analysis.Row)       {}

// file is a capture file in memory.
type file struct {
	name string
	data []byte
}

// blockSize holds all of the conversations in one block, and no more than that.
const blockSize = 16 << 10

// rowsOf analyses the files in the order given. A file that cannot be opened is an error.
func rowsOf(files ...file) (rows []row, result *analysis.Result, err error) {
	return rowsWith(analysis.Config{}, files...)
}

// rowsWith is rowsOf with a configuration.
func rowsWith(config analysis.Config, files ...file) (rows []row, result *analysis.Result, err error) {
	var captures []analysis.Source
	for _, f := range files {
		c, err := capture.NewReader(f.name, bytes.NewReader(f.data))
		if err != nil {
			return nil, nil, err
		}
		defer c.Close()
		c.SetBlockSize(blockSize)
		captures = append(captures, c)
	}
	config.Workers = 1
	s := new(rowSink)
	s.lines = report.NewJSONLines(&s.out)
	result, err = analysis.Run(context.Background(), config, captures, s)
	if err != nil {
		return nil, nil, err
	}
	for line := range bytes.Lines(s.out.Bytes()) {
		var r row
		if err := json.Unmarshal(line, &r); err != nil {
			return nil, nil, err
		}
		rows = append(rows, r)
	}
	return rows, result, nil
}

// mustRows is rowsOf for files without faults, of which every packet belongs to a connection.
func mustRows(t testing.TB, files ...file) []row {
	t.Helper()
	rows, result, err := rowsOf(files...)
	if err != nil {
		t.Fatal(err)
	}
	if len(result.Problems) > 0 || result.Skipped != (decode.Counts{}) {
		t.Errorf("problems %v, skipped %v", result.Problems, maps.Collect(result.Skipped.All()))
	}
	for reason, n := range result.Flow.All() {
		t.Errorf("%d packets: %v", n, reason)
	}
	return rows
}

// timed are the columns that say when something was. detail is one: it names times.
var timed = []string{"start", "duration_ms", "close_after_ms", "rtt_server_ms", "rtt_client_ms", "server_first_ms", "detail"}

// without returns copies of the rows that lack the columns.
func without(rows []row, columns ...string) (out []row) {
	for _, r := range rows {
		r = maps.Clone(r)
		for _, c := range columns {
			delete(r, c)
		}
		out = append(out, r)
	}
	return out
}

// with returns copies of the rows in which the column has the value; nil takes it out.
func with(rows []row, column string, value any) []row {
	rows = without(rows, column)
	for _, r := range rows {
		if value != nil {
			r[column] = value
		}
	}
	return rows
}

// evidenceMoved returns copies of the rows whose evidence is what place makes of it.
func evidenceMoved(rows []row, place func(frame int) string) []row {
	rows = without(rows)
	for _, r := range rows {
		var moved []any
		for _, e := range r["evidence"].([]any) {
			var n int
			fmt.Sscan(e.(string), &n)
			moved = append(moved, place(n))
		}
		r["evidence"] = moved
	}
	return rows
}

// sameRows compares rows, and shows every column that differs.
func sameRows(t testing.TB, what string, got, want []row) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d rows, want %d", what, len(got), len(want))
		return
	}
	for i := range want {
		for _, d := range differences(got[i], want[i]) {
			t.Errorf("%s: connection %d: %s", what, i+1, d)
		}
	}
}

// differences says in which columns the rows differ. Times are equal whatever their decimals.
func differences(got, want row) (list []string) {
	columns := map[string]bool{}
	for c := range got {
		columns[c] = true
	}
	for c := range want {
		columns[c] = true
	}
	for _, c := range slices.Sorted(maps.Keys(columns)) {
		g, w := got[c], want[c]
		if c == "start" {
			g, w = trimmedTime(g), trimmedTime(w)
		}
		if !reflect.DeepEqual(g, w) {
			list = append(list, fmt.Sprintf("%s is %v, want %v", c, g, w))
		}
	}
	return list
}

// trimmedTime takes trailing zeros off an RFC 3339 time.
func trimmedTime(v any) string {
	s, _ := v.(string)
	return strings.TrimRight(strings.TrimSuffix(s, "Z"), "0")
}
