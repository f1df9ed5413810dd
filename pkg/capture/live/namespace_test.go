//go:build linux

package live

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sniscope/sniscope/pkg/capture"
)

// patience is how long a test waits for what must happen.
const patience = 20 * time.Second

// namespace moves the test into a network namespace of its own. Its thread is for no other goroutine, and ends with
// the test, whatever happens; the namespace, which has no name, ends with the thread.
func namespace(t testing.TB) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("needs root to make a network namespace")
	}
	if _, err := exec.LookPath("ip"); err != nil {
		t.Skip("needs ip, of iproute2")
	}
	runtime.LockOSThread()
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		t.Skipf("cannot make a network namespace: %v", err)
	}
	for _, name := range []string{"all", "default"} { // or else it would send packets of its own accord
		if err := os.WriteFile("/proc/sys/net/ipv6/conf/"+name+"/disable_ipv6", []byte("1"), 0); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Skipf("a container that may not set up its network: %v", err)
		}
	}
	ip(t, "link set lo up")
}

// veth makes a namespace with a pair of connected interfaces, v0 and v1.
func veth(t testing.TB) {
	t.Helper()
	namespace(t)
	pair(t, "v0", "v1")
}

// pair makes two connected interfaces, and waits until they carry packets.
func pair(t testing.TB, names ...string) {
	t.Helper()
	ip(t, "link add "+names[0]+" type veth peer name "+names[1])
	for _, name := range names {
		ip(t, "link set "+name+" arp off up")
	}
	for _, name := range names {
		for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
			i, err := net.InterfaceByName(name)
			if err != nil || time.Now().After(deadline) {
				t.Fatalf("%s does not come up: %v", name, err)
			}
			if i.Flags&net.FlagRunning != 0 {
				break
			}
		}
	}
}

func ip(t testing.TB, args string) {
	t.Helper()
	if out, err := exec.Command("ip", strings.Fields(args)...).CombinedOutput(); err != nil {
		t.Fatalf("ip %s: %v: %s", args, err, out)
	}
}

// injector returns what sends frames as they are out of an interface.
func injector(t testing.TB, name string) func(frames ...[]byte) error {
	t.Helper()
	socket, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(socket) })
	request, err := unix.NewIfreq(name)
	if err == nil {
		err = unix.IoctlIfreq(socket, unix.SIOCGIFINDEX, request)
	}
	if err != nil {
		t.Fatal(err)
	}
	to := &unix.SockaddrLinklayer{Ifindex: int(request.Uint32())}
	return func(frames ...[]byte) error {
		for _, f := range frames {
			if err := unix.Sendto(socket, f, 0, to); err != nil {
				return err
			}
		}
		return nil
	}
}

// open opens a source that ends with the test, or when stop is called.
func open(t testing.TB, name string, opt Options) (s *Source, stop func()) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	s, err := Open(ctx, name, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, cancel
}

// frame is a packet as captured.
type frame struct {
	capture.Packet
	data string
}

// packets reads until there are want packets, then stops the capture and reads what is left.
func packets(t testing.TB, s *Source, stop func(), want int) []frame {
	t.Helper()
	all, err := untilError(t, s, func(n int) {
		if n >= want {
			stop()
		}
	})
	if err != io.EOF {
		t.Fatalf("the capture ended with %v", err)
	}
	return all
}

// untilError reads until Next returns an error, and calls each with the number of packets after each call of Next.
func untilError(t testing.TB, s *Source, each func(n int)) (all []frame, err error) {
	t.Helper()
	var b capture.Block
	for {
		each(len(all))
		if err := s.Next(&b); err != nil {
			if len(b.Packets)+len(b.Data) != 0 {
				t.Errorf("%d packets with the error %v", len(b.Packets), err)
			}
			return all, err
		}
		if len(b.Packets) > 0 && b.First != uint64(len(all))+1 {
			t.Errorf("the first packet of a block is %d, want %d", b.First, len(all)+1)
		}
		for _, p := range b.Packets {
			data := string(b.Data[p.Offset:][:p.CapLen])
			p.Offset = 0
			all = append(all, frame{p, data})
		}
	}
}

// tcpdump records what an interface has until the function that it returns is called; that waits for so many packets.
func tcpdump(t *testing.T, args ...string) func(want int) []frame {
	t.Helper()
	path, err := exec.LookPath("tcpdump")
	if err != nil {
		t.Skip("tcpdump is not installed")
	}
	name := filepath.Join(t.TempDir(), "tcpdump.pcap")
	cmd := exec.Command(path, append([]string{"-w", name, "-U", "-Z", "root", "-B", "16384", "--nano"}, args...)...)
	stderr, err := cmd.StderrPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if cmd.ProcessState == nil {
			cmd.Process.Kill()
			cmd.Wait()
		}
	})
	lines := bufio.NewScanner(stderr)
	for lines.Scan() && !strings.Contains(lines.Text(), "listening on") {
		t.Log(lines.Text())
	}
	return func(want int) []frame {
		t.Helper()
		var all []frame
		for deadline := time.Now().Add(patience); len(all) < want; {
			time.Sleep(10 * time.Millisecond)
			if all = readFile(t, name); time.Now().After(deadline) {
				t.Fatalf("tcpdump has %d packets, want %d", len(all), want)
			}
		}
		cmd.Process.Signal(os.Interrupt)
		if err := cmd.Wait(); err != nil {
			t.Fatalf("tcpdump: %v", err)
		}
		return readFile(t, name)
	}
}

// readFile reads the packets that a file has so far.
func readFile(t *testing.T, name string) (all []frame) {
	t.Helper()
	r, err := capture.Open(name, nil)
	if err != nil {
		return nil
	}
	defer r.Close()
	var b capture.Block
	for r.Next(&b) == nil {
		for _, p := range b.Packets {
			data := string(b.Data[p.Offset:][:p.CapLen])
			p.Offset = 0
			all = append(all, frame{p, data})
		}
	}
	return all
}

// tcp is an Ethernet frame with a segment over IPv4 that has so many bytes of payload; n is its sequence number.
func tcp(port uint16, n uint32, payload int) []byte {
	f := []byte{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0}
	f = append(f, 0x45, 0)
	f = binary.BigEndian.AppendUint16(f, uint16(40+payload))
	f = append(f, 0, 0, 0x40, 0, 64, unix.IPPROTO_TCP, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2)
	f = binary.BigEndian.AppendUint16(f, 40000)
	f = binary.BigEndian.AppendUint16(f, port)
	f = binary.BigEndian.AppendUint32(f, n)
	f = append(f, 0, 0, 0, 0, 0x50, 0x18, 1, 0, 0, 0, 0, 0)
	for i := range payload {
		f = append(f, byte(i))
	}
	return f
}

// tagged puts VLAN tags into a frame, the outermost first: TPID and TCI in turns.
func tagged(f []byte, tags ...uint16) []byte {
	t := append([]byte(nil), f[:12]...)
	for _, n := range tags {
		t = binary.BigEndian.AppendUint16(t, n)
	}
	return append(t, f[12:]...)
}
