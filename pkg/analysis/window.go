package analysis

import "github.com/sniscope/sniscope/pkg/diagnosis"

// window is a tally of what connections did lately. Sums cannot forget, so there are two: connections are judged by the
// older one, and when the younger is windowLength old, it takes its place.
type window struct {
	older, younger *diagnosis.Tally
	turn           int64 // packet time at which the younger takes the place of the older
}

// at lets the time come to now.
func (w *window) at(now int64) {
	switch {
	case w.older == nil, now >= w.turn+int64(windowLength): // so long was it silent that both are too old
		w.older, w.younger = diagnosis.NewTally(), diagnosis.NewTally()
	case now < w.turn-int64(windowLength): // the clock was set back
	case now < w.turn:
		return
	default:
		w.older, w.younger = w.younger, diagnosis.NewTally()
	}
	w.turn = now + int64(windowLength)
}
