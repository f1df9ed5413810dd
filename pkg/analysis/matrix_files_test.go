package analysis_test

import (
	"encoding/binary"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/sniscope/sniscope/pkg/analysis"
	"github.com/sniscope/sniscope/pkg/capture"
)

// firstFrames are the frames with which the connections of turns begin, and the end.
var firstFrames = []int{1, 17, 23, 29}

// rotated is what the rows are when the frames are in several files, of which each begins with the given frame.
func rotated(base []row, names []string, begins []int) []row {
	rows := without(base)
	for i, r := range rows {
		home := fileOf(begins, firstFrames[i])
		place := func(frame int) string {
			k := fileOf(begins, frame)
			if local := frame - begins[k] + 1; k == home {
				return fmt.Sprint(local)
			} else {
				return fmt.Sprintf("%d#%d", k+1, local)
			}
		}
		rows[i] = evidenceMoved([]row{r}, place)[0]
		rows[i]["capture"] = names[home]
	}
	return rows
}

// fileOf is the index of the file that holds the frame.
func fileOf(begins []int, frame int) int {
	k := slices.IndexFunc(begins, func(first int) bool { return first > frame })
	if k < 0 {
		k = len(begins)
	}
	return k - 1
}

// TestRotatedFiles cuts a capture into files as tcpdump -C and -G do, at every packet, and gives them in either
// order: they are one timeline, and connections go on from one to the next.
func TestRotatedFiles(t *testing.T) {
	all := turns(t)
	base := baseRows(t, all)
	frames, pcap := plainFrames(all), pcapFormats()[0]
	for k := 1; k < len(frames); k++ {
		files := []file{{"cut-1", pcap.write(1, frames[:k])}, {"cut-2", pcap.write(1, frames[k:])}}
		want := rotated(base, []string{"cut-1", "cut-2"}, []int{1, k + 1})
		sameRows(t, fmt.Sprintf("cut behind packet %d", k), mustRows(t, files...), want)
		slices.Reverse(files)
		sameRows(t, fmt.Sprintf("cut behind packet %d, given in the wrong order", k), mustRows(t, files...), want)
	}
}

// TestRotatedFilesOfTwoPlaces has the same capture twice, each cut into two at another packet: of each place they are one
// timeline, in whatever order they are given.
func TestRotatedFilesOfTwoPlaces(t *testing.T) {
	all := turns(t)
	base := baseRows(t, all)
	frames, pcap := plainFrames(all), pcapFormats()[0]
	for k := 5; k < len(frames)-5; k++ {
		begins := [2][]int{{1, k + 1}, {1, k + 4}}
		var files []file
		var want [2][]row
		for i, dir := range []string{"client", "server"} {
			names := []string{dir + "/ring.pcap0", dir + "/ring.pcap1"}
			cut := begins[i][1] - 1
			files = append(files, file{names[0], pcap.write(1, frames[:cut])}, file{names[1], pcap.write(1, frames[cut:])})
			want[i] = rotated(base, names, begins[i])
		}
		files[1], files[2] = files[2], files[1] // both first ones, then both second ones
		got := mustRows(t, files...)
		if len(got) != len(want[0])+len(want[1]) {
			t.Fatalf("cut behind packet %d: %d rows, want %d", k, len(got), len(want[0])+len(want[1]))
		}
		for i, r := range got {
			w := want[i/len(want[0])][i%len(want[0])]
			for _, column := range []string{"capture", "client_port", "packets", "stage", "diagnosis", "closed_by", "client_packets", "server_packets"} {
				if r[column] != w[column] {
					t.Errorf("cut behind packet %d: row %d has %s %q, want %q", k, i+1, column, r[column], w[column])
				}
			}
		}
	}
}

// TestRotatedFilesWithOtherPackets has blocks of packets that the filter drops where the second file begins. That they
// are counted or not makes no difference to where the file belongs.
func TestRotatedFilesWithOtherPackets(t *testing.T) {
	const other = 1400
	frames, pcap := plainFrames(turns(t)), pcapFormats()[0]
	second := frames[10:]
	for range 2 * blockSize / other {
		second = append([]frame{{time: frames[10].time, data: make([]byte, other)}}, second...)
	}
	files := []file{{"cut-1", pcap.write(1, frames[:10])}, {"cut-2", pcap.write(1, second)}}
	config := analysis.Config{Filter: func(_ *capture.Packet, data []byte) bool { return len(data) != other }}
	want, _, err := rowsWith(config, files...)
	if err != nil || len(want) != 3 {
		t.Fatal(len(want), err)
	}
	config.Packets = 1000
	got, _, err := rowsWith(config, files...)
	if err != nil {
		t.Fatal(err)
	}
	sameRows(t, "with a count", got, want)
}

