package live

import "time"

const (
	// tick is how long Next waits for a packet. A connection on a silent interface is judged by packet time, so
	// that is how late a finding may be on its account.
	tick = 100 * time.Millisecond

	// retire is how long the kernel keeps packets back to fill a block of the ring with more. Each block counts
	// however little is in it: a reader may pause for retire times the number of blocks, 5 s, before a ring
	// of the default size loses packets that would fit.
	retire = 40 * time.Millisecond

	// settle is when a packet captured now has certainly been handed over: the kernel's timer may need to expire
	// twice, and the rest is for a busy machine.
	settle = 3 * retire

	// maxSnapLen is tcpdump's own limit, more than any packet that IP carries.
	maxSnapLen = 262144
)
