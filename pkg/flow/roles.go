package flow

// orient decides which side is the client, and how that is known. The ClientHello says it best; whoever sent
// the SYN is the client otherwise, and where neither was seen, the lower port is the server's.
func (t *Table) orient(c *conn, h *handshake) {
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
	case c.name.port[0] == c.name.port[1]:
		c.client, h.roles = h.opener, RolesPort
	case c.name.port[0] < c.name.port[1]:
		c.client, h.roles = 1, RolesPort
	default:
		c.client, h.roles = 0, RolesPort
	}
}
