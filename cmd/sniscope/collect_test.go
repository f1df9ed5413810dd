package main

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
	"time"
)

// gcPercent is how far the heap grows before garbage is collected.
func gcPercent() uint64 {
	s := []metrics.Sample{{Name: "/gc/gogc:percent"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}

// TestCollectLater grows without bounds neither before the first collection nor behind it.
func TestCollectLater(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	collectLater()
	if got := gcPercent(); got != 1600 {
		t.Errorf("%d%% before the first collection", got)
	}
	for deadline := time.Now().Add(10 * time.Second); gcPercent() != 100; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("still so behind it")
		}
		runtime.GC()
	}
	debug.SetGCPercent(50) // as GOGC=50 does
	if collectLater(); gcPercent() != 50 {
		t.Error("what the user set does not last")
	}
}
