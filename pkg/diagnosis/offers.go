package diagnosis

import (
	"slices"

	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/flow"
)

// An address may be of many programs, and what one of them gets through says less of another, which offers other versions and cipher
// suites, than of itself.

// offers are some of what hellos that went through offered, by Hello.Offer: the four smallest, so that it does not matter in which order
// they are added. anyOffer stands for what is not known; 0 is none.
type offers [4]uint16

const anyOffer = 1

func (o *offers) add(offer uint16) {
	for i := range o {
		switch {
		case offer == 0 || offer == o[i]:
			return
		case o[i] == 0 || offer < o[i]:
			o[i], offer = offer, o[i]
		}
	}
}

func (o *offers) merge(p *offers) {
	for _, offer := range p {
		o.add(offer)
	}
}

// has reports whether an offer is among them. Where there were more than four it may say no of one that was.
func (o *offers) has(offer uint16) bool {
	return offer == anyOffer || o[0] == anyOffer || slices.Contains(o[:], offer)
}

// lacks reports whether all of them are known, and another.
func (o *offers) lacks(offer uint16) bool { return o[0] != 0 && o[len(o)-1] == 0 && !o.has(offer) }

// offerOf is what a connection's hello offered. Over QUIC a program offers less than over TCP, and tries both at once.
func offerOf(r *conversation.Record) uint16 {
	if r.Transport != flow.TCP || r.Hello.Offer == 0 {
		return anyOffer
	}
	return r.Hello.Offer
}

// shownOffer is offerOf for a connection that went through, 0 where something may have come before the hello that was not captured: if
// that was a PROXY header, it says nothing of who sends none.
func shownOffer(r *conversation.Record) uint16 {
	h := &r.Hello
	if r.Transport == flow.TCP && len(r.Carrier) == 0 && h.Offer != 0 && (!r.Sides[client].ISN || h.EndOffset >= uint64(h.Bytes)+shortestHeader) {
		return 0
	}
	return offerOf(r)
}

// shortestHeader is less than a PROXY header and the header of a record take, and more than those of two records.
const shortestHeader = 15
