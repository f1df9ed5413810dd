package capture

import "bytes"

// chain is how a format leads from one record to the next: what warm has to know of it.
type chain struct {
	mark      []byte // what records nearby have in common
	markAt    int    // how far into a record it stands
	lengthAt  int    // how far into a record its length does, of 32 bits, little-endian
	overhead  int    // what that length does not count
	plausible func(data []byte, off int) bool
}

// follow returns where the record behind the one at an offset begins.
func (c *chain) follow(data []byte, off int) int {
	return off + c.overhead + int(littleEndian.uint32(data[off+c.lengthAt:]))
}

// chained is a framer of a format in which a record's length leads to the next.
type chained interface {
	// chain is that of records near the one that data begins with, false if there is none.
	chain(data []byte) (chain, bool)
}

const (
	// lanes is in how many places warm reads at once: about as many as a processor can wait for.
	lanes = 8
	// laneTouch is how far into a record the last of the headers lies that are needed of every packet: in the next line of
	// the cache.
	laneTouch = 64
	// laneSearch is how far a record is looked for: further than the longest packet of Ethernet is.
	laneSearch = 4 << 10
	// sparseRecord is from what length on, on average, records do not touch most lines of the cache anyway, which the
	// processor then reads ahead by itself.
	sparseRecord = 256
	// sparseBlocks is how many times as long a block of such records is that lies in the page cache: little more than their
	// headers comes into the processor's, and the more packets a block has, the more are of the same connection.
	sparseBlocks = 2
)

// warm brings the headers of the packets in data into the processor's cache, as far as it finds them. Where each record
// begins, the one before says, and so the processor would wait for memory at every one of them; in several places at once it
// waits for them together. Nothing depends on what this finds, since scan looks at everything again.
func (r *Reader) warm(data []byte) {
	f, ok := r.framer.(chained)
	if !ok || len(data) < lanes*laneSearch {
		return
	}
	c, ok := f.chain(data)
	if !ok {
		return
	}
	var at, end [lanes]int
	for i := range lanes {
		at[i] = c.find(data, len(data)/lanes*i)
		end[i] = len(data)/lanes*(i+1) - laneTouch
	}
	touched := byte(0)
	for more := true; more; {
		more = false
		for i, off := range at {
			if uint(off) < uint(end[i]) {
				touched += data[off+laneTouch]
				at[i] = c.follow(data, off)
				more = more || at[i] > off
			}
		}
	}
	r.touched = touched
}

// find returns where a record begins, from an offset on, or the end of data where it finds none.
func (c *chain) find(data []byte, off int) int {
	for end := min(off+laneSearch, len(data)); ; {
		i := bytes.Index(data[min(off+c.markAt, end):end], c.mark)
		if i < 0 {
			return len(data)
		}
		if off += i; c.plausible(data, off) && c.plausible(data, c.follow(data, off)) {
			return off
		}
		off++
	}
}
