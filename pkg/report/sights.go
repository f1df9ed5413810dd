package report

import "slices"

// sights tells which of the latest connections show one handshake: each leg that it has behind a NAT or proxy, in each capture.
type sights struct {
	ring   []sight // by the number of the connection, modulo maxSights
	newest uint64
}

// sight is a connection. Those that show what an earlier one shows hang on that, the latest first.
type sight struct {
	server uint32 // its place in contrast
	next   uint32 // by how much the number of the next one is above that of the first; 0 for none
}

// of lists the connections that show what a row shows, at most as many as there is room for: the first, and then the latest.
func (s *sights) of(row *Row, room []uint64) []uint64 {
	first := row.SameAs
	if first == 0 {
		return nil
	}
	list := append(room[:0], first)
	for at := s.at(first); at != nil && at.next != 0 && len(list) < cap(room); at = s.at(list[len(list)-1]) {
		list = append(list, first+uint64(at.next))
	}
	return list
}

// add takes a connection with the place of its server, and the first connection that shows what it shows, 0 for none.
func (s *sights) add(conn, first uint64, server uint32) {
	s.reach(conn)
	this, head := s.at(conn), s.at(first)
	if this == nil {
		return
	}
	this.server = server
	if head != nil && conn > first {
		this.next, head.next = head.next, uint32(conn-first)
	}
}

// met reports whether one of some connections was at a server, or may have been: of those that are forgotten it is not known.
func (s *sights) met(conns []uint64, server uint32) bool {
	return slices.ContainsFunc(conns, func(conn uint64) bool {
		one := s.at(conn)
		return one == nil || one.server == server
	})
}

// server is the place in contrast of the server of a connection, 0 where that is not known.
func (s *sights) server(conn uint64) uint32 {
	if one := s.at(conn); one != nil {
		return one.server
	}
	return 0
}

// reach makes room for a connection, and forgets those that were in its place and the places skipped.
func (s *sights) reach(conn uint64) {
	if conn > s.newest+maxSights {
		s.newest = conn - maxSights
	}
	for s.newest < conn {
		s.newest++
		at := s.newest % maxSights
		for uint64(len(s.ring)) <= at {
			s.ring = append(s.ring, sight{})
		}
		s.ring[at] = sight{}
	}
}

// at is a connection, nil if it is none of the latest.
func (s *sights) at(conn uint64) *sight {
	if conn == 0 || conn > s.newest || s.newest-conn >= maxSights {
		return nil
	}
	return &s.ring[conn%maxSights]
}
