package diagnosis

import (
	"time"

	"github.com/sniscope/sniscope/pkg/decode"
	"github.com/sniscope/sniscope/pkg/flow"
)

// tampering returns the passive-tampering signature that a TCP connection matches, "" when it matches none (Sundara
// Raman et al., "Global, Passive Detection of Connection Tampering", SIGCOMM 2023): how far the client's packets
// got, and the RSTs of whoever sent the first one, with "client:" or "server:" in front. Silence counts only after 3 s.
// A signature is an observation: ordinary servers produce several of them.
func (v *view) tampering() string {
	if v.through == yes || v.Transport != flow.TCP || !v.SYN.Happened() {
		return ""
	}
	if len(v.Resets) == 0 {
		return v.silenced()
	}
	by := v.Resets[0].By
	if by > server {
		return ""
	}
	n := v.countResets(by)
	switch v.clientStage() {
	case stageSYN:
		return n.afterSYN()[by]
	case stageACK:
		return n.afterACK()[by]
	case stagePSH:
		return n.afterPSH()[by]
	}
	return n.afterMore()[by]
}

// clientStage is how far the client's packets had got.
type clientStage uint8

const (
	stageSYN clientStage = iota
	stageACK
	stagePSH
	stageData
)

func (v *view) clientStage() clientStage {
	switch {
	case v.ClientPackets > 1:
		return stageData
	case v.ClientPackets == 1:
		return stagePSH
	case v.Opening.Established.Happened():
		return stageACK
	}
	return stageSYN
}

// silenced is the signature of a connection in which nothing more came. Of one that was settled, which is of another protocol,
// what came later was only counted.
func (v *view) silenced() string {
	more := v.Settled && (v.Bytes[server] > 0 || v.Bytes[client] > v.Sides[client].Sent)
	if more || v.cause.Kind != CauseNone || v.evicted() || time.Duration(v.now-v.Ending.End) < silence {
		return ""
	}
	return silences[v.clientStage()]
}

// silences are the signatures in which there is no RST.
var silences = [...]string{stageSYN: "SYN -> none", stageACK: "SYN;ACK -> none", stagePSH: "PSH+ACK -> none", stageData: ""}

// signature is the text of one signature, by whose RSTs it is about.
type signature [2]string

func signed(text string) signature { return signature{"client:" + text, "server:" + text} }

var (
	synRST     = signed("SYN -> RST")
	synRSTACK  = signed("SYN -> RST+ACK")
	synBoth    = signed("SYN -> RST;RST+ACK")
	ackRST     = signed("SYN;ACK -> RST")
	ackRSTs    = signed("SYN;ACK -> RST;RST")
	ackRSTACK  = signed("SYN;ACK -> RST+ACK")
	ackRSTACKs = signed("SYN;ACK -> RST+ACK;RST+ACK")
	pshRST     = signed("PSH+ACK -> RST")
	pshRSTACK  = signed("PSH+ACK -> RST+ACK")
	pshBoth    = signed("PSH+ACK -> RST;RST+ACK")
	pshRSTACKs = signed("PSH+ACK -> RST+ACK;RST+ACK")
	pshSame    = signed("PSH+ACK -> RST=RST")
	pshDiffer  = signed("PSH+ACK -> RST!=RST")
	pshZero    = signed("PSH+ACK -> RST;RST0")
	moreRST    = signed("PSH+ACK;Data -> RST")
	moreRSTACK = signed("PSH+ACK;Data -> RST+ACK")
)

// resetCounts are the RSTs of one side.
type resetCounts struct {
	acked, bare int    // with and without ACK
	first       uint32 // acknowledgment field of the first bare one
	differ      bool   // bare ones differ in it
	near, far   bool   // it is near the peer's ISN, or not: then it was 0
}

func (v *view) countResets(by flow.Side) (n resetCounts) {
	for i := range v.Resets {
		switch x := &v.Resets[i]; {
		case x.By != by:
		case x.Flags.Has(decode.ACK):
			n.acked++
		default:
			n.addBare(x)
		}
	}
	return n
}

// nearISN is how far behind the peer's ISN an acknowledgment field may lie that is meant. Only the distance is
// kept of it; that of a field that was 0 is as good as random.
const nearISN = 1 << 24

func (n *resetCounts) addBare(x *flow.Reset) {
	if n.bare == 0 {
		n.first = x.Ack
	}
	n.differ = n.differ || x.Ack != n.first
	n.near = n.near || x.Ack < nearISN
	n.far = n.far || x.Ack >= nearISN
	n.bare++
}

func (n *resetCounts) afterSYN() signature {
	switch {
	case n.bare > 0 && n.acked > 0:
		return synBoth
	case n.acked > 0:
		return synRSTACK
	}
	return synRST
}

func (n *resetCounts) afterACK() signature {
	switch {
	case n.bare > 0 && n.acked > 0:
		return signature{}
	case n.bare == 1:
		return ackRST
	case n.acked == 1:
		return ackRSTACK
	case n.bare > 1:
		return ackRSTs
	}
	return ackRSTACKs
}

func (n *resetCounts) afterPSH() signature {
	switch {
	case n.bare > 0 && n.acked > 0:
		return pshBoth
	case n.acked > 1:
		return pshRSTACKs
	case n.acked == 1:
		return pshRSTACK
	case n.bare == 1:
		return pshRST
	case !n.differ:
		return pshSame
	case n.near && n.far:
		return pshZero
	}
	return pshDiffer
}

func (n *resetCounts) afterMore() signature {
	switch {
	case n.bare > 0 && n.acked > 0:
		return signature{}
	case n.acked > 0:
		return moreRSTACK
	}
	return moreRST
}
