package capture

import (
	"errors"
	"io"
)

// ErrShrunk says that a file is shorter than what was read of it.
var ErrShrunk = errors.New("the file was cut short while it was read")

// Map lets the blocks of a regular file that is not compressed lie where the page cache has it, rather than in memory of
// their own, as far as it is in there; of any other input it does nothing. Such a block must be Reset when it is done with,
// and must not be written to. When somebody cuts the file short in between, to look at its packets is a fault, which package
// runtime/debug can make a panic of. It reports whether there may be such blocks.
func (r *Reader) Map() bool {
	r.inPlace = mappable && r.pages != nil
	return r.inPlace && r.compression == ""
}

// Repeatable reports whether Again is possible: the input is a regular file.
func (r *Reader) Repeatable() bool { return r.reopen != nil }

// Again begins the capture again, without Map.
func (r *Reader) Again() {
	r.rewind()
	r.inPlace, r.err = false, nil
}

// view is the part of fill in which b becomes a part of the file. It leaves b without packets where that cannot be, or where
// more than one block is needed to find any.
func (r *Reader) view(b *Block, size int) {
	if more := sparseBlocks * size; r.sparse && r.base+int64(more) <= r.size {
		size = more
	}
	data, piece := r.pages.at(r.base, size)
	if data == nil {
		return
	}
	b.lie(data, piece)
	if r.sparse {
		r.warm(data)
	}
	stop := r.scan(b, nil, 0)
	used := int(min(stop.next, int64(len(data))))
	b.Data = data[:used:used]
	r.base += stop.next
	r.tail, r.skip, r.astray = r.tail[:0], stop.next-int64(used), true
	r.raw.Load().n.Store(r.base - r.skip)
}

// back puts the stream behind what was viewed.
func (r *Reader) back() {
	r.astray = false
	at := r.base - r.skip
	_, err := r.pages.file.Seek(at, io.SeekStart)
	if info, failed := r.pages.file.Stat(); failed == nil && info.Size() < at {
		err = ErrShrunk
	}
	if err != nil {
		r.err = &ReadError{Name: r.name, Offset: at, Err: err}
	}
	r.src = &replay{r: r.raw.Load()}
}
