package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"strings"
	"testing"
)

// capturesOf is a pcapng file with an interface for each link type, and so many packets of each.
func capturesOf(links []uint32, packets int) *bytes.Buffer {
	var b bytes.Buffer
	write(&b, 0x0a0d0d0a, 28, 0x1a2b3c4d, 1, ^uint32(0), ^uint32(0), 28)
	for _, link := range links {
		write(&b, 1, 20, link, 0, 20)
	}
	for i := range links {
		for range packets {
			write(&b, 6, 36, uint32(i), 0, 0, 4, 4, 0, 36)
		}
	}
	return &b
}

func write(b *bytes.Buffer, words ...uint32) {
	for _, w := range words {
		b.Write(binary.LittleEndian.AppendUint32(nil, w))
	}
}

// TestUndecodedLinks says on standard error, whatever the format, which link types are not decoded.
func TestUndecodedLinks(t *testing.T) {
	for _, test := range []struct {
		links   []uint32
		packets int
		want    string
	}{
		{[]uint32{147}, 1234, "sniscope: warning: 1,234 packets of link type 147 (USER0) are not decoded\n"},
		{[]uint32{189, 65000}, 1, "sniscope: warning: 1 packet of link type 189 (USB_LINUX) is not decoded\n" +
			"sniscope: warning: 1 packet of link type 65000 is not decoded\n"},
	} {
		for _, format := range formats {
			for _, quiet := range []string{"--quiet=false", "--quiet"} {
				code, _, stderr := program(t.Context(), capturesOf(test.links, test.packets), quiet, "--format", format, "-")
				want := test.want
				if quiet == "--quiet" {
					want = ""
				}
				if stderr != want || code != exitOK {
					t.Errorf("%s, %s: exit status %d, standard error\n%s, want\n%s", format, quiet, code, stderr, want)
				}
			}
		}
	}
}

// TestManyUndecodedLinks keeps a file of nothing but link types from filling the terminal.
func TestManyUndecodedLinks(t *testing.T) {
	var links []uint32
	for i := range uint32(100) {
		links = append(links, 1000+i)
	}
	_, _, stderr := program(t.Context(), capturesOf(links, 1), "-")
	if n := strings.Count(stderr, "\n"); n != maxLinks+1 || !strings.HasSuffix(stderr, "packets of 92 more link types\n") {
		t.Errorf("%d lines:\n%s", n, stderr)
	}
}

// TestFilterOnManyLinks says of which link types a filter leaves the packets out: in an order that no worker decides, and of so
// many types that the report can still be seen.
func TestFilterOnManyLinks(t *testing.T) {
	var links []uint32
	for i := range uint32(100) {
		links = append(links, 1099-i)
	}
	code, _, stderr := program(t.Context(), capturesOf(links, 1), "-f", "tcp", "-")
	lines := strings.Split(strings.TrimSuffix(stderr, "\n"), "\n")
	if code != exitFailed || len(lines) != maxLinks+1 || !strings.HasSuffix(lines[maxLinks], "packets of 92 more link types are left out as well") {
		t.Fatalf("exit status %d, %d lines:\n%s", code, len(lines), stderr)
	}
	for i, line := range lines[:maxLinks] {
		if !strings.HasPrefix(line, fmt.Sprintf("sniscope: error: packets of link type %d are left out: ", 1000+i)) {
			t.Errorf("line %d: %s", i, line)
		}
	}
}

// TestPipesThatChangeCaptures says what came of a capture on its way: a text was put before it, or a terminal wrote CR LF for each LF.
func TestPipesThatChangeCaptures(t *testing.T) {
	whole, err := os.ReadFile("../../pcaps/no-sni-reset-envoy.pcap")
	if err != nil {
		t.Fatal(err)
	}
	greeted := append([]byte("Defaulted container \"istio-proxy\" out of: istio-proxy\r\n"), whole...)
	typed := bytes.ReplaceAll(whole, []byte("\n"), []byte("\r\n"))
	cut := whole[:len(whole)-10]
	for name, test := range map[string]struct {
		input []byte
		want  string
	}{
		"greeted": {greeted, `not a capture file: before anything else comes the text "Defaulted container \"istio-proxy\" out of: istio-proxy": what prints it`},
		"typed":   {typed, "hint: what stands there is no packet; a terminal on the way changes bytes"},
		"cut":     {cut, "hint: the report covers everything before that; a capture that is still being written ends like this"},
	} {
		for _, args := range [][]string{{"-"}, {"-i", "-"}} {
			code, _, stderr := program(t.Context(), bytes.NewReader(test.input), args...)
			if code != exitFailed || !strings.Contains(stderr, test.want) {
				t.Errorf("%s, %v: exit status %d, standard error\n%s", name, args, code, stderr)
			}
		}
	}
}
