package analysis

import (
	"errors"
	"io"
	"math"
)

// merge yields the parts of several sources in order of their keys. Its heads are a binary heap: none has a smaller
// key than its parent.
type merge struct {
	heads  []head
	queues []queue
	rival  uint64 // the smallest key but the top's: as long as that is not beyond it, the top stays
}

// head is a key of the heap, and whose it is.
type head struct {
	key   uint64 // of the next part
	queue int
}

// queue is what a source has yielded. There always is a next part.
type queue struct {
	next    int // its place
	entries []entry
	data    []byte
	src     source
}

// noRival is the rival of a head that is alone.
const noRival uint64 = math.MaxUint64

func newMerge(sources []source) (*merge, error) {
	m := &merge{rival: noRival}
	for _, s := range sources {
		q := queue{src: s}
		if err := q.refill(); errors.Is(err, io.EOF) {
			continue
		} else if err != nil {
			return nil, err
		}
		m.heads = append(m.heads, head{q.entries[0].key, len(m.queues)})
		m.queues = append(m.queues, q)
	}
	for i := len(m.heads)/2 - 1; i >= 0; i-- {
		m.sink(i)
	}
	m.findRival()
	return m, nil
}

// refill asks the source for more.
func (q *queue) refill() (err error) {
	q.next = 0
	q.data, q.entries, err = q.src.next()
	return err
}

// next appends the bytes of the next part to dst; io.EOF at the end.
func (m *merge) next(dst []byte) (key uint64, b []byte, err error) {
	if len(m.heads) == 0 {
		return 0, dst, io.EOF
	}
	top, bytes := m.top()
	key, b = top.key, append(dst, bytes...)
	if err := m.advance(top); err != nil {
		return 0, dst, err
	}
	return key, b, nil
}

// top is the head with the smallest key, and the bytes of the next part, which are the source's own.
func (m *merge) top() (*head, []byte) {
	top := &m.heads[0]
	q := &m.queues[top.queue]
	e := &q.entries[q.next]
	return top, q.data[e.off : e.off+e.len]
}

// advance passes over the next part, which is that of top.
func (m *merge) advance(top *head) error {
	q := &m.queues[top.queue]
	next := q.next + 1
	if next >= len(q.entries) {
		return m.refill(q)
	}
	q.next, top.key = next, q.entries[next].key
	if top.key > m.rival {
		m.sink(0)
		m.findRival()
	}
	return nil
}

// refill asks for more where the top has no part left, and takes it away if there is none.
func (m *merge) refill(q *queue) error {
	switch err := q.refill(); {
	case err == nil:
		m.heads[0].key = q.entries[0].key
	case errors.Is(err, io.EOF):
		last := len(m.heads) - 1
		m.heads[0], m.heads = m.heads[last], m.heads[:last]
	default:
		return err
	}
	m.sink(0)
	m.findRival()
	return nil
}

// findRival looks for the smallest key but the top's, which is one of the two below it.
func (m *merge) findRival() {
	switch heads := m.heads; {
	case len(heads) > 2:
		m.rival = min(heads[1].key, heads[2].key)
	case len(heads) == 2:
		m.rival = heads[1].key
	default:
		m.rival = noRival
	}
}

// peek returns the key of the next part.
func (m *merge) peek() (key uint64, ok bool) {
	if len(m.heads) == 0 {
		return 0, false
	}
	return m.heads[0].key, true
}

// sink puts the head at a place under those with smaller keys.
func (m *merge) sink(at int) {
	heads := m.heads
	if at >= len(heads) {
		return
	}
	sinking := heads[at]
	for {
		child := 2*at + 1
		if uint(child) >= uint(len(heads)) {
			break
		}
		least := heads[child]
		if right := child + 1; uint(right) < uint(len(heads)) && heads[right].key < least.key {
			child, least = right, heads[right]
		}
		if sinking.key <= least.key {
			break
		}
		heads[at], at = least, child
	}
	heads[at] = sinking
}
