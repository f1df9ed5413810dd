package flow

import "slices"

// queue is what is known of the segments of one side that wait in the reassembly for a hole to be filled.
type queue struct {
	id    uint64 // of its stream in the reassembly
	base  uint64 // stream offset at which that stream begins
	next  uint64 // stream offset up to which the reassembly has given everything out
	held  int    // pages accounted for in Table.pages
	hs    *handshake
	side  Side
	marks []span // segments by their start; a queued segment that a newer one covers is gone
	voids []void // ranges inside that were never captured, by their start
	extra int    // pages that the reassembly may have needed beyond those of the marks
}

// void is a range that the reassembly was given zeros for.
type void struct {
	span
	why Incomplete
}

// first is the offset of the first segment that waits.
func (q *queue) first() uint64 { return q.marks[0].from }

// end is the offset behind the last byte that waits.
func (q *queue) end() (end uint64) {
	for _, m := range q.marks {
		end = max(end, m.to)
	}
	return end
}

// pages bounds how many pages wait in the reassembly.
func (q *queue) pages() int {
	n := q.extra
	for _, m := range q.marks {
		n += pagesOf(m)
	}
	return n
}

func pagesOf(s span) int { return int(s.to-s.from+pageBytes-1) / pageBytes }

// add notes a segment, of which the bytes from offset have on were not captured.
func (q *queue) add(s span, have uint64) {
	q.hide(span{s.from, have})
	if have < s.to {
		q.hide(span{have, s.to})
		q.blank(span{have, s.to}, IncompleteSnaplen)
	}
	q.marks = slices.DeleteFunc(q.marks, func(m span) bool { return s.from <= m.from && m.to <= s.to })
	for _, m := range q.marks {
		if m.from <= s.from && s.to <= m.to {
			q.extra++
			return
		}
	}
	i := 0
	for i < len(q.marks) && q.marks[i].from < s.from {
		i++
	}
	q.marks = slices.Insert(q.marks, i, s)
}

// blank notes a range that holds zeros.
func (q *queue) blank(s span, why Incomplete) {
	i := 0
	for i < len(q.voids) && q.voids[i].from < s.from {
		i++
	}
	q.voids = slices.Insert(q.voids, i, void{s, why})
}

// hide takes a range out of the voids, because newer bytes lie there.
func (q *queue) hide(s span) {
	for i := 0; i < len(q.voids); i++ {
		v := q.voids[i]
		if v.overlap(s).empty() {
			continue
		}
		q.voids = slices.Delete(q.voids, i, i+1)
		i--
		if s.to < v.to {
			q.voids = slices.Insert(q.voids, i+1, void{span{s.to, v.to}, v.why})
			i++
		}
		if v.from < s.from {
			q.voids = slices.Insert(q.voids, max(i, 0), void{span{v.from, s.from}, v.why})
			i++
		}
	}
}

// piece is the next run of bytes up to an offset that came in one packet, or is void.
func (q *queue) piece(from, to uint64) (s span, why Incomplete) {
	s = span{from, to}
	for _, m := range q.marks {
		if from < m.from && m.from < s.to {
			s.to = m.from
		}
	}
	for _, v := range q.voids {
		switch {
		case v.from <= from && from < v.to:
			return span{from, min(v.to, to)}, v.why
		case from < v.from && v.from < s.to:
			s.to = v.from
		}
	}
	return s, 0
}

// drop forgets what lies before an offset.
func (q *queue) drop(before uint64) {
	q.marks = slices.DeleteFunc(q.marks, func(m span) bool { return m.to <= before })
	q.voids = slices.DeleteFunc(q.voids, func(v void) bool { return v.to <= before })
}
