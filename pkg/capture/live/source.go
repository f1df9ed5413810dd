package live

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sniscope/sniscope/pkg/capture"
)

// device is what captures: the ring of a packet socket, or libpcap.
type device interface {
	// read appends packets to b. If there are none it waits for at most that long, and returns with none.
	// After an error other than errPause and errBusy nothing more is captured, but packets may yet be read.
	read(b *capture.Block, wait time.Duration) error

	// stop lets nothing more be captured. What has been stays to be read.
	stop() error

	// dropped is how many packets were lost since the beginning; by any goroutine, also after close.
	dropped() uint64

	iface() capture.Interface
	close() error
}

// Source captures packets on an interface. Next is for one goroutine; all other methods may be called by any.
type Source struct {
	name     string
	device   device
	warnings []error
	clock    capture.LiveClock
	received atomic.Uint64
	missed   uint64       // what device.dropped said last
	lossy    atomic.Int64 // what DroppedUntil returns
	ctx      context.Context
	wentDown func()

	mutex   sync.Mutex // held during Next
	ending  error      // what Next returns after the last packets; nil while capturing
	until   time.Time  // when the last packets must have arrived, if ending is set
	closed  atomic.Bool
	closing func() error // once
}

// Open begins to capture on an interface, or on all if the name is Any. When ctx is over the capture ends, but not
// before Next has returned all packets that came until then. The caller closes the Source in any case.
//
// The error is an *Error, or that of Options.Filter.
func Open(ctx context.Context, name string, opt Options) (*Source, error) {
	d, warnings, err := openDevice(name, opt)
	if err != nil {
		return nil, err
	}
	s := &Source{name: name, device: d, warnings: warnings, ctx: ctx, wentDown: opt.WentDown}
	s.clock.Set(time.Now().UnixNano())
	s.closing = sync.OnceValue(s.close)
	return s, nil
}

// Next replaces what is in b by packets in the order in which they were captured, and reuses its memory. It waits for
// them for at most a tenth of a second: b is empty then, and Now tells the time that has come.
//
// When the context of Open is over, and no packets are left, Next returns io.EOF. After a failure it returns an *Error
// once the last packets have been returned, with ErrWentDown if the interface is gone; after Close fs.ErrClosed. When
// the error is not nil, b is empty.
func (s *Source) Next(b *capture.Block) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	b.Reset()
	if s.closed.Load() {
		return fs.ErrClosed
	}
	if s.ending == nil && s.ctx.Err() != nil {
		if err := s.device.stop(); err != nil {
			return s.located(err)
		}
		s.end(io.EOF)
	}
	wait := tick
	if s.ending != nil {
		wait = min(tick, max(0, time.Until(s.until)))
	}
	err := s.device.read(b, wait)
	s.noteDrops()
	switch {
	case err == errBusy: // those to come may be older than the time that it is
		return nil
	case err == errPause && s.wentDown != nil:
		s.wentDown()
	case err != nil && err != errPause && s.ending == nil:
		s.end(s.located(err))
	}
	if n := len(b.Packets); n > 0 {
		b.First = s.received.Add(uint64(n)) - uint64(n) + 1
		s.clock.Set(b.Packets[n-1].Time)
		return nil
	}
	s.clock.Tick(settle)
	switch {
	case s.closed.Load():
		return fs.ErrClosed
	case s.ending != nil && !time.Now().Before(s.until):
		return s.ending
	}
	return nil
}

// noteDrops notes that packets were lost since it was called last. When each of them came is not known.
func (s *Source) noteDrops() {
	if n := s.device.dropped(); n > s.missed {
		s.missed = n
		s.lossy.Store(time.Now().UnixNano())
	}
}

// end says why nothing more will be captured, and leaves time for what has been.
func (s *Source) end(err error) {
	s.ending, s.until = err, time.Now().Add(settle)
}

// located names the interface in an error of the device.
func (s *Source) located(err error) error {
	e := &Error{Name: s.name, Err: err}
	if runtime.GOOS == "linux" && errors.Is(err, ErrWentDown) {
		e.hint = "-i any goes on when an interface goes down"
	}
	return e
}

// Name returns the name that Open was given.
func (s *Source) Name() string { return s.name }

// Now returns the packets' time as of the latest Next, in nanoseconds since the epoch: that of the last packet, or if
// there was none, how far time has come by the monotonic clock. No packet that Next has yet to return is older,
// unless the wall clock is set back: the packets' time is, too, then.
func (s *Source) Now() int64 { return s.clock.Now() }

// Stats returns how many packets Next has returned, and how many more were lost because it was not called soon enough.
// The filter has been applied to either number, unless Warnings say that it runs in user space: then packets count as
// dropped whether or not it would have selected them.
func (s *Source) Stats() (received, dropped uint64) {
	return s.received.Load(), s.device.dropped()
}

// DroppedUntil returns a time behind which no packet was lost so far, as of the latest Next, in nanoseconds since the epoch; 0 if none
// was lost.
func (s *Source) DroppedUntil() int64 { return s.lossy.Load() }

// Interface describes the interface, which has number 0, as that of a capture.Reader does. Any is one interface, whose
// packets name the one that they came from in their cooked header.
func (s *Source) Interface(number int) (i capture.Interface, ok bool) {
	if number != 0 {
		return i, false
	}
	i = s.device.iface()
	i.Name, i.HasDrops, i.DroppedByHost = s.name, true, s.device.dropped()
	return i, true
}

// Warnings returns what Open had to do otherwise than asked. It does not change.
func (s *Source) Warnings() []error { return s.warnings }

// Close ends the capture, as soon as a Next that waits has returned, with fs.ErrClosed. Further calls return the same
// error.
func (s *Source) Close() error { return s.closing() }

func (s *Source) close() error {
	s.closed.Store(true)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.device.close()
}
