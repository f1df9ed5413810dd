package decode

import "encoding/binary"

// etherCMD announces Cisco metadata, by which switches pass on security group tags.
const etherCMD = 0x8909

// cmd takes a Cisco metadata header: a version, a number of options of four bytes each, and the EtherType of what
// follows them. The first three bits of an option are its length, where 0 stands for 4 as well.
func cmd(w *walk) step {
	h := w.take(2)
	if h == nil || !w.enter("cmd") {
		return nil
	}
	if h[0] != 1 {
		return w.skip(UnknownTunnel)
	}
	for range h[1] {
		option := w.take(4)
		if option == nil {
			return nil
		}
		if n := option[0] >> 5; n != 0 && n != 4 {
			return w.skip(Malformed)
		}
	}
	if h = w.take(2); h == nil {
		return nil
	}
	return w.ethertype(binary.BigEndian.Uint16(h))
}
