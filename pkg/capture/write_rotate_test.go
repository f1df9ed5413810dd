package capture

import (
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
)

// rotations are what 4000 packets of 1000 bytes leave behind with the arguments of tcpdump: the names of the
// files.
var rotations = []struct {
	rotation Rotation
	files    []string
}{
	{Rotation{}, []string{"F"}},
	{Rotation{Files: 11}, []string{"F"}},
	{Rotation{Bytes: 1e6}, []string{"F", "F1", "F2", "F3", "F4"}},
	{Rotation{Bytes: 1e6, Files: 1}, []string{"F"}},
	{Rotation{Bytes: 1e6, Files: 2}, []string{"F0", "F1"}},
	{Rotation{Bytes: 1e6, Files: 3}, []string{"F0", "F1", "F2"}},
	{Rotation{Bytes: 1e6, Files: 10}, []string{"F0", "F1", "F2", "F3", "F4"}},
	{Rotation{Bytes: 1e6, Files: 11}, []string{"F00", "F01", "F02", "F03", "F04"}},
	{Rotation{Bytes: 2e6, Files: 101}, []string{"F000", "F001", "F002"}},
}

const rotatedPackets = 4000

// rotatedPacket is the packet with that number; the number is its time in microseconds, too.
func rotatedPacket(n int) written {
	data := make([]byte, 1000)
	le.PutUint32(data[20:], uint32(n))
	return written{Packet: Packet{Time: int64(n) * 1000, CapLen: 1000, Len: 1000, Link: LinkEthernet, Digits: 6}, data: string(data)}
}

func toRotate() (packets []written) {
	for n := range rotatedPackets {
		packets = append(packets, rotatedPacket(n))
	}
	return packets
}

// numbers returns which packets each file of a directory has, as read by our own reader.
func numbers(t *testing.T, dir string) map[string][]int {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]int{}
	for _, f := range files {
		data, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all[f.Name()] = nil
		for _, p := range mustCollect(t, data) {
			all[f.Name()] = append(all[f.Name()], int(p.Time/1000))
		}
	}
	return all
}

func TestRotation(t *testing.T) {
	for _, test := range rotations {
		dir := t.TempDir()
		w, err := CreateFile(filepath.Join(dir, "F"), test.rotation)
		if err != nil {
			t.Fatal(err)
		}
		writeAll(t, w, []Interface{{Link: LinkEthernet, Digits: 6}}, toRotate())
		got := numbers(t, dir)
		if names := slices.Sorted(maps.Keys(got)); !slices.Equal(names, test.files) {
			t.Errorf("%+v: files %q, want %q", test.rotation, names, test.files)
			continue
		}
		checkRing(t, test.rotation, got)
	}
}

// TestRotationWhenAsked keeps packets together that are written in between.
func TestRotationWhenAsked(t *testing.T) {
	dir := t.TempDir()
	w, err := CreateFile(filepath.Join(dir, "F"), Rotation{Bytes: 1, Asked: true})
	if err == nil {
		_, err = w.AddInterface(Interface{Link: LinkEthernet, Digits: 6})
	}
	for n := range 9 {
		if n%3 == 0 && err == nil {
			err = w.Rotate()
		}
		if p := rotatedPacket(n); err == nil {
			err = w.WritePacket(0, p.Packet, []byte(p.data), "")
		}
	}
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	got := numbers(t, dir)
	for name, want := range map[string][]int{"F": {0, 1, 2}, "F1": {3, 4, 5}, "F2": {6, 7, 8}} {
		if !slices.Equal(got[name], want) {
			t.Errorf("%s has packets %v, want %v", name, got[name], want)
		}
	}
}

// checkRing wants the last packets, without a gap, in files that are as large as they may be.
func checkRing(t *testing.T, r Rotation, got map[string][]int) {
	t.Helper()
	var all []int
	short := 0
	for _, numbers := range got {
		if len(numbers) < int(r.Bytes)/(1000+32) {
			short++
		}
		all = append(all, numbers...)
	}
	slices.Sort(all)
	for i, n := range all {
		if n != rotatedPackets-len(all)+i {
			t.Errorf("%+v: packet %d is not where it belongs", r, n)
			return
		}
	}
	if len(all) == 0 || r.Files == 0 && len(all) != rotatedPackets || short > 1 {
		t.Errorf("%+v: %d packets, %d files are not full", r, len(all), short)
	}
}

// TestRotationAsTcpdump has tcpdump rotate the same packets.
func TestRotationAsTcpdump(t *testing.T) {
	tcpdump := needTool(t, "tcpdump")
	input := filepath.Join(t.TempDir(), "input")
	w, err := CreateFile(input, Rotation{})
	if err != nil {
		t.Fatal(err)
	}
	writeAll(t, w, []Interface{{Link: LinkEthernet, Digits: 6}}, toRotate())
	for _, test := range rotations {
		dir := t.TempDir()
		args := []string{"-r", input, "-w", filepath.Join(dir, "F")}
		if os.Getuid() == 0 {
			args = append(args, "-Z", "root") // or it would give the directory away
		}
		if test.rotation.Bytes > 0 {
			args = append(args, "-C", strconv.FormatInt(test.rotation.Bytes/1e6, 10))
		}
		if test.rotation.Files > 0 {
			args = append(args, "-W", strconv.Itoa(test.rotation.Files))
		}
		if out, err := exec.Command(tcpdump, args...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		got := numbers(t, dir)
		if names := slices.Sorted(maps.Keys(got)); !slices.Equal(names, test.files) {
			t.Errorf("%+v: tcpdump leaves %q, want %q", test.rotation, names, test.files)
		}
	}
}

// A file begins with packets however small the limit is, and an interface is known in every file.
func TestRotationTiny(t *testing.T) {
	dir := t.TempDir()
	w, err := CreateFile(filepath.Join(dir, "F"), Rotation{Bytes: 1})
	if err != nil {
		t.Fatal(err)
	}
	packets := []written{rotatedPacket(0), rotatedPacket(1), rotatedPacket(2)}
	packets[1].Iface, packets[2].Time = 1, 1 // of an interface of its own, in nanoseconds
	writeAll(t, w, []Interface{{Link: LinkEthernet, Digits: 6}, {Link: LinkRaw, Digits: 6}}, packets)
	got := numbers(t, dir)
	if len(got) != 3 || len(got["F"]) != 1 || len(got["F1"]) != 1 || len(got["F2"]) != 1 {
		t.Errorf("got %v", got)
	}
}

// A next file that cannot be created is an error, and nothing is written after it.
func TestRotationFails(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "F1"), 0o700); err != nil {
		t.Fatal(err)
	}
	w, err := CreateFile(filepath.Join(dir, "F"), Rotation{Bytes: 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.AddInterface(Interface{}); err != nil {
		t.Fatal(err)
	}
	first := w.WritePacket(0, Packet{}, nil, "")
	second := w.WritePacket(0, Packet{}, nil, "")
	var failed *WriteError
	if first != nil || !errors.As(second, &failed) || failed.Name != filepath.Join(dir, "F1") || w.Close() != second {
		t.Errorf("got %v, then %v", first, second)
	}
}

// needTool skips the test where a tool is not installed.
func needTool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not installed", name)
	}
	return path
}
