package analysis

import (
	"runtime/debug"
	"sync/atomic"

	"github.com/sniscope/sniscope/pkg/capture"
)

// fence is what a run stands behind while packets are looked at where they lie in a file: whoever cuts that short makes a
// fault of looking at them, anywhere. What was found out until then is in an unknown state, so nobody goes on.
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
		switch e := recover().(type) {
		case nil:
		case interface{ Addr() uintptr }: // runtime/debug.SetPanicOnFault
			f.fell.Store(true)
		default:
			panic(e)
		}
	}()
	do()
}

// readInPlace lets captures be looked at in place, if all of them can be begun again after a fault.
func readInPlace(captures []Source) bool {
	for _, s := range captures {
		if r, ok := s.(*capture.Reader); !ok || !r.Repeatable() {
			return false
		}
	}
	for _, s := range captures {
		s.(*capture.Reader).Map()
	}
	return true
}

// readAgain begins captures that were looked at in place again, to be copied.
func readAgain(captures []Source) {
	for _, s := range captures {
		s.(*capture.Reader).Again()
	}
}
