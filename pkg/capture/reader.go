package capture

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"sync/atomic"
)

// Reader reads the packets of one capture. Its methods are not safe for use by several goroutines at once,
// save Size and BytesRead.
type Reader struct {
	name        string
	compression string // "gzip", "zstd", "xz", or empty
	raw         atomic.Pointer[counter]
	size        int64
	src         *replay // the decompressed stream
	framer      framer
	closers     []io.Closer
	reopen      func() (*Reader, error) // nil where the input gives its bytes only once
	resting     bool                    // until it is opened again
	pages       *pages                  // of a regular file
	inPlace     bool                    // see Map
	astray      bool                    // src is not where the next block begins: that was not read
	sparse      bool                    // records are long, as it seems
	touched     byte                    // of no meaning: what was read ahead

	blockSize int
	tail      []byte // of the stream, read but not yet in any block
	skip      int64  // bytes of the stream to pass over, after tail
	base      int64  // offset in the stream of what follows the last block: of tail, or behind skip
	frames    uint64 // frame numbers of what was delivered or is ahead
	first     Packet // the first one, if frames > 0
	ahead     *Block // read by FirstTime, not yet delivered
	err       error  // what Next returns when there are no more packets
}

// Open opens a capture file, or reads stdin if name is "-". The format is found from the content. Errors are an
// *OpenError, or a *TruncatedError if the input ends within the file header.
func Open(name string, stdin io.Reader) (*Reader, error) {
	return OpenContext(context.Background(), name, stdin)
}

// OpenContext is Open for an input that ends with ctx, whether or not there is more of it: that is then a *ReadError
// with the context's error. A pipe is waited for no longer than that.
func OpenContext(ctx context.Context, name string, stdin io.Reader) (*Reader, error) {
	if name == "-" {
		return NewReader(name, until(ctx, stdin))
	}
	f, err := openFile(ctx, name)
	if err != nil {
		return nil, &OpenError{Name: name, Err: err}
	}
	r, err := NewReader(name, until(ctx, f))
	if err != nil {
		f.Close()
		return nil, err
	}
	r.closers = append(r.closers, f)
	if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
		r.pages = &pages{ctx: ctx, file: f}
		r.reopen = func() (*Reader, error) { return OpenContext(ctx, name, nil) }
	}
	return r, nil
}

// NewReader reads a capture from r, whose content tells the format. The name is for errors. It reads a few
// kilobytes, and waits for them if r is a pipe. The errors are those of Open.
func NewReader(name string, r io.Reader) (*Reader, error) { return newReader(name, r, sniffSize) }

// newReader waits for so much of the input to tell its format.
func newReader(name string, r io.Reader, sniff int) (*Reader, error) {
	rd := &Reader{name: name, blockSize: BlockSize, size: remaining(r)}
	raw := &counter{r: r}
	rd.raw.Store(raw)
	rd.src = &replay{r: raw}
	if err := rd.recognise(sniff); err != nil {
		rd.Close()
		return nil, err
	}
	return rd, nil
}

// SetBlockSize sets how many bytes of input a block usually holds, instead of BlockSize.
func (r *Reader) SetBlockSize(n int) { r.blockSize = max(minBlockSize, min(n, maxRecord)) }

// Rest lets go of the file, and of what was decompressed ahead, until Next opens it again: captures that wait for their
// turn may be more than can be open at once. FirstTime has its answer before. What gives its bytes only once, such as a
// pipe, stays open. Rest must come before the first Next.
func (r *Reader) Rest() {
	r.FirstTime()
	switch {
	case r.err != nil: // all of it is read
		r.release()
	case r.reopen != nil:
		r.rewind()
	}
}

// rewind lets go of everything until wake begins again.
func (r *Reader) rewind() {
	r.release()
	r.dropAhead()
	r.tail, r.resting = nil, true
	r.raw.Store(new(counter)) // what was read is read again
}

// dropAhead is the end of what FirstTime read ahead.
func (r *Reader) dropAhead() {
	if r.ahead != nil {
		r.ahead.Reset()
		r.ahead = nil
	}
}

