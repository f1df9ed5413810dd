package diagnosis

// truth is what a capture can say of a statement about a connection. Missing is not unknown, and unknown is
// not missing: what the capture lacks is unknown here and stays so through every conclusion (Kleene's logic).
type truth uint8

const (
	no truth = iota
	unknown
	yes
)

// is turns what was seen into a truth.
func is(b bool) truth {
	if b {
		return yes
	}
	return no
}

// not holds when t does not.
func not(t truth) truth { return yes - t }

// all holds when each of its parts does.
func all(parts ...truth) truth {
	t := yes
	for _, p := range parts {
		t = min(t, p)
	}
	return t
}

// either holds when one of its parts does.
func either(parts ...truth) truth {
	t := no
	for _, p := range parts {
		t = max(t, p)
	}
	return t
}
