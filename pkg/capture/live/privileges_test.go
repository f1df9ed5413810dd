//go:build linux

package live

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sniscope/sniscope/pkg/capture"
)

// childEnv names what the test binary, started again, is to do.
const childEnv = "SNISCOPE_TEST_CHILD"

// outcome is what the child reports.
type outcome struct {
	Dropped  string   // error of DropPrivileges
	Threads  []string // lines of /proc/self/task/*/status about privileges, one string for each kind of thread
	Captured int      // packets captured after that, on a Source opened before
	Program  string
	Opened   string // error of opening another Source
	Hint     string // of that error
	Denied   bool   // it is fs.ErrPermission
	Warnings []string
	File     string // error of creating a file in a directory of another user, who lets nobody write
}

func TestMain(m *testing.M) {
	if task, ok := os.LookupEnv(childEnv); ok {
		json.NewEncoder(os.Stdout).Encode(child(task))
		return
	}
	os.Exit(m.Run())
}

// child drops the privileges as told, or if the task is "open" it becomes user 65534, who has none to drop; with a name
// behind that he is to become that user.
func child(task string) (o outcome) {
	if task == "limit" {
		return limited()
	}
	for range 4 { // threads that are there already
		go func() { time.Sleep(patience) }()
		go syscall.Pause()
	}
	user, drop := strings.CutPrefix(task, "drop ")
	user, creates := strings.CutPrefix(user, "creating ")
	var s *Source
	if drop {
		var err error
		if s, err = Open(context.Background(), "lo", Options{}); err != nil {
			return outcome{Dropped: err.Error()}
		}
		if err := DropPrivileges(user, creates); err != nil {
			o.Dropped = err.Error()
		}
	} else if err := syscall.Setuid(65534); err != nil {
		return outcome{Dropped: err.Error()}
	} else if err := DropPrivileges(strings.TrimPrefix(task, "open"), false); err != nil {
		o.Dropped = err.Error()
	}
	o.Program, _ = os.Executable()
	o.Threads = privileges()
	if s != nil {
		o.Captured = captured(s)
	}
	o.Opened, o.Hint, o.Denied = reopened()
	if f, err := os.Create(filepath.Join(os.Getenv("SNISCOPE_TEST_DIR"), "file")); err != nil {
		o.File = err.Error()
	} else {
		f.Close()
	}
	return o
}

// limited captures where there is room for a ring of 16 MiB at most.
func limited() (o outcome) {
	var pages uint64
	data, err := os.ReadFile("/proc/self/statm")
	if err == nil {
		_, err = fmt.Sscan(string(data), &pages)
	}
	if err == nil {
		room := pages*uint64(os.Getpagesize()) + 24<<20
		err = syscall.Setrlimit(syscall.RLIMIT_AS, &syscall.Rlimit{Cur: room, Max: room})
	}
	if err != nil {
		return outcome{Opened: err.Error()}
	}
	s, err := Open(context.Background(), "lo", Options{})
	if err != nil {
		return outcome{Opened: err.Error()}
	}
	for _, w := range s.Warnings() {
		o.Warnings = append(o.Warnings, w.Error())
	}
	o.Captured = captured(s)
	return o
}

func reopened() (text, hint string, denied bool) {
	s, err := Open(context.Background(), "lo", Options{})
	if err == nil {
		s.Close()
		return "", "", false
	}
	var located *Error
	if errors.As(err, &located) {
		hint = located.Hint()
	}
	return err.Error(), hint, errors.Is(err, fs.ErrPermission)
}

// captured counts the packets of a datagram to itself.
func captured(s *Source) (n int) {
	defer s.Close()
	conn, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM, 0)
	if err != nil {
		return -1
	}
	if err := syscall.Sendto(conn, []byte("x"), 0, &syscall.SockaddrInet4{Port: 9, Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return -1
	}
	var b capture.Block
	for n == 0 && s.Next(&b) == nil {
		n += len(b.Packets)
	}
	return n
}

// privileges returns the different states that threads are in.
func privileges() (states []string) {
	tasks, _ := filepath.Glob("/proc/self/task/*/status")
	for _, name := range tasks {
		data, err := os.ReadFile(name)
		if err != nil {
			continue // a thread that has ended
		}
		var state []string
		for line := range strings.Lines(string(data)) {
			name, value, _ := strings.Cut(line, ":")
			if slices.Contains([]string{"Uid", "Gid", "Groups", "CapInh", "CapPrm", "CapEff", "CapAmb", "NoNewPrivs"}, name) {
				state = append(state, name+"="+strings.Join(strings.Fields(value), ","))
			}
		}
		states = append(states, strings.Join(state, " "))
	}
	slices.Sort(states)
	return slices.Compact(states)
}

// runChild builds the test binary, without cgo as it is released, or with it, and has it do something in a namespace.
func runChild(t *testing.T, cgo, task string) (o outcome) {
	t.Helper()
	namespace(t)
	dir := t.TempDir()
	binary := filepath.Join(dir, "live.test")
	build := exec.Command("go", "test", "-c", "-o", binary, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED="+cgo)
	if out, err := build.CombinedOutput(); err != nil {
		t.Skipf("go test -c: %v: %s", err, out)
	}
	theirs := filepath.Join(dir, "theirs")
	if err := errors.Join(os.Mkdir(theirs, 0o755), os.Chown(theirs, 4711, 4711)); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), binary)
	cmd.Env = append(os.Environ(), childEnv+"="+task, "SNISCOPE_TEST_DIR="+theirs)
	out, err := cmd.Output()
	if err == nil {
		err = json.Unmarshal(out, &o)
	}
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return o
}

