package capture

import (
	"slices"
	"testing"
)

// The loops over what nearly every file consists of find the same as those that know all else.
func FuzzPlain(f *testing.F) {
	captureSeeds(f, func(data []byte) { f.Add(data) })
	f.Fuzz(func(t *testing.T, data []byte) {
		if variant, order, ok := pcapMagic(data); ok {
			p, err := newPcap(variant, order, data)
			if err != nil {
				return
			}
			careful := *p
			careful.plain = false
			checkScan(t, data, p.scan, careful.scan)
		} else if isPcapng(data) {
			n, err := newPcapng(data)
			if err != nil {
				return
			}
			careful := *n
			checkScan(t, data, n.scan, careful.scanCarefully)
		}
	})
}

type scan func(*Block, int64) (rest, *FormatError)

// checkScan finds packets in data, where there is room for none of them and for all.
func checkScan(t *testing.T, data []byte, plain, careful scan) {
	t.Helper()
	a, b := &Block{Data: data, Packets: make([]Packet, 0, len(data))}, &Block{Data: data}
	stop, fault := plain(a, 1000)
	wantStop, wantFault := careful(b, 1000)
	if stop != wantStop || (fault == nil) != (wantFault == nil) || fault != nil && *fault != *wantFault {
		t.Errorf("stopped at %+v, %v instead of %+v, %v", stop, fault, wantStop, wantFault)
	}
	if !slices.Equal(a.Packets, b.Packets) {
		t.Errorf("packets\n%v\ninstead of\n%v", a.Packets, b.Packets)
	}
}

// scanCarefully is scan without the loop over Enhanced Packet Blocks.
func (n *pcapng) scanCarefully(b *Block, base int64) (rest, *FormatError) {
	for off := int64(0); ; {
		if n.skipping == 0 {
			n.record = base + off
		}
		used, need, problem := n.next(b, int(off))
		if problem != "" {
			return rest{next: off}, &FormatError{Offset: n.record, Problem: problem}
		}
		off += used
		if off > int64(len(b.Data)) {
			need = ngTrailer
		}
		if need != 0 {
			return rest{next: off, need: need, record: n.record}, nil
		}
	}
}
