package diagnosis

import (
	"slices"
	"testing"
)

// What programs printed that met such an ending, whole: each leads to the codes of that ending, and to none of another.
func TestSearchOfWhatProgramsPrinted(t *testing.T) {
	closed := []Code{HelloClosed, NoSNIClosed, ServerClosedBeforeHello}
	reset := []Code{HelloReset, NoSNIReset, ResetBeforeHello}
	silent := []Code{HelloUnanswered, NoSNIUnanswered, PathMTU}
	untrusted := []Code{ClientRejectedCertificate, NoSNIClientRejected}
	for _, tc := range []struct {
		text string
		want []Code
		not  Code
	}{
		{" failed\n  ! mbedtls_ssl_handshake returned -0x7780", []Code{NoSNIAlert, SNIUnrecognized, NoCommonParameters, ProtocolVersion, ALPNMismatch, ServerAlert, ClientCertificateRequired, ClientCertificateRejected}, HelloReset},
		{"E (5114) esp-tls-mbedtls: mbedtls_ssl_handshake returned -0x7280", closed, ServerAlert},
		{"client handshake: -0x0050 NET - Connection was reset by peer", reset, ServerAlert},
		{"client handshake: -0x6800 SSL - The operation timed out", append(silent, HandshakeStalled), HelloReset},
		{"X509 - Certificate verification failed, e.g. CRL, CA or signature check failed", append(untrusted, CertificateNameMismatch), HelloReset},
		{"! The certificate Common Name (CN) does not match with the expected CN", []Code{CertificateNameMismatch}, ClientRejectedCertificate},
		{"SSL - An invalid SSL record was received", []Code{TLSToPlaintextPort, PlaintextToTLSPort}, HelloReset},
		{"server handshake: -0x7480 SSL - No client certification received from the client, but required by the authentication mode", []Code{ClientCertificateRequired}, ServerAlert},
		{"server handshake: -0x7800 SSL - No server could be identified matching the client's SNI", []Code{SNIUnrecognized}, ServerAlert},
		{"SSL - The connection to the given server / port failed", nil, HelloReset},
		{"NET - The connection to the given server / port failed", []Code{ConnectionRefused, SYNUnanswered}, HelloReset},
		{"wolfSSL error: received alert fatal error", []Code{NoSNIAlert, SNIUnrecognized, NoCommonParameters, ProtocolVersion, ALPNMismatch, ServerAlert}, HelloReset},
		{"wolfSSL_connect error -313, received alert fatal error", []Code{NoSNIAlert, ServerAlert}, HelloReset},
		{"wolfSSL_connect error -308, error state on socket", append(reset, closed...), ServerAlert},
		{"-308", append(reset, closed...), ServerAlert},
		{"error", nil, HelloReset},
		{"wolfSSL_connect error -188, ASN no signer error to confirm failure", untrusted, CertificateNameMismatch},
		{"wolfSSL_connect error -322, peer subject name mismatch", []Code{CertificateNameMismatch}, ServerAlert},
		{"ERROR 2026 (HY000): TLS/SSL error: SSL is required, but the server does not support it", []Code{STARTTLSRefused}, ServerAlert},
		{"server handshake: -402 No Server Name Indication extension Error", []Code{NoSNIAlert}, ServerAlert},

		{"client: received fatal alert: AccessDenied", []Code{NoSNIAlert, SNIUnrecognized}, ServerAlert},
		{"unexpected error: no server certificate chain resolved", []Code{NoSNIAlert, SNIUnrecognized}, ServerAlert},
		{"curl: (35) OpenSSL/3.0.22: error:0A000419:SSL routines::tlsv1 alert access denied", []Code{NoSNIAlert, SNIUnrecognized, ServerAlert}, NoCommonParameters},
		{"curl: (35) OpenSSL/3.0.22: error:0A0003E7:SSL routines::invalid session id", []Code{ClientAlert}, ClientRejectedCertificate},
		{"server: peer doesn't support any known protocol", []Code{ALPNMismatch}, ServerAlert},
		{"client: presented server name type wasn't supported", []Code{NoSNIClientRejected}, ClientRejectedCertificate},
		{"server: peer sent no certificates", []Code{ClientCertificateRequired}, ClientCertificateRejected},
		{"invalid peer certificate contents: invalid peer certificate: CertExpired", []Code{ClientRejectedCertificate, ClientCertificateRejected}, CertificateNameMismatch},
		{"invalid peer certificate contents: invalid peer certificate: CertNotValidForName", []Code{CertificateNameMismatch}, ServerAlert},

		{"requests.exceptions.SSLError: HTTPSConnectionPool(host='localhost', port=7002): Max retries exceeded with url: / (Caused by SSLError(SSLZeroReturnError(6, 'TLS/SSL connection has been closed (EOF) (_ssl.c:992)')))", closed, HelloReset},
		{"('Connection aborted.', ConnectionResetError(104, 'Connection reset by peer'))", reset, HelloClosed},
		{"HTTPSConnectionPool(host='localhost', port=7003): Read timed out. (read timeout=3)", silent, HelloReset},
		{"SSLError(CertificateError(\"hostname 'localhost' doesn't match 'other.example'\"))", []Code{CertificateNameMismatch}, HelloReset},
		{"no peer certificate available", append(slices.Concat(closed, reset), NoSNIAlert, SNIUnrecognized, ProtocolVersion), CertificateNameMismatch},
		{"curl: (60)", append(slices.Clone(untrusted), CertificateNameMismatch), HelloReset},
		{"curl: (60) SSL certificate problem: self-signed certificate", untrusted, CertificateNameMismatch},
		{"curl: (60) schannel: SEC_E_UNTRUSTED_ROOT (0x80090325) - The certificate chain was issued by an authority that is not trusted.", untrusted, CertificateNameMismatch},
		{`"detail":{"errorcode":"messaging.adaptors.http.flow.SslHandshakeFailed"}`, append(slices.Clone(untrusted), CertificateNameMismatch), HelloReset},
		{"Cannot connect to host localhost:7002 ssl:default [None]", closed, HelloReset},
		{"Cannot connect to host localhost:7015 ssl:default [Connect call failed ('127.0.0.1', 7015)]", []Code{ConnectionRefused}, HelloClosed},
		{"failed to connect to all addresses; last error: UNAVAILABLE: ipv4:127.0.0.1:7002: Socket closed", closed, HelloReset},
		{"java.net.SocketException: Socket closed", nil, HelloClosed},
		{"Ssl handshake failed: SSL_ERROR_SSL: error:0A000086:SSL routines::certificate verify failed", untrusted, HelloReset},
		{"ipv4:127.0.0.1:7010: Cannot check peer: missing selected ALPN property.", []Code{Healthy}, HelloReset},
		{"fatal: unable to access 'https://localhost:7004/x.git/': gnutls_handshake() failed: Handshake failed", []Code{NoSNIAlert, NoCommonParameters, ClientCertificateRequired}, SNIUnrecognized},
		{"gnutls_handshake() failed: The server name sent was not recognized", []Code{SNIUnrecognized, NoSNIAlert}, NoCommonParameters},
		{"server certificate verification failed. CAfile: /etc/ssl/certs/ca-certificates.crt CRLfile: none", append(untrusted, CertificateNameMismatch), HelloReset},
		{"fatal: unable to access 'https://localhost:7015/x.git/': Failed to connect to localhost port 7015 after 0 ms: Couldn't connect to server", []Code{ConnectionRefused, SYNUnanswered}, HelloReset},
		{"*** Received alert [112]: The server name sent was not recognized", []Code{SNIUnrecognized, NoSNIAlert}, ServerAlert},
		{"error: client rate limiter Wait returned an error: context deadline exceeded - error from a previous attempt: EOF", closed, HelloReset},
		{"Unable to connect to the server: context deadline exceeded", silent, HelloReset},
		{"The connection to the server localhost:7015 was refused - did you specify the right host or port?", []Code{ConnectionRefused}, HelloReset},
		{`error during connect: Get "https://localhost:7002/v1.50/containers/json": EOF`, closed, HelloReset},
		{"Cannot connect to the Docker daemon at tcp://localhost:7015. Is the docker daemon running?", []Code{ConnectionRefused}, HelloReset},
		{`Failed to get state: GET https://localhost:7010/s giving up after 1 attempt(s): Get "https://localhost:7010/s": tls: failed to verify certificate: x509: certificate is valid for other.example, not localhost`, []Code{CertificateNameMismatch}, HelloReset},
		{`rpc error: code = Unavailable desc = connection error: desc = "error reading server preface: http2: failed reading the frame payload: http2: frame too large, note that the frame header looked like an HTTP/1.1 header"`, []Code{PlaintextToTLSPort}, HelloClosed},
		{"io.netty.handler.ssl.NotSslRecordException: not an SSL/TLS record: 00000604000000000000050000400000", []Code{TLSToPlaintextPort}, PlaintextToTLSPort},
		{"tls: failed to verify certificate: x509: certificate specifies an incompatible key usage", []Code{ClientRejectedCertificate, ClientCertificateRejected}, CertificateNameMismatch},
		{"curl: (60) SSL certificate problem: unsuitable certificate purpose", []Code{ClientRejectedCertificate}, CertificateNameMismatch},
		{"curl: (35) OpenSSL/3.0.22: error:0A000413:SSL routines::sslv3 alert unsupported certificate", []Code{ClientCertificateRejected}, ServerAlert},
		{"INVALID_PURPOSE unsuitable certificate purpose", []Code{ClientRejectedCertificate}, ServerAlert},
		{"CRYPTO_ERROR 0x150 (remote): tls: internal error", []Code{NoSNIAlert, ServerAlert}, HelloClosed},
		{"CRYPTO_ERROR 0x178 (remote): tls: no application protocol", []Code{ALPNMismatch}, ServerAlert},
		{"http3: parsing frame failed: CRYPTO_ERROR 0x174 (remote): tls: certificate required", []Code{ClientCertificateRequired}, ClientCertificateRejected},
		{"http3: parsing frame failed: CRYPTO_ERROR 0x12a (remote): tls: bad certificate", []Code{ClientCertificateRejected}, ClientRejectedCertificate},
		{"timeout: no recent network activity", append(silent[:2:2], HandshakeStalled), HelloClosed},
		{"ERR_SSL_NO_SUITABLE_SIGNATURE_ALGORITHM 809C0F42967F0000:error:0A000076:SSL routines:tls_choose_sigalg:no suitable signature algorithm", []Code{NoSNIAlert, NoCommonParameters}, ServerAlert},
		{"UND_ERR_SOCKET other side closed", []Code{HelloClosed, NoSNIClosed, ClientCertificateRequired, ClientCertificateRejected}, HelloReset},
		{"psql: error: connection to server failed: SSL SYSCALL error: EOF detected", closed, HelloReset},
		{"SSL error: certificate verify failed", untrusted, HelloReset},
		{`server certificate for "other.example" does not match host name "localhost"`, []Code{CertificateNameMismatch}, HelloReset},
		{"TypeError: fetch failed", append(append(reset, closed...), NoSNIAlert, ConnectionRefused), Healthy},
		{"Error: A TLS error occurred.", append(append(reset, closed...), NoSNIAlert, TLSToPlaintextPort), ConnectionRefused},
		{"ldap_sasl_bind(SIMPLE): Can't contact LDAP server (-1)", append(closed, ConnectionRefused), Healthy},
		{"Warning: file_get_contents(): Peer certificate subjectAltName did not match expected name `localhost' in Command line code", []Code{CertificateNameMismatch}, HelloReset},
		{"Error: unable to verify the first certificate", untrusted, HelloReset},
		{"Error: self signed certificate in certificate chain", untrusted, HelloReset},
		{"curl: (60) SSL certificate problem: self signed certificate", untrusted, HelloReset},

		{`[error] 30#30: *30 no host in upstream "", client: 10.7.0.1, server: 10.7.0.1:10443`, closed, HelloReset},
		{"SSL_do_handshake() failed (SSL: error:0A000179:SSL routines::cert cb error) while SSL handshaking", []Code{NoSNIAlert, ServerAlert}, HelloReset},
		{`TLS: strict SNI enabled - No certificate found for domain: "", closing connection`, []Code{NoSNIAlert, SNIUnrecognized}, HelloReset},
		{`TLS: strict SNI enabled - No certificate found for domain: "other.example.test", closing connection`, []Code{SNIUnrecognized}, NoSNIAlert},
		{`ERR Error while dialing backend error="dial tcp 10.7.0.1:1: connect: connection refused"`, closed, NoSNIAlert},
		{`502 Bad Gateway error="remote error: tls: internal error"`, []Code{NoSNIAlert}, PathMTU},
		{"Request from 10.7.0.2:56346 did not include a hostname", []Code{NoSNIAlert}, SNIUnrecognized},
		{"No match found for other.example.test", []Code{NoCommonParameters}, NoSNIAlert},
		{"forward to tls failed:connect: Connection refused", closed, NoSNIAlert},
		{"7:8 Handshake failure: error:0A0000EA:SSL routines::callback failed", []Code{SNIUnrecognized}, NoSNIAlert},
		{"ERROR: failure while accepting a TLS connection on conn34 local=10.8.0.2:3128 remote=10.8.0.1:48744 FD 14 flags=1: 0x55be184e97e0*1", []Code{ClientRejectedCertificate}, HelloClosed},
		{`connection error: desc = "error reading server preface: EOF"`, []Code{PlaintextToTLSPort}, HelloReset},
		{"error reading server preface: remote error: tls: certificate required", []Code{ClientCertificateRequired}, PlaintextToTLSPort},
		{`transport: authentication handshake failed: tls: failed to verify certificate: x509: certificate is valid for app.example.test, *.apps.example.test, not other.example.test`, []Code{CertificateNameMismatch, ClientRejectedCertificate}, HelloReset},
		{"x509: cannot validate certificate for 10.7.0.1 because it doesn't contain any IP SANs", []Code{NoSNIClientRejected}, HelloReset},
		{`rejected connection on peer endpoint","remote-addr":"10.7.0.1:43210","error":"tls: \"10.7.0.2\" does not match any of DNSNames`, []Code{ClientCertificateRejected}, HelloReset},
		{"URLError(SSLCertVerificationError(1, \"[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: IP address mismatch, certificate is not valid for '10.7.0.1'. (_ssl.c:1006)\"))", []Code{NoSNIClientRejected}, HelloReset},
		{"Hostname/IP does not match certificate's altnames: Host: other.example.test. is not in the cert's altnames: DNS:app.example.test", []Code{CertificateNameMismatch, ClientAborted}, HelloReset},
		{"javax.net.ssl.SSLHandshakeException: No subject alternative DNS name matching other.example.test found.", []Code{CertificateNameMismatch, ClientAborted, ClientRejectedCertificate}, HelloReset},
		{"SSL_connect returned=1 errno=0 peeraddr=10.7.0.1:8444 state=error: certificate verify failed (hostname mismatch)", []Code{CertificateNameMismatch, ClientRejectedCertificate}, HelloReset},
		{"hostname verification failed", []Code{CertificateNameMismatch, ClientAlert}, HelloReset},
		{"The certificate's owner does not match hostname ‘other.example.test’", []Code{CertificateNameMismatch}, HelloReset},
		{"ERROR: The certificate of ‘app.example.test’ doesn't have a known issuer.", untrusted, HelloReset},
		{"PHP Warning:  file_get_contents(): SSL operation failed with code 1. OpenSSL Error messages:", []Code{NoSNIAlert, ClientRejectedCertificate}, ConnectionRefused},
		{"curl: (52) Empty reply from server", []Code{Healthy, PlaintextToTLSPort}, HelloReset},

		{`rpc error: code = Unavailable desc = connection error: desc = "transport: authentication handshake failed: EOF"`, closed, HelloReset},
		{"javax.net.ssl.SSLHandshakeException: Remote host terminated the handshake", append(reset, closed...), ServerAlert},
		{"SSL connect attempt failed", append(reset, closed...), ConnectionRefused},
		{"java.net.http.HttpConnectTimeoutException: HTTP connect timed out", append(silent, SYNUnanswered), HelloReset},
		{"SSL wants a read first", silent, HelloReset},
		{"URLError(TimeoutError('timed out'))", []Code{SYNUnanswered}, HelloReset},
		{"IO::Socket::IP configuration failed", []Code{SYNUnanswered, ConnectionRefused}, HelloReset},
		{"connect:errno=111", []Code{ConnectionRefused}, HelloReset},
		{"java.nio.channels.ClosedChannelException", []Code{ConnectionRefused}, HelloClosed},

		{"error trying to connect: tls handshake eof", closed, HelloReset},
		{"client error (Connect): received fatal alert: UnrecognisedName", []Code{SNIUnrecognized, NoSNIAlert}, NoCommonParameters},
		{"received fatal alert: HandshakeFailure", []Code{NoCommonParameters, NoSNIAlert}, SNIUnrecognized},
		{"invalid peer certificate: UnknownIssuer", untrusted, HelloReset},
		{"received corrupt message of type InvalidContentType", []Code{TLSToPlaintextPort}, HelloReset},
		{"UF,URX upstream_reset_before_response_started{connection_termination}", closed, Healthy},
		{"upstream_reset_before_response_started{remote_connection_failure|TLS_error:|268435703:SSL_routines:OPENSSL_internal:WRONG_VERSION_NUMBER:TLS_error_end}", []Code{TLSToPlaintextPort}, Healthy},
		{"TLS error: Connection reset by peer", reset, HelloClosed},
	} {
		var got []Code
		for _, e := range Search(tc.text) {
			got = append(got, e.Code)
		}
		for _, want := range tc.want {
			if !slices.Contains(got, want) {
				t.Errorf("%q does not lead to %s", tc.text, want)
			}
		}
		if slices.Contains(got, tc.not) {
			t.Errorf("%q leads to %s", tc.text, tc.not)
		}
	}
}
