package analysis

// relay hands the parts of finished connections to the desk as soon as the block is done that ended them.
type relay struct {
	desk  *desk
	chunk *chunk // nil if empty
	now   int64  // packet time of the last block
}

// begin implements records.
func (r *relay) begin() []byte {
	if r.chunk == nil {
		select {
		case r.chunk = <-r.desk.free:
		default:
			r.chunk = &chunk{}
		}
	}
	return r.chunk.data
}

// end implements records.
func (r *relay) end(key uint64, data []byte) { r.chunk.add(key, data) }

// over implements records: when many end at once, they are not held up until the last has.
func (r *relay) over() {
	if len(r.chunk.data) >= chunkSize {
		r.pass(r.now)
	}
}

// pass implements records.
func (r *relay) pass(now int64) {
	r.now = now
	if r.chunk == nil {
		return
	}
	r.chunk.now = now
	r.desk.chunks <- r.chunk
	r.chunk = nil
}
