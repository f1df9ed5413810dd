package diagnosis

// The codes, in the order of the catalogue.
const (
	Healthy                   Code = "ok"
	NotTLS                    Code = "not-tls"
	NoSNIAccepted             Code = "no-sni-accepted"
	NoSNIReset                Code = "no-sni-reset"
	NoSNIAlert                Code = "no-sni-alert"
	NoSNIClosed               Code = "no-sni-closed"
	NoSNIUnanswered           Code = "no-sni-unanswered"
	NoSNIClientRejected       Code = "no-sni-client-rejected"
	SNIInvalid                Code = "sni-invalid"
	SNIUnrecognized           Code = "sni-unrecognized"
	CertificateNameMismatch   Code = "certificate-name-mismatch"
	HelloReset                Code = "hello-reset"
	HelloClosed               Code = "hello-closed"
	HelloUnanswered           Code = "hello-unanswered"
	PathMTU                   Code = "path-mtu"
	SplitHelloRejected        Code = "split-hello-rejected"
	ConnectionRefused         Code = "connection-refused"
	DestinationUnreachable    Code = "destination-unreachable"
	SYNUnanswered             Code = "syn-unanswered"
	ResetBeforeHello          Code = "reset-before-hello"
	ServerClosedBeforeHello   Code = "server-closed-before-hello"
	ClientLeftBeforeHello     Code = "client-left-before-hello"
	PlaintextToTLSPort        Code = "plaintext-to-tls-port"
	TLSToPlaintextPort        Code = "tls-to-plaintext-port"
	ProxyHeaderExpected       Code = "proxy-header-expected"
	ProxyHeaderUnexpected     Code = "proxy-header-unexpected"
	ProxyRefused              Code = "proxy-refused"
	STARTTLSRefused           Code = "starttls-refused"
	ProtocolVersion           Code = "protocol-version"
	NoCommonParameters        Code = "no-common-parameters"
	InappropriateFallback     Code = "inappropriate-fallback"
	ALPNMismatch              Code = "alpn-mismatch"
	ECHRequired               Code = "ech-required"
	ClientCertificateRequired Code = "client-certificate-required"
	ClientCertificateRejected Code = "client-certificate-rejected"
	ClientRejectedCertificate Code = "client-rejected-certificate"
	ClientAlert               Code = "client-alert"
	ServerAlert               Code = "server-alert"
	ClientAborted             Code = "client-aborted"
	ResetInjected             Code = "reset-injected"
	HandshakeStalled          Code = "handshake-stalled"
	IncompleteCapture         Code = "incomplete-capture"
)

// codes are all of them, in the order of the catalogue.
var codes = [...]Code{
	Healthy, NotTLS,
	NoSNIAccepted, NoSNIReset, NoSNIAlert, NoSNIClosed, NoSNIUnanswered, NoSNIClientRejected,
	SNIInvalid, SNIUnrecognized, CertificateNameMismatch,
	HelloReset, HelloClosed, HelloUnanswered, PathMTU, SplitHelloRejected,
	ConnectionRefused, DestinationUnreachable, SYNUnanswered,
	ResetBeforeHello, ServerClosedBeforeHello, ClientLeftBeforeHello,
	PlaintextToTLSPort, TLSToPlaintextPort, ProxyHeaderExpected, ProxyHeaderUnexpected, ProxyRefused, STARTTLSRefused,
	ProtocolVersion, NoCommonParameters, InappropriateFallback, ALPNMismatch, ECHRequired,
	ClientCertificateRequired, ClientCertificateRejected, ClientRejectedCertificate, ClientAlert, ServerAlert, ClientAborted,
	ResetInjected, HandshakeStalled, IncompleteCapture,
}
