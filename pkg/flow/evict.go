package flow

import (
	"cmp"
	"slices"
)

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
	switch {
	case t.embryos.live() >= enough:
		t.evictOne(nextVictim(&t.victims.embryos, t.allEmbryos, t.exists))
	case t.conns.live()-t.handshakes.live() >= enough:
		t.evictOne(nextVictim(&t.victims.settled, t.allConns, func(v opened) bool {
			return t.exists(v) && t.conns.at(v.ref.index()).handshake == 0
		}))
	default:
		t.evictOne(nextVictim(&t.victims.conns, t.allConns, t.exists))
	}
}

// evictHandshake ends the oldest connection that has a handshake, or only takes that from it if it has passed.
func (t *Table) evictHandshake() {
	v := nextVictim(&t.victims.handshakes, t.allConns, func(v opened) bool {
		return t.exists(v) && t.conns.at(v.ref.index()).handshake != 0
	})
	c := t.conns.at(v.ref.index())
	if h := t.handshakes.at(c.handshake); h.stream != nil && h.stream.Passed() {
		t.settle(c, h)
		return
	}
	t.evictOne(v)
}

// evictOne ends a connection that makes room.
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

// opened is a connection and what it is ordered by.
type opened struct {
	first uint64
	ref   ref
}

// allEmbryos, allConns and allAssociations list what a table holds of each in order of their first packets.
func (t *Table) allEmbryos() []opened {
	return byFirst(&t.embryos, embryoRef, func(e *embryo) uint64 { return e.first })
}

func (t *Table) allConns() []opened {
	return byFirst(&t.conns, connRef, func(c *conn) uint64 { return c.first })
}

func (t *Table) allAssociations() []opened {
	return byFirst(&t.udp.slab, connRef, func(a *association) uint64 { return a.first })
}

// byFirst lists the items of a slab in order of their first packets; a free one has none.
func byFirst[T any](s *slab[T], name func(i uint32) ref, first func(*T) uint64) []opened {
	list := make([]opened, 0, s.live())
	for i := uint32(1); i <= s.used; i++ {
		if n := first(s.at(i)); n != 0 {
			list = append(list, opened{n, name(i)})
		}
	}
	slices.SortFunc(list, func(a, b opened) int { return cmp.Compare(a.first, b.first) })
	return list
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
