package analysis

import (
	"container/heap"
	"errors"
	"io"
)

// merge yields the parts of several sources in order of their keys.
type merge struct {
	heads []head
}

type head struct {
	key uint64
	b   []byte
	src source
}

func newMerge(sources []source) (*merge, error) {
	m := &merge{}
	for _, s := range sources {
		h := head{src: s}
		if err := h.advance(); errors.Is(err, io.EOF) {
			continue
		} else if err != nil {
			return nil, err
		}
		m.heads = append(m.heads, h)
	}
	heap.Init(m)
	return m, nil
}

func (h *head) advance() (err error) {
	h.key, h.b, err = h.src.next(h.b[:0])
	return err
}

// next appends the bytes of the next part to dst; io.EOF at the end.
func (m *merge) next(dst []byte) (key uint64, b []byte, err error) {
	if len(m.heads) == 0 {
		return 0, dst, io.EOF
	}
	h := &m.heads[0]
	key, b = h.key, append(dst, h.b...)
	switch err := h.advance(); {
	case errors.Is(err, io.EOF):
		heap.Pop(m)
	case err != nil:
		return 0, dst, err
	default:
		heap.Fix(m, 0)
	}
	return key, b, nil
}

// peek returns the key of the next part.
func (m *merge) peek() (key uint64, ok bool) {
	if len(m.heads) == 0 {
		return 0, false
	}
	return m.heads[0].key, true
}

// Len, Less, Swap, Push and Pop implement heap.Interface.
func (m *merge) Len() int           { return len(m.heads) }
func (m *merge) Less(i, j int) bool { return m.heads[i].key < m.heads[j].key }
func (m *merge) Swap(i, j int)      { m.heads[i], m.heads[j] = m.heads[j], m.heads[i] }
func (m *merge) Push(x any)         { m.heads = append(m.heads, x.(head)) }
func (m *merge) Pop() any {
	last := m.heads[len(m.heads)-1]
	m.heads = m.heads[:len(m.heads)-1]
	return last
}
