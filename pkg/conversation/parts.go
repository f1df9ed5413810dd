package conversation

import "github.com/sniscope/sniscope/pkg/flow"

// parts is the first word of the narrow form. Its low bits say what the record has.
type parts uint64

// The parts that a record may lack. The lowest bit says that the form is narrow.
const (
	partIPv6 parts = 1 << (iota + 1)
	partHello
	partAnswer
	partEncapsulation
	partCertificate
	partAlerts
	partStall
	partICMP
	partTexts
	partPreamble
)

// partsRare are the parts that are coded field by field.
const partsRare = partEncapsulation | partCertificate | partAlerts | partStall | partICMP | partTexts | partPreamble

// Where the other fields of the first word begin. Those that are not flags have the bits up to the next.
const (
	atISN            = 11 // one bit for each side
	atCertInferred   = 13
	atEstablished    = 14
	atServerFirst    = 15
	atPlainHTTPError = 16
	atDigits         = 17
	atTransport      = 21
	atPaired         = 23
	atRoles          = 24
	atStage          = 27
	atClientSide     = 30
	atCert           = 32
	atClientPackets  = 34
	atResets         = 36
	atTTL            = 40 // eight bits for each side
	atCertValidity   = 56
	atGoodbye        = 58
	atPassage        = 59 // of both sides
)

// parts returns the first word; over is not 0 if something does not fit into it.
func (r *Record) parts() (p parts, over uint64) {
	a, b := &r.Sides[0], &r.Sides[1]
	w := bit(r.Hello.State != HelloNone)*uint64(partHello) |
		bit(r.Server.First.Frame|r.Server.Hello.Frame != 0)*uint64(partAnswer) |
		bit(r.Encapsulation != "")*uint64(partEncapsulation) |
		bit(r.Server.Certificate.Happened())*uint64(partCertificate) |
		bit(r.Alerts[0].Frame|r.Alerts[1].Frame|r.Second.Asked.Frame != 0)*uint64(partAlerts) |
		bit(r.stalled())*uint64(partStall) |
		bit(r.ICMP.Happened())*uint64(partICMP) |
		bit(r.detour())*uint64(partPreamble)
	w |= bit(a.ISN)<<atISN | bit(b.ISN)<<(atISN+1) | bit(r.Client.CertInferred)<<atCertInferred |
		bit(r.Established)<<atEstablished | bit(r.ServerFirst)<<atServerFirst | bit(r.PlainHTTPError)<<atPlainHTTPError
	w |= uint64(r.Digits)<<atDigits | uint64(r.Transport)<<atTransport | bit(r.Paired)<<atPaired | uint64(r.Roles)<<atRoles | uint64(r.Stage)<<atStage |
		uint64(r.ClientSide)<<atClientSide | uint64(r.Client.Cert)<<atCert |
		uint64(r.ClientPackets)<<atClientPackets | uint64(len(r.Resets))<<atResets |
		uint64(a.TTL)<<atTTL | uint64(b.TTL)<<(atTTL+8) | uint64(r.Client.CertValidity)<<atCertValidity |
		bit(r.Client.Goodbye)<<atGoodbye | (uint64(a.Passage)*passages+uint64(b.Passage))<<atPassage
	over = uint64(r.Digits)>>4 | uint64(uint8(r.Roles)|uint8(r.Stage))>>3 |
		uint64(uint8(r.Transport)|uint8(r.ClientSide)|uint8(r.Client.Cert)|uint8(r.Client.CertValidity))>>2 | uint64(r.ClientPackets)>>2 |
		uint64(len(r.Resets))>>4 | uint64(max(a.Passage, b.Passage))/passages
	return parts(w), over
}

// setParts sets what the first word holds, but the number of Resets.
func (r *Record) setParts(p parts) {
	a, b := &r.Sides[0], &r.Sides[1]
	a.ISN, b.ISN = p>>atISN&1 != 0, p>>(atISN+1)&1 != 0
	r.Client.CertInferred, r.Established = p>>atCertInferred&1 != 0, p>>atEstablished&1 != 0
	r.ServerFirst, r.PlainHTTPError = p>>atServerFirst&1 != 0, p>>atPlainHTTPError&1 != 0
	r.Digits, r.Transport, r.Paired, r.Roles = uint8(p>>atDigits&15), flow.Transport(p>>atTransport&3), p>>atPaired&1 != 0, flow.Roles(p>>atRoles&7)
	r.Stage, r.ClientSide, r.Client.Cert = Stage(p>>atStage&7), flow.Side(p>>atClientSide&3), ClientCert(p>>atCert&3)
	r.ClientPackets = int(p >> atClientPackets & 3)
	a.TTL, b.TTL = uint8(p>>atTTL), uint8(p>>(atTTL+8))
	r.Client.CertValidity, r.Client.Goodbye = Validity(p>>atCertValidity&3), p>>atGoodbye&1 != 0
	both := uint64(p >> atPassage)
	a.Passage, b.Passage = flow.Passage(both/passages), flow.Passage(both%passages)
}

// passages is how many there are: those of both sides are one number.
const passages = uint64(flow.PassageData) + 1

// stalled reports whether a side sent anything again, or was captured late.
func (r *Record) stalled() bool {
	for i := range r.Sides {
		if s := &r.Sides[i]; s.Retransmits|s.Stall.Length|s.Stall.Count != 0 || s.Late {
			return true
		}
	}
	return false
}

// detour reports whether something came before TLS, or instead of it.
func (r *Record) detour() bool {
	return len(r.Carrier)|len(r.CarrierRefused)|len(r.ProxiedClient)|len(r.ProxyTarget)|len(r.ServerText)|len(r.Versions)|int(r.Retries)|int(r.Foreign) != 0
}
