package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
)

// destination is where a format goes. What is written counts only after commit.
type destination interface {
	io.Writer
	commit() error
	discard()
}

// errReaderGone says that nobody reads standard output any more, as after head. It is no failure.
var errReaderGone = errors.New("nobody reads standard output any more")

// standardOutput is a destination whose reader may go away.
type standardOutput struct{ w io.Writer }

// Write implements io.Writer.
func (s standardOutput) Write(p []byte) (int, error) {
	n, err := s.w.Write(p)
	switch {
	case errors.Is(err, syscall.EPIPE):
		err = errReaderGone
	case err != nil:
		err = failure("standard output", err)
	}
	return n, err
}

func (s standardOutput) commit() error { return nil }
func (s standardOutput) discard()      {}

// newDestination opens a file to write. A live one is written under its own name from the start.
func newDestination(ctx context.Context, name string, live bool, stdout io.Writer) (destination, error) {
	if name == "-" {
		return standardOutput{stdout}, nil
	}
	if n, ok := descriptor(name); ok {
		return newInherited(n, name, stdout)
	}
	if live {
		return newDirect(ctx, name)
	}
	return newTarget(ctx, name)
}

// descriptor is the number in the name of a file that was open before this program began, as in /dev/fd/3.
func descriptor(name string) (n int, ok bool) {
	switch dir, file := filepath.Split(filepath.Clean(name)); {
	case dir == "/dev/" && file == "stdout":
		return 1, true
	case dir == "/dev/" && file == "stderr":
		return 2, true
	case dir == "/dev/fd/", dir == "/proc/self/fd/":
		n, err := strconv.Atoi(file)
		return n, err == nil && n > 0
	}
	return 0, false
}

// newInherited writes where a file is open already. It is not to be replaced, nor to be written from its beginning again: a shell
// may have it append (>> all.csv), and write to it before and behind.
func newInherited(n int, name string, stdout io.Writer) (destination, error) {
	switch n {
	case 1:
		return standardOutput{stdout}, nil
	case 2:
		return uncounted{os.Stderr}, nil
	}
	if !inherited(n) { // it may be the socket that captures, which would send the rows
		return nil, failure(name, syscall.EBADF)
	}
	return &direct{name, os.NewFile(uintptr(n), name)}, nil
}

// uncounted is a destination that somebody else commits or discards.
type uncounted struct{ io.Writer }

func (uncounted) commit() error { return nil }
func (uncounted) discard()      {}

// direct is a file that can be read while it is written: what a live capture has found is not to be waited for.
type direct struct {
	name string
	file *os.File
}

func newDirect(ctx context.Context, name string) (*direct, error) {
	f, err := openUntil(ctx, name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC)
	d := &direct{name, f}
	return d, d.failure(err)
}

// Write implements io.Writer.
func (d *direct) Write(p []byte) (int, error) {
	n, err := d.file.Write(p)
	return n, d.failure(err)
}

func (d *direct) commit() error { return d.failure(d.file.Close()) }
func (d *direct) discard()      { d.file.Close() }

func (d *direct) failure(err error) error { return failure(d.name, err) }

// target is a file that appears under its name only when it is whole.
type target struct {
	name string // as given
	path string // where name leads to
	file *os.File
	w    *bufio.Writer
	temp bool // written under another name, to be renamed
}

// newTarget begins a file. What is not a regular file, such as a pipe or /dev/null, is written directly, and so is one in a
// directory that takes no other.
func newTarget(ctx context.Context, name string) (*target, error) {
	t := &target{name: name, path: name, temp: true}
	info, err := os.Stat(name)
	switch {
	case err == nil && !info.Mode().IsRegular():
		t.temp = false
		t.file, err = openUntil(ctx, name, os.O_WRONLY)
	case err != nil && !errors.Is(err, fs.ErrNotExist): // such as links in a circle
	default:
		t.path = followLinks(name)
		if t.file, err = createBeside(t.path); err != nil && info != nil {
			t.temp = false
			t.file, err = os.OpenFile(t.path, os.O_WRONLY|os.O_TRUNC, 0)
		}
	}
	if err != nil {
		return nil, t.failure(err)
	}
	if t.temp && info != nil {
		t.file.Chmod(info.Mode().Perm()) // where the file system has permissions
	}
	t.w = bufio.NewWriterSize(t.file, 1<<16)
	return t, nil
}

