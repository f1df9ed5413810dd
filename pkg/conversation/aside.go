package conversation

import "github.com/sniscope/sniscope/pkg/flow"

// aside is what few connections have: it is kept apart, so that a follower is small, for most of them are out of the
// processor's cache when their next packet comes.
type aside struct {
	alerts     [2]Alert
	alertAcks  [2]uint64 // how far the sender of the alert had acknowledged the other side's stream
	carrier    []string
	dialect    *dialect // the plaintext dialogue that asked for TLS, or a tunnel, and waits for its answer
	refused    string
	askedAt    flow.Event // the packet with the request
	refusedAt  flow.Event // that with the refusal
	offer      Offer
	asked      int    // bytes of the client's plaintext that the refusal answers
	sequel     sequel // what followed a refusal
	proxied    string
	asksFor    string     // target of a tunnel
	agreed     int        // where in the server's plaintext the agreement to a tunnel ends, 0 where it is not known
	said       flow.Event // the packet with the first byte behind that
	serverText string
	plainHTTP  bool
	v2         [2]recordsV2
	tds        [2]wrapped
}

// own returns the follower's aside to write to.
func (f *follower) own() *aside {
	h := f.handler
	if f.aside != &h.blank {
		return f.aside
	}
	if n := len(h.asides); n > 0 {
		f.aside, h.asides = h.asides[n-1], h.asides[:n-1]
	} else {
		f.aside = new(aside)
	}
	return f.aside
}

// dropAside gives it back.
func (f *follower) dropAside() {
	h := f.handler
	if f.aside == &h.blank {
		return
	}
	*f.aside = aside{}
	h.asides = append(h.asides, f.aside)
	f.aside = &h.blank
}

// finish writes it into a record, with client and server in their places.
func (a *aside) finish(r *Record) {
	r.Carrier, r.CarrierRefused = a.carrier, a.refused
	r.CarrierAsked, r.RefusedAt, r.Offer = a.askedAt, a.refusedAt, a.offer
	r.ProxiedClient, r.ProxyTarget = a.proxied, a.asksFor
	r.PlainHTTPError, r.ServerText = a.plainHTTP, a.serverText
	for side := range a.alerts {
		r.Alerts[flow.Side(side)^r.ClientSide] = a.alerts[side]
	}
}
