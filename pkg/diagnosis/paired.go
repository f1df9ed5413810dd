package diagnosis

// A transparent proxy on the host of a capture takes a client's connection in the server's name, and opens one to the server in the client's.

// remarkPaired says which of both a connection is.
func remarkPaired(b []byte, v *view, named, plain *rule) []byte {
	switch {
	case !v.Paired, len(remarkElsewhere(b, v, named, plain)) > len(b): // which names it
		return b
	case comesIn(v.Record):
		b = append(b, "a transparent proxy on the host of this capture took the connection in the server's name, and opened another one to the server in the client's"...)
		if e := &v.c.Elsewhere[server]; e.ended[server].happened() {
			b = append(append(b, ", which the server ended by "...), e.endWord()...)
		}
		return b
	}
	return append(b, "a transparent proxy on the host of this capture opened the connection in the client's name"...)
}

const fixPaired = "look at the transparent proxy on the host of this capture, which took the connection in the server's name: at what its log says of it, and at its rules and time-outs"
