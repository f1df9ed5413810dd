package conversation

import (
	"time"

	"github.com/sniscope/sniscope/pkg/decode"
)

// refusalTime is how long after the client's second flight a record of an alert's length may be the server's answer to
// it. Servers judge a certificate within milliseconds, and no path takes a second there and back; one that comes later
// is the close_notify with which a server ends a connection that nobody uses, mostly after three seconds or more.
const refusalTime = time.Second

// reactionTime is how soon a client closes that was refused, where the server does not close behind its alert. A client that reads
// an answer of two bytes, which is as long, takes its time.
const reactionTime = 100 * time.Millisecond

// clockSet is the earliest time that a clock shows which was ever set, 1995: before, there was no TLS. Devices without a battery
// begin in 1970, and captures that were edited may count from their first packet.
const clockSet = 788_918_400 * int64(time.Second)

// Servers that are not given a port by the system listen below leastEphemeral, from which on systems choose ports for clients
// (Linux; others from 49152 on), and below reservedPorts nobody chooses any.
const (
	reservedPorts  = 1 << 10
	leastEphemeral = 1 << 15
)

// maxAhead is how many records of a client are kept until the flight that they answer is there: its Certificate, its
// CertificateVerify, its Finished and a request.
const maxAhead = 4

// maxLead bounds the plaintext of one side that is kept before TLS begins or the connection is found to carry
// something else. The longest real preambles (a CONNECT request with its headers, the answer to EHLO, the
// features of an XMPP stream) stay well under it.
const maxLead = 4 << 10

// maxProxyHeaders bounds the PROXY headers that are taken off the front of one side: one, and another where a proxy stands
// behind a proxy and both add theirs. Each is listed, and the shortest has eight bytes.
const maxProxyHeaders = 2

// maxCommand bounds the part of a line of plaintext in which a command or the word of an answer is looked for: a tag stands
// before it, which clients of IMAP keep under ten characters, or the name of an IRC server, of 63 at most.
const maxCommand = 128

// maxUnfinished bounds the bytes that are held of handshake messages that are not complete, for the connections of one
// shard: 128 MiB for all. Messages are complete within a round trip, so that it is reached only where very many hellos
// lack their ends: those of 90,000 clients at a time that have sent one segment, or of 2,000 with 64 KiB each.
const maxUnfinished = 128 << 20 / decode.Shards

// maxRefusal and maxServerText bound what is quoted of a plaintext answer: enough to recognise it in a log.
const (
	maxRefusal    = 80
	maxServerText = 64
)

// maxALPN bounds the protocols listed of one ClientHello; browsers send two or three.
const maxALPN = 32

// maxName bounds a server_name as kept: RFC 1035 names have at most 255 bytes, and the extension can hold 64 KiB.
const maxName = 1 << 10

// pieceSize is how many bytes of texts share a piece of memory: ten names or so. A text that is kept keeps them all.
const pieceSize = 512

// listed is how many lists of strings that many connections share are kept: clients have few of protocols.
const listed = 256

// longestKept bounds what is kept for sharing: lists of protocols are shorter.
const longestKept = 512

// leavesKept is how many Certificate messages are remembered, and longestLeaf bounds each: chains have two to five kilobytes.
// What is kept of them are names, mostly one or two: a tenth of a megabyte, and eight if somebody does their worst.
const (
	leavesKept  = 1 << 10
	longestLeaf = 8 << 10
)
