//go:build linux

package main

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"time"
)

// errCaptured stops the handshake of a sink once its hello is written.
var errCaptured = errors.New("hello captured")

// sink is a connection that keeps what is written and answers nothing.
type sink struct {
	net.Conn
	bytes.Buffer
}

func (s *sink) Read([]byte) (int, error)         { return 0, errCaptured }
func (s *sink) Write(b []byte) (int, error)      { return s.Buffer.Write(b) }
func (s *sink) Close() error                     { return nil }
func (s *sink) SetDeadline(time.Time) error      { return nil }
func (s *sink) SetWriteDeadline(time.Time) error { return nil }

// clientHello returns the records of a ClientHello that crypto/tls would send
// for name; an empty name sends no server_name.
func clientHello(name string, tls12 bool) ([]byte, error) {
	cfg := &tls.Config{ServerName: name, InsecureSkipVerify: true}
	if tls12 {
		cfg.MaxVersion = tls.VersionTLS12
	}
	s := new(sink)
	if err := tls.Client(s, cfg).Handshake(); !errors.Is(err, errCaptured) {
		return nil, err
	}
	b := s.Bytes()
	// crypto/tls sends an alert when its read fails: keep the hello alone.
	if len(b) < 5 {
		return nil, io.ErrUnexpectedEOF
	}
	return b[:min(len(b), 5+int(binary.BigEndian.Uint16(b[3:])))], nil
}

// parseSNI reads the server_name of a ClientHello in b through crypto/tls.
func parseSNI(b []byte) (name string, err error) {
	got := errors.New("parsed")
	cfg := &tls.Config{GetConfigForClient: func(h *tls.ClientHelloInfo) (*tls.Config, error) {
		name = h.ServerName
		return nil, got
	}}
	err = tls.Server(&source{Reader: bytes.NewReader(b)}, cfg).Handshake()
	if errors.Is(err, got) {
		return name, nil
	}
	return "", err
}

// source is a connection that plays back bytes and swallows what is written.
type source struct {
	net.Conn
	io.Reader
}

func (s *source) Read(b []byte) (int, error)       { return s.Reader.Read(b) }
func (s *source) Write(b []byte) (int, error)      { return len(b), nil }
func (s *source) Close() error                     { return nil }
func (s *source) SetDeadline(time.Time) error      { return nil }
func (s *source) SetWriteDeadline(time.Time) error { return nil }

// trailing appends one byte to the ClientHello in record, which RFC 8446,
// Section 4.1.2 answers with decode_error, and corrects the lengths around it.
func trailing(record []byte) []byte {
	b := append(append([]byte(nil), record...), 0)
	binary.BigEndian.PutUint16(b[3:], uint16(len(b)-5))
	b[6], b[7], b[8] = 0, byte((len(b)-9)>>8), byte(len(b)-9)
	return b
}
