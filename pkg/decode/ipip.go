package decode

// ipInIP takes the header of a tunnel that has none (RFC 2003; RFC 4213; RFC 2473).
func ipInIP(w *walk) step {
	name, next := "ipip", step(ipv4)
	switch v4 := w.ip.protocol == protoIPv4; {
	case v4 && w.ip.v6:
		name = "4in6"
	case !v4 && w.ip.v6:
		name, next = "6in6", ipv6
	case !v4:
		name, next = "6in4", ipv6
	}
	if !w.enter(name) {
		return nil
	}
	return next
}