// wake begins again what rests.
func (r *Reader) wake() {
	r.resting = false
	fresh, err := r.reopen()
	if err != nil {
		r.err = err
		return
	}
	r.raw.Store(fresh.raw.Load())
	r.compression, r.framer = fresh.compression, fresh.framer
	r.src, r.closers, r.pages = fresh.src, fresh.closers, fresh.pages
	r.inPlace = r.inPlace && r.pages != nil
	r.skip, r.base, r.frames, r.astray = 0, 0, 0, false
}

// Next replaces what is in b by the next packets, at least one, and reuses its memory. It waits until the block
// is full or the input ends. At the end of the input it returns io.EOF; a fault is returned when every packet
// before it has been delivered, as a *TruncatedError, *FormatError or *ReadError, and again by each further call.
// When the error is not nil, b is empty.
func (r *Reader) Next(b *Block) error {
	if r.ahead != nil {
		b.Reset()
		b.Data = append(b.Data, r.ahead.Data...)
		b.Packets = append(b.Packets, r.ahead.Packets...)
		b.Others = append(b.Others, r.ahead.Others...)
		b.First = r.ahead.First
		r.dropAhead()
		return nil
	}
	if r.resting {
		r.wake()
	}
	err := r.fill(b, r.blockSize)
	if err != nil {
		r.release()
	}
	return err
}

// FirstTime returns the time of the first packet, in nanoseconds since the epoch, and does not consume it. It is
// false if there is no packet, or if that one has no time (a Simple Packet Block of pcapng).
func (r *Reader) FirstTime() (int64, bool) {
	if r.frames == 0 && r.err == nil {
		if r.resting {
			r.wake()
		}
		b := new(Block)
		if r.fill(b, min(aheadSize, r.blockSize)) == nil {
			r.ahead = b
		}
	}
	return r.first.Time, r.first.Time != 0 || r.first.Digits != 0
}

// Name returns the name that Open was given.
func (r *Reader) Name() string { return r.name }

// Interface returns the interface with that number, which Packet.Iface has; ok is false if the capture described none
// so far. The drop counts are final when Next has returned io.EOF.
func (r *Reader) Interface(number int) (i Interface, ok bool) {
	if i, ok = r.framer.described(number); !ok {
		return Interface{}, false
	}
	return i, true
}

// Size returns how many bytes the input had when it was opened, and 0 if that is not known, as for a pipe.
// Where it is compressed, these are the compressed bytes.
func (r *Reader) Size() int64 { return r.size }

// BytesRead returns how many of those bytes have been read.
func (r *Reader) BytesRead() int64 { return r.raw.Load().n.Load() }

// Close releases what the Reader holds. It closes a file that Open opened, and nothing that it was given.
func (r *Reader) Close() error {
	err := r.release()
	r.dropAhead()
	r.tail = nil
	if r.err == nil {
		r.err = fs.ErrClosed
	}
	return err
}

// release closes what is open. Nothing is read before wake.
func (r *Reader) release() error {
	var errs []error
	for _, c := range r.closers {
		errs = append(errs, c.Close())
	}
	r.closers, r.src = nil, nil
	if r.pages != nil {
		r.pages.release()
	}
	return errors.Join(errs...)
}

// fill is Next for a block of any size.
func (r *Reader) fill(b *Block, size int) error {
	b.Reset()
	if r.err != nil {
		return r.err
	}
	if r.inPlace && r.compression == "" {
		r.view(b, size)
	}
	if len(b.Packets) == 0 && r.err == nil {
		r.copy(b, size)
	}
	if len(b.Packets) == 0 {
		b.Reset()
		return r.err
	}
	r.number(b)
	return nil
}

// copy is the part of fill in which the bytes of b are its own.
func (r *Reader) copy(b *Block, size int) {
	b.leave()
	if r.astray {
		r.back()
	}
	limit := max(size, len(r.tail))
	r.begin(b, size)
	for r.err == nil && len(b.Packets) == 0 {
		b.Data = slices.Grow(b.Data, limit-len(b.Data))
		limit = max(size, r.step(b, limit, limit))
	}
}

