package synth

import "encoding/binary"

// TCP flags.
const (
	fin, syn, rst, psh, ack = 1, 2, 4, 8, 16
)

// mss is the payload of a full segment on Ethernet with timestamps.
const mss = 1448

// conversation is one connection: what is still to be sent, and where its streams are.
type conversation struct {
	client, server [16]byte
	port           uint16
	next           [2]uint32 // sequence numbers, client and server
	todo           []segment
}

// segment is one packet of a conversation.
type segment struct {
	server bool
	flags  byte
	data   []byte
}

// conversation plans the next connection.
func (g *generator) conversation() *conversation {
	g.started++
	c := &conversation{port: uint16(20000 + g.started%40000), next: [2]uint32{g.rand.Uint32(), g.rand.Uint32()}}
	// As many clients as it takes for no pair of address and port to come twice.
	binary.BigEndian.PutUint32(c.client[12:], 0x0a000000+g.started/40000*256+g.started%251)
	binary.BigEndian.PutUint32(c.server[12:], 0xc0a80000+g.started%500)
	if g.v6 {
		c.client[0], c.client[1], c.server[0], c.server[1] = 0x20, 0x01, 0x20, 0x02
	}
	c.say(false, syn, nil)
	if g.kind == Flood {
		return c
	}
	c.say(true, syn|ack, nil)
	c.say(false, ack, nil)
	switch g.kind {
	case Tiny, Slow:
		c.stream(false, g.clientHello(g.started%3 != 0))
		c.say(true, rst|ack, nil)
	case Bulk:
		g.handshake13(c)
		g.data(c, 600)
		c.close()
	case Open:
		g.handshake13(c)
	default:
		if g.rand.IntN(100) < 15 {
			g.handshake12(c)
		} else {
			g.handshake13(c)
		}
		g.data(c, 4+g.rand.IntN(8))
		c.close()
	}
	return c
}

func (c *conversation) say(server bool, flags byte, data []byte) {
	c.todo = append(c.todo, segment{server, flags, data})
}

// stream sends data in full segments.
func (c *conversation) stream(server bool, data []byte) {
	for len(data) > 0 {
		n := min(len(data), mss)
		c.say(server, psh|ack, data[:n])
		data = data[n:]
	}
}

func (c *conversation) close() {
	c.say(false, fin|ack, nil)
	c.say(true, fin|ack, nil)
	c.say(false, ack, nil)
}

// data sends a request and n full segments of answer, acknowledged in pairs.
func (g *generator) data(c *conversation, n int) {
	c.stream(false, g.record(applicationData, 300))
	answer := g.record(applicationData, 16000)
	for i := range n {
		at := i * mss % (len(answer) - mss)
		if at == 0 {
			c.say(true, ack, answer[:mss])
		} else {
			c.say(true, ack, g.noise[at:at+mss])
		}
		if i%2 == 1 {
			c.say(false, ack, nil)
		}
	}
}
