package decode

import "github.com/sniscope/sniscope/pkg/capture"

// fuzzSeeds are packets of every shape that has code of its own.
func fuzzSeeds() []*capture.Block {
	inner := ethFrame(0x0800, helloV4)
	vxlanHead := []byte("\x08\x00\x00\x00\x00\x00\x01\x00")
	quote := cat([]byte("\x03\x04\x00\x00\x00\x00\x05\x78"), helloV4)
	return []*capture.Block{
		block(1, inner),
		block(1, ethFrame(0x86dd, helloV6)),
		block(1, ethFrame(0x8100, vlanTag(0x88a8, vlanTag(0x0800, helloV4)))),
		block(113, sllFrame(0x0800, helloV4)),
		block(276, sll2Frame(0x0800, 7, helloV4)),
		block(0, cat([]byte{30, 0, 0, 0}, helloV6)),
		block(101, v4{protocol: protoTCP}.bytes(syn)),
		block(101, v4{protocol: protoUDP}.bytes(udpDatagram(4789, 4789, cat(vxlanHead, inner)))),
		block(101, v4{protocol: protoGRE}.bytes(cat([]byte("\xb0\x00\x65\x58\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x01"), inner))),
		block(101, v4{protocol: protoUDP}.bytes(udpDatagram(4790, 4790, cat([]byte("\x0c\x00\x00\x03\x00\x00\x2a\x00"), inner)))),
		block(105, cat([]byte("\x08\x01\x00\x00"), make([]byte, 20), []byte("\xaa\xaa\x03\x00\x00\x00\x08\x00"), helloV4)),
		block(101, v4{protocol: protoUDP}.bytes(udpDatagram(6081, 6081, cat([]byte("\x01\x00\x65\x58\x00\x00\x2a\x00\x00\x00\x00\x00"), inner)))),
		block(101, v4{protocol: protoUDP}.bytes(udpDatagram(2152, 2152, cat([]byte("\x34\xff"), be16(8+len(helloV6)),
			[]byte("\x00\x00\x00\x01\x00\x00\x00\x85\x01\x00\x09\x00"), helloV6)))),
		block(101, v4{protocol: protoGRE}.bytes(cat([]byte("\x10\x00\x88\xbe\x00\x00\x00\x01\x10\x00\x00\x00\x00\x00\x00\x00"), inner))),
		block(101, v4{protocol: protoIPv6}.bytes(helloV6)),
		block(101, v4{protocol: protoICMPv4}.bytes(quote)),
		block(101, v4{protocol: protoTCP, fragment: 0x2000}.bytes(hello[:24])),
		block(229, v6{next: 0}.bytes(cat([]byte("\x06\x00\x01\x04\x00\x00\x00\x00"), hello))),
		block(229, v6{next: 44}.bytes(cat([]byte("\x06\x00\x00\x01\x00\x00\x00\x07"), hello[:24]))),
		block(1, ethFrame(0x8847, cat([]byte("\x00\x01\x01\x40"), helloV4))),
		block(1, ethFrame(0x8847, cat([]byte("\x00\x02\x01\x40"), inner))),
		block(101, v4{protocol: protoUDP}.bytes(udpDatagram(6635, 6635, cat([]byte("\x00\x01\x01\x40"), helloV4)))),
		block(101, v4{protocol: protoEtherIP}.bytes(cat([]byte("\x30\x00"), inner))),
		block(1, ethFrame(0x8864, cat([]byte("\x11\x00\x00\x01"), be16(2+len(helloV4)), []byte("\x00\x21"), helloV4))),
		block(101, v4{protocol: protoUDP}.bytes(udpDatagram(3544, 3544, cat([]byte("\x00\x01\x00\x00"), make([]byte, 9+8), helloV6, []byte("\x01\x04nonc"))))),
		block(101, v4{protocol: protoUDP}.bytes(udpDatagram(1701, 1701, cat([]byte("\x4b\x02"), be16(18+4+len(helloV4)),
			[]byte("\x00\x07\x00\x2a\x00\x01\x00\x02\x00\x02pa\xff\x03\x00\x21"), helloV4)))),
		block(101, v4{protocol: protoL2TP}.bytes(cat([]byte("\x00\x00\x00\x07\xa1\xb2\xc3\xd4"), ethFrame(0x8100, vlanTag(0x0800, helloV4))))),
		block(linkJuniper, juniperFrame(0x82, "\x00\x02\x01\x00\x02\x00\x00\x00", helloV4)),
		block(1, ethFrame(0x8909, cat([]byte("\x01\x01\x00\x01\x00\x2a\x08\x00"), helloV4))),
	}
}
