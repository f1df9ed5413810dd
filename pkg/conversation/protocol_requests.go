package conversation

import (
	"bytes"
	"encoding/binary"
)

// isZooKeeper knows the request with which clients of ZooKeeper begin: its length, which ends with an optional byte, and version 0
// of the protocol (ZooKeeper's zookeeper.jute, "ConnectRequest").
func isZooKeeper(b []byte) bool {
	const length, withReadOnly = 44, 45
	if len(b) < 8 || binary.BigEndian.Uint32(b[4:]) != 0 {
		return false
	}
	n := binary.BigEndian.Uint32(b)
	return n == length || n == withReadOnly
}

// isOpenWire knows the command with which both sides of OpenWire begin, behind its length: WIREFORMAT_INFO, and who speaks it
// (ActiveMQ, "OpenWire Version 2 Specification").
func isOpenWire(b []byte) bool {
	const length = 4
	return len(b) > length && bytes.HasPrefix(b[length:], []byte("\x01ActiveMQ"))
}

// isDNS knows a query for one name behind its length (RFC 1035, Sections 4.1.1 and 4.2.2), and the answer to it. A query holds
// nothing more but what clients add to it.
func isDNS(b []byte) bool {
	const header, shortest, longest = 14, 17, 1024
	if len(b) < header || b[4]&0x78 != 0 || binary.BigEndian.Uint16(b[6:]) != 1 {
		return false
	}
	n := binary.BigEndian.Uint16(b)
	if answer := b[4]&0x80 != 0; answer {
		return n >= shortest
	}
	return n >= shortest && n <= longest && b[5]&0x0f == 0 && binary.BigEndian.Uint32(b[8:]) == 0
}
