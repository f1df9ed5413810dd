package capture

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	gz := func(s string) string { return string(compressGzip(t, []byte(s))) }
	text := "IP 10.0.0.1.443 > 10.0.0.2.80: Flags [S], length 0\n"
	for _, test := range []struct {
		path string
		is   error
		text string // of the error, behind the path
	}{
		{filepath.Join(dir, "none"), fs.ErrNotExist, "no such file or directory"},
		{dir, ErrDirectory, "is a directory"},
		{write("empty", ""), ErrEmpty, "empty, not even a file header"},
		{write("empty.gz", gz("")), ErrEmpty, "empty, not even a file header (gzip of nothing)"},
		{write("text", text), ErrNotCapture, "not a capture file: it looks like text (tcpdump writes a capture only with -w)"},
		{write("cut text", strings.Repeat("€", 5000)), ErrNotCapture,
			"not a capture file: it looks like text (tcpdump writes a capture only with -w)"},
		{write("text.gz", gz(text)), ErrNotCapture,
			"not a capture file: it looks like gzip of text (tcpdump writes a capture only with -w)"},
		{write("twice.gz", gz(gz(text))), ErrNotCapture, "not a capture file: it looks like gzip of gzip data"},
		{write("tar", strings.Repeat("a", 257)+"ustar"), ErrNotCapture, "not a capture file: it looks like a tar archive"},
		{write("zip", "PK\x03\x04 and so on"), ErrNotCapture, "not a capture file: it looks like a zip archive"},
		{write("binary", "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c"), ErrNotCapture,
			"not a capture file: it looks like binary data that begin with 01 02 03 04 05 06 07 08"},
		{write("short", "\xd4\xc3"), ErrNotCapture, "not a capture file: it looks like binary data that begin with d4 c3"},
		{write("netmon", "GMBU\x00\x02"), ErrUnsupported, "unsupported capture file: a Microsoft Network Monitor 2 capture (editcap -T ether converts it)"},
		{write("netmon.gz", gz("GMBU\x00\x02")), ErrUnsupported,
			"unsupported capture file: gzip of a Microsoft Network Monitor 2 capture (editcap -T ether converts it)"},
		{write("netscaler", "\x01\x21\x01Netscaler V35 Performance Data\x00"), ErrUnsupported,
			"unsupported capture file: a NetScaler trace (\"start nstrace -size 0 -traceformat PCAP\" writes one that is)"},
		{write("k12", "+---------+---------------+----------+\r\n20:13:04,550,036   ETHER\r\n"), ErrUnsupported,
			"unsupported capture file: a K12 text capture (editcap -T ether converts it)"},
		{write("ncf", "\x4a\x00\x4a\x00\x00\xea\x07\x0b\x14\x14\x0d\x04\x94\x64\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00"), ErrUnsupported,
			"unsupported capture file: it looks like a CommView capture (editcap -T ether converts it)"},
		{write("ncfx", "\x4a\x00\x00\x00\xea\x07\x0b\x14\x14\x0d\x04\x94\x64\x08\x00\x00\x00\x00\x00\x00"), ErrUnsupported,
			"unsupported capture file: it looks like a CommView capture (editcap -T ether converts it)"},
		{write("erf", strings.Repeat("\x00\x00\x00\x00\xd0\xa9\x00\x6b\x02\x04\x00\x18\x00\x00\x00\x06abcdefgh", 2)), ErrUnsupported,
			"unsupported capture file: it looks like an Endace ERF capture (editcap -T ether converts it)"},
		{write("pcap 2.5", string(header(5, 1).data)), ErrUnsupported, "unsupported capture file: pcap version 2.5"},
		{write("snoop 3", snoopMagic+"\x00\x00\x00\x03\x00\x00\x00\x04"), ErrUnsupported, "unsupported capture file: snoop version 3"},
		{write("snoop serial", snoopMagic+"\x00\x00\x00\x02\x00\x00\x00\x05"), ErrUnsupported,
			"unsupported capture file: snoop datalink type 5"},
		{write("nearly pcapng", "\x0a\x0d\x0d\x0a\x1c\x00\x00\x00\x01\x02\x03\x04"), ErrNotCapture,
			"not a capture file: section header block: byte-order magic 0x4030201"},
	} {
		r, err := Open(test.path, nil)
		if err == nil {
			r.Close()
			t.Errorf("%s: opened", test.path)
			continue
		}
		var open *OpenError
		if !errors.As(err, &open) || open.Name != test.path || !errors.Is(err, test.is) {
			t.Errorf("error %#v, want %v", err, test.is)
		}
		if want := test.path + ": " + test.text; err.Error() != want {
			t.Errorf("\n got %s\nwant %s", err, want)
		}
	}
}

