package conversation

import "bytes"

// complaints are what servers say in plaintext to a client that speaks HTTP, or NATS, to their TLS port: nginx, Go,
// Apache, HAProxy and lighttpd's mod_openssl follow the first two in wording.
var complaints = [][]byte{
	[]byte("plain HTTP request was sent to HTTPS port"),
	[]byte("Client sent an HTTP request to an HTTPS server"),
	[]byte("speaking plain HTTP to an SSL-enabled server port"),
	[]byte("This combination of host and port requires TLS"),
	[]byte(`"tls_required":true`), // as NATS greets
}

// complaint keeps the start of the server's plaintext and looks whether it says that TLS was expected.
func (f *follower) complaint() {
	server := &f.half[f.clientGuess().Other()]
	if server.mode != modePlain || len(server.lead) == int(server.looked.complains) {
		return
	}
	a := f.own()
	if len(a.serverText) < maxServerText {
		a.serverText = string(server.lead[:min(len(server.lead), maxServerText)])
	}
	for _, text := range complaints {
		fresh := server.lead[max(int(server.looked.complains)-len(text), 0):]
		a.plainHTTP = a.plainHTTP || bytes.Contains(fresh, text)
	}
	server.looked.complains = uint16(len(server.lead))
}
