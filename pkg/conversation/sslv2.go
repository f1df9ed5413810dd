package conversation

import (
	"errors"

	"github.com/sniscope/sniscope/pkg/tlswire"
)

// SSL 2.0 (draft-hickman-netscape-ssl-00) lives on in two places: very old clients begin with its hello and mean
// TLS, and very old servers answer in it.
const (
	sslv2ServerHello = 4
	// sslv2Records is how many records each side has sent when the handshake is done: hello, key or verify, finished.
	sslv2Records = 3
)

// recordsV2 counts the records of SSL 2.0 in a stream.
type recordsV2 struct {
	header [3]byte
	have   int // bytes of header
	left   int // bytes of the current record's body
	count  int // records that began
}

// feed takes the next bytes of the stream.
func (r *recordsV2) feed(b []byte) {
	for len(b) > 0 {
		if r.left > 0 {
			n := min(r.left, len(b))
			r.left, b = r.left-n, b[n:]
			continue
		}
		r.header[r.have] = b[0]
		r.have, b = r.have+1, b[1:]
		switch {
		case r.have == 2 && r.header[0]&0x80 != 0:
			r.begin(int(r.header[0]&0x7f)<<8 | int(r.header[1]))
		case r.have == 3:
			r.begin(int(r.header[0]&0x3f)<<8 | int(r.header[1]))
		}
	}
}

func (r *recordsV2) begin(length int) { r.left, r.have, r.count = length, 0, r.count+1 }

// sslv2 takes the hello of a client that begins in the format of SSL 2.0 (RFC 5246, Appendix E.2).
func (h *half) sslv2(final bool) bool {
	f := h.f
	msg := &f.handler.hello
	n, err := tlswire.ParseSSLv2ClientHello(h.lead, msg)
	if errors.Is(err, tlswire.ErrShort) && !final {
		return false
	}
	h.protocol, h.mode, f.client = "sslv2", modeOther, h.side
	h.tlsBytes += uint64(len(h.lead))
	f.hello.Start = f.firstData[h.side]
	if err != nil {
		f.hello.State, f.hello.SSLv2 = HelloPartial, true
		f.hello.Bytes = n
		return true
	}
	f.hello.State, f.hello.End = HelloComplete, f.at
	f.hello.Bytes, f.hello.Segments = n, h.segments
	f.hello.EndOffset = h.leadBase + uint64(n)
	f.fill(msg)
	h.tlsBytes = uint64(n)
	h.startTLS(h.lead[n:], h.leadBase+uint64(n))
	return true
}

// answersV2 reports whether b begins like the answer of a server that speaks SSL 2.0.
func (h *half) answersV2(b []byte) bool {
	return h.f.hello.SSLv2 && h.f.client == h.side.Other() && len(b) > 2 && b[0]&0x80 != 0 && b[2] == sslv2ServerHello
}

// startV2 takes both sides' bytes as records of SSL 2.0 from the server's hello on.
func (h *half) startV2() {
	f := h.f
	f.firstAnswer(h)
	f.server.Hello, f.server.Version = f.at, tlswire.VersionSSL2
	h.protocol, h.mode = "sslv2", modeSSLv2
	h.other().mode = modeSSLv2
	f.own().v2[h.side.Other()].count = 1
	h.bytesV2(h.lead)
}

func (h *half) bytesV2(data []byte) {
	h.tlsBytes += uint64(len(data))
	v2 := &h.f.own().v2[h.side]
	v2.feed(data)
	h.finished = v2.count >= sslv2Records
	h.f.establish()
}
