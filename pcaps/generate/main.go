// Command generate writes the captures of pcaps/ that no real software produces:
// rebuilt reports, forged packets, rare encapsulations and file formats. The same
// source writes the same bytes. Run it as
//
//	go run ./pcaps/generate [DIRECTORY]
package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
)

// scene is one capture file and what happens in it.
type scene struct {
	file   string
	format format
	play   func(*capture)
}

func scenes() []scene {
	return slices.Concat(articleScenes(), alertScenes(), tcpScenes(), linkScenes(), tunnelScenes(), quicScenes())
}

func main() { os.Exit(run(os.Args[1:], os.Stderr)) }

func run(args []string, stderr io.Writer) int {
	dir := "pcaps"
	if len(args) > 0 {
		dir = args[0]
	}
	for _, s := range scenes() {
		if err := write(dir, s); err != nil {
			fmt.Fprintf(stderr, "generate: %v\n", err)
			return 1
		}
	}
	return 0
}

func write(dir string, s scene) error {
	c := &capture{link: s.format.link, clock: start}
	s.play(c)
	return os.WriteFile(filepath.Join(dir, s.file), s.format.encode(c.frames), 0o644)
}
