package analysis

import "slices"

// openings are what is known of connections whose handshake is settled and which are not over.
type openings struct {
	known map[uint64][]byte // by the ordinal of the first packet
	order []uint64          // those in the order in which they came; some may be gone
	held  int               // bytes
	limit int
}

// openingCost is what an opening takes besides its bytes.
const openingCost = 96

// put copies an opening.
func (o *openings) put(first uint64, open []byte) {
	o.known[first] = slices.Clone(open)
	o.order = append(o.order, first)
	o.held += len(open) + openingCost
	if len(o.order) > 1024 && len(o.order) > 2*len(o.known) {
		o.order = slices.DeleteFunc(o.order, func(f uint64) bool { return o.known[f] == nil })
	}
}

// take returns an opening, nil if there is none, and forgets it.
func (o *openings) take(first uint64) []byte {
	open := o.known[first]
	if open != nil {
		delete(o.known, first)
		o.held -= len(open) + openingCost
	}
	return open
}

// oldest takes the opening that came first.
func (o *openings) oldest() (first uint64, open []byte, ok bool) {
	for len(o.order) > 0 {
		first, o.order = o.order[0], o.order[1:]
		if open = o.take(first); open != nil {
			return first, open, true
		}
	}
	return 0, nil, false
}
