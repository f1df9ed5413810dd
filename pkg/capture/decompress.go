package capture

import (
	"bytes"
	"fmt"
	"io"
)

// A compression is recognised by its first bytes.
type compression struct {
	name  string
	magic []byte
	// open returns the decompressed stream. Its Read returns io.EOF only where the compressed stream is
	// whole, and io.ErrUnexpectedEOF where it is cut.
	open func(io.Reader) (io.ReadCloser, error)
}

var compressions = []compression{
	{"gzip", gzipMagic, openGzip},
	{"zstd", []byte{0x28, 0xb5, 0x2f, 0xfd}, openZstd},
	{"xz", xzMagic, openXz},
}

func findCompression(head []byte) (compression, bool) {
	for _, c := range compressions {
		if bytes.HasPrefix(head, c.magic) || c.name == "zstd" && isSkippableFrame(head) {
			return c, true
		}
	}
	return compression{}, false
}

// decompressor decompresses in a goroutine of its own, beside whatever is done with the packets. It works ahead
// by at most chunkCount buffers.
type decompressor struct {
	full    chan chunk
	free    chan []byte
	stop    chan struct{}
	current chunk
	unread  []byte // of current.data
}

// chunk is a piece of the decompressed stream and the error that comes after it.
type chunk struct {
	data []byte
	err  error
}

// decompress starts to decompress r. The goroutine ends with the stream, or after Close, though not before a
// Read of r that is under way returns.
func decompress(c compression, r io.Reader) *decompressor {
	d := &decompressor{
		full: make(chan chunk, chunkCount),
		free: make(chan []byte, chunkCount),
		stop: make(chan struct{}),
	}
	for range chunkCount {
		d.free <- nil // made at first use: many inputs are smaller than one
	}
	go d.run(c, r)
	return d
}

func (d *decompressor) run(c compression, r io.Reader) {
	stream := &guarded{open: c.open, r: r}
	defer stream.close()
	for {
		select {
		case <-d.stop:
			return
		case buf := <-d.free:
			if buf == nil {
				buf = make([]byte, chunkSize)
			}
			data, err := readAtLeast(stream, buf[:0], chunkSize, chunkSize)
			d.full <- chunk{data, err} // there is room for every buffer
			if err != nil {
				return
			}
		}
	}
}

// Read returns what has been decompressed, and waits if that is nothing.
func (d *decompressor) Read(p []byte) (int, error) {
	for len(d.unread) == 0 {
		if d.current.err != nil {
			return 0, d.current.err
		}
		if d.current.data != nil {
			d.free <- d.current.data
		}
		d.current = <-d.full
		d.unread = d.current.data
	}
	n := copy(p, d.unread)
	d.unread = d.unread[n:]
	return n, nil
}

// Close makes the goroutine end. Read must not be called afterwards.
func (d *decompressor) Close() error {
	close(d.stop)
	return nil
}

// guarded opens a compressed stream at the first Read, and turns panics into errors: the decompressors are other
// people's code fed with hostile input.
type guarded struct {
	open   func(io.Reader) (io.ReadCloser, error)
	r      io.Reader
	stream io.ReadCloser
}

func (g *guarded) Read(p []byte) (n int, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			n, err = 0, fmt.Errorf("decompressor failed: %v", fault)
		}
	}()
	if g.stream == nil {
		if g.stream, err = g.open(g.r); err != nil {
			return 0, noEOF(err)
		}
	}
	return g.stream.Read(p)
}

func (g *guarded) close() {
	if g.stream != nil {
		g.stream.Close()
	}
}

// noEOF makes an end of input where more was due recognisable as one.
func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