// arrived is Next for a block of what has arrived: it waits until there is anything, and leaves b without packets where
// that is not yet a whole one.
func (r *Reader) arrived(b *Block) error {
	b.Reset()
	if r.err != nil {
		return r.err
	}
	limit := max(r.blockSize, 2*len(r.tail))
	r.begin(b, limit)
	r.step(b, len(b.Data)+1, limit)
	if len(b.Packets) == 0 {
		r.tail = append(r.tail, b.Data...)
		b.Data = b.Data[:0]
		r.frames += b.Frames()
		return r.err
	}
	r.number(b)
	return nil
}

// begin makes a block of that size, with what is left from the last one.
func (r *Reader) begin(b *Block, size int) {
	if cap(b.Data) < size || cap(b.Data) > max(size, keepBlock) {
		b.Data = make([]byte, 0, size)
	}
	b.Data = append(b.Data, r.tail...)
	r.tail = r.tail[:0]
}

// number gives the packets of a block their place in the capture.
func (r *Reader) number(b *Block) {
	if r.frames == 0 {
		r.first = b.Packets[0]
	}
	b.First = r.frames + 1
	if len(b.Others) > 0 && b.Others[0].Before == 0 {
		b.First += b.Others[0].Count
	}
	r.frames += b.Frames()
	r.sparse = len(b.Data) >= sparseRecord*len(b.Packets)
}

// step reads until b.Data has want bytes, or at once up to limit, and finds the packets in it. It sets r.err if nothing
// can follow. If there were packets, the bytes behind them go to the tail. If not, these bytes are all that is left in
// b.Data, and step returns the limit with which to go on: enough for the record, but never more than twice of what has
// really arrived.
func (r *Reader) step(b *Block, want, limit int) int {
	data, readErr := r.read(b.Data, want, limit)
	b.Data = data
	stop := r.scan(b, readErr, r.base+int64(len(data))-r.skip)
	used := int(min(stop.next, int64(len(data))))
	r.base += stop.next
	if r.err != nil {
		b.Data = data[:used]
		return 0
	}
	r.skip = stop.next - int64(used)
	if len(b.Packets) > 0 {
		r.tail = append(r.tail, data[used:]...)
		b.Data = data[:used]
		return 0
	}
	left := copy(data, data[used:])
	b.Data = data[:left]
	return min(stop.need, 2*left)
}

// scan finds the packets in b.Data. It sets r.err if nothing can follow: because of a fault, or because the stream ended, at
// that offset, with readErr.
func (r *Reader) scan(b *Block, readErr error, end int64) rest {
	stop, fault := r.framer.scan(b, r.base)
	switch {
	case fault != nil:
		fault.Name, fault.Compression = r.name, r.compression
		r.err = fault
	case readErr != nil:
		r.err = r.ending(readErr, stop, end)
	}
	return stop
}

// read fills data, behind what is to be skipped, until it has want bytes, and not beyond limit.
func (r *Reader) read(data []byte, want, limit int) ([]byte, error) {
	for r.skip > 0 { // data is empty then
		n := int(min(r.skip, int64(limit)))
		dropped, err := readAtLeast(r.src, data[:0], n, n)
		r.skip -= int64(len(dropped))
		if err != nil {
			return data[:0], err
		}
	}
	return readAtLeast(r.src, data, want, limit)
}

// ending turns the error that ended the stream, at offset end, into the one that Next returns.
func (r *Reader) ending(err error, stop rest, end int64) error {
	failure := err
	if r.compression != "" {
		failure = r.raw.Load().err // or else it is the decompressor's
	}
	switch {
	case err == io.EOF && stop.record == end:
		return io.EOF
	case err != io.EOF && failure != nil:
		return &ReadError{Name: r.name, Offset: stop.record, Err: failure}
	case err == io.EOF, errors.Is(err, io.ErrUnexpectedEOF):
		return &TruncatedError{Name: r.name, Offset: stop.record, Have: end - stop.record, Compression: r.compression,
			Need: r.base + stop.next + int64(stop.need) - stop.record, InCompression: err != io.EOF}
	}
	return &FormatError{Name: r.name, Offset: stop.record, Compression: r.compression,
		Problem: fmt.Sprintf("the %s stream cannot be decompressed", r.compression), Err: err}
}
