package main

import (
	"context"
	"io"
	"os"
)

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

// interruptibly returns r so that its Read fails with the context's error when that ends, and whether that is so: files
// never wait, and stay as they are, with their size.
func interruptibly(ctx context.Context, r io.Reader) (io.Reader, bool) {
	if f, ok := r.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
			return r, false
		}
	}
	return &interruptible{ctx: ctx, r: r}, true
}

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
		i.rest, i.err = i.buf[:n], err
	case <-i.ctx.Done():
		i.err = i.ctx.Err() // and buf is left to the goroutine
	}
}
