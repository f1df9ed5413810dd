//go:build linux

package main

import (
	"crypto/ecdh"
	"crypto/rand"
	"crypto/tls"
	"encoding/binary"
	"os"
)

// echPublicName is the outer server_name of clients that use our ECH configuration.
const echPublicName = "public.example"

// setECH makes an ECH key, lets cfg accept it, and writes its ECHConfigList to file.
func setECH(cfg *tls.Config, file string) error {
	if file == "" {
		return nil
	}
	key, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	config := echConfig(key.PublicKey().Bytes())
	cfg.EncryptedClientHelloKeys = []tls.EncryptedClientHelloKey{{
		Config: config, PrivateKey: key.Bytes(), SendAsRetry: true,
	}}
	list := append(binary.BigEndian.AppendUint16(nil, uint16(len(config))), config...)
	return os.WriteFile(file, list, 0o600)
}

// echConfig encodes an ECHConfig (RFC 9849, Section 4) for an X25519 public key.
func echConfig(public []byte) []byte {
	be := binary.BigEndian
	b := []byte{1}                 // config_id
	b = be.AppendUint16(b, 0x0020) // DHKEM(X25519, HKDF-SHA256)
	b = append(be.AppendUint16(b, uint16(len(public))), public...)
	b = append(b, 0, 4, 0, 1, 0, 1)             // HKDF-SHA256, AES-128-GCM
	b = append(b, 32, byte(len(echPublicName))) // maximum_name_length
	b = append(b, echPublicName...)
	b = append(b, 0, 0) // no extensions
	header := be.AppendUint16([]byte{0xfe, 0x0d}, uint16(len(b)))
	return append(header, b...)
}
