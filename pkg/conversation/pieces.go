package conversation

import "strings"

// pieces make texts that share memory: most are needed no longer than the record that they are of, and to look for an earlier
// copy of each costs more than to make one. The zero value is ready for use.
type pieces struct{ room strings.Builder }

// text returns b as a string.
func (p *pieces) text(b []byte) string {
	if p.room.Cap()-p.room.Len() < len(b) {
		p.room.Reset() // the texts keep what was
		p.room.Grow(max(pieceSize, len(b)))
	}
	begin := p.room.Len()
	p.room.Write(b)
	return p.room.String()[begin:]
}
