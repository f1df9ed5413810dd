package main

import (
	"io"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/sniscope/sniscope/pkg/capture"
)

const (
	progressAfter = time.Second            // most runs are over sooner
	progressEvery = 100 * time.Millisecond // smooth enough
)

// progress shows on a terminal how much has been read. The nil progress shows nothing.
type progress struct {
	bar  *progressbar.ProgressBar
	read func() int64
	stop chan struct{}
	done sync.WaitGroup
	once sync.Once
}

// progress begins to show how far the captures are read, if standard error is a terminal to show it on.
func (m *messages) progress(captures []*capture.Reader) *progress {
	if m.quiet || !redrawable(m.w) {
		return nil
	}
	var size int64
	for _, c := range captures {
		if c.Size() == 0 {
			size = -1 // a pipe among them
			break
		}
		size += c.Size()
	}
	return startProgress(m.w, size, func() (n int64) {
		for _, c := range captures {
			n += c.BytesRead()
		}
		return n
	})
}

// startProgress shows read(), which goes up to size, or to what nobody knows if that is -1.
func startProgress(w io.Writer, size int64, read func() int64) *progress {
	p := &progress{read: read, stop: make(chan struct{})}
	p.bar = progressbar.NewOptions64(size,
		progressbar.OptionSetWriter(w),
		progressbar.OptionSetDescription("reading"),
		progressbar.OptionShowBytes(true),
		progressbar.OptionUseIECUnits(true),
		progressbar.OptionShowCount(),
		progressbar.OptionSetWidth(24),
		progressbar.OptionSpinnerType(14),
		progressbar.OptionSetSpinnerChangeInterval(0), // no goroutine of its own, which would not end
		progressbar.OptionClearOnFinish(),
	)
	p.bar.StartWithoutRender()
	p.done.Go(p.run)
	return p
}

// run draws until it is told to stop.
func (p *progress) run() {
	wait := time.NewTimer(progressAfter)
	defer wait.Stop()
	for {
		select {
		case <-p.stop:
			return
		case <-wait.C:
			p.bar.Set64(p.read())
			wait.Reset(progressEvery)
		}
	}
}

// clear takes the bar off the terminal; nothing is drawn afterwards.
func (p *progress) clear() {
	if p == nil {
		return
	}
	p.once.Do(func() {
		close(p.stop)
		p.done.Wait()
		p.bar.Clear()
	})
}
