//go:build linux

package main

import (
	"fmt"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// folderOf makes a folder in which only one user may write.
func folderOf(t *testing.T, name string) string {
	t.Helper()
	u, err := user.Lookup(name)
	if err != nil {
		t.Skip(err)
	}
	id, err := strconv.Atoi(u.Uid)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, d := range []string{filepath.Dir(dir), dir} {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chown(dir, id, -1); err != nil {
		t.Skip(err)
	}
	return dir
}

// TestLiveRotatesAsUser has the files of -C created by the user of -Z: he overwrites the oldest, too.
func TestLiveRotatesAsUser(t *testing.T) {
	h, dir := newHost(t), folderOf(t, "nobody")
	each(h.listen(t, portClosed), func(*net.TCPConn) {})
	p := h.start(t, "sniscope", "-i", "lo", "-Z", "nobody", "-C", "1k", "-W", "2", "-w", filepath.Join(dir, "f"))
	p.says(t, "capturing on")
	for range 6 {
		greet(h, 0, fmt.Sprintf("127.0.0.1:%d", portClosed))
	}
	p.interrupt(t)
	p.says(t, " of 6 connections; ") // the rest were overwritten
	if files, _ := filepath.Glob(filepath.Join(dir, "*")); len(files) != 2 {
		t.Errorf("files %q", files)
	}
}

// TestLiveMayNotRotate ends at once where the second file could not be created: the evidence would end after 100 MB.
func TestLiveMayNotRotate(t *testing.T) {
	h, dir := newHost(t), folderOf(t, "root")
	p := h.start(t, "sniscope", "-i", "lo", "-Z", "nobody", "-C", "100", "-w", filepath.Join(dir, "f"))
	<-p.ended
	if err := p.stderr.String(); p.err == nil || !strings.Contains(err, "f: cannot be written: permission denied") {
		t.Errorf("%v: %s", p.err, err)
	}
}
