//go:build linux

package main

import (
	"bytes"
	"errors"
	"io"
	"testing"
)

func TestParseSNI(t *testing.T) {
	for _, name := range []string{"shop.example", ""} {
		hello, err := clientHello(name, false)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range [][]byte{hello, fragment(hello, 100)} {
			if got, err := parseSNI(b); err != nil || got != name {
				t.Errorf("parseSNI = %q, %v, want %q", got, err, name)
			}
		}
		_, err = parseSNI(hello[:len(hello)-1])
		if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("a hello cut short: %v, want an end of file", err)
		}
	}
}

func TestForgedResetsAcknowledgeTheHello(t *testing.T) {
	frame := append(make([]byte, ethHeader), bytes.Repeat([]byte{0}, 40)...)
	frame[12], frame[ethHeader], frame[ethHeader+9] = 0x08, 0x45, 6
	tcp := frame[ethHeader+20:]
	tcp[7], tcp[11], tcp[12] = 10, 99, 5<<4 // seq 10, ack 99
	frame = append(frame, 22, 3, 1, 0, 1, 1)
	if !isClientHello(frame) {
		t.Fatal("not taken for a hello")
	}
	for i, rst := range forgedResets(frame) {
		forged, ok := tcpOf(rst)
		if !ok || forged.flags() != flagRST|flagACK {
			t.Fatalf("reset %d: flags %#x", i, forged.flags())
		}
		if got := rst[forged.tcp+11]; got != 16 {
			t.Errorf("reset %d acknowledges %d, want 16", i, got)
		}
		if checksum(0, rst[ethHeader:ethHeader+20]) != 0 {
			t.Errorf("reset %d: wrong IPv4 checksum", i)
		}
	}
}
