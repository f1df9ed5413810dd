package capture

import (
	"bufio"
	"bytes"
	"errors"
	"io"

	"github.com/klauspost/compress/gzip"
)

var gzipMagic = []byte{0x1f, 0x8b}

// gzipStream reads the members of a gzip file (RFC 1952, Section 2.2) one by one. The library's own multistream
// mode takes a member that is cut within its header for the end of the file.
type gzipStream struct {
	in     *bufio.Reader
	member *gzip.Reader
}

func openGzip(r io.Reader) (io.ReadCloser, error) {
	in := bufio.NewReaderSize(r, compressedBuffer)
	member, err := gzip.NewReader(in)
	if err != nil {
		return nil, err
	}
	member.Multistream(false)
	return &gzipStream{in, member}, nil
}

func (g *gzipStream) Read(p []byte) (int, error) {
	for {
		n, err := g.member.Read(p)
		if err == io.EOF {
			err = g.nextMember()
		}
		if n > 0 || err != nil || len(p) == 0 {
			return n, err // a member may be empty, and so may be many
		}
	}
}

// nextMember returns io.EOF if the file ends here. Zero bytes, as tapes are padded with, are ignored as gzip does.
func (g *gzipStream) nextMember() error {
	for {
		next, err := g.in.Peek(2)
		switch {
		case len(next) == 0:
			return err
		case next[0] == 0:
			g.in.Discard(1)
		case !bytes.HasPrefix(gzipMagic, next):
			return errors.New("garbage behind the compressed data")
		default:
			err = g.member.Reset(g.in)
			g.member.Multistream(false)
			return noEOF(err)
		}
	}
}

func (g *gzipStream) Close() error { return g.member.Close() }
