package flow

// orient decides which side is the client, and how that is known. The ClientHello says it best; whoever sent
// the SYN is the client otherwise, and where neither was seen, the lower port is the server's.
func (c *conn) orient(h *handshake) {
	hello := Nobody
	if h.stream != nil {
		hello = h.stream.Client()
	}
	switch {
	case hello <= 1 && hello != c.initiator:
		c.client, h.roles = hello, RolesHello
	case c.is(bitSYN):
		c.client, h.roles = c.initiator, RolesSYN
	case c.initiator != Nobody:
		c.client, h.roles = c.initiator, RolesSYNACK
	default:
		c.client, h.roles = c.name.clientByPort(h.opener), RolesPort
	}
}

// clientByPort is who the client is where nothing but the ports tells: the lower one is the server's, and where they are the
// same, who began is the client.
func (n *name) clientByPort(opener Side) Side {
	switch {
	case n.port[0] == n.port[1]:
		return opener
	case n.port[0] < n.port[1]:
		return 1
	}
	return 0
}
