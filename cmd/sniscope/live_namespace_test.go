//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// host is a network namespace, and the thread that is in it. Neither has a name: whatever happens to the test, the
// thread ends with it, and with the thread the namespace and every program that was started in it.
type host struct {
	calls  chan func()
	thread int
}

func newHost(t *testing.T) *host {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("needs root to make a network namespace")
	}
	if _, err := exec.LookPath("ip"); err != nil {
		t.Skip("needs ip, of iproute2")
	}
	h := &host{calls: make(chan func())}
	ready := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked, so that it serves nobody else
		h.thread = unix.Gettid()
		ready <- unix.Unshare(unix.CLONE_NEWNET)
		for call := range h.calls {
			call()
		}
	}()
	t.Cleanup(func() { close(h.calls) })
	if err := <-ready; err != nil {
		t.Skipf("cannot make a network namespace: %v", err)
	}
	h.ip(t, "link set lo up")
	return h
}

// do runs a function in the namespace. It must not end the test.
func (h *host) do(f func() error) error {
	done := make(chan error)
	h.calls <- func() { done <- f() }
	return <-done
}

func (h *host) ip(t *testing.T, args string) {
	t.Helper()
	h.run(t, "ip "+args)
}

// connect joins two hosts by a cable: v0, with the addresses .1 and ::1, and v1, with .2 and ::2.
func connect(t *testing.T, a, b *host) {
	t.Helper()
	a.ip(t, fmt.Sprintf("link add v0 type veth peer name v1 netns %d", b.thread))
	for i, h := range []*host{a, b} {
		name := fmt.Sprintf("v%d", i)
		h.ip(t, "link set "+name+" up")
		h.ip(t, fmt.Sprintf("address add 10.77.0.%d/24 dev %s", i+1, name))
		h.ip(t, fmt.Sprintf("address add fd77::%d/64 dev %s nodad", i+1, name))
	}
}

// run runs a command in the namespace to its end, and returns its output.
func (h *host) run(t *testing.T, command string) string {
	t.Helper()
	args := strings.Fields(command)
	out, err := h.try(args...)
	if err != nil {
		t.Fatalf("%s: %v: %s", command, err, out)
	}
	return string(out)
}

// try runs a command that may fail.
func (h *host) try(args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := h.do(cmd.Start); err != nil {
		return nil, err
	}
	err := cmd.Wait()
	return out.Bytes(), err
}

// listen opens a port on all addresses of the namespace.
func (h *host) listen(t *testing.T, port int) net.Listener {
	t.Helper()
	var l net.Listener
	err := h.do(func() (err error) {
		l, err = net.Listen("tcp", fmt.Sprintf(":%d", port))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// dial connects from a port of the namespace.
func (h *host) dial(local int, to string) (c net.Conn, err error) {
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{Port: local}, Timeout: patience}
	err = h.do(func() error {
		c, err = dialer.Dial("tcp", to)
		return err
	})
	return c, err
}

// process is a program that runs in a namespace until it is told to end.
type process struct {
	cmd            *exec.Cmd
	stdout, stderr output
	ended          chan struct{}
	err            error // once ended
}

func (h *host) start(t *testing.T, args ...string) *process {
	t.Helper()
	p := &process{cmd: exec.Command(args[0], args[1:]...), ended: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := h.do(p.cmd.Start); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
	t.Cleanup(func() {
		p.cmd.Process.Kill()
		<-p.ended
	})
	return p
}

// says waits until the program has written a text to standard error.
func (p *process) says(t *testing.T, text string) {
	t.Helper()
	eventually(t, fmt.Sprintf("%v says %q", p.cmd.Args, text), func() bool {
		return strings.Contains(p.stderr.String(), text)
	})
}

// interrupt is Ctrl-C.
func (p *process) interrupt(t *testing.T) {
	t.Helper()
	p.signal(t, os.Interrupt)
	p.wait(t)
}

// signal sends a signal to a program that may have ended.
func (p *process) signal(t *testing.T, s os.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Fatal(err)
	}
}

// wait waits until the program has ended, and well.
func (p *process) wait(t *testing.T) {
	t.Helper()
	select {
	case <-p.ended:
	case <-time.After(patience):
		t.Fatalf("%v does not end\n%s", p.cmd.Args, p.stderr.String())
	}
	if p.err != nil {
		t.Fatalf("%v: %v\n%s", p.cmd.Args, p.err, p.stderr.String())
	}
}
