//go:build linux

package main

import (
	"fmt"
	"net"
	"testing"
)

// TestLiveCount captures on loopback, where each packet is to be counted once, until so many have come.
func TestLiveCount(t *testing.T) {
	const want = 20
	h := newHost(t)
	each(h.listen(t, portClosed), func(*net.TCPConn) {})
	p := h.start(t, "sniscope", "-i", "lo", "-c", fmt.Sprint(want), "--format", "jsonl", "tcp")
	p.says(t, "capturing on")
	eventually(t, "so many packets have come", func() bool {
		greet(h, 0, fmt.Sprintf("127.0.0.1:%d", portClosed)) // fails as the server closes
		select {
		case <-p.ended:
			return true
		default:
			return false
		}
	})
	p.wait(t)
	var packets float64
	for _, r := range rows(t, p.stdout.String()) {
		packets += r["client_packets"].(float64) + r["server_packets"].(float64)
	}
	if packets != want {
		t.Errorf("the connections have %v packets, want %d:\n%s", packets, want, p.stdout.String())
	}
}

// TestLiveDuration captures until the time is over, and reports what came until then.
func TestLiveDuration(t *testing.T) {
	h := newHost(t)
	each(h.listen(t, portClosed), func(*net.TCPConn) {})
	p := h.start(t, "sniscope", "-i", "lo", "--duration", "2s", "--format", "jsonl")
	p.says(t, "capturing on")
	greet(h, 20000, fmt.Sprintf("127.0.0.1:%d", portClosed))
	p.wait(t)
	diagnosed(t, rows(t, p.stdout.String()), map[int]scene{20000: {diagnosis: "hello-closed"}})
}
