//go:build unix

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"time"

	"github.com/sniscope/sniscope/pkg/capture"
)

// command is what is measured.
type command struct {
	label string
	env   []string
	args  []string
}

// cost is what one run of a command took.
type cost struct {
	wall, cpu time.Duration
	peak      int64 // bytes
}

// run runs the command once. Its output is thrown away.
func (c command) run() (cost, error) {
	cmd := exec.Command(c.args[0], c.args[1:]...)
	cmd.Env = append(os.Environ(), c.env...)
	begin := time.Now()
	err := cmd.Run()
	took := cost{wall: time.Since(begin)}
	if err != nil {
		return took, fmt.Errorf("%q: %w", c.args, err)
	}
	took.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		took.peak = int64(usage.Maxrss) << 10
	}
	return took, nil
}

// beside runs both commands in turns, after one run of each that does not count, and prints a row.
func (b *bench) beside(f file, ours, theirs command) error {
	if theirs.label == "" {
		theirs.label = theirs.args[0]
	}
	name := theirs.args[0]
	if _, err := exec.LookPath(name); err != nil {
		fmt.Printf("%-11s %s is not installed\n", f.label, name)
		return nil
	}
	var wall, ratioWall, ratioCPU, peak []float64
	for i := range b.runs + 1 {
		a, err := ours.run()
		if err != nil {
			return err
		}
		t, err := theirs.run()
		if err != nil {
			return err
		}
		if i == 0 {
			continue
		}
		wall, peak = append(wall, a.wall.Seconds()), append(peak, float64(a.peak)/(1<<20))
		ratioWall = append(ratioWall, a.wall.Seconds()/t.wall.Seconds())
		ratioCPU = append(ratioCPU, a.cpu.Seconds()/t.cpu.Seconds())
	}
	fmt.Printf("%-11s %8d %7d %8.0f  %-18s %6.2f s  %6.3f  %6.3f  %4.0f MiB  %6.2f\n", f.label, f.packets, f.conns, float64(f.bytes)/1e6,
		theirs.label, median(wall), median(ratioWall), median(ratioCPU), median(peak), median(wall)/float64(f.conns)*1e6)
	return nil
}

func median(v []float64) float64 {
	slices.Sort(v)
	return v[len(v)/2]
}

// countPackets counts the packets of a capture.
func countPackets(name string) (n uint64, err error) {
	r, err := capture.Open(name, nil)
	if err != nil {
		return 0, err
	}
	defer r.Close()
	for b := (capture.Block{}); ; {
		b.Reset()
		switch err := r.Next(&b); {
		case errors.Is(err, io.EOF):
			return n, nil
		case err != nil:
			return n, err
		}
		n += uint64(len(b.Packets))
	}
}
