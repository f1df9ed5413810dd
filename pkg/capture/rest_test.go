package capture

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// longCapture is more than FirstTime reads ahead.
func longCapture() []byte {
	f := manyPackets().data
	return append(f, bytes.Repeat(f[24:], 10)...)
}

// opened opens a file with these bytes.
func opened(t *testing.T, data []byte) (r *Reader, name string) {
	t.Helper()
	name = filepath.Join(t.TempDir(), "capture")
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := Open(name, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r, name
}

// resting opens a file with these bytes and lets it rest.
func resting(t *testing.T, data []byte) (r *Reader, name string) {
	t.Helper()
	r, name = opened(t, data)
	r.Rest()
	if r.closers != nil || r.src != nil {
		t.Errorf("%s holds a file, or what was decompressed", r.Name())
	}
	return r, name
}

// TestRest reads captures that have rested, of one block and of many: the same comes of them.
func TestRest(t *testing.T) {
	for _, v := range variants() {
		r, _ := resting(t, v.file.data)
		got, err := collect(t, r, 0)
		if err != io.EOF {
			t.Errorf("%s: %v", v.name, err)
		}
		samePackets(t, got, v.want)
	}
	long := longCapture()
	want := mustCollect(t, long)
	for _, c := range compressors {
		r, _ := resting(t, c.compress(t, long))
		first, ok := r.FirstTime()
		if !ok || first != want[0].Time || r.BytesRead() != 0 {
			t.Errorf("%s: FirstTime = %d, %v at rest, and %d bytes read", c.name, first, ok, r.BytesRead())
		}
		got, err := collect(t, r, 0)
		if err != io.EOF {
			t.Errorf("%s: %v", c.name, err)
		}
		samePackets(t, got, want)
		if r.closers != nil || r.src != nil {
			t.Errorf("%s is still open at its end", c.name)
		}
		if _, ok := r.Interface(0); !ok || r.BytesRead() != r.Size() {
			t.Errorf("%s: an interface is gone, or %d bytes of %d are read", c.name, r.BytesRead(), r.Size())
		}
	}
}

// TestRestOfFault finds the fault of a capture again that is cut.
func TestRestOfFault(t *testing.T) {
	long := longCapture()
	for _, data := range [][]byte{long[:len(long)-1], long[:len(long)/100]} {
		want, fault := collectBytes(t, data, 0)
		r, _ := resting(t, data)
		got, err := collect(t, r, 0)
		samePackets(t, got, want)
		var was, is *TruncatedError
		if !errors.As(fault, &was) || !errors.As(err, &is) || is.Offset != was.Offset || is.Have != was.Have {
			t.Errorf("%v, want %v", err, fault)
		}
	}
}

// TestRestOfFileThatGoes removes a file that rests.
func TestRestOfFileThatGoes(t *testing.T) {
	r, name := resting(t, longCapture())
	if err := os.Remove(name); err != nil {
		t.Skip(err)
	}
	var open *OpenError
	if _, err := collect(t, r, 0); !errors.As(err, &open) || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v", err)
	}
}

// TestRestOfStream does not let go of what gives its bytes only once.
func TestRestOfStream(t *testing.T) {
	data := longCapture()
	r := readerOf(t, data)
	r.Rest()
	got, err := collect(t, r, 0)
	if err != io.EOF {
		t.Error(err)
	}
	samePackets(t, got, mustCollect(t, data))
}