const noCapability = "CapInh=0000000000000000 CapPrm=0000000000000000 CapEff=0000000000000000"

func TestDropPrivileges(t *testing.T) {
	nobody, err := user.Lookup("nobody")
	if err != nil {
		t.Skip(err)
	}
	groups, err := nobody.GroupIds()
	if err != nil {
		t.Fatal(err)
	}
	four := func(id string) string { return strings.Join([]string{id, id, id, id}, ",") }
	for name, want := range map[string]string{
		"":       "Uid=0,0,0,0 Gid=0,0,0,0 Groups=",
		"nobody": fmt.Sprintf("Uid=%s Gid=%s Groups=%s ", four(nobody.Uid), four(nobody.Gid), strings.Join(groups, ",")),
	} {
		o := runChild(t, "0", "drop "+name)
		if o.Dropped != "" || o.Captured < 1 || !o.Denied || !strings.Contains(o.File, "permission denied") {
			t.Errorf("user %q: %+v", name, o)
		}
		if len(o.Threads) != 1 || !strings.HasPrefix(o.Threads[0], want) || !strings.Contains(o.Threads[0], noCapability) ||
			!strings.HasSuffix(o.Threads[0], "CapAmb=0000000000000000 NoNewPrivs=1") {
			t.Errorf("user %q: threads %q", name, o.Threads)
		}
	}
}

// TestKeepCreating keeps what root needs to create files in the folder of somebody else, and nothing more; a user has
// his own folders.
func TestKeepCreating(t *testing.T) {
	if o := runChild(t, "0", "drop creating nobody"); len(o.Threads) != 1 || !strings.Contains(o.Threads[0], noCapability) {
		t.Errorf("nobody: %+v", o)
	}
	o := runChild(t, "0", "drop creating ")
	if o.Dropped != "" || o.Captured < 1 || !o.Denied {
		t.Errorf("%+v", o)
	}
	const override = "CapInh=0000000000000000 CapPrm=0000000000000002 CapEff=0000000000000002"
	switch {
	case len(o.Threads) == 1 && strings.Contains(o.Threads[0], noCapability):
		t.Skip("root does not have CAP_DAC_OVERRIDE here")
	case len(o.Threads) != 1 || !strings.Contains(o.Threads[0], override) || o.File != "":
		t.Errorf("%+v", o)
	}
}

// TestDropPrivilegesCgo does what can be done with threads that are not Go's, or else says so.
func TestDropPrivilegesCgo(t *testing.T) {
	if o := runChild(t, "1", "drop "); o.Dropped != "dropping capabilities: operation not supported" || o.Opened != "" {
		t.Errorf("without a user: %+v", o)
	}
	if o := runChild(t, "1", "open"); o.Dropped != "" {
		t.Errorf("without a capability: %+v", o)
	}
	o := runChild(t, "1", "drop nobody")
	if o.Dropped != "" || o.Captured < 1 || !o.Denied || len(o.Threads) != 1 || !strings.Contains(o.Threads[0], noCapability) {
		t.Errorf("%+v", o)
	}
}

// TestKeepPrivileges is what tcpdump's -Z root is for.
func TestKeepPrivileges(t *testing.T) {
	o := runChild(t, "0", "drop root")
	if o.Dropped != "" || o.Captured < 1 || o.Opened != "" || o.File != "" || len(o.Threads) != 1 || !strings.HasSuffix(o.Threads[0], "NoNewPrivs=1") {
		t.Errorf("%+v", o)
	}
}

func TestDropToNobodyKnown(t *testing.T) {
	o := runChild(t, "0", "drop no-such-user")
	if o.Dropped != "dropping privileges: user: unknown user no-such-user" {
		t.Errorf("%+v", o)
	}
}

// TestBecomeWhoOneIs needs no privileges.
func TestBecomeWhoOneIs(t *testing.T) {
	nobody, err := user.LookupId("65534")
	if err != nil {
		t.Skip(err)
	}
	if o := runChild(t, "0", "open"+nobody.Username); o.Dropped != "" || len(o.Threads) != 1 || !strings.HasSuffix(o.Threads[0], "NoNewPrivs=1") {
		t.Errorf("%+v", o)
	}
	if o := runChild(t, "0", "openroot"); o.Dropped != "dropping privileges: setting the groups of user root: operation not permitted" {
		t.Errorf("root: %+v", o)
	}
}

// TestPermission has the error say what to do, in full.
func TestPermission(t *testing.T) {
	o := runChild(t, "0", "open")
	if o.Opened != "lo: capturing needs the capability CAP_NET_RAW: operation not permitted" || !o.Denied {
		t.Errorf("error %q", o.Opened)
	}
	for _, want := range []string{"run it with sudo", "sudo setcap cap_net_raw+ep " + o.Program + ";", `capabilities: {add: ["NET_RAW"]}`} {
		if !strings.Contains(o.Hint, want) {
			t.Errorf("hint %q lacks %q", o.Hint, want)
		}
	}
}

// TestSmallerRing makes do with the memory that there is, and says so.
func TestSmallerRing(t *testing.T) {
	o := runChild(t, "0", "limit")
	const want = "lo: the kernel has memory for a ring of 16384 KiB only, not 32768: packets may be lost sooner"
	if o.Opened != "" || o.Captured < 1 || len(o.Warnings) != 1 || o.Warnings[0] != want {
		t.Errorf("%+v", o)
	}
}
