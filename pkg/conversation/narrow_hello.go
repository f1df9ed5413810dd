package conversation

import (
	"encoding/binary"

	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/tlswire"
)

// helloLen is what every hello takes in the narrow form: two words, its random, its JA3 and its offer. JA4 and the name follow.
const (
	helloLen  = 8 + 8 + 32 + 16 + 2
	answerLen = 8
	ja4Len    = 36
	nameBits  = 10
)

// put writes a hello, its events and its texts excepted.
func (h *Hello) put(b []byte) (n int, over uint64) {
	_ = b[:helloLen+ja4Len+1<<nameBits]
	fixed := (*[helloLen]byte)(b)
	size, segments, name := uint64(h.Bytes), uint64(h.Segments), uint64(len(h.Name))
	binary.LittleEndian.PutUint64(fixed[0:], uint64(h.State)|uint64(h.SNI)<<3|uint64(h.Incomplete)<<6|
		uint64(h.MaxVersion)<<14|bit(h.OverMSS)<<30|bit(h.ECH)<<31|bit(h.SSLv2)<<32|
		bit(h.FallbackSCSV)<<33|bit(h.PreSharedKey)<<34|bit(h.EarlyData)<<35|bit(h.Retried)<<36|
		bit(h.JA4 != "")<<37|bit(h.Only13)<<38|size<<40)
	binary.LittleEndian.PutUint64(fixed[8:], h.EndOffset|uint64(h.SNIOffset)<<24|segments<<44|name<<54)
	*(*[32]byte)(fixed[16:]), *(*[16]byte)(fixed[48:]) = h.Random, h.JA3
	binary.LittleEndian.PutUint16(fixed[64:], h.Offer)
	over = uint64(uint8(h.State)|uint8(h.SNI))>>3 | (size|h.EndOffset)>>24 | uint64(h.SNIOffset)>>20 | (segments|name)>>10 |
		uint64(h.Fault.Offset) // only the wide form has a fault
	n = helloLen
	if h.JA4 != "" {
		over |= uint64(len(h.JA4) ^ ja4Len)
		n += copy(b[n:n+ja4Len], h.JA4)
	}
	return n + copy(b[n:n+1<<nameBits], h.Name), over
}

// set reads what put wrote.
func (h *Hello) set(c *codec) {
	b := c.take(helloLen)
	if b == nil {
		return
	}
	w := binary.LittleEndian.Uint64(b)
	h.State, h.SNI, h.Incomplete = HelloState(w&7), tlswire.SNIState(w>>3&7), flow.Incomplete(w>>6)
	h.MaxVersion = uint16(w >> 14)
	h.OverMSS, h.ECH, h.SSLv2 = w>>30&1 != 0, w>>31&1 != 0, w>>32&1 != 0
	h.FallbackSCSV, h.PreSharedKey, h.EarlyData, h.Retried = w>>33&1 != 0, w>>34&1 != 0, w>>35&1 != 0, w>>36&1 != 0
	h.Only13 = w>>38&1 != 0
	h.Bytes = int(w >> 40)
	v := binary.LittleEndian.Uint64(b[8:])
	h.EndOffset, h.SNIOffset, h.Segments = v&(1<<24-1), int(v>>24&(1<<20-1)), int(v>>44&(1<<10-1))
	h.Random, h.JA3, h.Offer = [32]byte(b[16:48]), [16]byte(b[48:64]), binary.LittleEndian.Uint16(b[64:])
	if w>>37&1 != 0 {
		h.JA4 = c.known.texts.Text(c.take(ja4Len), pieceSize)
	}
	h.Name = c.known.texts.Text(c.take(int(v>>54)), pieceSize)
}

// put writes an answer, its events and its texts excepted.
func (a *Answer) put(b *[answerLen]byte) (over uint64) {
	after := uint64(a.RecordsAfterDone)
	binary.LittleEndian.PutUint64(b[:], uint64(a.Version)|uint64(a.Cipher)<<16|bit(a.Resumed)<<32|bit(a.CertRequested)<<33|
		bit(a.CertNamesFromCN)<<34|bit(a.CertMatches)<<35|bit(a.ErrorRecord)<<36|bit(a.CertSelfIssued)<<37|bit(a.CertAlone)<<38|
		uint64(a.CertValidity)<<39|uint64(a.Again)<<41|after<<43|uint64(a.TicketLen)<<47|uint64(a.Tickets)<<62)
	return after>>4 | uint64(uint8(a.CertValidity)|uint8(a.Again)|a.Tickets)>>2 | uint64(a.TicketLen)>>15
}

// set reads what put wrote.
func (a *Answer) set(c *codec) {
	b := c.take(answerLen)
	if b == nil {
		return
	}
	w := binary.LittleEndian.Uint64(b)
	a.Version, a.Cipher = uint16(w), uint16(w>>16)
	a.Resumed, a.CertRequested, a.CertNamesFromCN = w>>32&1 != 0, w>>33&1 != 0, w>>34&1 != 0
	a.CertMatches, a.ErrorRecord = w>>35&1 != 0, w>>36&1 != 0
	a.CertSelfIssued, a.CertAlone, a.CertValidity = w>>37&1 != 0, w>>38&1 != 0, Validity(w>>39&3)
	a.Again, a.RecordsAfterDone = Again(w>>41&3), int(w>>43&(1<<4-1))
	a.TicketLen, a.Tickets = uint16(w>>47&(1<<15-1)), uint8(w>>62)
}
