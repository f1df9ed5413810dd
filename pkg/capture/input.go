package capture

import (
	"context"
	"io"
	"io/fs"
	"os"
	"sync/atomic"
)

// counter counts the bytes read through it; the count may be read from another goroutine.
type counter struct {
	r   io.Reader
	n   atomic.Int64
	err error // of r, other than io.EOF: to tell a failing disk from a damaged compressed stream
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n.Add(int64(n))
	if err != nil && err != io.EOF {
		c.err = err
	}
	return n, err
}

// readAtLeast appends to buf from r until buf has want bytes, but never more than limit. The error is that of r,
// io.EOF at its end, whether or not there is something in buf.
func readAtLeast(r io.Reader, buf []byte, want, limit int) ([]byte, error) {
	for empty := 0; len(buf) < want; {
		n, err := r.Read(buf[len(buf):limit])
		buf = buf[:len(buf)+n]
		if err != nil {
			return buf, err
		}
		if n > 0 {
			empty = 0
		} else if empty++; empty == maxEmptyReads {
			return buf, io.ErrNoProgress
		}
	}
	return buf, nil
}

// openFile opens a file, but not a directory, which opens well and only fails to be read.
func openFile(ctx context.Context, name string) (*os.File, error) {
	f, err := openUntil(ctx, name)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		err = ErrDirectory
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// remaining returns how many bytes r still holds if it is a regular file, and 0 otherwise.
func remaining(r io.Reader) int64 {
	f, ok := r.(interface {
		io.Seeker
		Stat() (fs.FileInfo, error)
	})
	if !ok {
		return 0
	}
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return 0
	}
	at, err := f.Seek(0, io.SeekCurrent)
	if err != nil {
		return 0
	}
	return max(0, info.Size()-at)
}
