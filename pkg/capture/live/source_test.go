//go:build linux && (!libpcap || !cgo)

package live

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sniscope/sniscope/pkg/capture"
)

func TestPromiscuous(t *testing.T) {
	veth(t)
	promiscuity := func() bool {
		out, err := exec.Command("ip", "-d", "link", "show", "v0").Output()
		if err != nil {
			t.Fatal(err)
		}
		return strings.Contains(string(out), "promiscuity 1")
	}
	for _, asked := range []bool{false, true} {
		s, _ := open(t, "v0", Options{Promiscuous: asked})
		if promiscuity() != asked || len(s.Warnings()) != 0 {
			t.Errorf("asked for promiscuous mode: %v, got it: %v, warnings %v", asked, !asked, s.Warnings())
		}
		if s.Close(); promiscuity() {
			t.Error("promiscuous after Close")
		}
	}
	s, _ := open(t, Any, Options{Promiscuous: true})
	if w := s.Warnings(); len(w) != 1 || !strings.HasPrefix(w[0].Error(), "any: promiscuous mode ") {
		t.Errorf("warnings %v", w)
	}
}

// TestDrops lets a small ring run full.
func TestDrops(t *testing.T) {
	veth(t)
	s, stop := open(t, "v1", Options{ringBytes: 1})
	const sent = 5000
	send := injector(t, "v1")
	for n := range uint32(sent) {
		if err := send(tcp(443, n, 900)); err != nil {
			t.Fatal(err)
		}
	}
	_, dropped := s.Stats()
	if dropped == 0 || dropped >= sent {
		t.Fatalf("%d packets dropped of %d", dropped, sent)
	}
	got := packets(t, s, stop, sent-int(dropped))
	received, again := s.Stats()
	if received != uint64(len(got)) || received+dropped != sent || again != dropped {
		t.Errorf("received %d, then dropped %d, then %d, of %d", received, dropped, again, sent)
	}
	s.Close()
	if i, ok := s.Interface(0); !ok || i.DroppedByHost != dropped {
		t.Errorf("after Close: %+v", i)
	}
}

// TestDropsAtTheEnd knows after Close of those that nobody asked for before.
func TestDropsAtTheEnd(t *testing.T) {
	veth(t)
	s, _ := open(t, "v1", Options{ringBytes: 1})
	send := injector(t, "v1")
	for n := range uint32(5000) {
		if err := send(tcp(443, n, 900)); err != nil {
			t.Fatal(err)
		}
	}
	s.Close()
	if _, dropped := s.Stats(); dropped == 0 {
		t.Error("nothing dropped")
	}
}

// TestWentDown delivers what was captured before.
func TestWentDown(t *testing.T) {
	veth(t)
	s, _ := open(t, "v0", Options{})
	if err := injector(t, "v1")(mixture()...); err != nil {
		t.Fatal(err)
	}
	ip(t, "link del v0")
	got, err := untilError(t, s, func(int) {})
	var located *Error
	if !errors.Is(err, ErrWentDown) || !errors.As(err, &located) || located.Hint() == "" ||
		err.Error() != "v0: the interface went down or was removed during the capture" {
		t.Errorf("error %v", err)
	}
	if len(got) != len(mixture()) {
		t.Errorf("%d packets before that", len(got))
	}
}

// TestGoesOnWhenUpAgain takes an interface down and brings it up twice, as a restart of the network does, and removes it
// while it is down, which the kernel does not tell.
func TestGoesOnWhenUpAgain(t *testing.T) {
	veth(t)
	downs, sent := 0, 0
	s, _ := open(t, "v0", Options{WentDown: func() { downs++ }})
	send := injector(t, "v1")
	got, err := untilError(t, s, func(n int) {
		switch {
		case n < sent || sent == 3 || downs < sent:
			return // what was sent last, or the word that the interface is down, is still to come
		case sent > 0:
			ip(t, "link set v0 up")
			ip(t, "link set v1 up")
		}
		if err := send(tcp(443, uint32(sent), 0)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * settle) // let it be handed over
		sent++
		ip(t, "link set v0 down")
		if sent == 3 {
			ip(t, "link del v0")
		}
	})
	if !errors.Is(err, ErrWentDown) {
		t.Errorf("error %v", err)
	}
	if len(got) != 3 || downs < 2 {
		t.Errorf("%d packets, %d times down", len(got), downs)
	}
}

