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

	// One of these, by what the value is, says it. It is plain unless it is text or items.
	text  func(row *Row) string                            // "" where absent; also true and false
	items func(row *Row) []string                          // a list, empty where absent
	count func(row *Row) (n uint64, ok bool)               // a number that is an integer
	span  func(row *Row) (ns int64, ok bool)               // a number that is milliseconds
	bytes func(dst []byte, row *Row) []byte                // any other, appended to dst
	item  func(dst []byte, row *Row, i int) ([]byte, bool) // any other list: its item i, and false behind the last
}

// columns are all columns in their published order: CSV, JSON, JSON Lines and docs/output.md follow it.
// New ones go at the end.
var columns = [...]column{
	{name: "capture", kind: text, text: colCapture},
	{name: "conn", kind: number, count: colConn},
	{name: "start", kind: moment, bytes: colStart},
	{name: "duration_ms", kind: number, span: colDuration},
	{name: "transport", kind: text, plain: true, text: colTransport},
	{name: "client_ip", kind: text, plain: true, bytes: colClientIP},
	{name: "client_port", kind: number, count: colClientPort},
	{name: "server_ip", kind: text, plain: true, bytes: colServerIP},
	{name: "server_port", kind: number, count: colServerPort},
	{name: "roles", kind: text, plain: true, text: colRoles},
	{name: "encapsulation", kind: list, plain: true, item: colEncapsulation},
	{name: "carrier", kind: list, plain: true, items: colCarrier},
	{name: "stage", kind: text, plain: true, text: colStage},
	{name: "protocol", kind: text, plain: true, text: colProtocol},

	{name: "hello", kind: text, plain: true, text: colHello},
	{name: "sni_state", kind: text, plain: true, text: colSNIState},
	{name: "sni", kind: text, text: colSNI},
	{name: "incomplete", kind: list, plain: true, item: colIncomplete},
	{name: "ech", kind: boolean, plain: true, text: colECH},
	{name: "tls_offered", kind: text, plain: true, text: colTLSOffered},
	{name: "tls_version", kind: text, plain: true, text: colTLSVersion},
	{name: "alpn_offered", kind: list, items: colALPNOffered},
	{name: "alpn", kind: text, text: colALPN},
	{name: "cipher", kind: text, plain: true, text: colCipher},
	{name: "ja3", kind: text, plain: true, bytes: colJA3},
	{name: "ja4", kind: text, text: colJA4},
	{name: "hello_bytes", kind: number, count: colHelloBytes},
	{name: "hello_segments", kind: number, count: colHelloSegments},
	{name: "sni_offset", kind: number, count: colSNIOffset},
	{name: "cert_names", kind: list, items: colCertNames},
	{name: "cert_issuer", kind: text, text: colCertIssuer},
	{name: "cert_not_after", kind: moment, bytes: colCertNotAfter},

	{name: "alert", kind: text, plain: true, text: colAlert},
	{name: "alert_from", kind: text, plain: true, text: colAlertFrom},
	{name: "alert_level", kind: text, plain: true, text: colAlertLevel},
	{name: "closed_by", kind: text, plain: true, text: colClosedBy},
	{name: "close", kind: text, plain: true, text: colClose},
	{name: "rst_kind", kind: text, plain: true, text: colRSTKind},
	{name: "close_after_ms", kind: number, span: colCloseAfter},
	{name: "conn_state", kind: text, plain: true, text: colConnState},
	{name: "tampering", kind: text, plain: true, text: colTampering},

	{name: "client_packets", kind: number, count: colClientPackets},
	{name: "server_packets", kind: number, count: colServerPackets},
	{name: "client_bytes", kind: number, count: colClientBytes},
	{name: "server_bytes", kind: number, count: colServerBytes},
	{name: "retransmits", kind: number, count: colRetransmits},
	{name: "missed_bytes", kind: number, count: colMissedBytes},
	{name: "rtt_server_ms", kind: number, span: colRTTServer},
	{name: "rtt_client_ms", kind: number, span: colRTTClient},
	{name: "server_first_ms", kind: number, span: colServerFirst},
	{name: "server_protocol", kind: text, plain: true, text: colServerProtocol},
	{name: "resumed", kind: boolean, plain: true, text: colResumed},
	{name: "client_cert", kind: text, plain: true, text: colClientCert},
	{name: "proxied_client", kind: text, text: colProxiedClient},
	{name: "proxy_target", kind: text, text: colProxyTarget},
	{name: "client_random", kind: text, plain: true, bytes: colClientRandom},
	{name: "same_as", kind: number, count: colSameAs},

	{name: "diagnosis", kind: text, plain: true, text: colDiagnosis},
	{name: "severity", kind: text, plain: true, text: colSeverity},
	{name: "confidence", kind: text, plain: true, text: colConfidence},
	{name: "evidence", kind: list, plain: true, item: colEvidence},
	{name: "detail", kind: text, text: colDetail},
	{name: "fix", kind: text, text: colFix},
}
