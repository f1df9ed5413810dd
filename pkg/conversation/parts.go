package conversation

import "github.com/sniscope/sniscope/pkg/flow"

// parts says what an encoded record has, and holds its flags.
type parts uint64

// The parts. Above partFlags are flags.
const (
	partWide parts = 1 << iota
	partHello
	partAnswer
	partCertificate
	partAlerts
	partStall
	partTrouble
	partPreamble
	partFlags = 8
)

// parts returns what r has.
func (r *Record) parts() (p parts) {
	has := [...]bool{
		false, r.Hello.State != HelloNone, r.Server.First.Happened(), r.Server.Certificate.Happened(),
		r.Alerts[0].Happened() || r.Alerts[1].Happened(), r.stalled(), len(r.Resets) > 0 || r.ICMP.Happened(), r.unusual(),
		r.Sides[0].ISN, r.Sides[1].ISN, r.Sides[0].Conflict, r.Sides[1].Conflict, r.Client.CertInferred, r.Established,
	}
	for i, b := range has {
		p |= parts(bit(b)) << i
	}
	return p
}

// setParts sets the flags that parts holds.
func (r *Record) setParts(p parts) {
	p >>= partFlags
	r.Sides[0].ISN, r.Sides[1].ISN, r.Sides[0].Conflict, r.Sides[1].Conflict = p&1 != 0, p&2 != 0, p&4 != 0, p&8 != 0
	r.Client.CertInferred, r.Established = p&16 != 0, p&32 != 0
}

// first packs what is small.
func (r *Record) first() uint64 {
	return uint64(r.Digits) | uint64(r.Transport)<<8 | uint64(r.Roles)<<16 | uint64(r.ClientSide)<<24 |
		uint64(r.Stage)<<32 | uint64(r.Client.Cert)<<40 | uint64(r.Sides[0].TTL)<<48 | uint64(r.Sides[1].TTL)<<56
}

func (r *Record) setFirst(w uint64) {
	r.Digits, r.Transport = uint8(w), flow.Transport(w>>8)
	r.Roles, r.ClientSide = flow.Roles(w>>16), flow.Side(w>>24)
	r.Stage, r.Client.Cert = Stage(w>>32), ClientCert(w>>40)
	r.Sides[0].TTL, r.Sides[1].TTL = uint8(w>>48), uint8(w>>56)
}

// eventsOfAll and numbersOfAll are how many events and numbers there are.
const (
	eventsOfAll  = 23
	numbersOfAll = 17
)

// events are all events of an opening but those of alerts and troubles. Those stand together that often are of one
// packet.
func (r *Record) events() [eventsOfAll]*flow.Event {
	return [...]*flow.Event{
		&r.SYN, &r.SYNACK, &r.Opening.Established, &r.FirstData[0], &r.Hello.Start, &r.Hello.End,
		&r.Sides[1].AckedAt, &r.FirstData[1], &r.Server.First, &r.Server.Retry, &r.Server.Hello, &r.Server.Certificate,
		&r.Server.Flight, &r.Client.Certificate, &r.Client.Finished, &r.Sides[0].LastData, &r.EstablishedAt,
		&r.Sides[0].AckedAt, &r.Sides[1].LastData, &r.Sides[0].Fin, &r.Sides[1].Fin,
		&r.Sides[0].Stall.Event, &r.Sides[1].Stall.Event,
	}
}

// numbers are the numbers that every record has.
func (r *Record) numbers() [numbersOfAll]uint64 {
	a, b := &r.Sides[0], &r.Sides[1]
	return [...]uint64{
		uint64(a.MSS), uint64(b.MSS), uint64(a.SYNs), uint64(b.SYNs), a.Acked, b.Acked, a.Sent, b.Sent, a.Unseen, b.Unseen,
		uint64(r.ClientPackets), uint64(r.AppData[0]), uint64(r.AppData[1]), r.TLSBytes[0], r.TLSBytes[1],
		uint64(r.LastRecordCut[0]), uint64(r.LastRecordCut[1]),
	}
}

func (r *Record) setNumbers(n *[numbersOfAll]uint64) {
	a, b := &r.Sides[0], &r.Sides[1]
	a.MSS, b.MSS, a.SYNs, b.SYNs = uint16(n[0]), uint16(n[1]), uint32(n[2]), uint32(n[3])
	a.Acked, b.Acked, a.Sent, b.Sent, a.Unseen, b.Unseen = n[4], n[5], n[6], n[7], n[8], n[9]
	r.ClientPackets = int(n[10])
	r.AppData, r.TLSBytes = [2]int{int(n[11]), int(n[12])}, [2]uint64{n[13], n[14]}
	r.LastRecordCut = [2]int{int(n[15]), int(n[16])}
}

// stalled reports whether a side sent anything again.
func (r *Record) stalled() bool {
	for i := range r.Sides {
		if s := &r.Sides[i]; s.Retransmits > 0 || s.Stall != (flow.Stall{}) {
			return true
		}
	}
	return false
}

// unusual reports whether the record has anything for preamble: nearly all connections are TLS from both sides'
// first bytes.
func (r *Record) unusual() bool {
	return r.Protocol != [2]string{"tls", "tls"} || r.ServerFirst || r.PlainHTTPError || r.ServerText != "" ||
		len(r.Carrier) > 0 || r.CarrierRefused != "" || r.ProxiedClient != "" || r.ProxyTarget != ""
}
