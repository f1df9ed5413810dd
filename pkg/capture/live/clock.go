package live

import (
	"sync/atomic"
	"time"
)

// clock tells the time that packets would have if there were any: the time of the latest packet, and how long ago
// that was by the monotonic clock. A step of the wall clock shows in the next packet, and is not anticipated.
type clock struct {
	packet  int64     // time of the latest packet, nanoseconds since the epoch
	read    time.Time // when that was returned
	current atomic.Int64
}

// set notes that the latest packet, just read, has the time t.
func (c *clock) set(t int64) {
	c.packet, c.read = t, time.Now()
	c.current.Store(t)
}

// tick notes that there is no packet at this moment. It stays behind by what may yet be held back by the kernel.
func (c *clock) tick() {
	c.current.Store(c.packet + max(0, int64(time.Since(c.read)-settle)))
}
