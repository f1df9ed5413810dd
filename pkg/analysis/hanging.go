package analysis

import (
	"sync/atomic"
	"time"

	"github.com/sniscope/sniscope/pkg/flow"
)

// hanging is what a worker adds to the count of handshakes that hang: of a live capture somebody wants to know it before their
// clients give up.
type hanging struct {
	sum  *atomic.Int64 // of all workers; nil if nobody asks
	mine int           // of it
	at   int64         // packet time of the last count
}

// count counts again, now and then.
func (h *hanging) count(tables []*flow.Table, now int64) {
	if since := time.Duration(now - h.at); h.sum == nil || since >= 0 && since < hangingEvery {
		return
	}
	n := 0
	for _, t := range tables {
		n += t.Hanging(now - int64(hangingAfter))
	}
	h.sum.Add(int64(n - h.mine))
	h.mine, h.at = n, now
}
