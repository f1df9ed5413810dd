//go:build linux

package main

import (
	"bytes"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestLive has real clients and servers talk over a cable and over loopback, and compares what sniscope says on the
// interface with what it says of the file that tcpdump writes there at the same time.
func TestLive(t *testing.T) {
	client, server := network(t)
	serve(t, server)
	for _, h := range []*host{client, server} {
		eventually(t, "waiting for the servers is over", h.quiet)
	}
	captures := map[string]*recording{
		"v0":     record(t, client, "v0"),
		"v1":     record(t, server, "v1"),
		"lo":     record(t, server, "lo"),
		"any":    record(t, server, "any"),
		"filter": record(t, server, "any", "host", "10.77.0.2", "and", "(tcp port 443 or udp)"),
	}
	cable := together(play(t, client, "10.77.0.2", 20000), play(t, client, "fd77::2", 20100))
	loopback := together(play(t, server, "127.0.0.1", 20200), play(t, server, "::1", 20300))
	mark(t, server, "127.0.0.1", client, server)
	mark(t, client, "10.77.0.2")
	filtered := maps.Clone(cable)
	maps.DeleteFunc(filtered, func(local int, s scene) bool { return local >= 20100 || s.port != portTLS })
	for name, played := range map[string]map[int]scene{
		"v0": cable, "v1": cable, "lo": loopback, "any": together(cable, loopback), "filter": filtered,
	} {
		t.Run(name, func(t *testing.T) {
			captures[name].shows(t, len(played))
			live, offline := captures[name].end(t)
			diagnosed(t, live, played)
			diagnosed(t, offline, played)
			sameRows(t, live, offline)
			sameRows(t, findings(live), findings(reported(t, captures[name].kept)))
		})
	}
}

// findings are the rows of connections that -w keeps.
func findings(all map[string]row) map[string]row {
	maps.DeleteFunc(all, func(_ string, r row) bool { return r["severity"] == "ok" || r["severity"] == "info" })
	return all
}

func together(all ...map[int]scene) map[int]scene {
	sum := make(map[int]scene)
	for _, m := range all {
		maps.Copy(sum, m)
	}
	return sum
}

// network is two hosts and a cable, if all programs are there.
func network(t *testing.T) (client, server *host) {
	t.Helper()
	for _, name := range []string{"ip", "tcpdump", "nginx", "openssl", "curl"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skip(name + " is not installed")
		}
	}
	client, server = newHost(t), newHost(t)
	connect(t, client, server)
	return client, server
}

// recording is sniscope and tcpdump on the same interface.
type recording struct {
	live, tcpdump *process
	file, kept    string // of tcpdump, and of sniscope -w
}

func record(t *testing.T, h *host, device string, filter ...string) *recording {
	t.Helper()
	dir := t.TempDir()
	r := &recording{file: filepath.Join(dir, "tcpdump.pcap"), kept: filepath.Join(dir, "kept.pcapng")}
	r.live = h.start(t, append([]string{"sniscope", "-i", device, "--format", "jsonl", "-w", r.kept}, filter...)...)
	r.tcpdump = h.start(t, append([]string{"tcpdump", "-i", device, "-U", "-Z", "root", "--nano", "-B", "16384", "-w", r.file}, filter...)...)
	r.live.says(t, "capturing on")
	r.tcpdump.says(t, "listening on")
	return r
}

// shows waits until sniscope has written so many rows. All connections are over, and it is not to wait for its own end.
func (r *recording) shows(t *testing.T, rows int) {
	t.Helper()
	eventually(t, "all rows are there", func() bool { return strings.Count(r.live.stdout.String(), "\n") == rows })
}

// end ends both with Ctrl-C, and returns the rows of sniscope on the interface and on the file. tcpdump forgets what it
// has not yet read: it must have read the last packet.
func (r *recording) end(t *testing.T) (live, offline map[string]row) {
	t.Helper()
	eventually(t, "tcpdump has the last packet", func() bool {
		b, _ := os.ReadFile(r.file)
		return bytes.Contains(b, []byte(marker))
	})
	r.tcpdump.interrupt(t)
	r.live.interrupt(t)
	if s := r.live.stderr.String(); strings.Contains(s, "dropped") {
		t.Fatalf("packets were lost: %s", s)
	}
	return rows(t, r.live.stdout.String()), reported(t, r.file)
}

// reported returns the rows of a file.
func reported(t *testing.T, name string) map[string]row {
	t.Helper()
	code, stdout, stderr := program(t.Context(), nil, "--format", "jsonl", name)
	if code != exitOK {
		t.Fatalf("exit status %d: %s", code, stderr)
	}
	return rows(t, stdout)
}
