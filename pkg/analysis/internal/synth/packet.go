package synth

import "encoding/binary"

// header writes the file header: nanoseconds, little-endian.
func (g *generator) header() {
	link := uint32(1)
	if g.cooked {
		link = 276
	}
	b := binary.LittleEndian.AppendUint32(nil, 0xa1b23c4d)
	b = binary.LittleEndian.AppendUint16(b, 2)
	b = binary.LittleEndian.AppendUint16(b, 4)
	b = append(b, make([]byte, 8)...)
	b = binary.LittleEndian.AppendUint32(b, 262144)
	g.w.Write(binary.LittleEndian.AppendUint32(b, link))
}

// send writes the next packet of a connection.
func (g *generator) send(c *conversation) {
	s := c.todo[0]
	c.todo = c.todo[1:]
	g.now += g.rand.Int64N(g.step)
	p := g.link(g.packet[:0])
	p = g.ip(p, c, &s)
	p = c.tcp(p, &s)
	p = append(p, s.data...)
	g.packet = p
	var head [16]byte
	binary.LittleEndian.PutUint32(head[0:], uint32(g.now/1e9))
	binary.LittleEndian.PutUint32(head[4:], uint32(g.now%1e9))
	binary.LittleEndian.PutUint32(head[8:], uint32(len(p)))
	binary.LittleEndian.PutUint32(head[12:], uint32(len(p)))
	g.w.Write(head[:])
	g.w.Write(p)
}

func (g *generator) link(p []byte) []byte {
	ethertype := []byte{0x08, 0x00}
	if g.v6 {
		ethertype = []byte{0x86, 0xdd}
	}
	if g.cooked {
		p = append(p, ethertype...)
		return append(p, 0, 0, 0, 0, 0, 2, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0)
	}
	return append(append(p, 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2), ethertype...)
}

// tcpLen is the length of every TCP header: a SYN carries an MSS and a window scale, the others timestamps.
const tcpLen = 32

func (g *generator) ip(p []byte, c *conversation, s *segment) []byte {
	from, to := c.client, c.server
	if s.server {
		from, to = to, from
	}
	if g.v6 {
		p = append(p, 0x60, 0, 0, 0)
		p = binary.BigEndian.AppendUint16(p, uint16(tcpLen+len(s.data)))
		p = append(p, 6, 64)
		return append(append(p, from[:]...), to[:]...)
	}
	p = append(p, 0x45, 0)
	p = binary.BigEndian.AppendUint16(p, uint16(20+tcpLen+len(s.data)))
	p = binary.BigEndian.AppendUint16(p, uint16(c.next[0]+c.next[1]+uint32(len(c.todo))))
	p = append(p, 0x40, 0, 64, 6, 0, 0)
	return append(append(p, from[12:]...), to[12:]...)
}

func (c *conversation) tcp(p []byte, s *segment) []byte {
	me, other := 0, 1
	from, to := c.port, uint16(443)
	if s.server {
		me, other, from, to = 1, 0, to, from
	}
	p = binary.BigEndian.AppendUint16(p, from)
	p = binary.BigEndian.AppendUint16(p, to)
	p = binary.BigEndian.AppendUint32(p, c.next[me])
	acked := c.next[other]
	if s.flags&ack == 0 {
		acked = 0
	}
	p = binary.BigEndian.AppendUint32(p, acked)
	p = append(p, tcpLen/4<<4, s.flags, 0xfa, 0xf0, 0, 0, 0, 0)
	if s.flags&syn != 0 {
		p = append(p, 2, 4, 5, 0xb4, 3, 3, 7, 1, 1, 1, 1, 1)
		c.next[me]++
	} else {
		p = append(p, 1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 1)
	}
	if s.flags&fin != 0 {
		c.next[me]++
	}
	c.next[me] += uint32(len(s.data))
	return p
}