// TestRemovedWhileDown ends a capture also where the last packets were handed over after the word that the interface is
// down: the kernel keeps them back to fill a block.
func TestRemovedWhileDown(t *testing.T) {
	veth(t)
	downs, removed := 0, false
	s, _ := open(t, "v0", Options{WentDown: func() { downs++ }})
	if err := injector(t, "v1")(tcp(443, 1, 0)); err != nil {
		t.Fatal(err)
	}
	ip(t, "link set v0 down")
	got, err := untilError(t, s, func(n int) {
		if n == 1 && downs == 1 && !removed {
			ip(t, "link del v0")
			removed = true
		}
	})
	if !errors.Is(err, ErrWentDown) || len(got) != 1 || downs != 1 {
		t.Errorf("%d packets, %d times down, then %v", len(got), downs, err)
	}
}

// TestAnyGoesOn when nothing comes, and when an interface is no more.
func TestAnyGoesOn(t *testing.T) {
	veth(t)
	s, stop := open(t, Any, Options{})
	var b capture.Block
	if err := s.Next(&b); err != nil || len(b.Packets) != 0 {
		t.Fatalf("%d packets, %v", len(b.Packets), err)
	}
	if err := injector(t, "v1")(tcp(443, 1, 0)); err != nil {
		t.Fatal(err)
	}
	ip(t, "link del v0")
	datagrams(t, 3)
	if got := len(packets(t, s, stop, 5)); got != 5 {
		t.Errorf("%d packets, want 5", got)
	}
}

func TestOpenFails(t *testing.T) {
	veth(t)
	ip(t, "link set v0 down")
	tests := []struct {
		name       string
		is         error
		text, hint string
	}{
		{"v0", ErrDown, "v0: the interface is down", "bring it up: sudo ip link set v0 up"},
		{"eth9", ErrNoInterface, "eth9: no such interface", "the interfaces are lo, v1, v0, any"},
		{"", ErrNoInterface, ": no such interface", "the interfaces are lo, v1, v0, any"},
		{strings.Repeat("x", 99), ErrNoInterface, strings.Repeat("x", 99) + ": no such interface", "the interfaces are lo, v1, v0, any"},
	}
	for _, test := range tests {
		_, err := Open(t.Context(), test.name, Options{})
		var located *Error
		if !errors.Is(err, test.is) || !errors.As(err, &located) || err.Error() != test.text || located.Hint() != test.hint {
			t.Errorf("%q: got %v, %+v", test.name, err, located)
		}
	}
}

// TestDescriptors has none left open by a capture that could not begin, or has ended.
func TestDescriptors(t *testing.T) {
	veth(t)
	ip(t, "link set v0 down")
	var before int
	for n := range 3 {
		for _, name := range []string{"v0", "eth9", Any, "lo"} {
			opt := Options{ringBytes: 1}
			if name == Any {
				opt.Filter = compile("ether host 02:00:00:00:00:02") // there are no such addresses
			}
			s, err := Open(t.Context(), name, opt)
			if err == nil {
				s.Close()
			}
		}
		list, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		if n > 0 && len(list) != before {
			t.Errorf("%d descriptors, then %d", before, len(list))
		}
		before = len(list)
	}
}

