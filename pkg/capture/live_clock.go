package capture

import (
	"math"
	"sync/atomic"
	"time"
)

// LiveClock tells the time that packets would have if there were any: the time of the latest packet, and how long ago
// that was by the monotonic clock. A step of the wall clock shows in the next packet, and is not anticipated. Now may be
// called by any goroutine, all else by one. The zero value is ready for use.
type LiveClock struct {
	packet  int64     // time of the latest packet, nanoseconds since the epoch
	read    time.Time // from when on time has gone by since
	current atomic.Int64
}

// Set notes that the latest packet, just read, has the time t.
func (c *LiveClock) Set(t int64) {
	c.packet, c.read = t, time.Now()
	c.current.Store(t)
}

// Tick notes that there is no packet at this moment. It stays behind by the lag with which packets may yet come. Before the
// first packet, or where none has a time, it notes nothing. Time ends where it no longer fits: a file may say of a packet
// that it is from then.
func (c *LiveClock) Tick(lag time.Duration) {
	if c.packet != 0 {
		gone := max(0, int64(time.Since(c.read)-lag))
		c.current.Store(c.packet + min(gone, math.MaxInt64-max(0, c.packet)))
	}
}

// Hold has the time stand still at that of the latest packet: only what comes after this goes by.
func (c *LiveClock) Hold() { c.read = time.Now() }

// Now is the time as of the latest Set or Tick, in nanoseconds since the epoch; 0 before.
func (c *LiveClock) Now() int64 { return c.current.Load() }
