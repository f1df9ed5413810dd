package quic

import (
	"bytes"
	"errors"

	"golang.org/x/crypto/cryptobyte"

	"github.com/sniscope/sniscope/pkg/tlswire"
)

// Types of the frames that are read (RFC 9000, Section 19). All but the last may
// be in an Initial packet, and no others (RFC 9000, Section 12.4).
const (
	framePadding  = 0x00
	framePing     = 0x01
	frameACK      = 0x02
	frameACKECN   = 0x03
	frameCrypto   = 0x06
	frameClose    = 0x1c
	frameCloseApp = 0x1d // what it says counts where it is sent all the same
)

// Error codes that stand for a TLS alert (RFC 9001, Section 4.8).
const (
	cryptoErrorFirst = 0x0100
	cryptoErrorLast  = 0x01ff
)

// frame is one frame of an Initial packet. Slices alias the payload.
type frame struct {
	typ    uint64
	offset uint64 // of a CRYPTO frame
	data   []byte // of a CRYPTO frame, as far as it is there
	close  Close
	usable bool // all but the end of data or of the reason is there
}

// What can be wrong with a frame.
var (
	errOverrun   = errors.New("quic: longer than the packet that contains it")
	errForbidden = errors.New("quic: not allowed in an Initial packet")
)

// read takes the frame at the front of s. Where the payload ends before the frame
// does, the error is errOverrun.
func (f *frame) read(s *cryptobyte.String) error {
	if *f = (frame{}); !readVarint(s, &f.typ) {
		return errOverrun
	}
	switch f.typ {
	case framePadding, framePing:
		return nil
	case frameACK, frameACKECN:
		return skipACK(s, f.typ == frameACKECN)
	case frameCrypto:
		return f.readCrypto(s)
	case frameClose, frameCloseApp:
		return f.readClose(s)
	}
	return errForbidden
}

// skipACK reads past an ACK frame (RFC 9000, Section 19.3).
func skipACK(s *cryptobyte.String, ecn bool) error {
	var ranges uint64
	if !skipVarints(s, 2) || !readVarint(s, &ranges) || !skipVarints(s, 1) || !skipVarints(s, 2*ranges) || ecn && !skipVarints(s, 3) {
		return errOverrun
	}
	return nil
}

func skipVarints(s *cryptobyte.String, n uint64) bool {
	var v uint64
	for range n {
		if !readVarint(s, &v) {
			return false
		}
	}
	return true
}

// readCrypto reads a CRYPTO frame (RFC 9000, Section 19.6).
func (f *frame) readCrypto(s *cryptobyte.String) error {
	var length uint64
	if !readVarint(s, &f.offset) || !readVarint(s, &length) {
		return errOverrun
	}
	f.usable = true
	have := min(length, uint64(len(*s)))
	if s.ReadBytes(&f.data, int(have)); have < length {
		return errOverrun
	}
	return nil
}

// readClose reads a CONNECTION_CLOSE frame (RFC 9000, Section 19.19).
func (f *frame) readClose(s *cryptobyte.String) error {
	var length uint64
	c := &f.close
	c.App = f.typ == frameCloseApp
	if !readVarint(s, &c.Code) || !c.App && !skipVarints(s, 1) || !readVarint(s, &length) {
		return errOverrun
	}
	f.usable = true
	have := min(length, uint64(len(*s)))
	s.Skip(int(have))
	if !c.App && c.Code >= cryptoErrorFirst && c.Code <= cryptoErrorLast {
		c.IsAlert, c.Alert = true, uint8(c.Code)
	}
	if have < length {
		return errOverrun
	}
	return nil
}

// skipPadding reads past PADDING frames, of which a hello may need a thousand.
func skipPadding(s *cryptobyte.String) { *s = bytes.TrimLeft(*s, "\x00") }

// plausible reports whether payload can be the beginning of an Initial that was
// decrypted without the tag which would prove it: frames that are allowed there,
// one of them CRYPTO. Other bytes pass once in some thousands.
func plausible(payload []byte) bool {
	s := cryptobyte.String(payload)
	found := false
	for skipPadding(&s); !s.Empty(); skipPadding(&s) {
		var f frame
		if err := f.read(&s); err != nil && err != errOverrun {
			return false
		}
		if f.typ != frameCrypto || len(f.data) == 0 {
			continue
		}
		typ := tlswire.HandshakeType(f.data[0])
		if f.offset >= tlswire.MaxBuffered || f.offset == 0 && typ != tlswire.TypeClientHello && typ != tlswire.TypeServerHello {
			return false
		}
		found = true
	}
	return found
}
