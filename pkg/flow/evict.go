package flow

import "slices"

// victims are the connections to evict next, the oldest first. They are listed a good many at a time, so that
// evicting one costs little however many there are.
type victims struct {
	embryos    []opened
	settled    []opened
	conns      []opened
	handshakes []opened
}

// evict ends the oldest embryo, or where there are few of them, the oldest conn that is settled, whose opening is known
// already. Where there are few of those, too, it ends the oldest conn of all. To list few would cost as much as to list
// many, for each that is evicted; and the few embryos are of those who are opening a connection just now.
func (t *Table) evict() {
	enough := (max(t.limits.Connections, 1) + evictShare - 1) / evictShare
	conns := func() []opened { return t.all(false, true) }
	switch {
	case t.embryos.live() >= enough:
		t.evictFrom(&t.victims.embryos, func() []opened { return t.all(true, false) }, t.exists)
	case t.conns.live()-t.handshakes.live() >= enough:
		t.evictFrom(&t.victims.settled, conns, func(v opened) bool {
			return t.exists(v) && t.conns.at(v.ref.index()).handshake == 0
		})
	default:
		t.evictFrom(&t.victims.conns, conns, t.exists)
	}
}

// evictHandshake ends the oldest connection that has a handshake, or only takes that from it if it has passed.
func (t *Table) evictHandshake() {
	v := nextVictim(&t.victims.handshakes, func() []opened { return t.all(false, true) }, func(v opened) bool {
		return t.exists(v) && t.conns.at(v.ref.index()).handshake != 0
	})
	c := t.conns.at(v.ref.index())
	if h := t.handshakes.at(c.handshake); h.stream != nil && h.stream.Passed() {
		t.settle(c, h)
		return
	}
	t.evictOne(v)
}

// evictFrom ends the first connection of the list that still qualifies.
func (t *Table) evictFrom(list *[]opened, all func() []opened, qualifies func(opened) bool) {
	t.evictOne(nextVictim(list, all, qualifies))
}

func (t *Table) evictOne(v opened) {
	if !t.reported(v.ref) { // else nothing of it is given up
		t.counts[Evicted]++
	}
	t.end(v.ref, IncompleteEvicted)
}

// nextVictim takes the first one off the list that still qualifies. Where there is none, the list is made anew, of the older quarter
// of those that do. There must be one.
func nextVictim(list *[]opened, all func() []opened, qualifies func(opened) bool) opened {
	for {
		for len(*list) > 0 {
			v := (*list)[0]
			if *list = (*list)[1:]; qualifies(v) {
				return v
			}
		}
		*list = slices.DeleteFunc(all(), func(v opened) bool { return !qualifies(v) })
		*list = (*list)[:(len(*list)+3)/4]
	}
}

// reported reports whether a connection is over and waits for nothing but late packets.
func (t *Table) reported(r ref) bool { return !r.embryo() && t.conns.at(r.index()).is(bitReported) }

// exists reports whether a connection is still in its place.
func (t *Table) exists(v opened) bool {
	if v.ref.embryo() {
		return t.embryos.at(v.ref.index()).first == v.first
	}
	return t.conns.at(v.ref.index()).first == v.first
}
