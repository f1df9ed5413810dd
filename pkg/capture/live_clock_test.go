package capture

import (
	"math"
	"testing"
	"testing/synctest"
	"time"
)

func TestLiveClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const settle = 120 * time.Millisecond
		var c LiveClock
		steps := []struct {
			wait   time.Duration
			packet int64 // time of a packet, 0 for none
			want   int64
		}{
			{0, 1e9, 1e9},
			{settle / 2, 0, 1e9}, // a packet may be held back
			{settle / 2, 0, 1e9},
			{time.Second, 0, 2e9},
			{time.Second, 0, 3e9},
			{time.Second, 3_500_000_000, 3_500_000_000},
			{time.Second + settle, 0, 4_500_000_000},
			{time.Second, 1e6, 1e6}, // the wall clock was set back
			{time.Second + settle, 0, 1e9 + 1e6},
			{0, 9e18, 9e18}, // and far ahead
			{settle, 0, 9e18},
			{0, math.MaxInt64 - 1e9, math.MaxInt64 - 1e9}, // as far ahead as it can be
			{time.Hour, 0, math.MaxInt64},
		}
		for n, s := range steps {
			time.Sleep(s.wait)
			if s.packet != 0 {
				c.Set(s.packet)
			} else {
				c.Tick(settle)
			}
			if got := c.Now(); got != s.want {
				t.Errorf("step %d: %d, want %d", n, got, s.want)
			}
		}
	})
}
