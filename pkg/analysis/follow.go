package analysis

import "context"

// Follow analyses packets as they are captured, until the source ends, and hands every connection to sink when it is
// over: what Row.Conn counts is in that order. Connections are judged by what the others did lately. Sink's methods are
// called by one goroutine, and Write after every block that ended a connection.
//
// An error means that the rows could not be written; it ended the capture.
func Follow(ctx context.Context, config Config, from Source, sink Sink) (*Result, error) {
	p, d := &pipeline{config: &config}, newDesk(&config, from, sink)
	d.enough = func() { p.enough.Store(true) }
	for i := range config.Workers {
		p.workers = append(p.workers, newWorker(i, &config, &relay{desk: d}))
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		d.run()
	}()
	p.run(ctx, []Source{from})
	close(d.chunks)
	<-done
	result := p.result()
	result.Lost.Add(d.lost)
	result.Clipped = d.tally != nil && d.tally.Clipped()
	return result, d.err
}
