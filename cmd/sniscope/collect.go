package main

import (
	"runtime"
	"runtime/debug"
)

// leastHeap is what the heap may have before garbage is collected for the first time. Below that it would be collected at 5, 10,
// 20 and 40 MB, nearly all of which is in use: a tenth of the time of a capture of 100,000 short connections, which takes no less memory
// for it.
const leastHeap = 64 << 20

// firstCollection is at this many bytes if the percentage is 100, and in proportion if it is another.
const firstCollection = 4 << 20

// collectLater puts the first garbage collection off until the heap has leastHeap. Those behind it come when it has grown twofold, as they
// do without. Who set GOGC decides.
func collectLater() {
	const usual = 100
	if set := debug.SetGCPercent(usual * leastHeap / firstCollection); set != usual {
		debug.SetGCPercent(set)
		return
	}
	type unused [8]*byte // not so small that it shares its memory with what is used
	runtime.AddCleanup(new(unused), func(percent int) { debug.SetGCPercent(percent) }, usual)
}
