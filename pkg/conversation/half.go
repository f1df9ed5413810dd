package conversation

import (
	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/tlswire"
)

// mode is what a side's bytes are taken for.
type mode uint8

const (
	modeSniff   mode = iota // too few bytes to tell
	modePlain               // plaintext of some protocol, after which TLS may begin
	modeTLS                 // TLS records
	modeWrapped             // the same in packets of TDS
	modeSSLv2               // records of SSL 2.0
	modeLost                // TLS whose framing was lost in a gap
	modeOther               // not TLS, and no longer followed
)

// half is one side of the connection.
type half struct {
	f    *follower
	lead []byte // its plaintext so far, at most maxLead
	side flow.Side
	halfState
	deframer tlswire.Deframer
}

// halfState is what a half knows of one connection besides.
type halfState struct {
	mode     mode
	finished bool  // TLS <= 1.2: an encrypted handshake message after it
	resynced bool  // framing was found again after a gap
	torn     bool  // a gap lies in the current record, so when it began is not known
	proxies  uint8 // PROXY headers that came first
	missing  flow.Incomplete
	segments int // packets of the side since its TLS, or its stream, began
	appData  int
	tlsBytes uint64
	protocol string     // of its first bytes, behind any PROXY header; "" before it is known
	begun    flow.Event // the packet with the first byte of TLS, before that the last with plaintext
	base     uint64     // stream offset at which deframer counts from 0, or counted before it was lost; TDS moves it on
	leadBase uint64     // stream offset of lead[0]
	answered int        // bytes of lead that were there when the other side began TLS, or last asked for something
	looked   looked
}

// looked is how much of lead need not be looked through again, so that a side which sends its plaintext byte by byte costs
// no more than one that sends it at once.
type looked struct {
	asks      uint16 // for a request, by dialects of lines: up to the line that is not complete
	refuses   uint16 // for a refusal, likewise
	tls       uint16 // for the start of TLS
	complains uint16 // for a complaint
	turn      uint16 // what was there when the other side last said something
}

// reset makes the half ready for another connection and keeps its buffers.
func (h *half) reset() {
	h.deframer.Reset()
	h.lead = h.lead[:0]
	h.halfState = halfState{}
}

// isClient reports whether this half is the client's as far as is known.
func (h *half) isClient() bool { return h.f.clientGuess() == h.side }

// other is the opposite half.
func (h *half) other() *half { return &h.f.half[h.side.Other()] }

// bytes takes the side's next bytes, which lie at offset of its stream, where they are not TLS for certain.
func (h *half) bytes(data []byte, offset uint64) {
	switch h.mode {
	case modeSniff, modePlain:
		h.base = offset + uint64(len(data)) // unless TLS begins in it
		h.plain(data, offset)
	case modeWrapped:
		h.unwrap(data)
	case modeSSLv2:
		h.bytesV2(data)
	case modeLost:
		h.resync(data, offset)
	}
}

// startTLS takes data, which lies at offset, and all that follows as TLS records. Nothing ever goes back to what
// came before TLS, so the deframer is as reset left it.
func (h *half) startTLS(data []byte, offset uint64) {
	h.mode, h.base = modeTLS, offset
	if h.f.tds[h.side].left > 0 {
		h.mode = modeWrapped
		h.unwrap(data)
		return
	}
	h.feed(data)
}

// carriesTLS reports whether the side's bytes are TLS and can be followed.
func (h *half) carriesTLS() bool { return h.mode == modeTLS || h.mode == modeWrapped }

func (h *half) feed(data []byte) {
	h.tlsBytes += uint64(len(data))
	h.deframer.Feed(data, h)
}

// resync looks for a record header where a packet begins behind a gap.
func (h *half) resync(data []byte, offset uint64) {
	if !h.deframer.Resync(data) {
		h.base += uint64(len(data))
		return
	}
	h.mode, h.resynced = modeTLS, true
	h.base = offset
	h.feed(data)
}

// gap notes that the side's next n bytes are missing.
func (h *half) gap(n uint64, why flow.Incomplete) {
	h.missing |= why
	h.decide()
	switch h.mode {
	case modeTLS:
		h.torn = h.torn || why == flow.IncompleteGap
		if h.deframer.Gap(int64(n), h) {
			return
		}
		h.torn = false
		h.f.keepPartial(h, why)
		h.lose()
	case modeWrapped, modeSniff, modePlain:
		h.f.keepPartial(h, why)
		h.base += n
		h.lose()
	case modeSSLv2:
		h.mode = modeOther
	case modeLost:
		h.base += n
	}
}

// lose takes note that where the next record begins is not known.
func (h *half) lose() {
	h.mode = modeLost
	h.f.second.blind[h.side] = true
}

// reach is how far the stream has come, gaps included.
func (h *half) reach() uint64 {
	return h.base + uint64(h.deframer.Offset())
}

// Event implements tlswire.Reader.
func (h *half) Event(e *tlswire.Event) {
	f := h.f
	switch e.Kind {
	case tlswire.EventHandshake:
		f.message(h, e)
	case tlswire.EventAlert:
		f.alert(h, Alert{Event: f.at, Level: e.Alert.Level, Description: e.Alert.Description})
	case tlswire.EventTooLarge:
		f.overlong = true
		if e.Message == tlswire.TypeClientHello && f.hello.State == HelloNone {
			f.client = h.side
			f.partialHello(h, e.Body, e.MessageLen, flow.IncompleteLimit)
		}
	case tlswire.EventRecord:
		f.firstAnswer(h)
	case tlswire.EventNotTLS:
		h.notTLS(e)
	}
}

// notTLS ends the following of a side that is not, or no longer, TLS. What began like TLS and was not never
// counts as TLS; what stands behind a hello of SSL 2.0 takes nothing from that.
func (h *half) notTLS(e *tlswire.Event) {
	h.mode = modeOther
	if e.Offset == 0 && h.protocol != "sslv2" {
		h.tlsBytes, h.protocol = 0, "unknown"
	}
}
