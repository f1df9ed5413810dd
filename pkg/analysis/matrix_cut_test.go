package analysis_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sniscope/sniscope/pkg/analysis"
	"github.com/sniscope/sniscope/pkg/capture"
)

// lastFrames are the frames with which the connections of turns end.
var lastFrames = []int{16, 22, 28}

// TestCutAnywhere cuts files within every record and between them. What was there before the cut is reported as if
// nothing were missing, what is missing is reported as a problem, and no verdict is surer for it.
func TestCutAnywhere(t *testing.T) {
	collectSeldom(t)
	all := turns(t)
	base := baseRows(t, all)
	frames := plainFrames(all)
	headers := map[string]int{"pcap": 24, "pcapng": 12, "snoop": 16} // without these bytes a file cannot be opened
	for _, f := range formats() {
		header := headers[f.name]
		if header == 0 {
			continue
		}
		data, ends := f.write(1, frames), recordEnds(f, frames)
		for cut := range len(data) {
			near := isEnd(ends, cut) || isEnd(ends, cut-1) || isEnd(ends, cut+1)
			if cut%7 != 0 && !near {
				continue
			}
			what := fmt.Sprintf("%s, %d of %d bytes", f.name, cut, len(data))
			rows, result, err := rowsOf(file{"matrix", data[:cut]})
			if cut < header {
				checkOpenError(t, what, cut, err)
				continue
			}
			if err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			whole := packetsBefore(ends, cut)
			if result.Packets != uint64(whole) {
				t.Errorf("%s: %d packets, want %d", what, result.Packets, whole)
			}
			checkCut(t, what, rows, base, whole)
			section := f.name == "pcapng" && cut == 28
			checkProblem(t, what, result, !section && !isEnd(ends, cut))
		}
	}
}

// TestCutCompressed cuts compressed files. How many packets can still be had depends on the compression.
func TestCutCompressed(t *testing.T) {
	collectSeldom(t)
	all := turns(t)
	base := baseRows(t, all)
	frames := plainFrames(all)
	for _, f := range []format{pcapFormats()[0], pcapngFormats()[0]} {
		for _, c := range compressions() {
			data := c.pack(t, f.write(1, frames))
			for cut := 0; cut < len(data); cut += 7 {
				rows, result, err := rowsOf(file{"matrix", data[:cut]})
				what := fmt.Sprintf("%s, %s, %d of %d bytes", f.name, c.name, cut, len(data))
				if err != nil {
					checkOpenError(t, what, cut, err)
					continue
				}
				checkCut(t, what, rows, base, int(result.Packets))
				checkProblem(t, what, result, true)
			}
		}
	}
}

// recordEnds are the lengths of the file with 0, 1, 2, … packets.
func recordEnds(f format, frames []frame) (ends []int) {
	for n := range len(frames) + 1 {
		ends = append(ends, len(f.write(1, frames[:n])))
	}
	return ends
}

func isEnd(ends []int, at int) bool { return slices.Contains(ends, at) }

// packetsBefore is how many packets are whole before the cut.
func packetsBefore(ends []int, cut int) (n int) {
	for n+1 < len(ends) && ends[n+1] <= cut {
		n++
	}
	return n
}

// checkOpenError expects the error for a file that is too short to be opened.
func checkOpenError(t *testing.T, what string, cut int, err error) {
	t.Helper()
	var short *capture.TruncatedError
	switch {
	case cut == 0 && errors.Is(err, capture.ErrEmpty):
	case cut > 0 && errors.As(err, &short):
	case cut > 0 && cut < 12 && errors.Is(err, capture.ErrNotCapture): // too little to be recognised
	default:
		t.Errorf("%s: error %v", what, err)
	}
}

