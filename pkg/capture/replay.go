package capture

import "io"

// replay is an input whose beginning has been looked at. It gives those bytes again, and then goes on reading.
// An error, io.EOF too, is final: r is not asked again, for a terminal would wait for more.
type replay struct {
	head []byte
	r    io.Reader
	err  error
}

func (s *replay) Read(p []byte) (int, error) {
	if len(s.head) > 0 {
		n := copy(p, s.head)
		s.head = s.head[n:]
		return n, nil
	}
	if s.err != nil {
		return 0, s.err
	}
	n, err := s.r.Read(p)
	s.err = err
	return n, err
}

// peek returns at least want bytes of what comes next, up to sniffSize, or fewer if the input ends or fails
// before.
func (s *replay) peek(want int) []byte {
	if len(s.head) < want && s.err == nil {
		buf := make([]byte, len(s.head), sniffSize)
		copy(buf, s.head)
		s.head, s.err = readAtLeast(s.r, buf, want, sniffSize)
	}
	return s.head
}
