// Sniscope reads a packet capture and says why TLS handshakes in it failed, and whether the client sent SNI.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// sameSignal is how soon after the first a signal is not another one: timeout(1) sends one to its command, and one to the
// process group that this is in.
const sameSignal = 300 * time.Millisecond

func main() {
	collectLater()
	signal.Ignore(syscall.SIGPIPE) // a closed pipe is an error like any other: exports are still to be finished
	ctx, stop := signal.NotifyContext(context.Background(), endings()...)
	context.AfterFunc(ctx, func() {
		time.Sleep(sameSignal)
		again := make(chan os.Signal, 1)
		signal.Notify(again, endings()...)
		stop()
		endBy(<-again)
	})
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// endBy is what the second signal does: it ends the program at once, as if nothing caught it. What is not whole goes.
func endBy(s os.Signal) {
	removeUnplaced()
	signal.Reset(s)
	if self, err := os.FindProcess(os.Getpid()); err == nil {
		self.Signal(s)
	}
	time.Sleep(sameSignal)
	os.Exit(exitFailed) // where it is ignored, or there is no way to send it
}

// endings are the signals that end a run with its report. A terminal that goes away, as when SSH loses its connection,
// sends SIGHUP; nohup has it ignored, and so it stays.
func endings() []os.Signal {
	all := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		all = append(all, syscall.SIGHUP)
	}
	return all
}
