// Package quic reads the handshake of a QUIC connection from outside: versions 1
// (RFC 9000, RFC 9001) and 2 (RFC 9369) and the drafts from 22 on.
//
// Initial packets are protected with keys that follow from the connection ID
// that the client chose, so whoever sees the first of them can read the
// ClientHello, the ServerHello and a connection that is refused. All else is
// opaque: of Handshake, 0-RTT and 1-RTT packets only their existence, direction
// and length are known, and in this order they tell how far the handshake went.
//
// What cannot be read is reported with the reason, never passed over.
package quic
