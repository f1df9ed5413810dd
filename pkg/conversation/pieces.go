package conversation

import "strings"

// Pieces make texts that share memory: most are needed no longer than the record or the row that they are of, and to look for an
// earlier copy of each costs more than to make one. One that is kept keeps its whole piece. The zero value is ready for use.
type Pieces struct{ room strings.Builder }

// Text returns b as a string, in a piece of so many bytes, or more where it is longer.
func (p *Pieces) Text(b []byte, size int) string {
	if p.room.Cap()-p.room.Len() < len(b) {
		p.room.Reset() // the texts keep what was
		p.room.Grow(max(size, len(b)))
	}
	begin := p.room.Len()
	p.room.Write(b)
	return p.room.String()[begin:]
}
