// Write writes a synthetic capture: write KIND CONNECTIONS FILE.
package main

import (
	"fmt"
	"os"
	"strconv"

	"github.com/sniscope/sniscope/pkg/analysis/internal/synth"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "write:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 3 {
		return fmt.Errorf("want KIND CONNECTIONS FILE; the kinds are %q", synth.Kinds)
	}
	n, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	f, err := os.Create(args[2])
	if err != nil {
		return err
	}
	if err := synth.Write(f, synth.Kind(args[0]), n, 1); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
