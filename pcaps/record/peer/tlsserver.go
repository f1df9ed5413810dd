//go:build linux

package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

// respond answers one HTTP request over TLS and closes.
func respond(conn *tls.Conn) error {
	defer conn.Close()
	if err := conn.Handshake(); err != nil {
		return err
	}
	if _, err := http.ReadRequest(bufio.NewReader(conn)); err != nil {
		return err
	}
	_, err := io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n")
	return err
}

// runTLSServe is a TLS server of crypto/tls that answers one HTTP request.
func runTLSServe(args []string, stderr io.Writer) error {
	fs := flag.NewFlagSet("tls-serve", flag.ContinueOnError)
	listen := fs.String("listen", "", "address")
	cert := fs.String("cert", "", "CERT,KEY")
	name := fs.String("name", "", "serve only this name; others get a nil certificate")
	callbackError := fs.Bool("callback-error", false, "fail the certificate callback for other names")
	clientCA := fs.String("client-ca", "", "require a client certificate of this CA")
	ech := fs.String("ech", "", "accept ECH and write the configuration list to this file")
	shared := sharedFlags(fs)
	if err := fs.Parse(args); err != nil {
		return err
	}
	cfg, err := shared.config()
	if err != nil {
		return err
	}
	if err := setCertificate(cfg, *cert, *name, *callbackError); err != nil {
		return err
	}
	if err := setClientCA(cfg, *clientCA); err != nil {
		return err
	}
	if err := setECH(cfg, *ech); err != nil {
		return err
	}
	return acceptLoop(*listen, func(conn *net.TCPConn) {
		if err := serveTLS(conn, cfg); err != nil {
			fmt.Fprintln(stderr, "peer: tls-serve:", err)
		}
	})
}

func serveTLS(conn *net.TCPConn, cfg *tls.Config) error {
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(deadline)); err != nil {
		return err
	}
	return respond(tls.Server(conn, cfg))
}

func setCertificate(cfg *tls.Config, files, name string, fail bool) error {
	cert, err := loadPair(files)
	if err != nil {
		return err
	}
	cfg.GetCertificate = func(h *tls.ClientHelloInfo) (*tls.Certificate, error) {
		switch {
		case name == "" || h.ServerName == name:
			return &cert, nil
		case fail:
			return nil, fmt.Errorf("no certificate for %q", h.ServerName)
		}
		return nil, nil
	}
	return nil
}

func setClientCA(cfg *tls.Config, file string) error {
	if file == "" {
		return nil
	}
	pool, err := loadPool(file)
	cfg.ClientCAs, cfg.ClientAuth = pool, tls.RequireAndVerifyClientCert
	return err
}

func loadPool(file string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s: no certificate", file)
	}
	return pool, nil
}

// tlsFlags are the settings that the TLS client and server share.
type tlsFlags struct {
	min, max, alpn, curves, ciphers *string
	tickets                         *bool
}

func sharedFlags(fs *flag.FlagSet) tlsFlags {
	return tlsFlags{
		min:     fs.String("min", "1.0", "lowest version"),
		max:     fs.String("max", "1.3", "highest version"),
		alpn:    fs.String("alpn", "", "protocols, comma-separated"),
		curves:  fs.String("curves", "", "groups: x25519, p256, p384, mlkem; empty: the default"),
		ciphers: fs.String("ciphers", "", "TLS 1.2 suites by IANA name, comma-separated"),
		tickets: fs.Bool("tickets", true, "session tickets"),
	}
}

var versions = map[string]uint16{
	"1.0": tls.VersionTLS10, "1.1": tls.VersionTLS11, "1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13,
}

var groups = map[string]tls.CurveID{
	"x25519": tls.X25519, "p256": tls.CurveP256, "p384": tls.CurveP384, "mlkem": tls.X25519MLKEM768,
}

func (f tlsFlags) config() (*tls.Config, error) {
	cfg := &tls.Config{
		MinVersion: versions[*f.min], MaxVersion: versions[*f.max], SessionTicketsDisabled: !*f.tickets,
	}
	if cfg.MinVersion == 0 || cfg.MaxVersion == 0 {
		return nil, errors.New("versions are 1.0, 1.1, 1.2, 1.3")
	}
	if *f.alpn != "" {
		cfg.NextProtos = strings.Split(*f.alpn, ",")
	}
	if *f.curves != "" {
		for c := range strings.SplitSeq(*f.curves, ",") {
			cfg.CurvePreferences = append(cfg.CurvePreferences, groups[c])
		}
	}
	for c := range strings.SplitSeq(*f.ciphers, ",") {
		for _, known := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
			if known.Name == c {
				cfg.CipherSuites = append(cfg.CipherSuites, known.ID)
			}
		}
	}
	return cfg, nil
}
