package analysis

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"
)

// TestRunsMergeInOrder adds parts in random order, with and without the temporary file, and expects them sorted and whole.
func TestRunsMergeInOrder(t *testing.T) {
	const parts = 200_000
	for name, limit := range map[string]int{"memory": 1 << 30, "file": 1 << 20} {
		t.Run(name, func(t *testing.T) {
			runs := [3]run{{limit: limit}, {limit: limit}, {limit: limit}}
			for _, key := range rand.New(rand.NewPCG(1, 2)).Perm(parts) {
				r := &runs[key%len(runs)]
				r.end(uint64(key), fmt.Appendf(r.begin(), "part %d with %50s", key, "some more bytes"))
			}
			var sources []source
			for i := range runs {
				defer runs[i].close()
				sources = append(sources, runs[i].sources()...)
				if often := len(runs[i].filed) > 2; often != (name == "file") {
					t.Errorf("spilled %d times", len(runs[i].filed))
				}
			}
			m, err := newMerge(sources)
			if err != nil {
				t.Fatal(err)
			}
			for want := range parts {
				key, b, err := m.next(nil)
				if err != nil || key != uint64(want) || string(b) != fmt.Sprintf("part %d with %50s", want, "some more bytes") {
					t.Fatalf("part %d: key %d, %q, %v", want, key, b, err)
				}
			}
			if _, _, err := m.next(nil); !errors.Is(err, io.EOF) {
				t.Errorf("behind the last part: %v", err)
			}
		})
	}
}

// TestTheTemporaryFileIsNamed cuts it short within a header and within a part, and has the disk fail in either.
func TestTheTemporaryFileIsNamed(t *testing.T) {
	file := binary.LittleEndian.AppendUint64(nil, 7)
	file = append(binary.LittleEndian.AppendUint32(file, 4), "part"...)
	broken := errors.New("broken disk")
	for _, at := range []int{1, partHeader - 1, partHeader, len(file) - 1} {
		for r, want := range map[io.Reader]error{
			bytes.NewReader(file[:at]): io.ErrUnexpectedEOF,
			io.MultiReader(bytes.NewReader(file[:at]), iotest.ErrReader(broken)): broken,
		} {
			s := fileSource{r: bufio.NewReader(r)}
			if _, _, err := s.next(); !errors.Is(err, want) || !strings.Contains(err.Error(), "temporary file") {
				t.Errorf("behind byte %d: %v", at, err)
			}
		}
	}
	s := fileSource{r: bufio.NewReader(bytes.NewReader(file))}
	if b, _, err := s.next(); err != nil || string(b) != "part" {
		t.Errorf("whole: %q, %v", b, err)
	}
	if _, _, err := s.next(); err != io.EOF {
		t.Errorf("behind the last part: %v", err)
	}
}

// TestTheTemporaryFileCannotBeRead has the disk fail behind the first part: the report lacks connections, and the run says so.
func TestTheTemporaryFileCannotBeRead(t *testing.T) {
	file := binary.LittleEndian.AppendUint64(nil, keyOf(1, partWhole))
	file = append(binary.LittleEndian.AppendUint32(file, 4), "part"...)
	broken := errors.New("broken disk")
	m, err := newMerge([]source{&fileSource{r: bufio.NewReader(io.MultiReader(bytes.NewReader(file), iotest.ErrReader(broken)))}})
	if err != nil {
		t.Fatal(err)
	}
	if err := (&looker{config: &Config{}, sink: &rowsOnly{}}).look(m, 1); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
}

// TestNoTemporaryFile keeps everything in memory where no file can be made.
func TestNoTemporaryFile(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir()+"/missing")
	r := run{limit: 1 << 20}
	for key := range 100_000 {
		r.end(uint64(key), fmt.Appendf(r.begin(), "part %d with some more bytes", key))
	}
	if r.noFile == nil || len(r.sources()) < 2 {
		t.Errorf("no file because %v, %d sources", r.noFile, len(r.sources()))
	}
}
