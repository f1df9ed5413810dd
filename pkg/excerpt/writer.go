package excerpt

import (
	"github.com/sniscope/sniscope/pkg/capture"
)

// Writer writes packets of connections to a capture.Writer, which it does not close.
type Writer struct {
	to      *capture.Writer
	numbers map[origin]int // that to has given
	origins []numbered     // in order of their numbers
	written uint64         // connections
	latest  int64          // time of a packet written
	ring    ring
}

// origin is what one interface of the output stands for.
type origin struct {
	file   uint32
	iface  uint16
	link   capture.LinkType
	digits uint8
}

type numbered struct {
	origin
	number int
}

// NewWriter returns a Writer that writes to to.
func NewWriter(to *capture.Writer) *Writer {
	return &Writer{to: to, numbers: make(map[origin]int)}
}

// Interface describes an interface by its number in the file with that place in the order of files, from 0. It is empty
// where the file says nothing of it.
type Interface func(file, number int) capture.Interface

// Write writes the packets of one connection, and the comment beside the packet with that ordinal, or beside the last
// one if that is not among them. Errors are those of the capture.Writer.
func (w *Writer) Write(l Packets, comment string, at uint64, describe Interface) error {
	if len(l) == 0 {
		return nil
	}
	if !l.has(at) {
		at = l.last()
	}
	if err := w.to.Rotate(); err != nil {
		return err
	}
	for p := range l.All() {
		n, err := w.number(&p, describe)
		if err != nil {
			return err
		}
		beside := ""
		if p.Ordinal == at {
			beside = comment
		}
		if err := w.to.WritePacket(n, p.Packet, p.Data, beside); err != nil {
			return err
		}
		w.latest = max(w.latest, p.Time)
	}
	w.written++
	w.ring.add(w.to.Files())
	return nil
}

// Connections is how many were written.
func (w *Writer) Connections() uint64 { return w.written }

// Overwritten is how many of them are there no more, because their file was begun again.
func (w *Writer) Overwritten() uint64 { return w.ring.lost }

// ring counts the connections in each of a number of files of which the oldest is overwritten.
type ring struct {
	files map[int]uint64
	begun int
	lost  uint64
}

// add takes a connection in the file that was begun last.
func (r *ring) add(begun, kept int) {
	if kept == 0 {
		return
	}
	if r.files == nil {
		r.files = make(map[int]uint64)
	}
	place := begun % kept
	if begun != r.begun {
		r.lost += r.files[place]
		r.files[place], r.begun = 0, begun
	}
	r.files[place]++
}

// number returns the number of the interface that a packet was captured on.
func (w *Writer) number(p *Packet, describe Interface) (int, error) {
	o := origin{file: p.File, iface: p.Iface, link: p.Link, digits: p.Digits}
	if n, ok := w.numbers[o]; ok {
		return n, nil
	}
	i := describe(int(o.file), int(o.iface))
	i.Link, i.Digits = p.Link, p.Digits
	n, err := w.to.AddInterface(i)
	if err == nil {
		w.numbers[o] = n
		w.origins = append(w.origins, numbered{o, n})
	}
	return n, err
}

// Drops writes what the files say, by now, of packets that were never captured.
func (w *Writer) Drops(describe Interface) error {
	for _, o := range w.origins {
		if err := w.to.WriteDrops(o.number, describe(int(o.file), int(o.iface)), w.latest); err != nil {
			return err
		}
	}
	return nil
}