func TestOpenWithoutPermission(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, header(4, 1).data, 0); err != nil {
		t.Fatal(err)
	}
	r, err := Open(path, nil)
	if err == nil {
		r.Close()
		t.Skip("this user may read every file")
	}
	if !errors.Is(err, fs.ErrPermission) || err.Error() != path+": permission denied" {
		t.Errorf("error %v", err)
	}
}

func TestStdinIsNamedInErrors(t *testing.T) {
	_, err := Open("-", strings.NewReader(""))
	if want := "standard input: empty, not even a file header"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

func TestErrorTexts(t *testing.T) {
	f := header(4, 1).record(1, 0, 1, 1, "", "x").record(1, 0, 8, 8, "", "12345678")
	gz := compressGzip(t, f.data[:len(f.data)-3])
	broken := clone(f.data)
	broken[24+17+8+3] = 0x7f
	for _, test := range []struct {
		data []byte
		want string
	}{
		{f.data[:10], "test: cut short: the record at byte 0 has 10 of at least 24 bytes"},
		{f.data[:len(f.data)-3], "test: cut short: the record at byte 41 has 21 of at least 24 bytes"},
		{gz, "test: cut short: the record at byte 41 of the decompressed gzip stream has 21 of at least 24 bytes"},
		{gz[:len(gz)-1], "test: cut short within the gzip stream: the record at byte 41 of the decompressed gzip stream has 21 of at least 24 bytes"},
		{broken, "test: malformed at byte 41: packet header: captured length 2130706440 exceeds 16777216"},
	} {
		_, err := collectBytes(t, test.data, 0)
		if err.Error() != test.want {
			t.Errorf("\n got %s\nwant %s", err, test.want)
		}
	}
}

// TestShortInputs opens every beginning of every kind of file: what it says must not depend on the block size.
func TestShortInputs(t *testing.T) {
	for _, v := range variants() {
		for n := range min(len(v.file.data), 100) {
			_, want := NewReader("test", bytes.NewReader(v.file.data[:n]))
			_, got := NewReader("test", &dribble{data: v.file.data[:n]})
			if errorText(got) != errorText(want) {
				t.Errorf("%s, %d bytes: file %v, pipe %v", v.name, n, want, got)
			}
		}
	}
}

// What the message says to do with formats that are not read works.
func TestEditcapConverts(t *testing.T) {
	editcap, dir := needTool(t, "editcap"), t.TempDir()
	in, other, out := filepath.Join(dir, "in"), filepath.Join(dir, "other"), filepath.Join(dir, "out")
	f := header(4, 1).record(uint32(second), 7, 60, 60, "", strings.Repeat("a", 60)).record(uint32(second), 9, 64, 64, "", strings.Repeat("b", 64))
	if err := os.WriteFile(in, f.data, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"5views", "commview-ncf", "k12text", "lanalyzer", "netmon2", "nettl", "ngsniffer", "ngwsniffer_2_0", "visual"} {
		run(t, editcap, "-F", format, in, other)
		if _, err := Open(other, nil); !errors.Is(err, ErrUnsupported) || !strings.Contains(err.Error(), "(editcap -T ether converts it)") {
			t.Errorf("%s: %v", format, err)
		}
		run(t, editcap, "-T", "ether", other, out)
		data, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		got := mustCollect(t, data)
		if len(got) != 2 || got[0].data != strings.Repeat("a", 60) || got[1].data != strings.Repeat("b", 64) || got[1].Link != LinkEthernet {
			t.Errorf("%s: %+v", format, got)
		}
	}
}
