package report

// columns are the names of all columns in their published order: CSV, JSON, JSON Lines and docs/output.md follow it. A name never
// changes its meaning, and new ones go at the end. What a column holds is in col_*.go, and how that is written in csv_row.go and
// json_row.go.
var columns = []string{
	"capture",
	"conn",
	"start",
	"duration_ms",
	"transport",
	"client_ip",
	"client_port",
	"server_ip",
	"server_port",
	"roles",
	"encapsulation",
	"carrier",
	"stage",
	"protocol",

	"hello",
	"sni_state",
	"sni",
	"incomplete",
	"ech",
	"tls_offered",
	"tls_version",
	"alpn_offered",
	"alpn",
	"cipher",
	"ja3",
	"ja4",
	"hello_bytes",
	"hello_segments",
	"sni_offset",
	"cert_names",
	"cert_issuer",
	"cert_not_after",

	"alert",
	"alert_from",
	"alert_level",
	"closed_by",
	"close",
	"rst_kind",
	"close_after_ms",
	"conn_state",
	"tampering",

	"client_packets",
	"server_packets",
	"client_bytes",
	"server_bytes",
	"retransmits",
	"missed_bytes",
	"rtt_server_ms",
	"rtt_client_ms",
	"server_first_ms",
	"server_protocol",
	"resumed",
	"client_cert",
	"proxied_client",
	"proxy_target",
	"client_random",
	"same_as",

	"diagnosis",
	"severity",
	"confidence",
	"evidence",
	"detail",
	"fix",
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
