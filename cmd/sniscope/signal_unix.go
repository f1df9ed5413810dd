//go:build unix

package main

import (
	"os"
	"os/signal"
	"syscall"
)

// onSummarySignal calls f whenever SIGUSR1 asks how a live capture is doing, until the returned function is called.
func onSummarySignal(f func()) (forget func()) {
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGUSR1)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range asked {
			f()
		}
	}()
	return func() {
		signal.Stop(asked)
		close(asked)
		<-done
	}
}
