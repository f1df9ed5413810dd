package capture

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"io"
	"reflect"
	"slices"

	"github.com/ulikunitz/xz/lzma"
)

// The container (The .xz File Format, version 1.2.1) is read here and only LZMA2 is left to the library: its own
// reader takes a file that is cut between two blocks for a whole one, and allocates any dictionary that a
// file asks for, up to 4 GiB.

var xzMagic = []byte{0xfd, '7', 'z', 'X', 'Z', 0}

const (
	xzHeader      = 12 // of a stream; the footer is as long
	xzFilterLZMA2 = 0x21
)

// xzStream reads the streams of an xz file and the blocks in them.
type xzStream struct {
	in        *countedInput
	checkSize int              // of the check behind each block of this stream
	newCheck  func() hash.Hash // nil if checks of this kind are not verified
	blocks    uint64           // in this stream so far

	block *lzma.Reader2 // nil between blocks
	start int64         // where its data begins
	check hash.Hash     // of its content, or nil

	rest []byte // of a block that is cut, decompressed and not yet given
	err  error  // after rest
}

func openXz(r io.Reader) (io.ReadCloser, error) {
	x := &xzStream{in: &countedInput{Reader: bufio.NewReaderSize(r, compressedBuffer)}}
	if err := x.streamHeader(); err != nil {
		return nil, err
	}
	return io.NopCloser(x), nil
}

func (x *xzStream) Read(p []byte) (int, error) {
	if x.err != nil {
		return x.readRest(p)
	}
	for x.block == nil {
		if err := x.blockHeader(); err != nil {
			return 0, err
		}
	}
	n, err := x.block.Read(p)
	if x.check != nil {
		x.check.Write(p[:n])
	}
	if err == io.EOF {
		x.block = nil
		err = x.endBlock()
	} else if err != nil && x.in.err != nil {
		x.rest, x.err = undelivered(x.block), err
		err = nil
	}
	return n, err
}

// readRest gives what is left of a block that is cut, and then the error.
func (x *xzStream) readRest(p []byte) (int, error) {
	if len(x.rest) == 0 {
		return 0, x.err
	}
	n := copy(p, x.rest)
	x.rest = x.rest[n:]
	return n, nil
}

// undelivered is what the library has decompressed of a chunk whose end is missing. It keeps that to itself: up to 2 MiB,
// which may be all of a capture. It has no function for it, so its ring buffer is looked at; where that is not found
// as it was in the version that go.mod names, the chunk is lost.
func undelivered(block *lzma.Reader2) []byte {
	dictionary := reflect.ValueOf(block).Elem().FieldByName("dict")
	if dictionary.Kind() != reflect.Pointer {
		return nil
	}
	ring := dictionary.Elem().FieldByName("buf")
	if ring.Kind() != reflect.Struct {
		return nil
	}
	data, front, rear := ring.FieldByName("data"), ring.FieldByName("front"), ring.FieldByName("rear")
	if data.Kind() != reflect.Slice || !front.CanInt() || !rear.CanInt() {
		return nil
	}
	bytes, from, to := data.Bytes(), int(rear.Int()), int(front.Int())
	if from <= to {
		return bytes[from:to]
	}
	return slices.Concat(bytes[from:], bytes[:to])
}

// streamHeader reads a stream header (Section 2.1.1).
func (x *xzStream) streamHeader() error {
	var h [xzHeader]byte
	if err := x.in.full(h[:]); err != nil {
		return err
	}
	if !bytes.HasPrefix(h[:], xzMagic) {
		return errors.New("xz stream header: wrong magic bytes")
	}
	if crc32.ChecksumIEEE(h[6:8]) != binary.LittleEndian.Uint32(h[8:]) || h[6] != 0 || h[7] > 15 {
		return errors.New("xz stream header: wrong flags or check")
	}
	kind := int(h[7])
	x.checkSize = [6]int{0, 4, 8, 16, 32, 64}[(kind+2)/3]
	x.newCheck = map[int]func() hash.Hash{
		1:  func() hash.Hash { return reversed{crc32.NewIEEE()} },
		4:  func() hash.Hash { return reversed{crc64.New(crc64.MakeTable(crc64.ECMA))} },
		10: sha256.New,
	}[kind]
	x.blocks = 0
	return nil
}

// reversed is a checksum stored in little-endian order.
type reversed struct{ hash.Hash }

func (r reversed) Sum(b []byte) []byte {
	sum := r.Hash.Sum(nil)
	for i := range sum {
		b = append(b, sum[len(sum)-1-i])
	}
	return b
}

