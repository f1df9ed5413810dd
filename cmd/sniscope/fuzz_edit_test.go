package main

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// stored is a packet as a pcap file holds it.
type stored struct {
	head []byte // times and lengths
	data []byte
}

// The sizes of pcap's headers, and where the two lengths of a packet are in its own.
const (
	fileHeader   = 24
	recordHeader = 16
	capturedAt   = 8
	lengthAt     = 12
)

// edited is a capture with its packets changed, and left sound where it was. An edit is four bytes: the packet, the place in
// it, what to do, and a byte to do it with. A capture that is no pcap file of the usual kind stays as it is.
func edited(file, edits []byte) []byte {
	if len(edits) < 4 || !bytes.HasPrefix(file, []byte("\xd4\xc3\xb2\xa1")) || len(file) < fileHeader {
		return file
	}
	records, rest := recordsOf(file[fileHeader:])
	for ; len(edits) >= 4 && len(records) > 0; edits = edits[4:] {
		i := int(edits[0]) % len(records)
		switch op := edits[2]; op % 8 {
		case 0: // the next packet comes first, times and all
			j := min(i+1, len(records)-1)
			records[i], records[j] = records[j], records[i]
		case 1:
			records = slices.Insert(records, i, records[i])
		default:
			records[i] = records[i].edited(int(edits[1]), op, edits[3])
		}
	}
	out := slices.Clone(file[:fileHeader])
	for _, r := range records {
		out = append(append(out, r.head...), r.data...)
	}
	return append(out, rest...)
}

func recordsOf(b []byte) (records []stored, rest []byte) {
	for len(b) >= recordHeader {
		n := binary.LittleEndian.Uint32(b[capturedAt:])
		if uint64(n) > uint64(len(b)-recordHeader) {
			break
		}
		end := recordHeader + int(n)
		records = append(records, stored{b[:recordHeader], b[recordHeader:end]})
		b = b[end:]
	}
	return records, b
}

// edited is r with bytes changed, put in or left out. What is left out was there on the wire where op says so.
func (r stored) edited(at int, op, value byte) stored {
	if at >= len(r.data) {
		return r
	}
	head, data := slices.Clone(r.head), slices.Clone(r.data)
	switch op % 8 {
	case 2:
		data = slices.Delete(data, at, min(at+1+int(value)%64, len(data)))
	case 3:
		data = slices.Insert(data, at, bytes.Repeat([]byte{value}, 1+int(op>>4))...)
	case 4:
		data[at] ^= value
	default:
		data[at] = value
	}
	binary.LittleEndian.PutUint32(head[capturedAt:], uint32(len(data)))
	if op&8 == 0 {
		length := binary.LittleEndian.Uint32(head[lengthAt:]) + uint32(len(data)) - uint32(len(r.data))
		binary.LittleEndian.PutUint32(head[lengthAt:], length)
	}
	return stored{head, data}
}