// TestLimitsCountWhatWasRead: behind the last packet that a limit leaves, nothing was read.
func TestLimitsCountWhatWasRead(t *testing.T) {
	frames := plainFrames(turns(t))
	for i := range frames {
		frames[i].time = frames[0].time + int64(i)*1000
	}
	whole := file{"whole", pcapFormats()[0].write(1, frames)}
	every := func(*capture.Packet, []byte) bool { return true }
	second := func(x *capture.Packet, _ []byte) bool { return (x.Time-frames[0].time)/1000%2 == 1 }
	for name, tc := range map[string]struct {
		config        analysis.Config
		read, dropped uint64
	}{
		"a count":               {analysis.Config{Packets: 3}, 3, 0},
		"a count of every one":  {analysis.Config{Packets: 3, Filter: every}, 3, 0},
		"a count of the second": {analysis.Config{Packets: 3, Filter: second}, 6, 3},
		"a time":                {analysis.Config{Duration: 4 * time.Microsecond}, 5, 0},
		"a time of the second":  {analysis.Config{Duration: 4 * time.Microsecond, Filter: second}, 5, 3},
		"both":                  {analysis.Config{Packets: 3, Duration: 4 * time.Microsecond, Filter: second}, 5, 3},
	} {
		_, result, err := rowsWith(tc.config, whole)
		if err != nil {
			t.Fatal(err)
		}
		if result.Packets != tc.read || result.Filtered != tc.dropped {
			t.Errorf("%s: read %d and dropped %d, want %d and %d", name, result.Packets, result.Filtered, tc.read, tc.dropped)
		}
	}
}

// TestRotatedFilesOfEveryFormat gives a file of each format, plain or compressed, each with the next two packets.
func TestRotatedFilesOfEveryFormat(t *testing.T) {
	all := turns(t)
	base := baseRows(t, all)
	frames := plainFrames(all)
	var files []file
	var names []string
	var begins []int
	for i, f := range formats() {
		if at := 2 * len(files); !f.untimed && at < len(frames) {
			name := fmt.Sprintf("cut-%d", len(files)+1)
			data := f.write(1, frames[at:at+2])
			if i%2 == 1 {
				data = compressions()[i/2%3].pack(t, data)
			}
			files, names, begins = append(files, file{name, data}), append(names, name), append(begins, at+1)
		}
	}
	want := rotated(base, names, begins)
	sameRows(t, "in order", mustRows(t, files...), want)
	slices.Reverse(files)
	sameRows(t, "reversed", mustRows(t, files...), want)
}

// TestRotatedWithinOneInstant cuts a capture between two packets of the same time, and puts a file without packets in
// between.
func TestRotatedWithinOneInstant(t *testing.T) {
	all := turns(t)
	all[20].time = all[19].time
	base := mustRows(t, file{"", pcapFormats()[0].write(1, plainFrames(all))})
	frames, pcap := plainFrames(all), pcapFormats()[0]
	files := []file{{"cut-1", pcap.write(1, frames[:20])}, {"cut-9", pcap.write(1, nil)}, {"cut-2", pcap.write(1, frames[20:])}}
	sameRows(t, "cut", mustRows(t, files...), rotated(base, []string{"cut-1", "cut-2"}, []int{1, 21}))
}

// TestRotatedWithinADatagram cuts a capture of IP fragments into two files, between any two of them.
func TestRotatedWithinADatagram(t *testing.T) {
	all := turns(t)
	base := without(baseRows(t, all), "capture", "evidence")
	frames, _ := framesOf(all, onEthernet, network{packets: reversed(fragments4)})
	for k := 1; k < len(frames); k++ {
		var files []file
		for _, part := range [][]frame{frames[:k], frames[k:]} {
			files = append(files, file{"part", pcapFormats()[0].write(1, part)})
		}
		sameRows(t, fmt.Sprintf("cut behind fragment %d", k), without(mustRows(t, files...), "capture", "evidence"), base)
	}
}

// later moves turns in time.
func later(turns []turn, d time.Duration) []turn {
	turns = slices.Clone(turns)
	for i := range turns {
		turns[i].time += int64(d)
	}
	return turns
}

