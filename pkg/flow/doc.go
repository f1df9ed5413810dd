// Package flow is the only table of connections. It is given segments in capture order, one table per logical
// shard, and hands on, of every connection, the bytes of both sides in order while a Stream wants them, and what
// happened on the level of TCP: who opened it, who ended it and how, what was acknowledged, lost or forged.
//
// A connection passes through three forms, each as small as its purpose allows, because a table holds millions:
// an embryo, while nothing but SYN and SYN-ACK was seen; a conn with a handshake, which holds all that may
// explain why a handshake failed; and a conn alone, once the Stream is settled.
//
// Nothing here reads a clock or a file. Time is that of the packets; what is reported follows from the segments
// and their order alone.
package flow
