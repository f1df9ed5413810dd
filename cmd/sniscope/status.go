package main

import (
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sniscope/sniscope/pkg/report"
)

// statusEvery is how often the status line is drawn: often enough to see that it lives.
const statusEvery = 500 * time.Millisecond

// captured is what is captured on.
type captured interface {
	Name() string
	Stats() (received, dropped uint64)
}

// status is a line on a terminal that says how a live capture is doing. It makes room for rows, and comes back below
// them.
type status struct {
	w      io.Writer
	source captured
	out    *outputs
	hang   atomic.Int64  // handshakes that hang
	shown  bool          // on the terminal now; guarded by out.mutex, as all writing is
	stop   chan struct{} // nil where there is no terminal to draw on
	done   sync.WaitGroup
}

// status begins to draw, if standard error is a terminal.
func (m *messages) status(source captured, out *outputs) *status {
	s := &status{w: m.w, source: source, out: out}
	if redrawable(m.w) && !m.quiet {
		s.stop = make(chan struct{})
		s.done.Go(s.run)
	}
	return s
}

func (s *status) run() {
	every := time.NewTicker(statusEvery)
	defer every.Stop()
	for {
		select {
		case <-s.stop:
			return
		case <-every.C:
			s.draw()
		}
	}
}

func (s *status) draw() {
	s.out.mutex.Lock()
	defer s.out.mutex.Unlock()
	s.clear()
	text := printable(s.text())
	io.WriteString(s.w, report.Beginning(text, terminalWidth(s.w)-1))
	s.shown = true
}

// text is the line. out.mutex is held.
func (s *status) text() string {
	received, dropped := s.source.Stats()
	text := fmt.Sprintf("%s: %s packets, %s ended, %s with a finding", s.source.Name(), report.Grouped(received),
		connections(s.out.seen), report.Grouped(s.out.found))
	if n := s.hang.Load(); n > 0 {
		text += ", " + report.Plural(uint64(n), "handshake hangs", "handshakes hang")
	}
	if dropped > 0 {
		text += fmt.Sprintf(", %s packets dropped by the kernel", report.Grouped(dropped))
	}
	return text
}

// clear takes the line off the terminal. out.mutex is held.
func (s *status) clear() {
	if s.shown {
		io.WriteString(s.w, "\r\x1b[2K")
		s.shown = false
	}
}

// summary writes the line and the summary so far to standard error, whatever that is.
func (s *status) summary(width int) {
	s.out.mutex.Lock()
	s.clear()
	fmt.Fprintln(s.w, "sniscope:", printable(s.text()))
	s.out.mutex.Unlock()
	received, _ := s.source.Stats()
	s.out.summarize(s.w, width, received) // where standard error takes nothing, there is nowhere to say so
}

// end takes the line off the terminal for good.
func (s *status) end() {
	if s.stop != nil {
		close(s.stop)
		s.done.Wait()
	}
	s.out.mutex.Lock()
	defer s.out.mutex.Unlock()
	s.clear()
}