// openUntil opens a file to write. A named pipe that nobody reads is waited for until ctx ends.
func openUntil(ctx context.Context, name string, flag int) (*os.File, error) {
	info, err := os.Stat(name)
	if err != nil || info.Mode()&fs.ModeNamedPipe == 0 {
		return os.OpenFile(name, flag, 0o666)
	}
	var f *os.File
	done := make(chan struct{})
	go func() {
		f, err = os.OpenFile(name, flag, 0o666)
		close(done)
	}()
	select {
	case <-done:
		return f, err
	case <-ctx.Done():
		return nil, errors.New("interrupted before anybody read it") // and the file is left to the goroutine
	}
}

// followLinks is the name of the file that a name leads to, which need not exist: a link stays one.
func followLinks(name string) string {
	for range maxHops {
		if path, err := filepath.EvalSymlinks(name); err == nil {
			return path
		}
		link, err := os.Readlink(name)
		if err != nil {
			break
		}
		if filepath.IsAbs(link) {
			name = link
			continue
		}
		dir, err := filepath.EvalSymlinks(filepath.Dir(name))
		if err != nil {
			break
		}
		name = filepath.Join(dir, link)
	}
	return name
}

// unplaced are the names of the temporary files. Of one that was placed or discarded it is deleted only then, so that a signal finds
// every file that is there.
var unplaced sync.Map

// createBeside creates a file in the directory of path, with the permissions that a new file gets there.
func createBeside(path string) (*os.File, error) {
	temp := filepath.Join(filepath.Dir(path), ".sniscope-"+strconv.FormatUint(rand.Uint64(), 36))
	unplaced.Store(temp, nil) // before it is there, for a signal may come in between
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		unplaced.Delete(temp)
	}
	return f, err
}

// removeUnplaced removes what was begun, for a program that ends in the middle.
func removeUnplaced() {
	unplaced.Range(func(temp, _ any) bool {
		os.Remove(temp.(string))
		return true
	})
}

// Write implements io.Writer.
func (t *target) Write(p []byte) (int, error) {
	n, err := t.w.Write(p)
	return n, t.failure(err)
}

// commit makes the file appear under its name.
func (t *target) commit() error {
	err := t.w.Flush()
	if err == nil {
		err = t.file.Close()
	}
	if err == nil && t.temp {
		err = t.place()
	}
	if err != nil {
		t.discard()
	}
	return t.failure(err)
}

// place gives the file its name. Where that cannot be taken from another file, as from one that is mounted into a
// container, that file gets the bytes.
func (t *target) place() error {
	err := os.Rename(t.file.Name(), t.path)
	if err == nil {
		unplaced.Delete(t.file.Name())
		return nil
	}
	from, fault := os.Open(t.file.Name())
	if fault != nil {
		return err
	}
	defer from.Close()
	to, fault := os.OpenFile(t.path, os.O_WRONLY|os.O_TRUNC, 0)
	if fault != nil {
		return err
	}
	defer to.Close()
	if _, err = io.Copy(to, from); err == nil {
		err = to.Close()
	}
	t.remove()
	return err
}

// discard removes what was written.
func (t *target) discard() {
	t.file.Close()
	if t.temp {
		t.remove()
	}
}

// remove removes the temporary file.
func (t *target) remove() {
	os.Remove(t.file.Name())
	unplaced.Delete(t.file.Name())
}

// failure names the file in place of the temporary one.
func (t *target) failure(err error) error { return failure(t.name, err) }

func failure(name string, err error) error {
	if err == nil {
		return nil
	}
	return &writeError{name, cause(err)}
}

// writeError says which output could not be written, and why. That is all there is to say of it, whoever adds what it was
// about to write.
type writeError struct {
	name string
	err  error
}

func (e *writeError) Error() string { return "cannot write " + e.name + ": " + e.err.Error() }
func (e *writeError) Unwrap() error { return e.err }

// cause is err without the operation and the name that an error of package os repeats.
func cause(err error) error {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err
	}
	if link, ok := errors.AsType[*os.LinkError](err); ok {
		return link.Err
	}
	return err
}
