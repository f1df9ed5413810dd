package capture

import (
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// kept is a file with the given interfaces and packets.
func kept(t *testing.T, ifaces []Interface, packets []written, drops ...Interface) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "kept.pcapng")
	w, err := CreateFile(name, Rotation{})
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range ifaces {
		if _, err := w.AddInterface(i); err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range packets {
		if err := w.WritePacket(int(p.Iface), p.Packet, []byte(p.data), p.comment); err != nil {
			t.Fatal(err)
		}
	}
	for n, i := range drops {
		if err := w.WriteDrops(n, i, second*1e9); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Flush(), w.Close()); err != nil {
		t.Fatal(err)
	}
	return name
}

func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	var stderr strings.Builder
	cmd := exec.Command(name, args...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v: %s", name, err, stderr.String())
	}
	if strings.Contains(stderr.String(), "damaged") || strings.Contains(stderr.String(), "corrupt") {
		t.Errorf("%s: %s", name, stderr.String())
	}
	return string(out)
}

// TestWriterTshark has Wireshark read times, lengths, interfaces, bytes and comments.
func TestWriterTshark(t *testing.T) {
	tshark := needTool(t, "tshark")
	ifaces, packets := mixture()
	out := run(t, tshark, "-r", kept(t, ifaces, packets), "-T", "fields", "-E", "separator=|", "-e", "frame.time_epoch",
		"-e", "frame.cap_len", "-e", "frame.len", "-e", "frame.interface_id", "-e", "frame.comment")
	lines := strings.Split(strings.TrimRight(out, "\n"), "\n")
	if len(lines) != len(packets) {
		t.Fatalf("%d packets, want %d:\n%s", len(lines), len(packets), out)
	}
	for n, p := range packets {
		want := fmt.Sprintf("%d.%09d|%d|%d|%d|%s", p.Time/1e9, p.Time%1e9, p.CapLen, p.Len, p.Iface, p.comment)
		if lines[n] != want {
			t.Errorf("packet %d\n got %s\nwant %s", n+1, lines[n], want)
		}
	}
}

func TestWriterCapinfos(t *testing.T) {
	capinfos := needTool(t, "capinfos")
	ifaces, packets := mixture()
	dropped := Interface{HasDrops: true, DroppedByIf: 3, DroppedByHost: 4}
	out := run(t, capinfos, kept(t, ifaces, packets, dropped))
	for _, want := range []string{"pcapng", "Number of packets:   6", "Number of interfaces in file: 3", "Name = eth0",
		"Name = any", "Encapsulation = Ethernet", "Encapsulation = Linux cooked-mode capture v2", "sniscope"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
}

// TestWriterTcpdump reads with libpcap, which wants all interfaces of a file to be alike.
func TestWriterTcpdump(t *testing.T) {
	tcpdump := needTool(t, "tcpdump")
	_, all := mixture()
	var packets []written
	for _, p := range all {
		if p.Link == LinkEthernet {
			packets = append(packets, p)
		}
	}
	packets[1].Iface = 1
	ifaces := []Interface{{Link: LinkEthernet, Digits: 6, SnapLen: 96}, {Link: LinkEthernet, Digits: 9, SnapLen: 1500}}
	out := run(t, tcpdump, "-r", kept(t, ifaces, packets), "-tt", "--nano", "-nne")
	for _, p := range packets {
		want := fmt.Sprintf("%d.%09d 02:00:00:00:00:01", p.Time/1e9, p.Time%1e9)
		if !strings.Contains(out, want) || !strings.Contains(out, fmt.Sprintf("length %d", p.Len)) {
			t.Errorf("no %q with length %d in\n%s", want, p.Len, out)
		}
	}
}

// TestWriterNothing reads a file to which nothing was worth writing.
func TestWriterNothing(t *testing.T) {
	name := kept(t, nil, nil)
	r, err := Open(name, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := r.Next(new(Block)); err != io.EOF {
		t.Errorf("%v at its end", err)
	}
	if i, ok := r.Interface(0); !ok || i.Link != LinkEthernet {
		t.Errorf("its interface: %v, %v", i, ok)
	}
	tcpdump := needTool(t, "tcpdump")
	if out := run(t, tcpdump, "-r", name); out != "" {
		t.Errorf("packets in\n%s", out)
	}
}
