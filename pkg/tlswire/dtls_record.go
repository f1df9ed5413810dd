package tlswire

import "golang.org/x/crypto/cryptobyte"

// RecordACK acknowledges records in DTLS 1.3 (RFC 9147, Section 7).
const RecordACK ContentType = 26

// Sizes of DTLS structures in bytes.
const (
	dtlsHeaderLen          = 13 // of a record (RFC 6347, Section 4.1)
	dtlsHandshakeHeaderLen = 12 // of a fragment (RFC 6347, Section 4.2.2)
)

// Bits of the first byte of a unified header (RFC 9147, Section 4).
const (
	unifiedFixed    = 0b001_00000 // in the three highest bits
	unifiedMask     = 0b111_00000
	unifiedID       = 1 << 4 // a connection ID follows
	unifiedSequence = 1 << 3 // the sequence number has two bytes, not one
	unifiedLength   = 1 << 2 // a length follows
	unifiedEpoch    = 0b11   // the low bits of the epoch
)

// dtlsRecord is one record of a datagram.
type dtlsRecord struct {
	RecordHeader
	epoch   uint16
	unified bool
	hasID   bool              // a connection ID precedes the payload, and is part of what is taken for it
	start   int               // offset of the header in the datagram
	end     int               // just behind the record
	payload cryptobyte.String // what was captured of it
	cut     bool              // by the capture
}

// readDTLSHeader reads the header of a record in the form that DTLS 1.2 has for
// all of them and DTLS 1.3 for those in the clear. On ErrShort the part that is
// there can be one.
func readDTLSHeader(s *cryptobyte.String) (rec dtlsRecord, err error) {
	var typ uint8
	var sequence uint64
	var length uint16
	if !s.ReadUint8(&typ) {
		return rec, ErrShort
	}
	if rec.Type = ContentType(typ); rec.Type < RecordChangeCipherSpec || rec.Type > RecordACK {
		return rec, ErrMalformed
	}
	if !s.ReadUint16(&rec.Version) {
		return rec, ErrShort
	}
	if rec.Version != VersionDTLS10 && rec.Version != VersionDTLS12 && rec.Version != VersionDTLS13 {
		return rec, ErrMalformed
	}
	if !s.ReadUint16(&rec.epoch) || !s.ReadUint48(&sequence) {
		return rec, ErrShort
	}
	if rec.hasID = rec.Type == RecordTLS12CID; rec.hasID {
		return rec, nil // the length comes behind the ID, whose own length is not known
	}
	if !s.ReadUint16(&length) {
		return rec, ErrShort
	}
	if rec.Length = int(length); !plausibleLength(rec.RecordHeader) {
		return rec, ErrMalformed
	}
	return rec, nil
}

// readUnifiedHeader reads the header of an encrypted record of DTLS 1.3. known
// is false where the end of the record is that of the datagram, because it says
// so, or because a connection ID of unknown length hides its length.
func readUnifiedHeader(s *cryptobyte.String) (rec dtlsRecord, known bool, err error) {
	var flags uint8
	var length uint16
	if !s.ReadUint8(&flags) {
		return rec, false, ErrShort
	}
	rec.unified, rec.epoch = true, uint16(flags&unifiedEpoch)
	if rec.hasID = flags&unifiedID != 0; rec.hasID {
		return rec, false, nil
	}
	sequence := 1
	if flags&unifiedSequence != 0 {
		sequence = 2
	}
	if !s.Skip(sequence) {
		return rec, false, ErrShort
	}
	if flags&unifiedLength == 0 {
		return rec, false, nil
	}
	if !s.ReadUint16(&length) {
		return rec, true, ErrShort
	}
	rec.Length = int(length)
	return rec, true, nil
}

// fragmentHeader precedes each fragment of a handshake message (RFC 6347,
// Section 4.2.2).
type fragmentHeader struct {
	typ      HandshakeType
	sequence uint16
	total    int // of the body
	offset   int // of the fragment in the body
	length   int // of the fragment
}

// read reports false when the bytes ran out.
func (h *fragmentHeader) read(s *cryptobyte.String) bool {
	var typ uint8
	var total, offset, length uint32
	if !s.ReadUint8(&typ) || !s.ReadUint24(&total) || !s.ReadUint16(&h.sequence) ||
		!s.ReadUint24(&offset) || !s.ReadUint24(&length) {
		return false
	}
	h.typ, h.total, h.offset, h.length = HandshakeType(typ), int(total), int(offset), int(length)
	return true
}

// LooksLikeDTLSHandshake reports whether a datagram begins with a record that
// holds a handshake message in the clear, or a fragment of one. wireLen is the
// length that the datagram had before the capture cut it, in bytes. It needs the
// 25 bytes of the two headers and says false to fewer.
func LooksLikeDTLSHandshake(datagram []byte, wireLen int) bool {
	_, ok := firstFragment(datagram, wireLen)
	return ok
}

// BeginsDTLSHandshake reports whether moreover that is of a client's first
// message. Later ones may be sent again for long, also when the handshake is done.
func BeginsDTLSHandshake(datagram []byte, wireLen int) bool {
	h, ok := firstFragment(datagram, wireLen)
	return ok && h.typ == TypeClientHello && h.sequence == 0
}

// firstFragment returns the header of the fragment with which a datagram begins.
func firstFragment(datagram []byte, wireLen int) (h fragmentHeader, ok bool) {
	s := cryptobyte.String(datagram)
	rec, err := readDTLSHeader(&s)
	if err != nil || rec.Type != RecordHandshake || rec.epoch != 0 {
		return h, false
	}
	ok = h.read(&s) && knownHandshakeType(h.typ) && h.offset+h.length <= h.total &&
		dtlsHandshakeHeaderLen+h.length <= rec.Length && dtlsHeaderLen+rec.Length <= max(wireLen, len(datagram))
	return h, ok
}
