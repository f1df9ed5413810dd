package conversation

import (
	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/tlswire"
)

// defaultMSS is the segment size of Ethernet without options; it stands in where no SYN was seen.
const defaultMSS = 1460

// clientHello takes a whole ClientHello.
func (f *follower) clientHello(h *half, e *tlswire.Event) {
	if f.hello.State == HelloComplete {
		f.hello.Retried = f.hello.Retried || f.server.Retry.Happened()
		return
	}
	f.client = h.side
	msg := &f.handler.hello
	_ = msg.Unmarshal(e.Body) // what decoded before a fault is kept
	f.hello.State, f.hello.Start, f.hello.End = HelloComplete, h.begun, f.at
	f.hello.Bytes, f.hello.Segments = e.MessageLen, h.segments
	f.hello.EndOffset = h.base + uint64(e.End)
	f.fill(msg)
	f.hello.SNIOffset = h.nameOffset(msg)
	if a := &f.server; a.Certificate.Happened() { // captured out of order
		a.CertMatches = len(a.CertNames) == tlswire.MaxNames || anyMatches(a.CertNames, f.hello.Name) // or the leaf may have more
	}
}

// nameOffset is where the name of the current message lies, counted from the record header in which the message begins.
// It is 0 without a name, and when the message was cut into too many records to tell.
func (h *half) nameOffset(msg *tlswire.ClientHello) int {
	if msg.ServerNameOffset == 0 {
		return 0
	}
	at, ok := h.deframer.StreamOffset(msg.ServerNameOffset)
	if !ok {
		return 0
	}
	return int(at - h.deframer.MessageStart())
}

// keepPartial notes what a ClientHello shows that will never be whole.
func (f *follower) keepPartial(h *half, why flow.Incomplete) {
	if f.hello.State != HelloNone || f.server.Hello.Happened() {
		return
	}
	if typ, have, total, ok := h.deframer.Pending(); ok {
		if typ == tlswire.TypeClientHello {
			f.client = h.side
			f.partialHello(h, have, total, why)
		}
		return
	}
	rec, _, ok := h.deframer.PendingRecord()
	if ok && rec.Type == tlswire.RecordHandshake && h.isClient() && h.tlsBytes <= uint64(rec.Length)+tlswire.RecordHeaderLen {
		f.partialHello(h, nil, rec.Length, why)
	}
}

// partialHello notes a ClientHello of which only the first bytes of its body were seen. A name that lies within
// them is known; that there is none cannot be.
func (f *follower) partialHello(h *half, have []byte, total int, why flow.Incomplete) {
	f.hello.State, f.hello.Start, f.hello.Incomplete = HelloPartial, h.begun, why
	f.hello.Bytes, f.hello.Segments = total, h.segments
	msg := &f.handler.hello
	_ = msg.UnmarshalPartial(have) // what decoded before the end is kept
	f.fill(msg)
	f.hello.SNIOffset = h.nameOffset(msg)
}

// fill copies what a ClientHello says.
func (f *follower) fill(msg *tlswire.ClientHello) {
	o := &f.hello
	o.SNI, o.SNIProblem, o.Fault = msg.SNI, msg.SNIProblem, msg.Fault
	o.Name = f.handler.texts.Text(msg.ServerName[:min(len(msg.ServerName), maxName)], pieceSize)
	o.MaxVersion, o.Only13 = msg.HighestVersion(), msg.Only13()
	o.ALPN = f.handler.protocols(msg.ALPN[:min(len(msg.ALPN), maxALPN)])
	o.ECH, o.SSLv2 = msg.ECH, msg.SSLv2
	o.FallbackSCSV, o.EarlyData = msg.FallbackSCSV, msg.EarlyData
	f.second.offered = msg.PostHandshakeAuth
	o.PreSharedKey = msg.PreSharedKey || msg.SessionTicket
	o.Random = msg.Random
	if msg.Complete {
		o.Offer = msg.Offer()
	}
	o.SessionHash = hashOf(msg.SessionID)
	// Both fingerprints are defined over the TLS format only, and over the first hello: the second has an extension more.
	if prints := f.handler.prints; prints != nil && msg.Complete && !msg.SSLv2 && !msg.Retried {
		o.JA3, o.JA4 = prints.Fingerprints(msg, f.fingerprint)
	}
}