// TestOverlappingFiles captures the same connections at two places at the same time. Each place has its own records,
// which name each other.
func TestOverlappingFiles(t *testing.T) {
	all := turns(t)
	base := baseRows(t, all)
	pcap := pcapFormats()[0]
	near := file{"near", pcap.write(1, plainFrames(all))}
	far := file{"far", pcap.write(1, plainFrames(later(all, time.Millisecond)))}
	for what, files := range map[string][]file{"in order": {near, far}, "wrong order": {far, near}} {
		got := mustRows(t, files...)
		if len(got) != 6 {
			t.Fatalf("%s: %d rows", what, len(got))
		}
		sameRows(t, what+": near", got[:3], with(base, "capture", "near"))
		for i, r := range got[3:] {
			want := without(base[i:i+1], "start")[0]
			want["capture"], want["conn"], want["same_as"] = "far", float64(4+i), float64(1+i)
			delete(r, "start")
			sameRows(t, what+": far", []row{r}, []row{want})
		}
	}
}

// TestNoConnectionSpansCapturePoints has the RST of a connection in a file of another capture point. It ends nothing.
func TestNoConnectionSpansCapturePoints(t *testing.T) {
	all := turns(t)
	pcap := pcapFormats()[0]
	near := file{"near", pcap.write(1, plainFrames(all[:21]))} // without the RST that ends connection 2
	far := file{"far", pcap.write(1, plainFrames(later(all[21:], -10*time.Millisecond)))}
	rows, _, err := rowsOf(near, far)
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 3 {
		t.Fatalf("%d rows", len(rows))
	}
	cut := rows[1]
	if cut["close"] != nil || cut["diagnosis"] != "incomplete-capture" || cut["capture"] != "near" {
		t.Errorf("the connection whose end is elsewhere: %v", cut)
	}
	if whole := rows[2]; whole["close"] != "rst" || whole["diagnosis"] != "no-sni-reset" || whole["capture"] != "far" {
		t.Errorf("the connection that is whole elsewhere: %v", whole)
	}
}

// translated is the other side of a NAT that gives the client another address and port.
func translated(f frame) frame {
	const source, destination, port = 14 + 12, 14 + 16, 14 + 20
	f.data = slices.Clone(f.data)
	for i, address := range []int{source, destination} {
		if f.data[address+3] == clientIPv4.As4()[3] {
			copy(f.data[address:], "\xc0\x00\x02\x07")
			at := f.data[port+2*i:]
			binary.BigEndian.PutUint16(at, binary.BigEndian.Uint16(at)+10_000)
		}
	}
	f.time += int64(20 * time.Microsecond)
	return f
}

// outside is what the rows are on the other side of the NAT.
func outside(base []row) []row {
	rows := with(base, "client_ip", "192.0.2.7")
	for _, r := range rows {
		r["client_port"] = r["client_port"].(float64) + 10_000
	}
	return rows
}

// TestNATInOneFile captures on both interfaces of the machine that translates.
func TestNATInOneFile(t *testing.T) {
	all := turns(t)
	base := without(baseRows(t, all), "conn", "start", "evidence")
	frames := plainFrames(all)
	for _, f := range slices.Clone(frames) {
		frames = append(frames, translated(f))
	}
	slices.SortStableFunc(frames, func(a, b frame) int { return int(a.time - b.time) })
	got := mustRows(t, file{"matrix", pcapFormats()[0].write(1, frames)})
	var inner, outer []row
	for i, r := range got {
		if r["client_ip"] == "192.0.2.7" {
			if r["same_as"] != float64(i) {
				t.Errorf("connection %d is the same as %v", i+1, r["same_as"])
			}
			outer = append(outer, r)
		} else {
			inner = append(inner, r)
		}
	}
	sameRows(t, "inside", without(inner, "conn", "start", "evidence"), base)
	sameRows(t, "outside", without(outer, "conn", "start", "evidence", "same_as"), outside(base))
}

// TestNATInTwoFiles captures on either side of it.
func TestNATInTwoFiles(t *testing.T) {
	all := turns(t)
	base := baseRows(t, all)
	frames := plainFrames(all)
	var moved []frame
	for _, f := range frames {
		moved = append(moved, translated(f))
	}
	pcap := pcapFormats()[0]
	got := mustRows(t, file{"outside", pcap.write(1, moved)}, file{"inside", pcap.write(1, frames)})
	if len(got) != 6 {
		t.Fatalf("%d rows", len(got))
	}
	sameRows(t, "inside", got[:3], with(base, "capture", "inside"))
	want := with(outside(base), "capture", "outside")
	for i, r := range want {
		r["conn"], r["same_as"] = float64(4+i), float64(1+i)
	}
	sameRows(t, "outside", without(got[3:], "start"), without(want, "start"))
}
