package capture

// aixLinks are the interface types (RFC 1573) that AIX's tcpdump writes instead of link types, in files of
// version 2.2 whose fractions are nanoseconds. None of these values can mean itself in so old a file.
var aixLinks = map[LinkType]LinkType{6: LinkEthernet, 9: 6, 15: 10, 24: LinkNull}

// correctVariant handles the files that use the standard magic number and mean something else.
func (p *pcap) correctVariant(head []byte, minor uint16) {
	if link, ok := aixLinks[p.iface.Link]; ok && minor == 2 {
		p.fraction, p.digits = 1, 9
		p.iface.Link, p.iface.Digits = link, 9
		return
	}
	switch p.recordHeader {
	case pcapRecordHeader: // Kuznetzov's ss990417 (Red Hat 6.1), Nokia's IPSO
		p.chooseRecordHeader(head, pcapRecordHeader+8, pcapRecordHeader+4)
	case pcapRecordHeader + 8: // Kuznetzov's ss990915 (SuSE 6.3)
		p.chooseRecordHeader(head, pcapRecordHeader+12)
	}
}

// chooseRecordHeader gives up the size that the magic number promises only if the first records make no
// sense with it, and do make sense with one of the others.
func (p *pcap) chooseRecordHeader(head []byte, others ...int) {
	if _, sane := p.saneRecords(head, p.recordHeader); sane {
		return
	}
	for _, size := range others {
		if n, sane := p.saneRecords(head, size); sane && n >= 2 {
			p.recordHeader = size
			return
		}
	}
}

// saneRecords follows the records in head with the given header size, and reports how many record headers
// it saw and whether they all look right.
func (p *pcap) saneRecords(head []byte, header int) (n int, sane bool) {
	for off := p.fileHeader; len(head)-off >= header; n++ {
		h := head[off:]
		captured, length := p.recordLengths(h)
		if int64(p.order.uint32(h[4:]))*p.fraction >= 1e9 || captured > maxRecord || captured > length {
			return n, false
		}
		off += header + int(captured)
	}
	return n, true
}
