package excerpt

const (
	// connectionLimit is how many bytes of packets are held for one connection: twice what a handshake takes that has
	// the longest chain of certificates in use.
	connectionLimit = 64 << 10
	// endingRoom is what of it is left to packets without payload, so that a connection that sent a lot still shows its
	// FIN or RST.
	endingRoom = 4 << 10

	// heldLimit is how many bytes of packets all shelves together hold for connections that are not over yet: ten
	// thousand handshakes at once. Beyond it, those of the connections that began first go.
	heldLimit = 64 << 20
	// bookCost is what a connection costs besides its packets: an entry of the map, its place in the order, and what
	// they leave unused.
	bookCost = 160
	// untidy is how many places in the order may be of connections that are gone, however few are left: so few cost less than
	// to take them out.
	untidy = 64
)
