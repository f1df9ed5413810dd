//go:build linux && (!libpcap || !cgo)

package live

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/sniscope/sniscope/pkg/capture"
	"github.com/sniscope/sniscope/pkg/filter"
)

// compile returns what Options.Filter is for an expression.
func compile(expr string) func(capture.LinkType) (*filter.Program, error) {
	return func(link capture.LinkType) (*filter.Program, error) { return filter.Compile(expr, uint32(link), 0) }
}

var filterExpressions = []string{
	"tcp port 443", "not tcp port 443", "port 443 or 441", "portrange 440-442 and not port 441", "ip6", "not ip", "arp or ip",
	"host 192.0.2.1", "src net 192.0.2.0/31 and dst port 445", "ip[2:2] > 700", "ip[ip[0] & 0x0f] != 0", "tcp[tcpflags] & tcp-push != 0",
	"tcp[((tcp[12] & 0xf0) >> 2) + 9] = 9", "tcp[4:4] >= 100 and tcp[4:4] < 200", "icmp", "ip6 protochain 6 or tcp port 446",
}

// TestFilter compares what the kernel selects with what Match selects of all packets.
func TestFilter(t *testing.T) {
	const ring = 4 << 20 // nobody reads before all is sent, and a busy kernel closes blocks that are hardly filled
	for _, name := range []string{"v0", "t1", Any} {
		t.Run(name, func(t *testing.T) {
			veth(t)
			none, ppp := tun(t, "t0", unix.ARPHRD_NONE), tun(t, "t1", arphrdPPP)
			all, stopAll := open(t, name, Options{ringBytes: ring})
			expressions := filterExpressions
			switch name {
			case "v0":
				expressions = append(expressions, "ether host 02:00:00:00:00:02", "len > 300", "less 100", "ether[12:2] = 0x0800")
			case Any:
				expressions = append(expressions, "inbound", "outbound and tcp", "not outbound and port 443", "link[4:4] = 3", "link[8:2] = 1")
			}
			var sources []*Source
			var stops []func()
			for _, expr := range expressions {
				s, stop := open(t, name, Options{ringBytes: ring, Filter: compile(expr)})
				if w := s.Warnings(); len(w) > 0 {
					t.Errorf("%s: %v", expr, w)
				}
				sources, stops = append(sources, s), append(stops, stop)
			}
			want := sendAll(t, none, ppp)
			whole := packets(t, all, stopAll, want[name])
			for n, expr := range expressions {
				got := packets(t, sources[n], stops[n], 0)
				sameFrames(t, got, matching(t, expr, whole))
			}
		})
	}
}

// sendAll sends packets of all kinds, and returns how many each interface has of them.
func sendAll(t *testing.T, none, ppp *os.File) map[string]int {
	t.Helper()
	send, n := injector(t, "v1"), 0
	for i, f := range mixture() {
		if i%6 == 5 {
			f = tagged(f, 0x8100, uint16(i))
		}
		if err := send(f); err != nil {
			t.Fatal(err)
		}
		if i%6 == 5 || i%10 == 5 {
			continue // the others are plain IP
		}
		n++
		_, err := none.Write(f[14:])
		_, again := ppp.Write(f[14:])
		if err := errors.Join(err, again); err != nil {
			t.Fatal(err)
		}
	}
	return map[string]int{"v0": len(mixture()), "t1": n, Any: 2*len(mixture()) + 2*n}
}

// matching returns the packets that a filter selects, when it sees them without the tag that the kernel took out.
func matching(t *testing.T, expr string, all []frame) (selected []frame) {
	t.Helper()
	p, err := filter.Compile(expr, uint32(all[0].Link), 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		seen := []byte(f.data)
		switch {
		case f.Link == capture.LinkEthernet && f.data[12:14] == "\x81\x00":
			seen = slices.Delete(seen, 12, 16)
		case f.Link == capture.LinkLinuxSLL2 && f.data[:2] == "\x81\x00" && f.data[10] != unix.PACKET_OUTGOING:
			copy(seen, seen[22:24])
			seen = slices.Delete(seen, 20, 24)
		}
		if p.Match(seen, len(seen)) {
			selected = append(selected, f)
		}
	}
	return selected
}

// TestFilterFromTheStart opens again and again while packets come.
func TestFilterFromTheStart(t *testing.T) {
	veth(t)
	send := injector(t, "v1")
	done, sent := make(chan struct{}), make(chan error, 1)
	go func() {
		for n := uint32(0); ; n++ {
			select {
			case <-done:
				sent <- nil
				return
			default:
			}
			if err := send(tcp(80, n, 0), tcp(81, n, 0), tcp(82, n, 0), tcp(443, n, 0)); err != nil {
				sent <- err
				return
			}
		}
	}()
	t.Cleanup(func() {
		close(done)
		if err := <-sent; err != nil {
			t.Error(err)
		}
	})
	for range 10 {
		for _, name := range []string{"v0", Any} {
			s, stop := open(t, name, Options{ringBytes: 1, Filter: compile("tcp port 443")})
			for _, p := range packets(t, s, stop, 1) {
				if port := binary.BigEndian.Uint16([]byte(p.data[len(p.data)-18:])); port != 443 {
					t.Fatalf("%s: a packet to port %d", name, port)
				}
			}
			s.Close()
		}
	}
}