// TestTick returns from a silent interface with a time that no packet contradicts.
func TestTick(t *testing.T) {
	veth(t)
	s, _ := open(t, "v0", Options{})
	send := injector(t, "v1")
	var b capture.Block
	last := s.Now()
	if ago := time.Duration(time.Now().UnixNano() - last); ago < 0 || ago > patience {
		t.Errorf("before the first packet it is %v ago", ago)
	}
	seen := uint64(0)
	for n := range 12 {
		if n%4 == 3 {
			if err := send(tcp(443, uint32(n), 0)); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Next(&b); err != nil {
			t.Fatal(err)
		}
		now := s.Now()
		if now < last || len(b.Packets) == 1 && (b.Packets[0].Time < last || b.Packets[0].Time != now) {
			t.Errorf("after the time %d: %d with %+v", last, now, b.Packets)
		}
		seen += uint64(len(b.Packets))
		last = now
	}
	if seen == 0 {
		t.Error("no packets")
	}
	for begin := s.Now(); s.Now() < begin+int64(3*tick); {
		if err := s.Next(&b); err != nil {
			t.Fatal(err)
		}
	}
	if now := time.Now().UnixNano(); s.Now() > now {
		t.Errorf("packet time is %v ahead", time.Duration(s.Now()-now))
	}
}

// TestSignal does not take a signal, as of a terminal that has another size, for a failure.
func TestSignal(t *testing.T) {
	veth(t)
	s, _ := open(t, "v0", Options{})
	waiting := unix.Gettid() // the test keeps its thread
	ended := make(chan struct{})
	defer close(ended)
	go func() {
		for {
			select {
			case <-ended:
				return
			case <-time.After(tick / 5):
				unix.Tgkill(os.Getpid(), waiting, unix.SIGURG) // the one that the runtime handles anyway
			}
		}
	}()
	for begun := time.Now(); time.Since(begun) < 3*settle; { // a failure is told after the last packets
		if err := s.Next(new(capture.Block)); err != nil {
			t.Fatal(err)
		}
	}
}

// TestClose from another goroutine ends a Next that waits.
func TestClose(t *testing.T) {
	namespace(t)
	s, _ := open(t, "lo", Options{})
	waiting := make(chan struct{})
	result := make(chan error)
	go func() {
		var b capture.Block
		close(waiting)
		for {
			if err := s.Next(&b); err != nil {
				result <- err
				return
			}
		}
	}()
	<-waiting
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Error(err)
	}
	if err := <-result; !errors.Is(err, fs.ErrClosed) {
		t.Errorf("got %v", err)
	}
	if err := s.Next(new(capture.Block)); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	s.Stats()
	if i, ok := s.Interface(0); !ok || i.Name != "lo" || s.Name() != "lo" {
		t.Error("a closed source does not know what it was")
	}
}

// TestCancel delivers all that was captured until then, and nothing after it.
func TestCancel(t *testing.T) {
	veth(t)
	s, stop := open(t, "v1", Options{})
	send := injector(t, "v1")
	if err := send(mixture()...); err != nil {
		t.Fatal(err)
	}
	stop()
	got, err := untilError(t, s, func(n int) {
		if n > 0 {
			send(tcp(443, 0, 0))
		}
	})
	if err != io.EOF || len(got) != len(mixture()) {
		t.Errorf("%d packets, then %v", len(got), err)
	}
	if err := s.Next(new(capture.Block)); err != io.EOF {
		t.Errorf("then %v", err)
	}
}

func TestInterfaces(t *testing.T) {
	veth(t)
	ip(t, "address add 192.0.2.7/24 dev v0")
	ip(t, "link set v1 down")
	list, err := Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]Interface{}
	for _, i := range list {
		found[i.Name] = i
	}
	lo, v0, v1 := found["lo"], found["v0"], found["v1"]
	if len(list) != 4 || list[3].Name != Any || !lo.Up || lo.Addresses[0].String() != "127.0.0.1/8" ||
		!v0.Up || len(v0.Addresses) != 1 || v0.Addresses[0].String() != "192.0.2.7/24" || v1.Up {
		t.Errorf("got %+v", list)
	}
}
