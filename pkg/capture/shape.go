package capture

import "encoding/binary"

// shape names captures of formats that begin with their first packet and have no signature to be known by; ""
// if head has the shape of none of them.
func shape(head []byte) string {
	switch {
	case len(head) >= 24 && head[4] == 0 && isDate(head[5:]), len(head) >= 20 && isDate(head[4:]):
		return "a CommView capture"
	case isERF(head):
		return "an Endace ERF capture"
	}
	return ""
}

// isDate reports whether a year, in two bytes, and the month, day, hour, minute and second begin b.
func isDate(b []byte) bool {
	year := binary.LittleEndian.Uint16(b)
	return year >= 1990 && year < 2100 && b[2] >= 1 && b[2] <= 12 && b[3] >= 1 && b[3] <= 31 &&
		b[4] < 24 && b[5] < 60 && b[6] <= 60
}

// isERF follows two records of Endace's Extensible Record Format: their times are close, and they have a type and
// a length that includes their header.
func isERF(head []byte) bool {
	const header, types, year = 16, 48, 366 * 24 * 3600
	var before uint32
	for n := range 2 {
		if len(head) < header {
			return false
		}
		second, kind := binary.LittleEndian.Uint32(head[4:]), head[8]&0x7f
		length := int(binary.BigEndian.Uint16(head[10:]))
		if kind == 0 || kind > types || length < header || length > len(head) || n > 0 && second-before > year {
			return false
		}
		before, head = second, head[length:]
	}
	return true
}
