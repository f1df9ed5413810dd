package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestWhatIsKeptSaysTheSame writes the packets of every connection of each capture, and reads them again: what matters
// of a connection is among them.
func TestWhatIsKeptSaysTheSame(t *testing.T) {
	for _, name := range captureNames(t) {
		t.Run(name, func(t *testing.T) {
			from, to := filepath.Join(captureDir, name), filepath.Join(t.TempDir(), "kept.pcapng")
			want := facts(rowsOf(t, from))
			program(t.Context(), nil, "-q", "-w", to, "--write-all", from)
			got := facts(rowsOf(t, to))
			if !slices.Equal(got, want) {
				t.Errorf("kept:\n%q\nwant:\n%q", got, want)
			}
		})
	}
}

// facts are what the lack of a connection's bulk leaves as it is, for each connection.
func facts(rows []map[string]string) (all []string) {
	for _, row := range rows {
		var s string
		for _, column := range []string{
			"start", "client_ip", "client_port", "server_ip", "server_port", "encapsulation", "carrier", "stage", "sni_state",
			"sni", "ja4", "alert", "closed_by", "close", "close_after_ms", "conn_state", "tampering", "diagnosis", "severity",
		} {
			s += column + "=" + row[column] + " "
		}
		all = append(all, s)
	}
	slices.Sort(all)
	return all
}

// TestKeptFilesAreTheSame keeps the same in the same order, whichever worker is faster.
func TestKeptFilesAreTheSame(t *testing.T) {
	files := map[string]bool{}
	for range 3 {
		to := filepath.Join(t.TempDir(), "kept.pcapng")
		args := []string{"-q", "-w", to}
		for _, name := range captureNames(t) {
			args = append(args, filepath.Join(captureDir, name))
		}
		program(t.Context(), nil, args...)
		b, err := os.ReadFile(to)
		if err != nil {
			t.Fatal(err)
		}
		files[string(b)] = true
	}
	if len(files) != 1 {
		t.Errorf("%d different files of the same captures", len(files))
	}
}

func TestFileSize(t *testing.T) {
	for s, want := range map[string]int64{
		"": 0, "1": 1e6, "20": 20e6, "1k": 1 << 10, "2M": 2 << 20, "3g": 3 << 30,
		"0": -1, "-1": -1, "k": -1, "1x": -1, "1.5": -1, "9223372036854775807": -1, "9999999999g": -1,
	} {
		got, err := fileSize(s)
		if (err != nil) != (want < 0) || err == nil && got != want {
			t.Errorf("fileSize(%q) = %d, %v; want %d", s, got, err, want)
		}
	}
}

func TestRotationDoesNotReachACapture(t *testing.T) {
	for _, test := range []struct {
		base, name string
		want       bool
	}{
		{"out", "out1", true}, {"./out", "out007", true}, {"out", "out", false}, {"out", "out1.pcap", false},
		{"dir/out", "out1", false}, {"out.pcapng", "out.pcapng2", true},
	} {
		if got := rotatesOver(test.base, test.name); got != test.want {
			t.Errorf("rotatesOver(%q, %q) = %v", test.base, test.name, got)
		}
	}
}
