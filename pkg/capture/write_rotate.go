package capture

import (
	"fmt"
	"os"
	"strconv"
)

// Rotation says when a Writer goes on in another file, in the way of tcpdump's -C and -W. The zero value is one file.
type Rotation struct {
	// Bytes is the size beyond which a file gets no more packets: the check is made before each packet, so
	// that files are a little larger. tcpdump's -C N is N million. 0 means no limit.
	Bytes int64

	// Files is how many files there are before the first is overwritten: tcpdump's -W. 0 means no limit.
	// It has no effect without Bytes.
	Files int

	// Asked has the Writer go on in another file only when Rotate is called: packets written in between stay together.
	Asked bool
}

// fileName returns the name of the file number n, counted from 0. Without Files these are F, F1, F2, …; with it all
// have as many digits as the last one needs, F00 to F11, but for a single one, which is F.
func (r Rotation) fileName(base string, n int) string {
	switch {
	case r.Bytes <= 0 || r.Files == 1 || r.Files <= 0 && n == 0:
		return base
	case r.Files <= 0:
		return base + strconv.Itoa(n)
	}
	return fmt.Sprintf("%s%0*d", base, len(strconv.Itoa(r.Files-1)), n)
}

// Rotate goes on in the next file if the current one is full. WritePacket does so by itself unless Rotation.Asked is set.
func (w *Writer) Rotate() error {
	w.rotate()
	return w.err
}

// Files is how many files were begun, and of how many the last ones are there: Rotation.Files, 0 for all.
func (w *Writer) Files() (begun, kept int) { return w.files, w.rotation.Files }

func (w *Writer) rotate() {
	if w.rotation.Bytes <= 0 || w.written <= w.rotation.Bytes || !w.begun || w.closeFile() != nil {
		return
	}
	w.number++
	if w.rotation.Files > 0 {
		w.number %= w.rotation.Files
	}
	w.fail(w.open())
}

// open begins the file whose turn it is.
func (w *Writer) open() error {
	w.name = w.rotation.fileName(w.base, w.number)
	file, err := os.Create(w.name)
	if err != nil {
		return err
	}
	w.files++
	w.file = file
	w.buffered.Reset(file)
	w.begin()
	return nil
}

// begin writes what stands before the packets of every file: it can be read without those before it.
func (w *Writer) begin() {
	w.written, w.begun = 0, false
	w.section()
	for i := range w.ifaces {
		w.describe(&w.ifaces[i])
	}
}
