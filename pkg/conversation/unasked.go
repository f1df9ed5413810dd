package conversation

import "bytes"

// unasked is the dialogue, of a protocol that is not known, in which a client begins TLS when it is its turn to speak.
var unasked = dialect{
	carrier: "starttls-unknown",
	asks:    func([]byte) (string, bool) { return "", false },
	refusal: func([]byte) string { return "" },
}

// startsUnasked reports whether the side, which spoke before, answers what the other said with a ClientHello. What lies
// elsewhere in its plaintext may be a file that it sends, or a handshake that its protocol wraps.
func (h *half) startsUnasked() bool {
	b := h.lead[min(int(h.looked.turn), len(h.lead)):]
	return h.looked.turn > 0 && beginsTLS(b) && b[0] == 0x16 && b[5] == 1
}

// offersNATS are in the greeting of a server of NATS after which TLS may follow, or has to. Its clients do not ask for it: they
// begin it.
var offersNATS = [][]byte{[]byte(`"tls_required":true`), []byte(`"tls_available":true`)}

// natsTLS is that dialogue.
var natsTLS = dialect{carrier: "starttls-nats", protocol: "nats", asks: unasked.asks, refusal: unasked.refusal}

// offered notes an offer of TLS in what the side has said by the time that the other begins it.
func (h *half) offered() {
	if h.protocol != natsTLS.protocol || h.f.dialect != nil {
		return
	}
	for _, offer := range offersNATS {
		if bytes.Contains(h.lead, offer) {
			a := h.f.own()
			a.dialect, a.carrier = &natsTLS, append(a.carrier, natsTLS.carrier)
			return
		}
	}
}
