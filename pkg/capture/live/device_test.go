package live

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sniscope/sniscope/pkg/capture"
)

// fakeDevice does what a test says.
type fakeDevice struct {
	reads   []fakeRead // in turns; then it waits in vain
	stopped error
	drops   uint64 // so far
}

type fakeRead struct {
	packets int
	err     error
}

func (d *fakeDevice) read(b *capture.Block, wait time.Duration) error {
	if len(d.reads) == 0 {
		time.Sleep(wait)
		return nil
	}
	next := d.reads[0]
	d.reads = d.reads[1:]
	for range next.packets {
		b.Packets = append(b.Packets, capture.Packet{Time: time.Now().UnixNano()})
	}
	return next.err
}

func (d *fakeDevice) stop() error              { return d.stopped }
func (d *fakeDevice) dropped() uint64          { return d.drops }
func (d *fakeDevice) iface() capture.Interface { return capture.Interface{} }
func (d *fakeDevice) close() error             { return nil }

// TestFailure has what was captured before it, for as long as the kernel may keep that back, and then the failure, again
// and again. What is to be done where an interface goes down is not said of others.
func TestFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("broken")
		s := &Source{name: "eth0", ctx: t.Context(), device: &fakeDevice{reads: []fakeRead{{2, nil}, {1, broken}, {0, broken}, {3, nil}}}}
		begun, total, ended := time.Now(), 0, 0
		for ended < 2 {
			var b capture.Block
			err := s.Next(&b)
			total += len(b.Packets)
			var located *Error
			switch {
			case err == nil:
			case !errors.Is(err, broken) || !errors.As(err, &located) || located.Hint() != "" || err.Error() != "eth0: broken":
				t.Fatalf("error %v", err)
			default:
				ended++
			}
		}
		if waited := time.Since(begun); total != 6 || waited != settle {
			t.Errorf("%d packets in %v", total, waited)
		}
	})
}

// TestCannotStop is a capture that cannot be ended, but by Close.
func TestCannotStop(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	d := &fakeDevice{stopped: errors.New("broken")}
	s := &Source{name: "eth0", ctx: ctx, device: d}
	cancel()
	if err := s.Next(new(capture.Block)); err == nil || err.Error() != "eth0: broken" {
		t.Errorf("error %v", err)
	}
	d.stopped = nil
	for err := error(nil); err != io.EOF; err = s.Next(new(capture.Block)) {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestDroppedUntil is about when packets were lost: not after it was last asked how many.
func TestDroppedUntil(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &fakeDevice{}
		s := &Source{name: "eth0", ctx: t.Context(), device: d}
		next := func() int64 {
			if err := s.Next(new(capture.Block)); err != nil {
				t.Fatal(err)
			}
			return s.DroppedUntil()
		}
		if got := next(); got != 0 {
			t.Errorf("%d, and nothing was lost", got)
		}
		d.drops = 5
		s.Stats()
		at := next()
		if at != time.Now().UnixNano() {
			t.Errorf("%d, now is %d", at, time.Now().UnixNano())
		}
		if got := next(); got != at {
			t.Errorf("%d, and nothing was lost after %d", got, at)
		}
	})
}

// TestPermissionHint does not send root to sudo.
func TestPermissionHint(t *testing.T) {
	if hint := permissionHint("/bin/sniscope", false); !strings.Contains(hint, "sudo setcap cap_net_raw+ep /bin/sniscope;") {
		t.Error(hint)
	}
	if hint := permissionHint("/bin/sniscope", true); strings.Contains(hint, "sudo") || strings.Contains(hint, "setcap") || !strings.Contains(hint, "NET_RAW") {
		t.Error(hint)
	}
}

// TestBusy neither ends a capture nor lets time go by while there are packets that have not been looked at.
func TestBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		d := &fakeDevice{reads: []fakeRead{{1, nil}}}
		s := &Source{name: "eth0", ctx: ctx, device: d}
		var b capture.Block
		if err := s.Next(&b); err != nil {
			t.Fatal(err)
		}
		packet := s.Now()
		cancel()
		for range 5 {
			d.reads = []fakeRead{{0, errBusy}}
			time.Sleep(tick)
			if err := s.Next(&b); err != nil || s.Now() != packet {
				t.Errorf("%v later, %v", time.Duration(s.Now()-packet), err)
			}
		}
		d.reads = []fakeRead{{1, nil}}
		if err := s.Next(&b); err != nil || len(b.Packets) != 1 || s.Now() != packet+int64(5*tick) {
			t.Errorf("%d packets, %v", len(b.Packets), err)
		}
		if err := s.Next(&b); err != io.EOF {
			t.Errorf("then %v", err)
		}
	})
}
