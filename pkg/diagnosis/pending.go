package diagnosis

// pending are outcomes on their way into the tables of a Tally.
type pending struct {
	n       int
	list    [pendingMost]outcome
	touched uint64 // of no meaning: what was read ahead
}

// pendingMost is how many wait for each other: as many as the processor can read slots for at the same time.
const pendingMost = 16

// outcome is that of a handshake, and the keys that it counts under; 0 is none.
type outcome struct {
	Outcomes
	name, client, reached uint64
	offer                 uint16
}

// next returns the place of another one. There is one unless it is full.
func (p *pending) next() *outcome {
	p.n++
	return &p.list[p.n-1]
}

func (p *pending) full() bool { return p.n == len(p.list) }

// Settle puts what was added where Context finds it. Tables of many connections are in no cache, so all the slots that
// are needed are read before the first is used: the processor waits for them at the same time.
func (t *Tally) Settle() {
	p := &t.pending
	if p.n == 0 {
		return // and write nothing: several may read
	}
	list := p.list[:p.n]
	for i := range list {
		o := &list[i]
		p.touched += t.names.home(o.name) + t.clients.home(o.client) + t.reached.home(o.reached)
	}
	for i := range list {
		t.settle(&list[i])
	}
	p.n = 0
}

// settle puts one outcome into the tables.
func (t *Tally) settle(o *outcome) {
	if o.name != 0 {
		if n := t.names.at(o.name); n != nil {
			n.add(o.Outcomes)
		}
	}
	if o.client != 0 {
		if c := t.clients.at(o.client); c != nil {
			c.add(o.offer)
		}
	}
	if o.reached != 0 {
		if r := t.reached.at(o.reached); r != nil {
			r.add(o.offer)
		}
	}
}
