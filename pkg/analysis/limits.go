package analysis

import "time"

// inFlight is how many blocks exist for so many workers: so many that these seldom wait for each other or for the readers,
// because of scheduling, and so few that what was decoded of them is still in the processor's caches when its turn comes. One
// worker runs when the readers do not: what they read is still there then if it is a single block.
func inFlight(workers int) int {
	if workers == 1 {
		return 1
	}
	return min(3*workers, 16)
}

// lookAhead is how many segments are looked up before the first is taken: more than the processor can wait for at a
// time, and so few that what was read is still in its first-level cache.
const lookAhead = 32

// maxMemory is how many bytes of finished records all workers together keep in memory before they are sorted and
// put into a temporary file: the report of a capture of any size then needs no more. It is enough for 150,000 connections;
// writing those of more and reading them again takes a tenth of the time.
const maxMemory = 64 << 20

// manyEntries is from how many entries of all workers' tables on collecting what they took pays: some 20 MB.
const manyEntries = 1 << 17

// collectAfter is after which part of the tables that is done at the end of a capture: an ending takes half as much as an
// entry, so those of the other two thirds fit into what a third gives back.
const collectAfter = 3

// chunkSize is how much of that is sorted at a time, and chunkSlack what a part may take beyond it: the longest has
// 32 names of a certificate and as many protocols.
const (
	chunkSize  = 1 << 20
	chunkSlack = 32 << 10
)

// spillBuffer is what each run of a temporary file is written and read back through: little enough to stay in cache.
const spillBuffer = 64 << 10

// lookBatch is how many connections are judged and rendered at a time: enough to make handing them over cheap, and so few
// that all batches together, at three kilobytes a connection, stay in the processors' second-level caches.
const lookBatch = 64

// deskPause is for how long connections that ended in a live capture wait for those that ended with them, of other workers, before they
// are judged: too short for anybody to notice.
const deskPause = 10 * time.Millisecond

// maxOpen is how many bytes of what is known of connections whose handshake is settled are kept until they are over, in a
// live capture: some 200,000 of them. Beyond it, the oldest are reported without their end.
const maxOpen = 64 << 20

// windowLength is for how long what connections do counts, at least, in judging others of a live capture; at most it is
// twice as long.
const windowLength = 10 * time.Minute

// hangingAfter is for how long a handshake has stood still that hangs: longer than a round trip across the world, a lost packet, or
// a server at work. hangingEvery is how much packet time passes between two looks at all handshakes.
const (
	hangingAfter = 3 * time.Second
	hangingEvery = time.Second
)

// lookBytes ends a batch early where packets are held, of which a connection may have 64 KiB.
const lookBytes = 1 << 20

// maxFragments is how many bytes of packets with fragments are held until their datagrams are whole: four times what
// decode holds of their payload, because it gives up each for itself and these go in order of arrival.
const maxFragments = 16 << 20

// reordering is how far back in time a packet may lie behind the one captured before it: several processors capture
// at once. A rotated file may begin so much before the last one ended.
const reordering = int64(time.Millisecond)

// maxTwins bounds the client randoms that are remembered to recognise a connection seen twice; the two sides of
// a proxy lie close together, so the oldest are forgotten first.
const maxTwins = 1 << 20

// maxLiveTwins is the same in a live capture, which lasts: 65,000 take 5 MB, and both sides of a proxy are seen within
// seconds.
const maxLiveTwins = 1 << 16
