package capture

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

// Stream reads a capture that is still being written, such as by tcpdump at the other end of a pipe, and hands its packets
// on as they arrive. Next is for one goroutine; all other methods may be called by any.
type Stream struct {
	name     string
	ctx      context.Context
	full     chan *Block // what it has read; closed at the end
	free     chan *Block
	err      error         // why full was closed
	quit     chan struct{} // closed by Close
	close    func()        // once
	within   atomic.Bool   // the input has stopped within a record
	received atomic.Uint64
	clock    LiveClock
	timer    *time.Timer
	until    time.Time // how long what was sent before ctx ended is waited for; zero before

	mutex  sync.Mutex // guards ifaces
	ifaces []Interface
}

// OpenStream begins to read a capture from r, once the beginning of it has arrived. The name is for errors. When ctx is
// over the capture ends, after what arrives within a second, be it the beginning: it may have been ended by the same Ctrl-C.
// The errors are those of Open, and the context's. The caller closes the Stream; r itself stays open, and a Read from it may
// last longer.
func OpenStream(ctx context.Context, name string, r io.Reader) (*Stream, error) {
	s := &Stream{
		name: name, ctx: ctx, full: make(chan *Block, streamBlocks), free: make(chan *Block, streamBlocks),
		quit: make(chan struct{}), timer: time.NewTimer(0),
	}
	s.close = sync.OnceFunc(func() { close(s.quit) })
	for range streamBlocks {
		s.free <- new(Block)
	}
	opened := make(chan error, 1)
	go s.run(r, opened)
	select {
	case err := <-opened:
		if err != nil {
			return nil, err
		}
		return s, nil
	case <-ctx.Done():
	}
	select {
	case err := <-opened: // by who had held back all that he had, the beginning included
		if err == nil {
			return s, nil
		}
	case <-time.After(streamRest):
	}
	s.close()
	return nil, ctx.Err()
}

// run says whether the input is a capture, and reads until it ends or the Stream is closed.
func (s *Stream) run(from io.Reader, opened chan<- error) {
	defer close(s.full)
	r, err := newReader(s.name, from, pcapFileHeader)
	opened <- err
	if err != nil {
		return
	}
	defer r.Close()
	for {
		select {
		case <-s.quit:
			return
		case b := <-s.free:
			if s.err = r.arrived(b); s.err != nil {
				return
			}
			s.learn(r)
			s.full <- b // there is room for every block
		}
	}
}

// learn copies what the capture has said of its interfaces.
func (s *Stream) learn(r *Reader) {
	s.within.Store(len(r.tail) > 0)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for {
		i, ok := r.Interface(len(s.ifaces))
		if !ok {
			return
		}
		s.ifaces = append(s.ifaces, i)
	}
}

// Next replaces what is in b by the packets that have arrived, and reuses its memory. It waits for them for at most a
// tenth of a second: b is empty then, and Now tells the time that has come. At the end it returns what a Reader would;
// where the context ended the capture, io.EOF. When the error is not nil, b is empty.
func (s *Stream) Next(b *Block) error {
	b.Reset()
	over := s.ctx.Done()
	if !s.until.IsZero() {
		over = nil
		if !time.Now().Before(s.until) {
			return io.EOF
		}
	}
	s.timer.Reset(streamTick)
	select {
	case got, ok := <-s.full:
		if !ok {
			return s.ending()
		}
		*b, *got = *got, *b
		s.free <- got
	case <-over:
		s.until = time.Now().Add(streamRest)
	case <-s.timer.C:
	}
	s.tell(b)
	return nil
}

// ending is why there are no more packets. That the last record is not whole is no news where the capture was ended.
func (s *Stream) ending() error {
	if _, cut := errors.AsType[*TruncatedError](s.err); cut && s.ctx.Err() != nil {
		return io.EOF
	}
	return s.err
}

// tell notes what time it is by the packets' clock. Where none came, that is how long the last one is ago, less what the
// next ones may take to come; but it stands still while the input is within a record, because then its writer, or what
// is between, holds the rest back, and who knows what else.
func (s *Stream) tell(b *Block) {
	if n := len(b.Packets); n > 0 {
		s.received.Add(uint64(n))
		s.clock.Set(b.Packets[n-1].Time)
		return
	}
	if s.within.Load() {
		s.clock.Hold()
	}
	s.clock.Tick(streamLatency)
}

// Name returns the name that OpenStream was given.
func (s *Stream) Name() string { return s.name }

// Now returns the packets' time as of the latest Next, in nanoseconds since the epoch: that of the last packet, or if there
// was none, how far time has come since; 0 before the first. An older packet may follow where the way to here took it more
// than two seconds.
func (s *Stream) Now() int64 { return s.clock.Now() }

// Stats returns how many packets Next has returned. Nobody says how many were lost.
func (s *Stream) Stats() (received, dropped uint64) { return s.received.Load(), 0 }

// Interface is Reader.Interface, as far as was known when the interface's first packets came.
func (s *Stream) Interface(number int) (i Interface, ok bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if number < 0 || number >= len(s.ifaces) {
		return i, false
	}
	return s.ifaces[number], true
}

// Close ends the capture. A Read of the input that waits is left to itself.
func (s *Stream) Close() error {
	s.close()
	return nil
}
