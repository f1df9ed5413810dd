package capture

// Interface describes one interface of a capture file. A pcap file has exactly one, without a name.
type Interface struct {
	Link    LinkType
	Name    string // as recorded (pcapng if_name), not sanitised; empty if the file does not say
	SnapLen uint32 // most bytes captured of a packet; 0 means no limit or not known
	Digits  uint8  // decimal digits of a second that the timestamps resolve, 0 to 9

	// Drops that the file reports for the whole capture: the last Interface Statistics Block of
	// pcapng, or the last record of snoop. HasDrops false means that the file does not say, not zero.
	HasDrops      bool
	DroppedByIf   uint64 // by the interface, for lack of resources (isb_ifdrop)
	DroppedByHost uint64 // by the operating system (isb_osdrop)
}
