package decode

// tunnelPorts reports whether datagrams between the ports may be tunnels, so that the fast path leaves them alone.
func tunnelPorts(src, dst uint16) bool {
	switch dst {
	case portVXLAN, portVXLANLinux, portVXLANInner, portVXLANOuter, portVXLANGPE, portGeneve, portGTP, portTeredo, portL2TP, portMPLS:
		return true
	}
	return src == portTeredo || src == portL2TP
}

// udpTunnel returns the step into the tunnel that a UDP datagram between the ports carries, nil if what it carries
// does not look like one: a port is no proof. Teredo and L2TP answer from theirs. The cursor is on the UDP header.
func (w *walk) udpTunnel(src, dst uint16) step {
	data := w.rest()
	data = data[min(8, len(data)):]
	switch {
	case isVXLAN(dst) && plausibleVXLAN(data):
		return vxlan
	case dst == portVXLANGPE && plausibleGPE(data):
		return vxlanGPE
	case dst == portGeneve && plausibleGeneve(data):
		return geneve
	case dst == portMPLS && plausibleMPLS(data, w.wire-w.pos-8):
		return mplsInUDP
	case dst == portGTP && plausibleGTP(data, w.wire-w.pos-8):
		return gtp
	case (src == portTeredo || dst == portTeredo) && plausibleTeredo(data, w.wire-w.pos-8):
		return teredo
	case (src == portL2TP || dst == portL2TP) && plausibleL2TP(data, w.wire-w.pos-8):
		return l2tp
	}
	return nil
}
