//go:build linux

package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The ports of the servers.
const (
	portPlain       = 80   // nginx without TLS
	portTLS         = 443  // nginx that rejects every name but one, and none
	portOnly13      = 4431 // s_server with TLS 1.3 only
	portCertificate = 4432 // s_server that requires a client certificate
	portSilent      = 4433 // accepts, and says nothing
	portReset       = 4434 // reads the hello, and resets
	portClosed      = 4435 // reads the hello, and closes
	portNobody      = 4436
)

// nginxConf takes a folder.
const nginxConf = `daemon off; master_process off; pid %[1]s/nginx.pid; error_log stderr;
events {}
http {
	access_log off;
	client_body_temp_path %[1]s/body; proxy_temp_path %[1]s/proxy; fastcgi_temp_path %[1]s/fastcgi;
	uwsgi_temp_path %[1]s/uwsgi; scgi_temp_path %[1]s/scgi;
	ssl_certificate %[1]s/cert.pem; ssl_certificate_key %[1]s/key.pem;
	server { listen 80; listen [::]:80; return 204; }
	server { listen 443 ssl default_server; listen [::]:443 ssl default_server; ssl_reject_handshake on; }
	server { listen 443 ssl; listen [::]:443 ssl; server_name healthy.example; return 204; }
}
`

// serve starts the servers, and returns when each listens.
func serve(t *testing.T, h *host) {
	t.Helper()
	dir := t.TempDir()
	writeCertificate(t, dir)
	conf := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(conf, fmt.Appendf(nil, nginxConf, dir), 0o600); err != nil {
		t.Fatal(err)
	}
	h.start(t, "nginx", "-e", "stderr", "-p", dir, "-c", conf)
	for _, family := range []string{"-4", "-6"} {
		s := fmt.Sprintf("openssl s_server -www %s -cert %[2]s/cert.pem -key %[2]s/key.pem", family, dir)
		h.start(t, strings.Fields(fmt.Sprintf("%s -tls1_3 -port %d", s, portOnly13))...)
		h.start(t, strings.Fields(fmt.Sprintf("%s -tls1_2 -Verify 1 -verify_return_error -port %d", s, portCertificate))...)
	}
	each(h.listen(t, portSilent), nil)
	each(h.listen(t, portReset), func(c *net.TCPConn) { c.SetLinger(0) })
	each(h.listen(t, portClosed), func(*net.TCPConn) {})
	for _, port := range []int{portPlain, portTLS, portOnly13, portCertificate} {
		for _, address := range []string{"127.0.0.1", "::1"} {
			listening(t, h, net.JoinHostPort(address, fmt.Sprint(port)))
		}
	}
}

// listening waits for a server.
func listening(t *testing.T, h *host, address string) {
	t.Helper()
	eventually(t, address+" listens", func() bool {
		c, err := h.dial(0, address)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
}

// each reads what a client says first, and ends the connection; if end is nil, it leaves that to the client.
func each(l net.Listener, end func(*net.TCPConn)) {
	go func() {
		for c, err := l.Accept(); err == nil; c, err = l.Accept() {
			go func() {
				defer c.Close()
				b := make([]byte, 1<<16)
				_, err := c.Read(b)
				for end == nil && err == nil {
					_, err = c.Read(b)
				}
				if end != nil {
					end(c.(*net.TCPConn))
				}
			}()
		}
	}()
}

// writeCertificate writes cert.pem and key.pem.
func writeCertificate(t *testing.T, dir string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "healthy.example"}, DNSNames: []string{"healthy.example"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{
		"cert.pem": {Type: "CERTIFICATE", Bytes: cert},
		"key.pem":  {Type: "PRIVATE KEY", Bytes: private},
	} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
