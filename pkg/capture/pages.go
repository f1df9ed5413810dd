package capture

import (
	"context"
	"os"
	"sync/atomic"
)

// pages is a file that is read where the page cache has it, which spares a copy of every byte: most bytes of a capture are
// payload that nobody looks at. One piece of it is mapped at a time, besides those that blocks are still made of.
type pages struct {
	ctx   context.Context
	file  *os.File
	piece *piece // the last one that was mapped
	// faults is by one more than the major faults of the process when the file was looked at first, 0 before. Where there is
	// not enough memory for what was in the cache to stay there, they become ever more: then the file is read.
	faults int64
}

// piece is a mapped part of a file. It begins where a page does, and is there until nobody uses it.
type piece struct {
	data  []byte
	start int64 // in the file
	users atomic.Int32
}

// hold makes the caller one of those who use the piece.
func (p *piece) hold() *piece {
	p.users.Add(1)
	return p
}

// release is the end of what hold began. The last one unmaps the piece.
func (p *piece) release() {
	if p.users.Add(-1) == 0 {
		unmapPiece(p.data)
		p.data = nil
	}
}

func (p *piece) end() int64 { return p.start + int64(len(p.data)) }

// at returns n bytes from an offset on, and the piece that they are in, which must be held for as long as they are used. It
// returns nil where they are not in the cache: to wait for a disk, or to find the end of a file, is what reading is for.
func (p *pages) at(offset int64, n int) ([]byte, *piece) {
	last := offset + int64(n) - 1
	if p.ctx.Err() != nil || p.evicted() || !cached(p.file, offset) || !cached(p.file, last) {
		return nil, nil
	}
	if (p.piece == nil || offset < p.piece.start || last >= p.piece.end()) && !p.turn(offset, n) {
		return nil, nil
	}
	start := int(offset - p.piece.start)
	return p.piece.data[start : start+n : start+n], p.piece
}

// evicted reports whether pages that were in the cache had to be read again, and again.
func (p *pages) evicted() bool {
	faults := majorFaults() + 1
	if p.faults == 0 {
		p.faults = faults
	}
	return faults-p.faults > maxFaults
}

// turn maps the piece that begins at an offset, and reports whether it has n bytes from there on.
func (p *pages) turn(offset int64, n int) bool {
	p.release()
	info, err := p.file.Stat()
	if err != nil || info.Size()-offset < int64(n) {
		return false
	}
	start := offset &^ int64(os.Getpagesize()-1)
	data, err := mapPiece(p.file, start, int(min(max(pieceSize, offset-start+int64(n)), info.Size()-start)))
	if err != nil {
		return false
	}
	p.piece = (&piece{data: data, start: start}).hold()
	return true
}

// release lets go of the piece.
func (p *pages) release() {
	if p.piece != nil {
		p.piece.release()
		p.piece = nil
	}
}
