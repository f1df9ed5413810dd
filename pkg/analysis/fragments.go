package analysis

import (
	"slices"

	"github.com/sniscope/sniscope/pkg/excerpt"
)

// fragments holds the packets with fragments until the datagrams are whole that they belong to, so that these can be kept
// with all their packets. The oldest make room.
type fragments struct {
	first uint64 // number of held[0], as decode.Joined counts
	held  []excerpt.Packet
	bytes int
}

// hold copies the packets of a job that are fragments. It is called for every job, in order, before the fragments are
// put together.
func (f *fragments) hold(j *job) {
	for i := range j.batch.Fragments {
		index := j.batch.Fragments[i].Packet()
		p := j.packet(index, j.ordinal+j.frame(index))
		p.Data = slices.Clone(p.Data)
		f.held, f.bytes = append(f.held, p), f.bytes+len(p.Data)
	}
	drop := 0
	for ; f.bytes > maxFragments || len(f.held)-drop > maxFragments/64; drop++ {
		f.bytes -= len(f.held[drop].Data)
	}
	f.held, f.first = slices.Delete(f.held, 0, drop), f.first+uint64(drop)
}

// join tells which packets came before those that completed a datagram.
func (f *fragments) join(j *job) {
	j.parts = nil
	for _, whole := range j.batch.Joined {
		for _, number := range whole.Before {
			i := number - 1 - f.first
			if number == 0 || i >= uint64(len(f.held)) {
				continue
			}
			if j.parts == nil {
				j.parts = make(map[uint32][]excerpt.Packet)
			}
			j.parts[whole.Frame] = append(j.parts[whole.Frame], f.held[i])
		}
	}
}
