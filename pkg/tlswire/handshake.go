package tlswire

// HandshakeType is the type of a handshake message (RFC 8446, Section 4; the
// IANA registry "TLS HandshakeType").
type HandshakeType uint8

// Handshake types.
const (
	TypeHelloRequest          HandshakeType = 0
	TypeClientHello           HandshakeType = 1
	TypeServerHello           HandshakeType = 2
	TypeHelloVerifyRequest    HandshakeType = 3 // DTLS (RFC 6347)
	TypeNewSessionTicket      HandshakeType = 4
	TypeEndOfEarlyData        HandshakeType = 5
	TypeHelloRetryRequest     HandshakeType = 6 // drafts of TLS 1.3 only; see ServerHello.HelloRetryRequest
	TypeEncryptedExtensions   HandshakeType = 8
	TypeCertificate           HandshakeType = 11
	TypeServerKeyExchange     HandshakeType = 12
	TypeCertificateRequest    HandshakeType = 13
	TypeServerHelloDone       HandshakeType = 14
	TypeCertificateVerify     HandshakeType = 15
	TypeClientKeyExchange     HandshakeType = 16
	TypeFinished              HandshakeType = 20
	TypeCertificateURL        HandshakeType = 21
	TypeCertificateStatus     HandshakeType = 22
	TypeSupplementalData      HandshakeType = 23
	TypeKeyUpdate             HandshakeType = 24
	TypeCompressedCertificate HandshakeType = 25 // RFC 8879
	TypeNextProtocol          HandshakeType = 67
	TypeMessageHash           HandshakeType = 254 // in transcripts only, never sent (RFC 8446, Section 4.4.1)
)

// handshakeHeaderLen is the length of the type and length before each handshake
// message's body.
const handshakeHeaderLen = 4

// knownHandshakeType reports whether t is a message that travels in TLS records.
func knownHandshakeType(t HandshakeType) bool {
	switch {
	case t <= TypeHelloRetryRequest, t == TypeEncryptedExtensions, t == TypeNextProtocol:
		return true
	case t >= TypeCertificate && t <= TypeClientKeyExchange:
		return true
	}
	return t >= TypeFinished && t <= TypeCompressedCertificate
}
