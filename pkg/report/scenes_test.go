package report

import (
	"fmt"

	"github.com/sniscope/sniscope/pkg/diagnosis"
	"github.com/sniscope/sniscope/pkg/flow"
)

// scenes is a capture in which most of what the table can show happens.
func scenes() (rows []*Row) {
	add := func(m *made) { rows = append(rows, m.row()) }
	next := func() (conn, first uint64, micros int64) {
		n := uint64(len(rows))
		return n + 1, 6*n + 1, int64(n)*355_000 + 36_000
	}
	ok := func(client, server, name string) { c, f, t := next(); add(passed(c, f, t, client, server, name)) }
	reset := func(client string) { c, f, t := next(); add(noSNIReset(c, f, t, client, "10.0.0.5:443")) }

	for i := range 12 {
		ok(fmt.Sprintf("10.138.0.%d:%d", 20+i%3, 30000+i), "10.0.0.5:443", "api.example.com")
	}
	for i := range 9 {
		reset(fmt.Sprintf("10.138.0.%d:%d", 28+i%5, 19432+i))
	}
	// Scenario 8: one client, four addresses of a CDN.
	for i := range 4 {
		c, f, t := next()
		add(connection(c, f, t, fmt.Sprintf("10.138.0.31:%d", 40112+i), fmt.Sprintf("192.0.2.%d:443", 10+i)).hello("").
			alert(flow.Server, 40).closed(flow.Server, flow.CloseFIN, 12_000_000).
			verdict("no-sni-alert", diagnosis.Error, diagnosis.Probable,
				"hello of 512 bytes without server_name, answered by alert 40 handshake_failure", fixNoSNI))
	}
	// Scenario 3: outside fails, inside works.
	for i := range 3 {
		ok(fmt.Sprintf("10.7.7.%d:50000", i+1), "10.0.0.7:9443", "")
	}
	for i := range 2 {
		c, f, t := next()
		add(connection(c, f, t, fmt.Sprintf("203.0.113.9:%d", 61000+i), "10.0.0.7:9443").closed(flow.Server, flow.CloseRST, 245_100_000).
			verdict("reset-before-hello", diagnosis.Error, diagnosis.Certain,
				"connection set up, then silence, and a RST after 245.1 ms; no byte of the client was seen",
				"asymmetric path, transparent proxy or firewall between client and server: capture on both sides"))
	}
	c, f, t := next()
	add(connection(c, f, t, "203.0.113.9:61002", "10.0.0.7:9443").hello("").closed(flow.Server, flow.CloseFIN, 31_000_000).
		verdict("inappropriate-fallback", diagnosis.Error, diagnosis.Probable,
			"the hello offers TLS_FALLBACK_SCSV; the server's FIN is 7 bytes ahead of what was captured: one alert record was lost",
			"the client retried at a lower version: find why the first try failed (RFC 7507)"))
	c, f, t = next()
	add(connection(c, f, t, "10.138.0.40:50122", "10.0.0.5:443").hello("orders.internal.example").established().
		alert(flow.Client, 48).closed(flow.Client, flow.CloseRST, 9_000_000).
		verdict("client-rejected-certificate", diagnosis.Error, diagnosis.Certain,
			"the client sent alert 48 unknown_ca 1.2 ms after the server's flight", "trust store, chain, dates, name"))
	rows[len(rows)-1].Record.Established = false
	c, f, t = next()
	add(connection(c, f, t, "10.138.0.41:50123", "10.0.0.99:443").verdict("destination-unreachable", diagnosis.Warning, diagnosis.Certain,
		"10.0.0.1 says for it: ICMP 3/13, communication administratively prohibited", "route, firewall"))
	r := rows[len(rows)-1].Record
	r.ICMP = flow.ICMPError{Event: at(f+3, t), Type: 3, Code: 13}
	r.Terminator = flow.Terminator{Event: at(f+3, t), By: flow.Path, Kind: flow.CloseICMP}
	return rows
}

// wide are connections with long addresses and names.
func wide() (rows []*Row) {
	for i, name := range []string{
		"orders-gateway-production.eu-central-1.internal.shop.example", // 60 characters
		"",
		"api.example.com",
		"bücher-für-jeden.beispiel.example",
	} {
		n := uint64(i)
		client := fmt.Sprintf("[2001:db8:85a3:8d3:1319:8a2e:370:734%d]:5%d122", i, i)
		row := connection(n+1, 6*n+1, int64(i)*1_200_000, client, "[2001:db8:1234:5678:9abc:def0:1234:5678]:8443").hello(name).
			closed(flow.Server, flow.CloseRST, int64(i+1)*8_300_000).
			verdict("hello-reset", diagnosis.Error, diagnosis.Probable, "reset by the server after the hello, no bytes from the server",
				"TLS not enabled on that listener, wrong port or route, or a name that the router does not know")
		if name == "" {
			row.Verdict.Code = "no-sni-reset"
		}
		rows = append(rows, row.row())
	}
	last := connection(9, 60, 9_000_000, "192.0.2.7:61000", "198.51.100.9:443").hello("www.example.net").
		closed(flow.Server, flow.CloseFIN, 1_200_000_000).
		verdict("server-closed-before-hello", diagnosis.Warning, diagnosis.Possible, "closed by the server", "backend; or a client that does not speak first")
	return append(rows, last.row())
}
