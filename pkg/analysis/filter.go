package analysis

// filter keeps the packets that the configured filter selects. Their frame numbers stay those of the file.
func (p *pipeline) filter(j *job) {
	j.frames = j.frames[:0]
	if p.config.Filter == nil {
		return
	}
	b := &j.block
	kept := b.Packets[:0]
	for i, packet := range b.Packets {
		if p.config.Filter(&packet, b.Data[packet.Offset:packet.Offset+packet.CapLen]) {
			kept = append(kept, packet)
			j.frames = append(j.frames, uint32(i))
		}
	}
	b.Packets = kept
}

// frame is the place in its block of the packet that a segment came from.
func (j *job) frame(index uint32) uint64 {
	if len(j.frames) > 0 {
		return uint64(j.frames[index])
	}
	return uint64(index)
}
