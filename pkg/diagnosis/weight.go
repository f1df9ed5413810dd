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
