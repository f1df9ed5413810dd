package capture

import "io"

// Map lets the blocks of a regular file that is not compressed lie where the page cache has it, rather than in memory of
// their own, as far as it is in there; of any other input it does nothing. Such a block must be Reset when it is done with,
// and must not be written to. When somebody cuts the file short in between, to look at its packets is a fault, which package
// runtime/debug can make a panic of.
func (r *Reader) Map() { r.inPlace = r.Repeatable() }

// Repeatable reports whether Again is possible: the input is a regular file.
func (r *Reader) Repeatable() bool { return r.reopen != nil }

// Again begins the capture again, without Map.
func (r *Reader) Again() {
	r.release()
	r.ahead.drop()
	r.ahead, r.tail, r.err = nil, nil, nil
	r.inPlace, r.resting = false, true
}

// view is the part of fill in which b becomes a part of the file. It leaves b without packets where that cannot be, or where
// more than one block is needed to find any.
func (r *Reader) view(b *Block, size int) {
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
	if _, err := r.pages.file.Seek(r.base-r.skip, io.SeekStart); err != nil {
		r.err = &ReadError{Name: r.name, Offset: r.base, Err: err}
	}
	r.src = &replay{r: r.raw.Load()}
}