// TestFilterRefused runs filters in the process that the kernel does not take, or cannot decide.
func TestFilterRefused(t *testing.T) {
	long := "port 1" + " or tcp[4:4] & 0x10f0f = 0x10000"
	for n := range 300 {
		long += " or tcp[4:4] = " + string(rune('0'+n%10)) + strings.Repeat("1", n%5+3)
	}
	tests := []struct {
		name, expr, warning string
		memory              bool
	}{
		{"v0", long + " or port 443", "the kernel does not run it: attaching the filter: cannot allocate memory", true},
		{Any, long + " or port 443", "the kernel does not run it: attaching the filter: cannot allocate memory", true},
		{Any, "greater 200", "the kernel does not run it: it reads what the kernel's filter does not see", false},
	}
	for _, test := range tests {
		t.Run(test.name+" "+test.expr[:6], func(t *testing.T) {
			veth(t)
			if test.memory {
				if err := os.WriteFile("/proc/sys/net/core/optmem_max", []byte("2048"), 0); err != nil {
					t.Skipf("this kernel's limit is not one of a namespace: %v", err)
				}
			}
			all, stopAll := open(t, test.name, Options{ringBytes: 1})
			s, stop := open(t, test.name, Options{ringBytes: 1, Filter: compile(test.expr)})
			if w := s.Warnings(); len(w) != 1 || !strings.Contains(w[0].Error(), test.warning) {
				t.Errorf("warnings %v", w)
			}
			frames := mixture()
			if err := injector(t, "v1")(frames...); err != nil {
				t.Fatal(err)
			}
			datagrams(t, 10)
			want := map[string]int{"v0": len(frames), Any: 2*len(frames) + 10}[test.name]
			whole := packets(t, all, stopAll, want)
			selected := matching(t, test.expr, whole)
			got := packets(t, s, stop, len(selected))
			if len(whole) != want || len(got) == 0 || len(got) == len(whole) {
				t.Errorf("%d of %d packets", len(got), len(whole))
			}
			sameFrames(t, got, selected)
			if received, _ := s.Stats(); received != uint64(len(got)) {
				t.Errorf("received %d", received)
			}
		})
	}
}

// TestFilterThatHardlyFits leaves no memory for another one, of which the end of the capture is made.
func TestFilterThatHardlyFits(t *testing.T) {
	veth(t)
	if err := os.WriteFile("/proc/sys/net/core/optmem_max", []byte("2048"), 0); err != nil {
		t.Skipf("this kernel's limit is not one of a namespace: %v", err)
	}
	send := injector(t, "v1")
	expr, fit := "tcp port 443", 0
	for {
		s, stop := open(t, "v0", Options{ringBytes: 1, Filter: compile(expr)})
		if len(s.Warnings()) > 0 {
			break
		}
		if err := send(tcp(443, 1, 0), tcp(80, 1, 0)); err != nil {
			t.Fatal(err)
		}
		stop()
		if got := len(packets(t, s, stop, 1)); got != 1 {
			t.Fatalf("%d clauses: %d packets, want 1", fit, got)
		}
		s.Close()
		for range 8 {
			expr += fmt.Sprintf(" or tcp[4:4] = %d", 1000+fit)
			fit++
		}
	}
	if fit == 0 {
		t.Error("no filter fits")
	}
}

// TestFilterError is the caller's own.
func TestFilterError(t *testing.T) {
	namespace(t)
	_, err := Open(t.Context(), Any, Options{Filter: compile("ether host 02:00:00:00:00:02")})
	if !errors.Is(err, filter.ErrLinkType) {
		t.Errorf("got %v", err)
	}
}

// TestNoFilter is a filter that the caller decides against.
func TestNoFilter(t *testing.T) {
	namespace(t)
	s, stop := open(t, "lo", Options{Filter: func(link capture.LinkType) (*filter.Program, error) {
		if link != capture.LinkEthernet {
			t.Errorf("link type %d", link)
		}
		return nil, nil
	}})
	datagrams(t, 3)
	if got := packets(t, s, stop, 3); len(got) != 3 || !bytes.Equal([]byte(got[2].data[42:]), []byte(strings.Repeat("\x02", 12))) {
		t.Errorf("got %+v", got)
	}
}
