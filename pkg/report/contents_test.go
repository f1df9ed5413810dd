package report

import "strings"

// contents are what the columns hold, by one of the forms in which they say it: what csv_row.go and json_row.go write is
// compared with it. What is plain needs no escape in any format. kind is what docs/output.md calls it, where the form does not
// say that.
var contents = map[string]struct {
	kind    string
	plain   bool
	text    func(row *Row) string
	term    func(row *Row) *term
	list    func(row *Row) []string
	integer func(row *Row) integer
	millis  func(row *Row) millis
	bytes   func(dst []byte, row *Row) []byte
	items   func(dst []byte, row *Row, between string) []byte
}{
	"capture":       {text: colCapture},
	"conn":          {integer: colConn},
	"start":         {kind: "time", plain: true, bytes: colStart},
	"duration_ms":   {millis: colDuration},
	"transport":     {plain: true, term: colTransport},
	"client_ip":     {plain: true, bytes: colClientIP},
	"client_port":   {integer: colClientPort},
	"server_ip":     {plain: true, bytes: colServerIP},
	"server_port":   {integer: colServerPort},
	"roles":         {plain: true, term: colRoles},
	"encapsulation": {plain: true, items: colEncapsulation},
	"carrier":       {plain: true, list: colCarrier},
	"stage":         {plain: true, term: colStage},
	"protocol":      {plain: true, text: colProtocol},

	"hello":          {plain: true, term: colHello},
	"sni_state":      {plain: true, term: colSNIState},
	"sni":            {text: colSNI},
	"incomplete":     {plain: true, items: colIncomplete},
	"ech":            {kind: "bool", plain: true, term: colECH},
	"tls_offered":    {plain: true, term: colTLSOffered},
	"tls_version":    {plain: true, term: colTLSVersion},
	"alpn_offered":   {list: colALPNOffered},
	"alpn":           {text: colALPN},
	"cipher":         {plain: true, text: colCipher},
	"ja3":            {plain: true, bytes: colJA3},
	"ja4":            {text: colJA4},
	"hello_bytes":    {integer: colHelloBytes},
	"hello_segments": {integer: colHelloSegments},
	"sni_offset":     {integer: colSNIOffset},
	"cert_names":     {list: colCertNames},
	"cert_issuer":    {text: colCertIssuer},
	"cert_not_after": {kind: "time", plain: true, bytes: colCertNotAfter},

	"alert":          {plain: true, text: func(row *Row) string { a, _ := shownAlert(row.Record); return colAlert(a) }},
	"alert_from":     {plain: true, term: func(row *Row) *term { _, side := shownAlert(row.Record); return colAlertFrom(side) }},
	"alert_level":    {plain: true, text: func(row *Row) string { a, _ := shownAlert(row.Record); return colAlertLevel(a) }},
	"closed_by":      {plain: true, term: colClosedBy},
	"close":          {plain: true, term: colClose},
	"rst_kind":       {plain: true, term: colRSTKind},
	"close_after_ms": {millis: colCloseAfter},
	"conn_state":     {plain: true, term: colConnState},
	"tampering":      {plain: true, text: colTampering},

	"client_packets":  {integer: colClientPackets},
	"server_packets":  {integer: colServerPackets},
	"client_bytes":    {integer: colClientBytes},
	"server_bytes":    {integer: colServerBytes},
	"retransmits":     {integer: colRetransmits},
	"missed_bytes":    {integer: colMissedBytes},
	"rtt_server_ms":   {millis: colRTTServer},
	"rtt_client_ms":   {millis: colRTTClient},
	"server_first_ms": {millis: colServerFirst},
	"server_protocol": {plain: true, text: colServerProtocol},
	"resumed":         {kind: "bool", plain: true, term: colResumed},
	"client_cert":     {plain: true, text: colClientCert},
	"proxied_client":  {text: colProxiedClient},
	"proxy_target":    {text: colProxyTarget},
	"client_random":   {plain: true, bytes: colClientRandom},
	"same_as":         {integer: colSameAs},

	"diagnosis":  {plain: true, text: colDiagnosis},
	"severity":   {plain: true, term: colSeverity},
	"confidence": {plain: true, term: colConfidence},
	"evidence":   {plain: true, items: colEvidence},
	"detail":     {text: colDetail},
	"fix":        {text: colFix},
}

// kindOf is what docs/output.md calls what a column holds.
func kindOf(column string) string {
	holds := contents[column]
	switch {
	case holds.kind != "":
		return holds.kind
	case holds.list != nil, holds.items != nil:
		return "list"
	case holds.integer != nil, holds.millis != nil:
		return "number"
	}
	return "text"
}

// values are what a column holds, unescaped: the items of a list, or the only value. nil where it is absent.
func values(column string, row *Row) (items []string) {
	holds := contents[column]
	if holds.list != nil {
		return holds.list(row)
	}
	if holds.items != nil {
		if joined := string(holds.items(nil, row, "\n")); joined != "" {
			return strings.Split(joined, "\n")
		}
		return nil
	}
	var value string
	switch {
	case holds.text != nil:
		value = holds.text(row)
	case holds.term != nil:
		value = holds.term(row).text
	case holds.bytes != nil:
		value = string(holds.bytes(nil, row))
	case holds.integer != nil:
		if v := holds.integer(row); v.known {
			value = decimal(v.n)
		}
	case holds.millis != nil:
		if v := holds.millis(row); v.known {
			value = string(appendMillis(nil, v.ns))
		}
	}
	if value == "" {
		return nil
	}
	return []string{value}
}
