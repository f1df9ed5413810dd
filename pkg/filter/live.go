package filter

import "golang.org/x/net/bpf"

// CompileLive is Compile for the filter of a Linux packet socket, which sees a frame without its outermost VLAN tag and
// has that as metadata. As in libpcap the first vlan of the expression is about this tag if there is one, and does not
// move the offsets of what is written after it. An expression without vlan is compiled as Compile does it, and finds
// what it asks for behind one tag as well.
func CompileLive(expr string, linkType uint32, snaplen uint32) (*Program, error) {
	plain, c, err := compile(expr, linkType, snaplen, false)
	if err != nil || !c.sawVLAN {
		return plain, err
	}
	tagged, _, err := compile(expr, linkType, snaplen, true)
	if err != nil {
		return nil, err
	}
	instructions := append([]bpf.Instruction{
		bpf.LoadExtension{Num: bpf.ExtVLANTagPresent},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: 0, SkipFalse: 1},
		bpf.Jump{Skip: uint32(len(tagged.instructions))},
	}, tagged.instructions...)
	return newProgram(append(instructions, plain.instructions...))
}

// MatchTagged is Match for a frame from which the kernel has taken a VLAN tag with that control information. Only a
// program of CompileLive looks at it.
func (p *Program) MatchTagged(packet []byte, wireLen int, tci uint16) bool {
	return p.match(packet, wireLen, metadata{tagged: 1, tci: uint32(tci)})
}

// metadata is what the kernel knows of a packet beside its bytes.
type metadata struct {
	tagged uint32 // 1 if it took out a tag
	tci    uint32 // of that
}
