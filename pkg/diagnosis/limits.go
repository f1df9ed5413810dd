package diagnosis

const (
	// maxEndpoints, maxAddresses, maxNames and maxPairs bound a Tally: about 38 MB in all when every one is
	// full. Only endpoints that were sent a ClientHello or speak TLS are kept, and pairs only of clients that went
	// through, so neither a SYN flood nor a port scan fills those. maxPlaces bounds what is known of connections that
	// did not go through, of several captures or with a NAT: 17 MB more; maxOnward the attempts of hosts that failed: 9 MB; maxSilent
	// whom some of these were to: half a MB; maxStrays the answers that belong to no connection: 6 MB.
	maxEndpoints = 1 << 16
	maxAddresses = 1 << 16
	maxNames     = 1 << 17
	maxPairs     = 1 << 18
	maxPlaces    = 1 << 16
	maxOnward    = 1 << 15
	maxSilent    = 1 << 15
	maxStrays    = 1 << 14

	// maxSampled bounds the handshakes by which it is known which captures show the same: 4 MB, and 25 MB for the ways between
	// the captures where each is of another server. Of more a sample is as good.
	maxSampled = 1 << 13

	// maxHellos bounds the handshakes that are known again in another capture, and the endpoints of those that went through, for
	// each worker: 134 MB each, where several are given. Beyond that, which ones are depends on how many workers there are.
	maxHellos = 1 << 22

	// maxQuoted bounds what a sentence quotes of a name or an answer: a name may have 64 KiB, and nobody reads
	// more than this of one.
	maxQuoted = 80

	// sentencesSize is how many bytes of sentences share a piece of memory: some thirty of them. A kept one keeps them all.
	sentencesSize = 4 << 10

	// maxRemarks bounds what is added to a sentence. More than this is no longer one sentence.
	maxRemarks = 4

	// maxQuery bounds what Search compares: error messages are shorter.
	maxQuery = 4 << 10

	// maxEditLength bounds the texts that Nearest compares; the longest code has 27 characters.
	maxEditLength = 64
)
