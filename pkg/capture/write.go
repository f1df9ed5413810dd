package capture

import (
	"bufio"
	"fmt"
	"io"
	"io/fs"
)

// Writer writes packets to a pcapng file, or to several that follow one another. Packets of any number of
// interfaces and link types may be mixed. At most writeBuffer bytes are kept back; Flush writes them.
//
// Its methods are not safe for use by several goroutines at once. Once one of them has failed to write, all
// return that error, so that a file never lacks something in its middle.
type Writer struct {
	rotation Rotation
	base     string
	number   int // of the current file, as in Rotation
	files    int // begun so far
	name     string
	file     io.Closer // nil if it is not ours to close
	buffered *bufio.Writer
	written  int64 // bytes of the current file, with what is buffered
	begun    bool  // the current file has a packet
	ifaces   []writeIface
	block    []byte // under construction
	err      error
}

// writeIface is an interface and how its timestamps are stored.
type writeIface struct {
	Interface
	unit  int64 // nanoseconds that one unit of its timestamps lasts
	exact int   // the same interface with nanoseconds, once a packet needed it; or else 0
}

// NewWriter returns a Writer to w, which is not closed. The name is for errors.
func NewWriter(name string, w io.Writer) *Writer {
	writer := &Writer{name: name, buffered: bufio.NewWriterSize(w, writeBuffer)}
	writer.begin()
	return writer
}

// CreateFile returns a Writer to a file of that name, or to the files that r makes of it. Existing ones are
// overwritten.
func CreateFile(name string, r Rotation) (*Writer, error) {
	w := &Writer{base: name, rotation: r, buffered: bufio.NewWriterSize(nil, writeBuffer)}
	if w.fail(w.open()); w.err != nil {
		return nil, w.err
	}
	return w, nil
}

// AddInterface adds an interface, and returns the number that WritePacket takes for it. The timestamps of its
// packets are stored with i.Digits decimals. The name is cut to 128 bytes of UTF-8. i.SnapLen is not stored:
// libpcap reads no file in which the limits of two interfaces differ. For i's drops there is WriteDrops.
func (w *Writer) AddInterface(i Interface) (int, error) {
	if w.err != nil {
		return 0, w.err
	}
	if len(w.ifaces) == maxInterfaces {
		return 0, fmt.Errorf("%s: more than %d interfaces", w.name, maxInterfaces)
	}
	i.Digits = min(i.Digits, nanoseconds)
	w.ifaces = append(w.ifaces, writeIface{Interface: i, unit: int64(power10(nanoseconds - i.Digits))})
	w.describe(&w.ifaces[len(w.ifaces)-1])
	return len(w.ifaces) - 1, w.err
}

// WritePacket writes a packet with its bytes as captured, of which p.Len says how many there were on the wire.
// iface is a number that AddInterface returned; p.Iface and p.Link are not used. The comment, unless it is empty, is
// stored beside the packet, cut to 65535 bytes of UTF-8. A time before 1970 is stored as 1970, where pcapng
// begins.
func (w *Writer) WritePacket(iface int, p Packet, data []byte, comment string) error {
	switch {
	case w.err != nil:
		return w.err
	case uint(iface) >= uint(len(w.ifaces)):
		return w.noInterface(iface)
	case len(data) > maxWritePacket:
		return fmt.Errorf("%s: a packet of %d bytes is longer than %d", w.name, len(data), maxWritePacket)
	}
	if !w.rotation.Asked {
		w.rotate()
	}
	w.begun = true
	time := max(0, p.Time)
	if time%w.ifaces[iface].unit != 0 {
		iface = w.exact(iface)
	}
	w.enhancedPacket(uint32(iface), uint64(time/w.ifaces[iface].unit), p.Len, data, comment)
	return w.err
}

func (w *Writer) noInterface(n int) error {
	return fmt.Errorf("%s: no interface %d of %d", w.name, n, len(w.ifaces))
}

// exact returns the number of an interface like that one whose timestamps are in nanoseconds: a file may have
// others than Digits says, where its unit is no power of ten.
func (w *Writer) exact(iface int) int {
	if w.ifaces[iface].exact == 0 {
		i := w.ifaces[iface].Interface
		i.Digits = nanoseconds
		n, err := w.AddInterface(i)
		if err != nil {
			w.err = err
			return iface
		}
		w.ifaces[iface].exact = n
	}
	return w.ifaces[iface].exact
}

// Flush writes what is buffered.
func (w *Writer) Flush() error {
	if w.err == nil {
		w.fail(w.buffered.Flush())
	}
	return w.err
}

// Close flushes, and closes a file that CreateFile opened. It returns the error of any earlier call, too. A file without
// packets has an interface all the same, without which libpcap reads none.
func (w *Writer) Close() error {
	if len(w.ifaces) == 0 {
		w.AddInterface(Interface{Link: LinkEthernet, Digits: microseconds})
	}
	err := w.closeFile()
	w.fail(fs.ErrClosed)
	return err
}

// closeFile flushes and closes the current file.
func (w *Writer) closeFile() error {
	err := w.Flush()
	if w.file != nil {
		w.fail(w.file.Close())
		w.file, err = nil, w.err
	}
	return err
}

// fail keeps the first error, with the name of the file.
func (w *Writer) fail(err error) {
	if err != nil && w.err == nil {
		w.err = &WriteError{Name: w.name, Err: err}
	}
}

// WriteError says that a file could not be created, written or closed. Its text is one line that names it.
type WriteError struct {
	Name string // of the file, with its number if there are several
	Err  error
}

func (e *WriteError) Error() string {
	return fmt.Sprintf("%s: cannot be written: %s", e.Name, reason(e.Err))
}

func (e *WriteError) Unwrap() error { return e.Err }
