package decode

import "encoding/binary"

// etherCMD announces Cisco metadata (draft-smith-kandula-sxp), by which switches pass on security group tags.
const etherCMD = 0x8909

// cmd takes a Cisco metadata header: a version, its length in units of eight bytes with the EtherType that announced
// it, options, and behind these the EtherType of what follows.
func cmd(w *walk) step {
	h := w.take(2)
	switch {
	case h == nil:
		return nil
	case h[0] != 1:
		return w.skip(UnknownTunnel)
	case h[1] == 0:
		return w.skip(Malformed)
	}
	if !w.enter("cmd") || w.take(int(h[1])*8-4) == nil {
		return nil
	}
	if h = w.take(2); h == nil {
		return nil
	}
	return w.ethertype(binary.BigEndian.Uint16(h))
}