// blockHeader reads a block header (Section 3.1) and begins the block; or it ends the stream if the index
// follows.
func (x *xzStream) blockHeader() error {
	size, err := x.in.ReadByte()
	if err != nil {
		return noEOF(err)
	}
	if size == 0 {
		return x.endStream()
	}
	h := make([]byte, 4*(int(size)+1))
	h[0] = size
	if err := x.in.full(h[1:]); err != nil {
		return err
	}
	fields, sum := h[1:len(h)-4], h[len(h)-4:]
	if crc32.ChecksumIEEE(h[:len(h)-4]) != binary.LittleEndian.Uint32(sum) {
		return errors.New("xz block header: wrong check")
	}
	dictionary, err := xzDictionary(fields)
	if err != nil {
		return err
	}
	x.start = x.in.n
	x.blocks++
	x.check = nil
	if x.newCheck != nil {
		x.check = x.newCheck()
	}
	x.block, err = lzma.Reader2Config{DictCap: dictionary}.NewReader2(x.in)
	return err
}

// xzDictionary reads the fields of a block header and returns the size of the LZMA2 dictionary.
func xzDictionary(fields []byte) (int, error) {
	flags, r := fields[0], bytes.NewReader(fields[1:])
	for _, present := range []byte{0x40, 0x80} { // compressed and uncompressed size: the data tell them, too
		if flags&present != 0 {
			binary.ReadUvarint(r) // where it is missing the filter is not found either
		}
	}
	var filter [3]byte
	if _, err := io.ReadFull(r, filter[:]); err != nil || flags&0x3f != 0 || filter[0] != xzFilterLZMA2 || filter[1] != 1 {
		return 0, errors.New("xz block header: filters other than LZMA2 are not supported")
	}
	size, err := lzma.DecodeDictCap(filter[2])
	if err != nil {
		return 0, err
	}
	if size > maxWindow {
		return 0, fmt.Errorf("xz block header: dictionary of %d bytes exceeds %d", size, int64(maxWindow))
	}
	return int(size), nil
}

// endBlock reads the padding and the check behind the data of a block (Sections 3.3 and 3.4).
func (x *xzStream) endBlock() error {
	tail := make([]byte, padding4(x.in.n-x.start)+x.checkSize)
	if err := x.in.full(tail); err != nil {
		return err
	}
	if x.check != nil && !bytes.Equal(x.check.Sum(nil), tail[len(tail)-x.checkSize:]) {
		return errors.New("xz block: wrong check")
	}
	return nil
}

// endStream reads the index behind its indicator, the footer (Sections 4 and 2.1.2), and the header of the next
// stream. It returns io.EOF if there is none.
func (x *xzStream) endStream() error {
	index := &summedInput{in: x.in, sum: crc32.ChecksumIEEE([]byte{0})}
	start := x.in.n - 1
	count, err := binary.ReadUvarint(index)
	if err == nil && count != x.blocks {
		return fmt.Errorf("xz index: %d blocks, but there were %d", count, x.blocks)
	}
	for i := uint64(0); i < 2*count && err == nil; i++ {
		_, err = binary.ReadUvarint(index)
	}
	for err == nil && padding4(x.in.n-start) != 0 {
		_, err = index.ReadByte()
	}
	if err != nil {
		return noEOF(err)
	}
	var tail [4 + xzHeader]byte
	if err := x.in.full(tail[:]); err != nil {
		return err
	}
	footer := tail[4:]
	if binary.LittleEndian.Uint32(tail[:]) != index.sum ||
		binary.LittleEndian.Uint32(footer) != crc32.ChecksumIEEE(footer[4:10]) || string(footer[10:]) != "YZ" {
		return errors.New("xz index or footer: wrong check")
	}
	return x.nextStream()
}

// nextStream skips the padding between streams (Section 2.2).
func (x *xzStream) nextStream() error {
	for {
		next, err := x.in.Peek(1)
		switch {
		case err != nil:
			return err
		case next[0] != 0:
			return x.streamHeader()
		}
		x.in.ReadByte()
	}
}

// padding4 returns how many bytes follow n bytes to make them a multiple of 4.
func padding4(n int64) int { return int(-n & 3) }

// countedInput counts the bytes used of the compressed file.
type countedInput struct {
	*bufio.Reader
	n   int64
	err error // that a Read ended with
}

func (c *countedInput) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += int64(n)
	c.err = err
	return n, err
}

func (c *countedInput) ReadByte() (byte, error) {
	b, err := c.Reader.ReadByte()
	if err == nil {
		c.n++
	}
	return b, err
}

// full fills p.
func (c *countedInput) full(p []byte) error {
	_, err := io.ReadFull(c, p)
	return noEOF(err)
}

// summedInput computes the CRC-32 of the bytes read.
type summedInput struct {
	in  *countedInput
	sum uint32
}

func (s *summedInput) ReadByte() (byte, error) {
	b, err := s.in.ReadByte()
	if err == nil {
		s.sum = crc32.Update(s.sum, crc32.IEEETable, []byte{b})
	}
	return b, err
}
