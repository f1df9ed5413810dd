//go:build linux

package main

import "encoding/binary"

const (
	flagRST = 0x04
	flagSYN = 0x02
	flagACK = 0x10
)

// tcpFrame is an Ethernet frame of TCP over IPv4, with the offsets of its headers.
type tcpFrame struct {
	frame   []byte
	tcp     int // offset of the TCP header
	payload int // offset of the payload
}

func tcpOf(frame []byte) (tcpFrame, bool) {
	if len(frame) < ethHeader+40 || frame[12] != 0x08 || frame[13] != 0x00 || frame[ethHeader+9] != 6 {
		return tcpFrame{}, false
	}
	tcp := ethHeader + int(frame[ethHeader]&0x0f)*4
	if len(frame) < tcp+20 {
		return tcpFrame{}, false
	}
	payload := tcp + int(frame[tcp+12]>>4)*4
	return tcpFrame{frame, tcp, payload}, payload <= len(frame)
}

func (t tcpFrame) flags() byte { return t.frame[t.tcp+13] }

func isClientHello(frame []byte) bool {
	t, ok := tcpOf(frame)
	if !ok || len(t.frame) < t.payload+6 {
		return false
	}
	p := t.frame[t.payload:]
	return p[0] == 22 && p[1] == 3 && p[5] == 1
}

// forgedResets answers a client's segment as some firewalls do: three bare
// RST+ACKs in the server's name, with a TTL and IP-IDs of their own.
func forgedResets(frame []byte) [][]byte {
	t, ok := tcpOf(frame)
	if !ok {
		return nil
	}
	be := binary.BigEndian
	seq := be.Uint32(t.frame[t.tcp+8:]) // what the client expects next
	ack := be.Uint32(t.frame[t.tcp+4:]) + uint32(len(t.frame)-t.payload)
	var out [][]byte
	for i := range 3 {
		out = append(out, forgeReset(t, seq+uint32(i)*1460, ack, uint16(0x4d2b+i*7)))
	}
	return out
}

func forgeReset(t tcpFrame, seq, ack uint32, id uint16) []byte {
	be := binary.BigEndian
	b := make([]byte, ethHeader+40)
	copy(b[0:6], t.frame[6:12])
	copy(b[6:12], t.frame[0:6])
	b[12], b[13] = 0x08, 0x00
	ip, tcp := b[ethHeader:ethHeader+20], b[ethHeader+20:]
	ip[0], ip[8], ip[9] = 0x45, 113, 6
	be.PutUint16(ip[2:], 40)
	be.PutUint16(ip[4:], id)
	copy(ip[12:16], t.frame[ethHeader+16:ethHeader+20])
	copy(ip[16:20], t.frame[ethHeader+12:ethHeader+16])
	be.PutUint16(ip[10:], checksum(0, ip))
	copy(tcp[0:2], t.frame[t.tcp+2:t.tcp+4])
	copy(tcp[2:4], t.frame[t.tcp:t.tcp+2])
	be.PutUint32(tcp[4:], seq)
	be.PutUint32(tcp[8:], ack)
	tcp[12], tcp[13] = 5<<4, flagRST|flagACK
	pseudo := append(append([]byte(nil), ip[12:20]...), 0, 6, 0, 20)
	be.PutUint16(tcp[16:], checksum(sum(pseudo), tcp))
	return b
}

func sum(b []byte) (s uint32) {
	for i := 0; i+1 < len(b); i += 2 {
		s += uint32(b[i])<<8 | uint32(b[i+1])
	}
	return s
}

// checksum is the Internet checksum (RFC 1071) of b, of even length, on top of s.
func checksum(s uint32, b []byte) uint16 {
	s += sum(b)
	for s>>16 != 0 {
		s = s&0xffff + s>>16
	}
	return ^uint16(s)
}
