package capture

// A framer finds the records of one format in place.
type framer interface {
	// scan appends the packets of the whole records in b.Data to b.Packets. base is the offset of
	// b.Data[0] in the stream. It stops at the first record that is not whole, or at a fault: then the
	// error's Offset is set, and the packets before it have been appended. Scanning the rest again, with
	// more bytes behind it, goes on where this scan stopped.
	scan(b *Block, base int64) (rest, *FormatError)

	// described returns the interface with that number, and whether one was described so far.
	described(number int) (i Interface, ok bool)
}

// rest says where a scan stopped.
type rest struct {
	next   int64 // first byte of b.Data not used; beyond its end if what lies between is to be skipped
	need   int   // bytes wanted from next on before another scan can get further; always at least 1
	record int64 // offset in the stream of the record that is not whole
}
