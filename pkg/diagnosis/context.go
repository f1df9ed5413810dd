package diagnosis

import "time"

// Context is what other connections and the end of the capture contribute to a verdict. The zero value is
// that of a connection that nothing else is known about.
type Context struct {
	// End is the time of the last packet of the connection's timeline, in nanoseconds since the Unix epoch, or
	// of the latest packet so far in a live capture. It says for how long nothing more came.
	End int64
	// Lull is for how long the capture had no packet at all behind End, before it went on, 0 if End is its end.
	Lull time.Duration
	// Lossy says that the capture is known to have lost packets after the last that it has of the connection. Between those that it
	// has, sequence numbers tell.
	Lossy bool
	// Named says that the user named the server's endpoint.
	Named bool
	// AnyTLS says that some connection of the capture spoke TLS.
	AnyTLS bool
	// ServerSeen says that a packet of the server's address was captured, in whatever connection.
	ServerSeen bool
	// OneWay says that no packet of any server was captured, in whatever connection: the capture may have one direction only.
	OneWay bool
	// EndpointTLS says that TLS of either side was seen at the server's address and port, or in a tunnel through it.
	EndpointTLS bool
	// EndpointPlain says that the server answered in plaintext at its address and port, a hello among others, and not that it expects TLS.
	EndpointPlain bool
	// AgreesToTLS says that the server agreed there when a client asked for TLS, with STARTTLS or what a protocol has in its place, and
	// RefusesTLS that it refused.
	AgreesToTLS, RefusesTLS bool
	// Silent says that a SYN to the server's address and port was sent again, and that no answer came to it.
	Silent bool
	// Endpoint is what all connections to the server's address and port did, this one included. Behind a CONNECT or SOCKS
	// proxy these are only those to the same target, unless the proxy said nothing to the request.
	Endpoint Counts
	// SameClient says whether the same client address went through with the same endpoint, by whether its
	// hello named a server: index WithoutSNI or WithSNI.
	SameClient [2]bool
	// SameOffer says whether moreover one of these offered what this connection's hello does, as where it is the same program.
	SameOffer [2]bool
	// OtherOffer says whether it is known that each of these offered something else.
	OtherOffer [2]bool
	// Name is what hellos with this name did at this endpoint, this one included.
	Name Outcomes
	// SameClientName says that the same client address went through with the same name at this address and port, by
	// whatever transport: browsers try two at once.
	SameClientName bool
	// SameOfferName is to SameClientName what SameOffer is to SameClient.
	SameOfferName bool
	// Elsewhere is what captures show that were made nearer to the client, and nearer to the server.
	Elsewhere [2]Elsewhere
	// Absent says that a capture nearer to the server has no packet of the connection, and nearly all that went through to
	// the server.
	Absent bool
	// Astray is an answer to the connection that came from another address.
	Astray Astray
	// Onward is what the server's host had failed to reach while it had the connection.
	Onward Onward
}
