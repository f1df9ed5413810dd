package analysis

import (
	"errors"
	"io"
)

// merge yields the parts of several sources in order of their keys. Its heads are a binary heap: none has a smaller
// key than the one at half its place, counted from 1.
type merge struct {
	heads []*head
}

// head is the next part of a source. Its bytes are the source's own.
type head struct {
	key uint64
	b   []byte
	src source
}

func newMerge(sources []source) (*merge, error) {
	m := &merge{}
	for _, s := range sources {
		h := &head{src: s}
		if err := h.advance(); errors.Is(err, io.EOF) {
			continue
		} else if err != nil {
			return nil, err
		}
		m.heads = append(m.heads, h)
	}
	for i := len(m.heads) / 2; i > 0; i-- {
		m.sink(i)
	}
	return m, nil
}

func (h *head) advance() (err error) {
	h.key, h.b, err = h.src.next()
	return err
}

// next appends the bytes of the next part to dst; io.EOF at the end.
func (m *merge) next(dst []byte) (key uint64, b []byte, err error) {
	if len(m.heads) == 0 {
		return 0, dst, io.EOF
	}
	h := m.heads[0]
	key, b = h.key, append(dst, h.b...)
	if err := m.advance(); err != nil {
		return 0, dst, err
	}
	return key, b, nil
}

// advance passes over the next part.
func (m *merge) advance() error {
	switch err := m.heads[0].advance(); {
	case errors.Is(err, io.EOF):
		last := len(m.heads) - 1
		m.heads[0], m.heads = m.heads[last], m.heads[:last]
	case err != nil:
		return err
	}
	m.sink(1)
	return nil
}

// peek returns the key of the next part.
func (m *merge) peek() (key uint64, ok bool) {
	if len(m.heads) == 0 {
		return 0, false
	}
	return m.heads[0].key, true
}

// sink puts the head at a place, counted from 1, under those with smaller keys.
func (m *merge) sink(at int) {
	if at > len(m.heads) {
		return
	}
	h := m.heads[at-1]
	for {
		child := 2 * at
		if child > len(m.heads) {
			break
		}
		if child < len(m.heads) && m.heads[child].key < m.heads[child-1].key {
			child++
		}
		if h.key <= m.heads[child-1].key {
			break
		}
		m.heads[at-1], at = m.heads[child-1], child
	}
	m.heads[at-1] = h
}
