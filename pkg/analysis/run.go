package analysis

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
)

// A finished connection is kept as one or two parts in binary form. The key is the ordinal of its first packet,
// shifted by one; the lowest bit tells the parts apart, so that they meet again in the merge.
const (
	partOpening = 0
	partEnding  = 1
)

// entry is one part in a run.
type entry struct {
	key uint64
	off uint32
	len uint32
}

// entrySize is what an entry costs besides its bytes.
const entrySize = 16

// run collects parts of one worker. When it outgrows its share of memory, it is sorted and moved to a temporary file.
type run struct {
	limit   int
	data    []byte
	entries []entry
	full    []source // earlier runs
	file    *os.File // nil before the first spill
	offset  int64    // end of file
	noFile  error    // why there is no temporary file: everything stays in memory
}

// add adds what fill appends as a part with the given key.
func (r *run) add(key uint64, fill func(dst []byte) []byte) {
	off := len(r.data)
	r.data = fill(r.data)
	r.entries = append(r.entries, entry{key, uint32(off), uint32(len(r.data) - off)})
	if len(r.data)+entrySize*len(r.entries) >= r.limit {
		r.rotate()
	}
}

// rotate closes the current run and begins another.
func (r *run) rotate() {
	slices.SortFunc(r.entries, func(a, b entry) int { return cmp.Compare(a.key, b.key) })
	if r.noFile == nil {
		if r.noFile = r.spill(); r.noFile == nil {
			r.data, r.entries = r.data[:0], r.entries[:0]
			return
		}
	}
	r.full = append(r.full, &memorySource{data: r.data, entries: r.entries})
	r.data, r.entries = nil, nil
}

// spill writes the sorted run to the temporary file, which has no name, so that nothing is left behind
// whatever happens.
func (r *run) spill() error {
	if r.file == nil {
		f, err := os.CreateTemp("", "sniscope-*")
		if err != nil {
			return err
		}
		if err := os.Remove(f.Name()); err != nil {
			return errors.Join(err, f.Close())
		}
		r.file = f
	}
	w := bufio.NewWriterSize(io.NewOffsetWriter(r.file, r.offset), 1<<20)
	var head [12]byte
	for _, e := range r.entries {
		binary.LittleEndian.PutUint64(head[:], e.key)
		binary.LittleEndian.PutUint32(head[8:], e.len)
		w.Write(head[:])
		w.Write(r.data[e.off : e.off+e.len])
	}
	if err := w.Flush(); err != nil {
		return err
	}
	size := int64(len(r.data) + len(head)*len(r.entries))
	section := io.NewSectionReader(r.file, r.offset, size)
	r.full = append(r.full, &fileSource{r: bufio.NewReaderSize(section, spillBuffer)})
	r.offset += size
	return nil
}

// sources returns the run's parts as sorted sources.
func (r *run) sources() []source {
	if len(r.entries) > 0 {
		slices.SortFunc(r.entries, func(a, b entry) int { return cmp.Compare(a.key, b.key) })
		r.full = append(r.full, &memorySource{data: r.data, entries: r.entries})
		r.data, r.entries = nil, nil
	}
	return r.full
}

func (r *run) close() error {
	if r.file == nil {
		return nil
	}
	return r.file.Close()
}

// source yields parts in order of their keys. next returns io.EOF at the end; the bytes are appended to dst.
type source interface {
	next(dst []byte) (key uint64, b []byte, err error)
}

type memorySource struct {
	data    []byte
	entries []entry
}

func (s *memorySource) next(dst []byte) (uint64, []byte, error) {
	if len(s.entries) == 0 {
		return 0, dst, io.EOF
	}
	e := s.entries[0]
	s.entries = s.entries[1:]
	return e.key, append(dst, s.data[e.off:e.off+e.len]...), nil
}

type fileSource struct{ r *bufio.Reader }

func (s *fileSource) next(dst []byte) (uint64, []byte, error) {
	var head [12]byte
	if _, err := io.ReadFull(s.r, head[:]); err != nil {
		return 0, dst, err
	}
	n := int(binary.LittleEndian.Uint32(head[8:]))
	off := len(dst)
	dst = slices.Grow(dst, n)[:off+n]
	if _, err := io.ReadFull(s.r, dst[off:]); err != nil {
		return 0, dst[:off], fmt.Errorf("analysis: temporary file: %w", err)
	}
	return binary.LittleEndian.Uint64(head[:]), dst, nil
}
