// Package tlswire turns bytes into TLS structures: records, handshake messages,
// hellos, the server's certificate and alerts. It does no I/O and knows nothing
// of packets.
//
// What it reads was written by strangers and may be cut anywhere, so two kinds
// of failure are kept apart. [ErrShort] says that the bytes ran out,
// [ErrMalformed] that bytes are there and cannot be what they claim to be.
// Either way what was decoded before the fault stays in the result.
//
// Byte slices in results alias the input. The Unmarshal methods reuse the
// slices of their receiver, so decoding into the same value again and again
// allocates nothing.
package tlswire
