package tlswire

// Alert levels (RFC 5246, Section 7.2). In TLS 1.3 the level carries no meaning
// (RFC 8446, Section 6).
const (
	AlertLevelWarning uint8 = 1
	AlertLevelFatal   uint8 = 2
)

// The alert descriptions that something follows from (RFC 8446, Section 6, and the IANA registry "TLS Alerts").
const (
	AlertCloseNotify            uint8 = 0
	AlertUnexpectedMessage      uint8 = 10
	AlertBadRecordMAC           uint8 = 20
	AlertHandshakeFailure       uint8 = 40
	AlertNoCertificate          uint8 = 41
	AlertBadCertificate         uint8 = 42
	AlertUnsupportedCertificate uint8 = 43
	AlertCertificateRevoked     uint8 = 44
	AlertCertificateExpired     uint8 = 45
	AlertCertificateUnknown     uint8 = 46
	AlertIllegalParameter       uint8 = 47
	AlertUnknownCA              uint8 = 48
	AlertAccessDenied           uint8 = 49
	AlertDecodeError            uint8 = 50
	AlertDecryptError           uint8 = 51
	AlertProtocolVersion        uint8 = 70
	AlertInsufficientSecurity   uint8 = 71
	AlertInternalError          uint8 = 80
	AlertInappropriateFallback  uint8 = 86 // RFC 7507
	AlertUserCanceled           uint8 = 90
	AlertNoRenegotiation        uint8 = 100
	AlertMissingExtension       uint8 = 109
	AlertUnrecognizedName       uint8 = 112 // RFC 6066, Section 3
	AlertCertificateRequired    uint8 = 116
	AlertNoApplicationProtocol  uint8 = 120 // RFC 7301, Section 3.2
	AlertECHRequired            uint8 = 121 // RFC 9849
)

// alertLen is the length of an alert in the clear.
const alertLen = 2

// Alert is the payload of an alert record in the clear (RFC 8446, Section 6).
type Alert struct {
	Level       uint8
	Description uint8 // named by iana.Alert
}

// alertIn reads the alert that b is, which is alertLen long.
func alertIn(b []byte) Alert { return Alert{Level: b[0], Description: b[1]} }
