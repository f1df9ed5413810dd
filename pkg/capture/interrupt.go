package capture

import (
	"context"
	"io"
	"io/fs"
	"os"
)

// until returns r so that its Read fails with the context's error once that has ended.
func until(ctx context.Context, r io.Reader) io.Reader {
	if ctx.Done() == nil {
		return r
	}
	if f, ok := r.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
			return &stoppable{ctx, f}
		}
	}
	return &interruptible{ctx: ctx, r: r}
}

// stoppable is a regular file that gives nothing more when ctx has ended. A read from it never waits for anybody.
type stoppable struct {
	ctx context.Context
	f   *os.File
}

// Read implements io.Reader.
func (s *stoppable) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.f.Read(p)
}

// Stat and Seek tell remaining how much there is.
func (s *stoppable) Stat() (fs.FileInfo, error)                 { return s.f.Stat() }
func (s *stoppable) Seek(offset int64, from int) (int64, error) { return s.f.Seek(offset, from) }

// interruptible reads from r until ctx ends. A pipe may have nothing to say for hours, and a read from it cannot be
// called back: it is left to a goroutine.
type interruptible struct {
	ctx  context.Context
	r    io.Reader
	buf  []byte
	rest []byte // of buf, read and not yet given
	err  error  // after rest
}

// pipeBuffer is as much as a pipe holds on Linux.
const pipeBuffer = 64 << 10

// Read implements io.Reader.
func (i *interruptible) Read(p []byte) (int, error) {
	if len(i.rest) == 0 && i.err == nil {
		i.read()
	}
	if len(i.rest) == 0 {
		return 0, i.err
	}
	n := copy(p, i.rest)
	i.rest = i.rest[n:]
	return n, nil
}

// read fills buf once.
func (i *interruptible) read() {
	if i.buf == nil {
		i.buf = make([]byte, pipeBuffer)
	}
	var n int
	var err error
	done := make(chan struct{})
	go func() {
		n, err = i.r.Read(i.buf)
		close(done)
	}()
	select {
	case <-done:
	case <-i.ctx.Done():
		select {
		case <-done: // of both, what has arrived counts
		default:
			i.err = i.ctx.Err() // and buf is left to the goroutine
			return
		}
	}
	i.rest, i.err = i.buf[:n], err
}

// openUntil opens a file. A named pipe that nobody writes to is waited for until ctx ends.
func openUntil(ctx context.Context, name string) (*os.File, error) {
	if ctx.Done() == nil {
		return os.Open(name)
	}
	type opened struct {
		f   *os.File
		err error
	}
	result := make(chan opened)
	go func() {
		f, err := os.Open(name)
		select {
		case result <- opened{f, err}:
		case <-ctx.Done(): // who begins to write now is not to wait for a reader
			f.Close()
		}
	}()
	select {
	case r := <-result:
		return r.f, r.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
