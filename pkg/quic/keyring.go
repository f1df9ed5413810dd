package quic

// keyring holds the keys of a connection's Initial packets, the present ones
// first.
type keyring struct {
	sets        [maxKeySets]keySet
	n           int // in use
	derivations int
	limited     bool // keys were needed and not derived for the bound
}

// has reports whether the keys are there that follow from a connection ID.
func (r *keyring) has(version uint32, destination connectionID) bool {
	for i := range r.sets[:r.n] {
		if s := &r.sets[i]; s.version == version && s.destination == destination {
			return true
		}
	}
	return false
}

// add makes s the present set and drops the oldest one where there is no room.
func (r *keyring) add(s keySet) {
	copy(r.sets[1:], r.sets[:])
	r.sets[0] = s
	r.n = min(r.n+1, maxKeySets)
}

// of returns one side's keys of a set, derived if need be, or nil where that is
// not possible.
func (r *keyring) of(s *keySet, client bool) *keys {
	k, label := &s.server, labelServer
	if client {
		k, label = &s.client, labelClient
	}
	if k.aead != nil {
		return k
	}
	if r.derivations == maxDerivations {
		r.limited = true
		return nil
	}
	r.derivations++
	derived, err := keysOf(protectionOf(s.version), s.destination, label)
	if err != nil {
		return nil
	}
	*k = derived
	return k
}
