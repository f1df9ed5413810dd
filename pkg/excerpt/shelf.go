package excerpt

// Shelf holds the packets of connections of which it is not known yet whether they are wanted. It is not safe for
// concurrent use. There are several, each for connections of its own, so that what one of them gives up does not depend on
// how the work was divided.
type Shelf struct {
	limit    int // bytes
	held     int
	conns    map[uint64]*packets
	order    []uint64 // the connections that have packets here, in the order in which they came; some may be gone
	overflow func(conn uint64, l Packets)
	lost     Lost
}

// packets are those of one connection.
type packets struct {
	Packets
	size     int  // of all that were put, also those that are no longer here
	queued   bool // in Shelf.order
	unwanted bool // nothing more is held
}

// Lost counts what was not kept for lack of room.
type Lost struct {
	Packets     uint64 // beyond what is held for one connection
	Connections uint64 // whose first packets had to make room
}

// Add adds o.
func (l *Lost) Add(o Lost) {
	l.Packets += o.Packets
	l.Connections += o.Connections
}

// NewShelf returns one of so many shelves. overflow takes the first packets of a connection when there is no room for
// them; if it is nil, the connection is given up.
func NewShelf(of int, overflow func(conn uint64, l Packets)) *Shelf {
	return &Shelf{limit: heldLimit / of, conns: make(map[uint64]*packets), overflow: overflow}
}

// Lost is what the shelf could not hold.
func (s *Shelf) Lost() Lost { return s.lost }

// Put adds a packet of the connection of that number. bare says that it carries no payload. The packet's Data is copied.
func (s *Shelf) Put(conn uint64, p *Packet, bare bool) {
	c := s.conns[conn]
	if c == nil {
		c = &packets{}
		s.conns[conn] = c
		s.held += bookCost
	}
	room := connectionLimit - c.size
	if !bare {
		room -= endingRoom
	}
	switch {
	case c.unwanted:
		return
	case p.size() > room:
		s.lost.Packets++
		return
	}
	if !c.queued {
		c.queued = true
		s.order = append(s.order, conn)
	}
	before := cap(c.Packets)
	c.Packets = c.Packets.append(p)
	c.size += p.size()
	s.held += cap(c.Packets) - before
	for s.held > s.limit && s.makeRoom() {
	}
}

// Drop says that a connection is not wanted, whatever comes.
func (s *Shelf) Drop(conn uint64) {
	if c := s.conns[conn]; c != nil {
		s.empty(c)
		c.queued, c.unwanted = false, true
	}
}

// Take returns the packets that are here of a connection that is over, and forgets it.
func (s *Shelf) Take(conn uint64) Packets {
	c := s.conns[conn]
	if c == nil {
		return nil
	}
	delete(s.conns, conn)
	s.held -= bookCost + cap(c.Packets)
	if len(s.order) > untidy && len(s.order) > 2*len(s.conns) {
		s.tidy()
	}
	return c.Packets
}

// makeRoom clears away the packets of the connection that came first, and reports whether there was one.
func (s *Shelf) makeRoom() bool {
	for len(s.order) > 0 {
		conn := s.order[0]
		s.order = s.order[1:]
		c := s.conns[conn]
		if c == nil || !c.queued {
			continue
		}
		c.queued = false
		if s.overflow != nil {
			s.overflow(conn, c.Packets)
		} else {
			c.unwanted = true
			s.lost.Connections++
		}
		s.empty(c)
		return true
	}
	return false
}

func (s *Shelf) empty(c *packets) {
	s.held -= cap(c.Packets)
	c.Packets = nil
}

// tidy takes out of the order what is gone.
func (s *Shelf) tidy() {
	kept := make([]uint64, 0, len(s.conns)+len(s.conns)/2)
	for _, conn := range s.order {
		if c := s.conns[conn]; c != nil && c.queued {
			kept = append(kept, conn)
		}
	}
	s.order = kept
}
