package analysis

// filter keeps the packets that the configured filter selects, up to most of them, and returns how many it looked at. Their
// frame numbers stay those of the file.
func (p *pipeline) filter(j *job, most uint64) (seen int) {
	j.frames = j.frames[:0]
	b := &j.block
	if p.config.Filter == nil && len(b.Others) == 0 {
		b.Packets = b.Packets[:min(uint64(len(b.Packets)), most)]
		return len(b.Packets)
	}
	kept, others, frame := b.Packets[:0], b.Others, uint64(0)
	for i, packet := range b.Packets {
		if uint64(len(kept)) == most {
			break
		}
		seen++
		if len(others) > 0 && others[0].Before == i {
			frame, others = frame+others[0].Count, others[1:]
		}
		if p.config.Filter == nil || p.config.Filter(&packet, b.Data[packet.Offset:packet.Offset+packet.CapLen]) {
			kept = append(kept, packet)
			j.frames = append(j.frames, frame)
		}
		frame++
	}
	p.dropped.Add(uint64(seen - len(kept)))
	b.Packets = kept
	return seen
}

// frame is the place, among what has a frame number in its block, of the packet that a segment came from.
func (j *job) frame(index uint32) uint64 {
	if len(j.frames) > 0 {
		return j.frames[index]
	}
	return uint64(index)
}
