package conversation

import (
	"slices"
	"strings"
	"testing"

	"github.com/sniscope/sniscope/pkg/flow"
)

// heardLate follows what was said where all packets of one side are captured behind those of the other. Each acknowledges what its sender
// had by then.
func heardLate(t *testing.T, what []said, late flow.Side) *Record {
	t.Helper()
	got := &collected{}
	h := newHandler(got)
	f := h.Open(flow.Client)
	frame := 3
	for _, side := range []flow.Side{late.Other(), late} {
		var sent [2]uint64
		for _, x := range what {
			if acked := sent[side.Other()]; x.side == side {
				frame++
				f.Bytes(&flow.Chunk{Side: side, Data: x.data, Offset: sent[side], At: event(frame), Acked: func() uint64 { return acked }, Segments: 1})
			}
			sent[x.side] += uint64(len(x.data))
		}
	}
	facts := heardAfter(frame + 1)
	facts.Sides[late].Late = true
	finish(h, facts, f)
	return got.last(t)
}

// TestCarriersCapturedLate has one side of connections with STARTTLS, or in a tunnel, captured behind the other. TLS is found in the
// plaintext of either once it is known that it may be there, and what it says is said of packets of the side that sent it.
func TestCarriersCapturedLate(t *testing.T) {
	handshake := talk(t, clientConfig("gw.example.com"), serverConfig())
	for _, p := range preambles {
		if !strings.HasPrefix(p.carrier, "starttls-") && p.carrier != "http-connect" || p.carrier == "starttls-unknown" || p.carrier == "starttls-nats" {
			continue // they are known by who speaks when, or have no request
		}
		what := then(p.said, handshake...)
		var packets [2]int
		for _, x := range what {
			packets[x.side]++
		}
		for _, late := range []flow.Side{c, s} {
			r := heardLate(t, what, late)
			if !slices.Equal(r.Carrier, []string{p.carrier}) || r.Hello.Name != "gw.example.com" || !r.Established || r.CarrierRefused != "" {
				t.Errorf("%s, %v late: carrier %v, name %q, established %v, refused %q", p.carrier, late, r.Carrier, r.Hello.Name, r.Established, r.CarrierRefused)
			}
			first, answered := int(r.Hello.Start.Frame)-3, int(r.Server.First.Frame)-3
			if ahead := packets[late.Other()]; first > ahead != (late == c) || answered > ahead != (late == s) {
				t.Errorf("%s, %v late: the hello in packet %d, its answer in packet %d, of %v", p.carrier, late, first, answered, packets)
			}
		}
	}
}

// TestRefusalCapturedBeforeItsQuestion has all that a client says captured behind the server's refusal: what it acknowledges tells that the
// refusal came of its request.
func TestRefusalCapturedBeforeItsQuestion(t *testing.T) {
	greeting, refusal := text(s, "220 mail ESMTP\r\n"), text(s, "502 no\r\n")
	ehlo, agreed, ask := text(c, "EHLO x\r\n"), text(s, "250 mail\r\n"), text(c, "STARTTLS\r\n")
	if r := heardLate(t, []said{greeting, ehlo, agreed, ask, refusal}, c); r.CarrierRefused != "502 no" {
		t.Errorf("refused %q", r.CarrierRefused)
	}
	if r := heardLate(t, []said{greeting, ehlo, refusal, ask, agreed}, c); r.CarrierRefused != "" {
		t.Errorf("refused %q, which was said to EHLO", r.CarrierRefused)
	}
}
