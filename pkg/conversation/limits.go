package conversation

// maxLead bounds the plaintext of one side that is kept before TLS begins or the connection is found to carry
// something else. The longest real preambles (a CONNECT request with its headers, the answer to EHLO, the
// features of an XMPP stream) stay well under it.
const maxLead = 4 << 10

// maxRefusal and maxServerText bound what is quoted of a plaintext answer: enough to recognise it in a log.
const (
	maxRefusal    = 80
	maxServerText = 64
)

// maxALPN bounds the protocols listed of one ClientHello; browsers send two or three.
const maxALPN = 32

// maxName bounds a server_name as kept: RFC 1035 names have at most 255 bytes, and the extension can hold 64 KiB.
const maxName = 1 << 10

// maxInterned bounds the table of strings that many connections share.
const maxInterned = 4 << 10

// maxLists bounds the table of lists that many connections share: clients offer a handful.
const maxLists = 256
