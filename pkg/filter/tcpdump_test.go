package filter

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// expressions reads the list that the differential tests share.
func expressions(t testing.TB) []string {
	t.Helper()
	file, err := os.Open("testdata/expressions.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var list []string
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if line := lines.Text(); line != "" && !strings.HasPrefix(line, "#") {
			list = append(list, line)
		}
	}
	return list
}

// selected returns the numbers of the packets that expr selects, from 1, or
// "error" where it cannot be compiled.
func selected(expr string, c capture) string {
	program, err := Compile(expr, c.linkType, 0)
	if err != nil {
		return "error"
	}
	var numbers []int
	for i, r := range c.records {
		if program.Match(r.frame, r.length) {
			numbers = append(numbers, i+1)
		}
	}
	return ranges(numbers)
}

// ranges writes ascending numbers as 1-3,7.
func ranges(numbers []int) string {
	var parts []string
	for i := 0; i < len(numbers); {
		last := i
		for last+1 < len(numbers) && numbers[last+1] == numbers[last]+1 {
			last++
		}
		part := fmt.Sprint(numbers[i])
		if last > i {
			part += fmt.Sprintf("-%d", numbers[last])
		}
		parts = append(parts, part)
		i = last + 1
	}
	return strings.Join(parts, ",")
}

// tcpdump is the reference: Debian's, with libpcap's own compiler.
type tcpdump struct{ path, dir string }

func newTcpdump(t testing.TB, all []capture) tcpdump {
	t.Helper()
	path, err := exec.LookPath("tcpdump")
	if err != nil {
		t.Skip("tcpdump is not installed: nothing to compare with")
	}
	if version, _ := exec.Command(path, "--version").CombinedOutput(); !bytes.Contains(version, []byte("libpcap version 1.10.")) {
		t.Skip("tcpdump is not built on libpcap 1.10, whose meaning of expressions this package keeps")
	}
	d := tcpdump{path, t.TempDir()}
	for _, c := range all {
		if err := os.WriteFile(d.file(c), c.pcap(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if d.selected(t, "port http", all[0]) != d.selected(t, "tcp port 80", all[0]) {
		t.Skip("this machine's service names are not Debian's")
	}
	return d
}

func (d tcpdump) file(c capture) string { return filepath.Join(d.dir, c.name+".pcap") }

// selected returns what tcpdump selects, in the form of the function of that name.
//
// libpcap's optimiser moves tests, which changes what is found in packets that
// end before a byte that is to be read. It is off for those.
func (d tcpdump) selected(t testing.TB, expr string, c capture) string {
	t.Helper()
	arguments := []string{"-r", d.file(c), "-w", "-", "--", expr}
	if strings.HasSuffix(c.name, "-odd") {
		arguments = slices.Insert(arguments, 0, "-O")
	}
	var stdout, stderr bytes.Buffer
	command := exec.Command(d.path, arguments...)
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Run(); err != nil {
		if strings.Contains(stderr.String(), "expression rejects all packets") {
			return ""
		}
		return "error"
	}
	var numbers []int
	for file := stdout.Bytes()[24:]; len(file) > 0; {
		// tcpdump writes a file in its own byte order
		numbers = append(numbers, int(binary.NativeEndian.Uint32(file))+1)
		file = file[16+binary.NativeEndian.Uint32(file[8:]):]
	}
	return ranges(numbers)
}

// TestTcpdump compares with tcpdump: every expression on Ethernet, and on each
// other link type a different quarter of them. The golden file holds the rest.
func TestTcpdump(t *testing.T) {
	all := append(captures(), oddCaptures()...)
	reference := newTcpdump(t, all)
	for shift, c := range all {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for i, expr := range expressions(t) {
				if c.linkType != 1 && (i+shift)%4 != 0 {
					continue
				}
				if got, want := selected(expr, c), reference.selected(t, expr, c); got != want {
					t.Errorf("%s selects\n  %s\ntcpdump selects\n  %s", expr, got, want)
				}
			}
		})
	}
}
