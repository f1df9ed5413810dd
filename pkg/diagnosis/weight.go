package diagnosis

// weight is the severity of a connection that was never set up: an error where TLS was surely meant, else only
// worth counting, since captures are full of scans and of ports that nobody cares for. A ClientHello shows what is meant, also
// where the server never answered one, or where it is in the very datagram that was refused.
func (v *view) weight() Severity {
	if v.c.Named || !v.c.AnyTLS || v.c.EndpointTLS || v.tlsSeen() || usualTLSPort(v.Endpoints[server].Port()) {
		return Error
	}
	return Info
}

// usualTLSPort holds for ports where TLS begins with the first byte: those that IANA registers for it, and the
// customary ones of gateways and clusters.
func usualTLSPort(port uint16) bool {
	switch port {
	case 443, 8443, 9443, // https and its usual substitutes
		465, 563, 636, 853, 989, 990, 991, 992, 993, 994, 995, // smtps, nntps, ldaps, dns, ftps … pop3s
		2376,       // docker
		3269,       // global catalogue over TLS
		5061, 5671, // sips, amqps
		5223, 5349, // xmpp, stuns
		6443,       // kubernetes
		6514, 6697, // syslog, irc
		8883: // mqtt
		return true
	}
	return false
}
