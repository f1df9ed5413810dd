package decode

// tunnelPort reports whether datagrams to the port may be tunnels, so that the fast path leaves them alone.
func tunnelPort(dst uint16) bool {
	switch dst {
	case portVXLAN, portVXLANLinux, portVXLANGPE, portGeneve, portGTP:
		return true
	}
	return false
}

// udpTunnel returns the step into the tunnel that a UDP datagram to the port carries, nil if what it carries
// does not look like one: a port is no proof. The cursor is on the UDP header.
func (w *walk) udpTunnel(dst uint16) step {
	data := w.rest()
	data = data[min(8, len(data)):]
	switch {
	case (dst == portVXLAN || dst == portVXLANLinux) && plausibleVXLAN(data):
		return vxlan
	case dst == portVXLANGPE && plausibleGPE(data):
		return vxlanGPE
	case dst == portGeneve && plausibleGeneve(data):
		return geneve
	case dst == portGTP && plausibleGTP(data, w.wire-w.pos-8):
		return gtp
	}
	return nil
}
