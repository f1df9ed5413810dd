package decode

// etherIP takes an Ethernet frame in IP (RFC 3378, Section 3): version 3, and twelve bits that are zero.
func etherIP(w *walk) step {
	h := w.take(2)
	switch {
	case h == nil:
		return nil
	case h[0] != 0x30 || h[1] != 0:
		return w.skip(UnknownTunnel)
	case !w.enter("etherip"):
		return nil
	}
	return ethernet
}
