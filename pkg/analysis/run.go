package analysis

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
)

// A finished connection is kept as one to three parts in binary form. The key is the ordinal of its first packet,
// shifted; the lowest bits tell the parts apart, so that they meet again in the merge.
const (
	partWhole   = iota // opening and ending of one that was over before its handshake was settled
	partOpening        // of any other
	partEnding
	partPackets

	partBits = 2
	partMask = 1<<partBits - 1
)

// keyOf is the key of a part of the connection whose first packet has that ordinal.
func keyOf(first uint64, part uint64) uint64 { return first<<partBits | part }

// entry is one part in a run.
type entry struct {
	key uint64
	off uint32
	len uint32
}

// entrySize is what an entry costs besides its bytes, in memory, and partHeader in a file: key and length.
const (
	entrySize  = 16
	partHeader = 12
)

// chunk is a piece of a run, sorted once it is full. Chunks are of one size, so that a run grows without copying.
type chunk struct {
	data    []byte
	entries []entry
	now     int64 // packet time at which it was passed on
}

func (c *chunk) size() int { return len(c.data) + entrySize*len(c.entries) }

// add makes what was appended to c.data, as far as data goes, a part with the given key.
func (c *chunk) add(key uint64, data []byte) {
	c.entries = append(c.entries, entry{key, uint32(len(c.data)), uint32(len(data) - len(c.data))})
	c.data = data
}

// empty forgets all parts and keeps the memory.
func (c *chunk) empty() { c.data, c.entries = c.data[:0], c.entries[:0] }

// run collects the parts of one worker. When it outgrows its share of memory, it is moved to a temporary file.
type run struct {
	limit  int
	held   int // bytes of the full chunks
	chunk  *chunk
	full   []*chunk // each sorted
	free   []*chunk
	sorter sorter
	usual  int      // entries that a chunk had at the most, and some
	filed  []source // what was moved to the file
	file   *os.File // nil before the first spill
	offset int64    // end of file
	noFile error    // why there is no temporary file: everything stays in memory
}

// begin returns the bytes to append a part to; end takes them back.
func (r *run) begin() []byte {
	switch n := len(r.free); {
	case r.chunk != nil:
		return r.chunk.data
	case n > 0:
		r.chunk, r.free = r.free[n-1], r.free[:n-1]
	default:
		r.chunk = &chunk{data: make([]byte, 0, chunkSize+chunkSlack)}
	}
	if cap(r.chunk.entries) < r.usual { // at once: each doubling would leave a list behind
		r.chunk.entries = make([]entry, 0, r.usual)
	}
	return r.chunk.data
}

// end makes what was appended since begin a part with the given key.
func (r *run) end(key uint64, data []byte) {
	if r.chunk.add(key, data); len(data) < chunkSize {
		return
	}
	r.seal()
	if r.held >= r.limit && r.noFile == nil {
		r.noFile = r.spill()
	}
}

// over and pass implement records: a run keeps everything until the end.
func (r *run) over()      {}
func (r *run) pass(int64) {}

// seal sorts the current chunk and puts it aside.
func (r *run) seal() {
	if r.chunk == nil {
		return
	}
	r.chunk.entries = r.sorter.sort(r.chunk.entries)
	r.usual = max(r.usual, len(r.chunk.entries)*9/8)
	r.held += r.chunk.size()
	r.full = append(r.full, r.chunk)
	r.chunk = nil
}

// spill merges what is in memory into the temporary file, which has no name, so that nothing is left behind
// whatever happens.
func (r *run) spill() error {
	if err := r.open(); err != nil {
		return err
	}
	m, err := newMerge(memorySources(r.full))
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(io.NewOffsetWriter(r.file, r.offset), spillBuffer)
	size, err := m.writeTo(w)
	if err != nil {
		return err
	}
	section := io.NewSectionReader(r.file, r.offset, size)
	r.filed = append(r.filed, &fileSource{r: bufio.NewReaderSize(section, spillBuffer)})
	r.offset += size
	for _, c := range r.full {
		c.empty()
	}
	r.free, r.full, r.held = append(r.free, r.full...), nil, 0
	return nil
}

// open makes the temporary file.
func (r *run) open() error {
	if r.file != nil {
		return nil
	}
	f, err := os.CreateTemp("", "sniscope-*")
	if err != nil {
		return err
	}
	if err := os.Remove(f.Name()); err != nil {
		return errors.Join(err, f.Close())
	}
	r.file = f
	return nil
}

// writeTo writes all parts as fileSource reads them, and returns how many bytes that were.
func (m *merge) writeTo(w *bufio.Writer) (size int64, err error) {
	for len(m.heads) > 0 {
		top, b := m.top()
		head := binary.LittleEndian.AppendUint64(w.AvailableBuffer(), top.key)
		head = binary.LittleEndian.AppendUint32(head, uint32(len(b)))
		w.Write(head)
		w.Write(b)
		size += int64(len(head) + len(b))
		if err := m.advance(top); err != nil {
			return 0, err
		}
	}
	return size, w.Flush()
}

// sources returns the run's parts as sorted sources. Nothing may be added after it.
func (r *run) sources() []source {
	r.seal()
	return append(r.filed, memorySources(r.full)...)
}

func memorySources(chunks []*chunk) (s []source) {
	for _, c := range chunks {
		s = append(s, &memorySource{data: c.data, entries: c.entries})
	}
	return s
}

func (r *run) close() {
	if r.file != nil {
		r.file.Close()
	}
}

// source yields parts in order of their keys, at least one at a time: entries, and the data that they point into. next
// returns io.EOF at the end; what it returned is valid until it is called again.
type source interface {
	next() (data []byte, entries []entry, err error)
}

// memorySource yields a chunk at once.
type memorySource struct {
	data    []byte
	entries []entry
}

func (s *memorySource) next() ([]byte, []entry, error) {
	if len(s.entries) == 0 {
		return nil, nil, io.EOF
	}
	entries := s.entries
	s.entries = nil
	return s.data, entries, nil
}

// fileSource yields one part at a time.
type fileSource struct {
	r    *bufio.Reader
	b    []byte
	part [1]entry
}

func (s *fileSource) next() ([]byte, []entry, error) {
	if err := s.read(); err == io.EOF {
		return nil, nil, err
	} else if err != nil {
		return nil, nil, fmt.Errorf("analysis: temporary file: %w", err)
	}
	return s.b, s.part[:], nil
}

// read reads the next part. Only behind a whole one the file ends with io.EOF.
func (s *fileSource) read() error {
	head, err := s.r.Peek(partHeader)
	if err == io.EOF && len(head) > 0 {
		return io.ErrUnexpectedEOF
	}
	if err != nil {
		return err
	}
	s.part[0] = entry{key: binary.LittleEndian.Uint64(head), len: binary.LittleEndian.Uint32(head[8:])}
	s.r.Discard(partHeader)
	n := int(s.part[0].len)
	s.b = slices.Grow(s.b[:0], n)[:n]
	if _, err = io.ReadFull(s.r, s.b); err == io.EOF { // which is no end behind a header
		return io.ErrUnexpectedEOF
	}
	return err
}
