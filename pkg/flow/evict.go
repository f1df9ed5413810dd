package flow

// victims are the connections to evict next, the oldest first. They are listed a good many at a time, so that
// evicting one costs little however many there are.
type victims struct {
	embryos    []opened
	conns      []opened
	handshakes []opened
}

// evict ends the oldest embryo, or where there is none, the oldest conn.
func (t *Table) evict() {
	if t.embryos.live() > 0 {
		t.evictFrom(&t.victims.embryos, func() []opened { return t.all(true, false) })
		return
	}
	t.evictFrom(&t.victims.conns, func() []opened { return t.all(false, true) })
}

// evictHandshake ends the oldest connection that has a handshake.
func (t *Table) evictHandshake() {
	t.evictFrom(&t.victims.handshakes, t.unsettled)
}

// unsettled lists the connections that have a handshake.
func (t *Table) unsettled() []opened {
	list := t.all(false, true)
	n := 0
	for _, f := range list {
		if t.conns.at(f.ref.index()).handshake != 0 {
			list[n] = f
			n++
		}
	}
	return list[:n]
}

// evictFrom ends the first connection of the list that still exists. Where there is none, the list is made anew,
// of a quarter of those that there are.
func (t *Table) evictFrom(list *[]opened, all func() []opened) {
	for {
		for len(*list) > 0 {
			v := (*list)[0]
			*list = (*list)[1:]
			if t.firstOf(v.ref) == v.first && (list != &t.victims.handshakes || t.conns.at(v.ref.index()).handshake != 0) {
				t.counts[Evicted]++
				t.end(v.ref, IncompleteEvicted)
				return
			}
		}
		*list = all()
		*list = (*list)[:(len(*list)+3)/4]
	}
}

// firstOf is the first packet of a connection, 0 where there is none in this place.
func (t *Table) firstOf(r ref) uint64 {
	if r.embryo() {
		return t.embryos.at(r.index()).first
	}
	return t.conns.at(r.index()).first
}
