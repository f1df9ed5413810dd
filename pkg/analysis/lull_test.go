package analysis

import (
	"testing"
	"time"

	"github.com/sniscope/sniscope/pkg/capture"
)

// TestLulls finds the time in which a capture had nothing, behind the last packet of a connection.
func TestLulls(t *testing.T) {
	const hour = int64(time.Hour)
	type packets []int64 // times of packets, of which the first has ordinal 1
	for name, test := range map[string]struct {
		packets
		first uint64 // packet of a connection
		last  int64  // and when it had its last
		limit uint64 // ordinal at which its timeline ends
		next  uint64 // packet behind the lull
		began int64
	}{
		"nothing for an hour":                     {packets{1 * hour, 2 * hour}, 1, 1 * hour, 9, 2, 1 * hour},
		"nothing for a quarter":                   {packets{hour, hour + hour/4 + 1}, 1, hour, 9, 2, hour},
		"nothing for less":                        {packets{hour, hour + hour/4 - 1}, 1, hour, 9, 0, 0},
		"it begins behind that":                   {packets{1 * hour, 2 * hour}, 2, 2 * hour, 9, 0, 0},
		"it goes on behind that":                  {packets{1 * hour, 2 * hour}, 1, 2 * hour, 9, 0, 0},
		"it goes on behind that, and ends":        {packets{1 * hour, 2 * hour, 3 * hour}, 1, 2 * hour, 9, 3, 2 * hour},
		"the first of several":                    {packets{1 * hour, 2 * hour, 3 * hour}, 1, 1 * hour, 9, 2, 1 * hour},
		"in another capture":                      {packets{1 * hour, 2 * hour}, 1, 1 * hour, 2, 0, 0},
		"one clock is ahead":                      {packets{1 * hour, 9 * hour, 1*hour + 1}, 1, 1 * hour, 9, 0, 0},
		"one clock is ahead, then nothing":        {packets{1 * hour, 9 * hour, 1*hour + 1, 3 * hour}, 1, 1*hour + 1, 9, 4, 1*hour + 1},
		"one clock is behind":                     {packets{9 * hour, 1 * hour, 9*hour + 1}, 1, 9 * hour, 9, 0, 0},
		"the clock is set back, then nothing":     {packets{9 * hour, 1 * hour, 2 * hour}, 2, 1 * hour, 9, 3, 1 * hour},
		"no time, as in a Simple Packet Block":    {packets{1 * hour, 0, 1*hour + 1}, 1, 1 * hour, 9, 0, 0},
		"no time at all":                          {packets{0, 0, 0}, 1, 0, 9, 0, 0},
		"as far apart as that, and back":          {packets{1<<63 - 1, -1 << 63}, 1, 1<<63 - 1, 9, 0, 0},
		"nothing before it, and a clock far back": {packets{-9 * hour, 9 * hour}, 1, -9 * hour, 9, 2, -9 * hour},
	} {
		for blocks := range 1 << (len(test.packets) - 1) { // where one ends
			var p pipeline
			p.lines = spans{{first: 1}}
			p.latest = test.packets[0]
			for i := 0; i < len(test.packets); {
				end := i + 1
				for end < len(test.packets) && blocks>>(end-1)&1 == 0 {
					end++
				}
				p.notice(blockOf(uint64(i+1), test.packets[i:end]))
				i = end
			}
			if got := p.lulls.behind(test.first, test.last, test.limit); got.next != test.next || got.began != test.began {
				t.Errorf("%s, blocks %b: %+v; want %d, %d", name, blocks, got, test.next, test.began)
			}
		}
	}
}

// blockOf is a block of packets with these times.
func blockOf(ordinal uint64, times []int64) *job {
	j := &job{ordinal: ordinal}
	for _, at := range times {
		j.block.Packets = append(j.block.Packets, capture.Packet{Time: at})
	}
	j.span()
	return j
}

// TestLullsAreBounded in a capture that has nothing else.
func TestLullsAreBounded(t *testing.T) {
	var l lulls
	for i := range int64(3 * maxLulls) {
		l.add(uint64(i+2), (i+1)*leastLull, (i+2)*leastLull)
	}
	if len(l) != maxLulls {
		t.Error(len(l))
	}
}