// checkProblem expects that the cut is the only problem, if it is one.
func checkProblem(t *testing.T, what string, result *analysis.Result, cut bool) {
	t.Helper()
	var short *capture.TruncatedError
	switch {
	case !cut && len(result.Problems) == 0:
	case cut && len(result.Problems) == 1 && errors.As(result.Problems[0], &short):
	default:
		t.Errorf("%s: problems %v", what, result.Problems)
	}
}

// checkCut compares the rows of a file that is cut behind the given number of packets.
func checkCut(t *testing.T, what string, rows, uncut []row, packets int) {
	t.Helper()
	for i, r := range rows {
		if lastFrames[i] <= packets {
			sameRows(t, what, []row{r}, uncut[i:i+1])
		}
	}
	for i, first := range firstFrames[:3] {
		if first <= packets != (i < len(rows)) {
			t.Errorf("%s: %d rows", what, len(rows))
			return
		}
	}
	notSurer(t, what, rows, uncut)
}

// notSurer expects no certain error of the cut capture that the whole one does not confirm: by the same verdict, or
// by another error that says what it would be by itself, where what came later tells more.
func notSurer(t *testing.T, what string, cut, uncut []row) {
	t.Helper()
	for _, r := range cut {
		if r["severity"] != "error" || r["confidence"] != "certain" {
			continue
		}
		whole := uncut[int(r["conn"].(float64))-1]
		same := r["diagnosis"] == whole["diagnosis"] && whole["confidence"] == "certain"
		told := strings.Contains(fmt.Sprint(whole["detail"]), r["diagnosis"].(string))
		if whole["severity"] != "error" || !same && !told {
			t.Errorf("%s: connection %v: %v is an error and certain, but it is %v, %v, %v\ncut:   %v\nwhole: %v", what, r["conn"],
				r["diagnosis"], whole["diagnosis"], whole["severity"], whole["confidence"], r["detail"], whole["detail"])
		}
	}
}

// maxPackets is how many packets a capture may have to be cut behind each of them.
const maxPackets = 80

// TestCutRepositoryCaptures cuts the captures of the repository behind each packet.
func TestCutRepositoryCaptures(t *testing.T) {
	collectSeldom(t)
	for _, in := range repositoryCaptures(t) {
		if filepath.Ext(in.name) != ".pcap" {
			continue
		}
		whole, result, err := rowsOf(in)
		if err != nil {
			t.Fatal(err)
		}
		if result.Packets > maxPackets {
			continue
		}
		for _, end := range packetEnds(t, in) {
			rows, _, err := rowsOf(file{in.name, in.data[:end]})
			if err != nil {
				t.Fatal(err)
			}
			notSurer(t, fmt.Sprintf("%s cut at byte %d", in.name, end), rows, whole)
		}
	}
}

// packetEnds are the places in a pcap file where a packet ends.
func packetEnds(t *testing.T, in file) (ends []int) {
	t.Helper()
	c := opened(t, plain, in)[0]
	for at, b := 0, new(capture.Block); c.Next(b) == nil; at += len(b.Data) {
		for _, p := range b.Packets {
			ends = append(ends, at+int(p.Offset+p.CapLen))
		}
	}
	return ends
}

// TestStoppingIsACut stops after each packet: that says what a file says that ends there. In these captures it is the silence
// at the end that counts.
func TestStoppingIsACut(t *testing.T) {
	for _, name := range []string{"hello-unanswered", "syn-unanswered", "handshake-stalled"} {
		data, err := os.ReadFile("../../pcaps/" + name + ".pcap")
		if err != nil {
			t.Fatal(err)
		}
		ends := packetEnds(t, file{name, data})
		for i, end := range append(ends, len(data)) {
			want, _, err := rowsOf(file{name, data[:end]})
			if err != nil {
				t.Fatal(err)
			}
			got, _, err := rowsWith(analysis.Config{Packets: uint64(i) + 1}, file{name, data})
			if err != nil {
				t.Fatal(err)
			}
			sameRows(t, fmt.Sprintf("%s, packet %d", name, i+1), got, want)
		}
	}
}
