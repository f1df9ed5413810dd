package report

// kind says how the value of a column is written where a format tells types apart.
type kind uint8

// The kinds.
const (
	text    kind = iota // UTF-8; bytes from the network are escaped by the writer
	number              // decimal, an integer or with three decimals
	boolean             // true or false
	list                // of text
	moment              // RFC 3339, UTC
)

var kinds = [...]string{"text", "number", "bool", "list", "time"}

func (k kind) String() string { return kinds[k] }

// column is one column of the report.
type column struct {
	name string // published: never changes its meaning
	kind kind
	// plain says that all of it is of sniscope's own making, in letters, digits and signs that no format escapes.
	plain bool
	// value appends the value as it is, unescaped, and nothing where it is absent. nil for a list.
	value func(dst []byte, row *Row) []byte
	// item appends the item with index i, likewise, and reports false where there is none. nil but for a list.
	item func(dst []byte, row *Row, i int) ([]byte, bool)
}

// columns are all columns in their published order: CSV, JSON, JSON Lines and docs/output.md follow it.
// New ones go at the end.
var columns = [...]column{
	{name: "capture", kind: text, value: colCapture},
	{name: "conn", kind: number, value: colConn},
	{name: "start", kind: moment, value: colStart},
	{name: "duration_ms", kind: number, value: colDuration},
	{name: "transport", kind: text, plain: true, value: colTransport},
	{name: "client_ip", kind: text, plain: true, value: colClientIP},
	{name: "client_port", kind: number, value: colClientPort},
	{name: "server_ip", kind: text, plain: true, value: colServerIP},
	{name: "server_port", kind: number, value: colServerPort},
	{name: "roles", kind: text, plain: true, value: colRoles},
	{name: "encapsulation", kind: list, plain: true, item: colEncapsulation},
	{name: "carrier", kind: list, plain: true, item: colCarrier},
	{name: "stage", kind: text, plain: true, value: colStage},
	{name: "protocol", kind: text, plain: true, value: colProtocol},

	{name: "hello", kind: text, plain: true, value: colHello},
	{name: "sni_state", kind: text, plain: true, value: colSNIState},
	{name: "sni", kind: text, value: colSNI},
	{name: "incomplete", kind: list, plain: true, item: colIncomplete},
	{name: "ech", kind: boolean, value: colECH},
	{name: "tls_offered", kind: text, plain: true, value: colTLSOffered},
	{name: "tls_version", kind: text, plain: true, value: colTLSVersion},
	{name: "alpn_offered", kind: list, item: colALPNOffered},
	{name: "alpn", kind: text, value: colALPN},
	{name: "cipher", kind: text, plain: true, value: colCipher},
	{name: "ja3", kind: text, plain: true, value: colJA3},
	{name: "ja4", kind: text, value: colJA4},
	{name: "hello_bytes", kind: number, value: colHelloBytes},
	{name: "hello_segments", kind: number, value: colHelloSegments},
	{name: "sni_offset", kind: number, value: colSNIOffset},
	{name: "cert_names", kind: list, item: colCertNames},
	{name: "cert_issuer", kind: text, value: colCertIssuer},
	{name: "cert_not_after", kind: moment, value: colCertNotAfter},

	{name: "alert", kind: text, plain: true, value: colAlert},
	{name: "alert_from", kind: text, plain: true, value: colAlertFrom},
	{name: "alert_level", kind: text, plain: true, value: colAlertLevel},
	{name: "closed_by", kind: text, plain: true, value: colClosedBy},
	{name: "close", kind: text, plain: true, value: colClose},
	{name: "rst_kind", kind: text, plain: true, value: colRSTKind},
	{name: "close_after_ms", kind: number, value: colCloseAfter},
	{name: "conn_state", kind: text, plain: true, value: colConnState},
	{name: "tampering", kind: text, plain: true, value: colTampering},

	{name: "client_packets", kind: number, value: colClientPackets},
	{name: "server_packets", kind: number, value: colServerPackets},
	{name: "client_bytes", kind: number, value: colClientBytes},
	{name: "server_bytes", kind: number, value: colServerBytes},
	{name: "retransmits", kind: number, value: colRetransmits},
	{name: "missed_bytes", kind: number, value: colMissedBytes},
	{name: "rtt_server_ms", kind: number, value: colRTTServer},
	{name: "rtt_client_ms", kind: number, value: colRTTClient},
	{name: "server_first_ms", kind: number, value: colServerFirst},
	{name: "server_protocol", kind: text, plain: true, value: colServerProtocol},
	{name: "resumed", kind: boolean, value: colResumed},
	{name: "client_cert", kind: text, plain: true, value: colClientCert},
	{name: "proxied_client", kind: text, value: colProxiedClient},
	{name: "proxy_target", kind: text, value: colProxyTarget},
	{name: "client_random", kind: text, plain: true, value: colClientRandom},
	{name: "same_as", kind: number, value: colSameAs},

	{name: "diagnosis", kind: text, plain: true, value: colDiagnosis},
	{name: "severity", kind: text, plain: true, value: colSeverity},
	{name: "confidence", kind: text, plain: true, value: colConfidence},
	{name: "evidence", kind: list, plain: true, item: colEvidence},
	{name: "detail", kind: text, value: colDetail},
	{name: "fix", kind: text, value: colFix},
}
