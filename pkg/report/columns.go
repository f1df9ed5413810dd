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

// column is one column of the report. What it holds is in col_*.go, and how that is written in csv_row.go and json_row.go.
type column struct {
	name string // published: never changes its meaning
	kind kind
}

// columns are all columns in their published order: CSV, JSON, JSON Lines and docs/output.md follow it.
// New ones go at the end.
var columns = [...]column{
	{"capture", text},
	{"conn", number},
	{"start", moment},
	{"duration_ms", number},
	{"transport", text},
	{"client_ip", text},
	{"client_port", number},
	{"server_ip", text},
	{"server_port", number},
	{"roles", text},
	{"encapsulation", list},
	{"carrier", list},
	{"stage", text},
	{"protocol", text},

	{"hello", text},
	{"sni_state", text},
	{"sni", text},
	{"incomplete", list},
	{"ech", boolean},
	{"tls_offered", text},
	{"tls_version", text},
	{"alpn_offered", list},
	{"alpn", text},
	{"cipher", text},
	{"ja3", text},
	{"ja4", text},
	{"hello_bytes", number},
	{"hello_segments", number},
	{"sni_offset", number},
	{"cert_names", list},
	{"cert_issuer", text},
	{"cert_not_after", moment},

	{"alert", text},
	{"alert_from", text},
	{"alert_level", text},
	{"closed_by", text},
	{"close", text},
	{"rst_kind", text},
	{"close_after_ms", number},
	{"conn_state", text},
	{"tampering", text},

	{"client_packets", number},
	{"server_packets", number},
	{"client_bytes", number},
	{"server_bytes", number},
	{"retransmits", number},
	{"missed_bytes", number},
	{"rtt_server_ms", number},
	{"rtt_client_ms", number},
	{"server_first_ms", number},
	{"server_protocol", text},
	{"resumed", boolean},
	{"client_cert", text},
	{"proxied_client", text},
	{"proxy_target", text},
	{"client_random", text},
	{"same_as", number},

	{"diagnosis", text},
	{"severity", text},
	{"confidence", text},
	{"evidence", list},
	{"detail", text},
	{"fix", text},
}

// integer is the value of a number that is one, and whether there is one.
type integer struct {
	n     uint64
	known bool
}

// millis is the value of a number that is a time in milliseconds, likewise.
type millis struct {
	ns    int64
	known bool
}
