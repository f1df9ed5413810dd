package capture

import (
	"io"

	"github.com/klauspost/compress/zstd"
)

// isSkippableFrame reports whether head begins a frame without data (RFC 8878, Section 3.1.2). pzstd writes one
// before each frame of the file.
func isSkippableFrame(head []byte) bool {
	return len(head) >= 4 && littleEndian.uint32(head)&^0xf == 0x184d2a50
}

// openZstd reads the frames of a zstd file (RFC 8878). The decoder starts no goroutines: it runs in one already.
func openZstd(r io.Reader) (io.ReadCloser, error) {
	d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderMaxMemory(maxWindow))
	if err != nil {
		return nil, err
	}
	return d.IOReadCloser(), nil
}
