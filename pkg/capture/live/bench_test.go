//go:build linux

package live

import (
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sniscope/sniscope/pkg/capture"
)

// BenchmarkReplay has tcpreplay send packets as fast as it can over a pair of interfaces, and counts those that arrive
// and those that are lost. An operation is a packet.
func BenchmarkReplay(b *testing.B) {
	replay, err := exec.LookPath("tcpreplay")
	if err != nil {
		b.Skip("tcpreplay is not installed")
	}
	const packets = 20000
	for _, size := range []int{0, 400, 1400} {
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			veth(b)
			name := filepath.Join(b.TempDir(), "replayed.pcapng")
			writeReplayed(b, name, packets, size)
			s, stop := open(b, "v0", Options{})
			loops := (b.N + packets - 1) / packets
			cmd := exec.Command(replay, "--topspeed", "--preload-pcap", "--quiet", "--loop", strconv.Itoa(loops), "-i", "v1", name)
			done := make(chan error, 1)
			if err := cmd.Start(); err != nil {
				b.Fatal(err)
			}
			go func() {
				done <- cmd.Wait()
				stop()
			}()
			used := cpuTime(b)
			var block capture.Block
			var first, last time.Time
			for s.Next(&block) == nil {
				if len(block.Packets) > 0 {
					if last = time.Now(); first.IsZero() {
						first = last
					}
				}
			}
			if err := <-done; err != nil {
				b.Fatal(err)
			}
			received, dropped := s.Stats()
			b.ReportMetric(float64(cpuTime(b)-used)/float64(received), "cpu-ns/packet")
			b.ReportMetric(float64(received)/last.Sub(first).Seconds(), "received/s")
			b.ReportMetric(100*float64(dropped)/float64(received+dropped), "%dropped")
			b.ReportMetric(float64(loops*packets)-float64(received+dropped), "unseen")
		})
	}
}

// cpuTime is what this process, tcpreplay not included, has used.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var usage unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func writeReplayed(b *testing.B, name string, packets, size int) {
	b.Helper()
	w, err := capture.CreateFile(name, capture.Rotation{})
	if err != nil {
		b.Fatal(err)
	}
	defer w.Close()
	if _, err := w.AddInterface(capture.Interface{Link: capture.LinkEthernet, Digits: 9}); err != nil {
		b.Fatal(err)
	}
	for n := range packets {
		f := tcp(uint16(n), uint32(n), size)
		p := capture.Packet{Time: int64(n), Len: uint32(len(f))}
		if err := w.WritePacket(0, p, f, ""); err != nil {
			b.Fatal(err)
		}
	}
}
