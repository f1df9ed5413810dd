package quic

const (
	// maxConnectionID is the longest connection ID in bytes that versions 1 and 2
	// allow (RFC 9000, Section 17.2).
	maxConnectionID = 20

	// minClientDestination is the shortest Destination Connection ID of a client's
	// first Initial in bytes (RFC 9000, Section 7.2).
	minClientDestination = 8

	// maxDerivations bounds how often keys are derived for one connection, which
	// takes as long as opening ten packets. One set serves most connections; a
	// Retry, Version Negotiation and a compatible version take one more each.
	maxDerivations = 8

	// maxKeySets is how many sets of keys are kept: the present ones and, for
	// packets that were overtaken, those before.
	maxKeySets = 2

	// maxVersions bounds the versions listed of a Version Negotiation packet. A
	// datagram has room for 300, and no server knows ten.
	maxVersions = 32

	// maxUsedIDs is how many connection IDs of 1-RTT packets are remembered of each
	// side. Packets of two of them may overtake each other when an endpoint goes over
	// from one to the next; more than one such change at a time is not to be expected.
	maxUsedIDs = 3
)
