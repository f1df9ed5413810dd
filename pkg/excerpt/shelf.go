package excerpt

// Shelf holds the packets of connections of which it is not known yet whether they are wanted. It is not safe for
// concurrent use. There are several, each for connections of its own, so that what one of them gives up does not depend on
// how the work was divided.
type Shelf struct {
	limit int // bytes
	held  int
	conns map[uint64]*packets
	order []uint64 // the connections in the order in which they came; some may be gone
	lost  Lost
}

// packets are those of one connection.
type packets struct {
	Packets
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

// NewShelf returns one of so many shelves.
func NewShelf(of int) *Shelf {
	return &Shelf{limit: heldLimit / of, conns: make(map[uint64]*packets)}
}

// Lost is what the shelf could not hold.
func (s *Shelf) Lost() Lost { return s.lost }

// Put adds a packet of the connection of that number. bare says that it carries no payload. The packet's Data is copied.
func (s *Shelf) Put(conn uint64, p *Packet, bare bool) {
	c := s.conns[conn]
	if c == nil {
		c = &packets{}
		s.conns[conn] = c
		s.order = append(s.order, conn)
		s.held += bookCost
	}
	room := connectionLimit - len(c.Packets)
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
	before := cap(c.Packets)
	c.Packets = c.Packets.append(p)
	s.held += cap(c.Packets) - before
	for s.held > s.limit && s.giveUp() {
	}
}

// Drop says that a connection is not wanted, whatever comes.
func (s *Shelf) Drop(conn uint64) {
	if c := s.conns[conn]; c != nil {
		s.empty(c)
		c.unwanted = true
	}
}

// Take returns the packets of a connection that is over, and forgets it.
func (s *Shelf) Take(conn uint64) Packets {
	c := s.conns[conn]
	if c == nil {
		return nil
	}
	delete(s.conns, conn)
	s.held -= bookCost + cap(c.Packets)
	if len(s.order) > 64 && len(s.order) > 2*len(s.conns) {
		s.tidy()
	}
	return c.Packets
}

// giveUp gives up the packets of the connection that came first, and reports whether there was one.
func (s *Shelf) giveUp() bool {
	for len(s.order) > 0 {
		conn := s.order[0]
		s.order = s.order[1:]
		if c := s.conns[conn]; c != nil && !c.unwanted {
			s.empty(c)
			c.unwanted = true
			s.lost.Connections++
			return true
		}
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
		if s.conns[conn] != nil {
			kept = append(kept, conn)
		}
	}
	s.order = kept
}
