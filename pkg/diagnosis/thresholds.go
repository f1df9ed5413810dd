package diagnosis

import "time"

// Times and counts that the catalogue draws lines at.
const (
	// patience is how long a server may take to answer a hello, or to end a connection without one, before it
	// counts as silence. It is far above any round trip and far below the time-outs of programs.
	patience = time.Second

	// stalled is how long silence after the server's flight must last: a person who is asked for a smart card's
	// PIN is slower, but nothing else is.
	stalled = 5 * time.Second

	// unansweredSYN is how long a single SYN must go without an answer. The first retransmission is due after
	// a second (RFC 6298, Section 2), the second after three.
	unansweredSYN = 3 * time.Second

	// silence is how long nothing may follow for a tampering signature to end in "none", and for what is too long for a path to be
	// taken for swallowed by it.
	silence = 3 * time.Second

	// lastChance is how long the answer to the last SYN may take: no path is longer.
	lastChance = time.Second

	// maxDoublings is how many times the pause before a SYN that is sent again is taken to double: beyond, the next one makes no difference.
	maxDoublings = 16

	// arrival is how long a packet may take from where it was captured to where it is received: no path is much longer.
	arrival = 300 * time.Millisecond

	// choice is how long a server that has the hello may take to refuse it for the want of a name. It needs no more than the hello
	// for that, and so this is room for a busy machine.
	choice = 200 * time.Millisecond

	// atOnce is how soon a QUIC server follows up what it sends last in a handshake: by packets that it is done, and by data.
	atOnce = 50 * time.Millisecond

	// stallCount is how many retransmissions of one segment make a pattern, and put the path in doubt.
	stallCount = 3
)
