package conversation

import (
	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/tlswire"
)

// dtlsFollower follows the handshake of a DTLS association (RFC 6347, RFC 9147).
type dtlsFollower struct {
	datagrams
	readers [2]tlswire.DTLSReader
	emit    [2]func(*tlswire.DTLSEvent)
	app     [2]bool // a record of application data, or of the epoch that protects it
	keyed   [2]bool // a record of an epoch that protects it, whatever its type, up to DTLS 1.2
	flight  flightDTLS13
	length  uint32 // of the datagram being read
	spoken  bool   // something in it is DTLS
}

// Datagram implements flow.Datagrams.
func (d *dtlsFollower) Datagram(side flow.Side, data []byte, length uint32, at flow.Event) {
	d.take(side, at)
	d.length, d.spoken = length, false
	d.readers[side].Datagram(data, int(length), d.emit[side])
	if d.spoken { // other protocols may share the port
		d.f.half[side].tlsBytes += uint64(length)
	}
	if d.is13() && d.through13() || !d.is13() && d.sealed[0] && d.sealed[1] {
		d.establish()
	}
}

// is13 reports whether the handshake is one of DTLS 1.3.
func (d *dtlsFollower) is13() bool { return d.f.version13 || d.flight.seen }

func (d *dtlsFollower) event(side flow.Side, e *tlswire.DTLSEvent) {
	if e.Kind == tlswire.EventNotTLS {
		return
	}
	d.spoken = true
	d.carried(side, 0)
	if e.Restart {
		d.readers[side.Other()].Reset()
	}
	switch {
	case e.Kind == tlswire.EventHandshake && e.Message == tlswire.TypeHelloVerifyRequest:
		if !d.f.server.Retry.Happened() {
			d.f.server.Retry = d.f.at
		}
	case e.Kind == tlswire.EventHandshake:
		d.message(side, &e.Event, e.Packets)
	case e.Kind == tlswire.EventTooLarge:
		d.f.overlong = true
		d.partial(side, e.Message, e.Body, e.MessageLen, flow.IncompleteLimit)
	case e.Kind == tlswire.EventAlert:
		d.alert(side, e)
	case e.Again:
		d.resent[side]++
	case e.Kind == tlswire.EventRecord:
		d.record(side, e)
	}
}

// alert takes a plaintext alert.
func (d *dtlsFollower) alert(side flow.Side, e *tlswire.DTLSEvent) {
	a := Alert{Event: d.f.at, Level: e.Alert.Level, Description: e.Alert.Description}
	d.f.alert(&d.f.half[side], a)
}

// record takes a record whose content cannot be read. Up to DTLS 1.2 the first encrypted handshake record of a side
// is its Finished.
func (d *dtlsFollower) record(side flow.Side, e *tlswire.DTLSEvent) {
	f, h := d.f, &d.f.half[side]
	switch {
	case e.Record.Type == tlswire.RecordChangeCipherSpec && !e.Unified:
		if _, _, _, ok := d.readers[side].Pending(); ok { // the rest of a message did not come before
			h.missing |= flow.IncompleteGap
		}
		f.changeCipherSpec(h)
		return
	case !e.Encrypted:
		return
	case e.Unified:
		d.sealed13(side, e)
		return
	case e.Epoch == 0: // with a connection ID, which a record in the clear must not have
		return
	}
	d.keyed[side] = true
	switch {
	case e.Record.Type == tlswire.RecordHandshake, e.Record.Type == tlswire.RecordTLS12CID: // hides its type, and is first
		d.sealed[side] = true
	case e.Record.Type == tlswire.RecordApplicationData:
		d.sealed[side], d.app[side] = true, true
		h.appData++
	}
	d.secondFlight(h)
}

// secondFlight notes whose second flight an encrypted record belongs to.
func (d *dtlsFollower) secondFlight(h *half) {
	f := d.f
	if h.isClient() {
		if !f.answer.Finished.Happened() {
			f.answer.Finished = f.at
		}
	} else if !f.server.Flight.Happened() {
		f.server.Flight = f.at
	}
}

// flightMissing reports whether the server of DTLS 1.2 or before has keys that it gets by the client's second flight, and that was
// not captured; or by its own ServerHello, and that was not. Where the handshake is abbreviated, it has no Certificate.
func (d *dtlsFollower) flightMissing() bool {
	client, answer := d.f.client, &d.f.server
	return client != flow.Nobody && d.keyed[client.Other()] && !d.sealed[client] && (answer.Certificate.Happened() || !answer.Hello.Happened())
}

// release gives back what the follower holds.
func (d *dtlsFollower) release() {
	for i := range d.readers {
		d.readers[i].Reset()
	}
}

// finish completes a record.
func (d *dtlsFollower) finish(r *Record) {
	if d.is13() {
		r.Incomplete |= d.conclude13()
	} else if d.flightMissing() {
		r.Incomplete |= flow.IncompleteGap
	}
	for i := range d.readers {
		side := flow.Side(i)
		if typ, have, total, ok := d.readers[i].Pending(); ok {
			why := d.lacking(side, ok, d.readers[i].Hole(), r.Incomplete&flow.IncompleteSnaplen)
			d.partial(side, typ, have, total, why)
			r.Incomplete |= why
		}
	}
	d.datagrams.finish(r)
}
