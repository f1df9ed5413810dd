package analysis

import (
	"runtime/debug"
	"sync/atomic"

	"github.com/sniscope/sniscope/pkg/capture"
)

// fence is what a run stands behind while packets are looked at where they lie in a file: whoever cuts that short makes a
// fault of looking at them, anywhere, and whoever writes to it makes bytes change between two looks. What was found out
// until then is in an unknown state, so nobody goes on; by copying, a fault of our own shows again.
type fence struct {
	up   bool // packets are looked at in place
	fell atomic.Bool
}

// set makes faults of this goroutine panics, and returns what ends that.
func (f *fence) set() (end func()) {
	before := debug.SetPanicOnFault(f.up)
	return func() { debug.SetPanicOnFault(before) }
}

// within does what may be a fault, unless there was one.
func (f *fence) within(do func()) {
	if !f.up {
		do()
		return
	}
	if f.fell.Load() {
		return
	}
	defer func() {
		if recover() != nil { // a fault, or what follows from bytes that changed after they were checked
			f.fell.Store(true)
		}
	}()
	do()
}

// readInPlace lets captures be looked at in place, if all of them can be begun again after a fault, and reports whether
// any of them is.
func readInPlace(captures []Source) (any bool) {
	for _, s := range captures {
		if r, ok := s.(*capture.Reader); !ok || !r.Repeatable() {
			return false
		}
	}
	for _, s := range captures {
		any = s.(*capture.Reader).Map() || any
	}
	return any
}

// readAgain begins captures that were looked at in place again, to be copied.
func readAgain(captures []Source) {
	for _, s := range captures {
		s.(*capture.Reader).Again()
	}
}
