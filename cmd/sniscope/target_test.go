package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestUnplaced begins three files: a second signal is to find them while they are not whole, and nothing of the one that was placed, of
// the one that was discarded, and of one that could not be created.
func TestUnplaced(t *testing.T) {
	dir := t.TempDir()
	begun := func() (n int) {
		unplaced.Range(func(temp, _ any) bool {
			if strings.HasPrefix(temp.(string), dir) {
				n++
			}
			return true
		})
		return n
	}
	placed, err := newTarget(t.Context(), filepath.Join(dir, "a"))
	if err != nil {
		t.Fatal(err)
	}
	discarded, err := newTarget(t.Context(), filepath.Join(dir, "b"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := newTarget(t.Context(), filepath.Join(dir, "none", "c")); err == nil {
		t.Fatal("a file in a directory that is not there")
	}
	if n := begun(); n != 2 {
		t.Errorf("%d files are begun, want 2", n)
	}
	if err := placed.commit(); err != nil {
		t.Error(err)
	}
	discarded.discard()
	if n := begun(); n != 0 {
		t.Errorf("%d names are left", n)
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 || left[0].Name() != "a" {
		t.Errorf("there are %v, want a", left)
	}
}
