package diagnosis

// What is captured in several places is summed for each place, and of what two of them show of an endpoint the greater number counts: a
// handshake of which both ends were captured is one. Which connection is the same as which cannot be told before all were seen.

// maxCaptures bounds the places that are summed apart; those beyond count as one.
const maxCaptures = 64

// sums are numbers of handshakes.
type sums struct {
	endpoints table[Counts]   // server address and port, behind a proxy also the target: TLS was seen there
	names     table[Outcomes] // endpoint and server name
}

func newSums() sums {
	return sums{newTable[Counts](maxEndpoints), newTable[Outcomes](maxNames)}
}

// add sums what was captured in the same place.
func (s *sums) add(o *sums) {
	s.endpoints.merge(&o.endpoints, func(into, from *Counts) { into.add(from) })
	s.names.merge(&o.names, func(into, from *Outcomes) { into.add(*from) })
}

// raise takes what was captured in another place where that is more.
func (s *sums) raise(o *sums) {
	s.endpoints.merge(&o.endpoints, (*Counts).raise)
	s.names.merge(&o.names, (*Outcomes).raise)
}

// Timeline says of a connection in which place it was captured, and up to when.
type Timeline struct {
	Capture int   // how often NextCapture was called before
	End     int64 // time of its last packet
}

// CompareCaptures has the Tally look for the same connection in several captures. In one, it looks beyond a NAT only.
func (t *Tally) CompareCaptures() { t.captures = true }

// NextCapture says that what is added from now on was captured in another place.
func (t *Tally) NextCapture() {
	t.Settle()
	if t.capture++; t.capture < maxCaptures {
		t.earlier = append(t.earlier, t.sums)
		t.sums = newSums()
	}
}

// mergeEarlier adds what o summed of the captures before the last.
func (t *Tally) mergeEarlier(o *Tally) {
	for i := range o.earlier {
		if i == len(t.earlier) {
			t.earlier = append(t.earlier, newSums())
		}
		t.earlier[i].add(&o.earlier[i])
	}
}

// Join makes one of what the captures show, once all is there.
func (t *Tally) Join() {
	t.Settle()
	for i := range t.earlier {
		t.raise(&t.earlier[i])
	}
	t.earlier = nil
}
