package conversation

import "testing"

// Protocols whose clients speak first are known by that, whatever the port.
func TestProtocolOf(t *testing.T) {
	for _, tc := range []struct{ bytes, name string }{
		{"*1\r\n$4\r\nPING\r\n", "redis"},
		{"*12\r\n$4\r\nHSET\r\n", "redis"},
		{"* OK ready\r\n", "imap"},
		{"*1\r\nPING", ""},
		{"*\r\n$", ""},
		{"\x10\x23\x00\x04MQTT\x04\x02\x00\x3c", "mqtt"},
		{"\x10\xa3\x01\x00\x04MQTT\x05\x02", "mqtt"},
		{"\x10\x23\x00\x06MQIsdp\x03", "mqtt"},
		{"\x10\x23\x00\x04HTTP", ""},
		{"\x10", ""},
		{"AMQP\x00\x00\x09\x01", "amqp"},
		{"\x00\x00\x00\x1c\x00\x12\x00\x04\x00\x00\x00\x00\x00\x03kgo", "kafka"},
		{"\x00\x00\x00\x1c\x00\x13\x00\x04\x00\x00\x00\x00\x00\x03kgo", ""},
		{"\x20\x01\x00\x00\x06\x00\x00\x00\x00\x00\x00\x00\xdd\x07\x00\x00\x00\x00\x01\x00", "mongodb"},
		{"\x20\x01\x00\x00\x06\x00\x00\x00\x00\x00\x00\x00\xd4\x07\x00\x00\x04\x00\x00\x00", "mongodb"},
		{"\x20\x01\x00\x00\x06\x00\x00\x00\x01\x00\x00\x00\xdd\x07\x00\x00\x00\x00\x01\x00", ""},
		{"<13>Nov 22 05:03:40 vm root: hello", "syslog"},
		{"<0>1 2026-11-22T05:03:40Z vm root", "syslog"},
		{"52 <165>1 2026-11-22T05:03:40Z vm root", "syslog"},
		{"<1234>", ""},
		{"<html>", ""},
		{"<>", ""},
		{"ZBXD\x01\x0a\x00\x00\x00", "zabbix"},
		{"\x12\x01\x00\x58\x00\x00\x01\x00\x00\x00\x1f\x00\x06\x01\x00\x25", "tds"},
		{"\x04\x01\x00\x1a\x00\x00\x01\x00\x00\x00\x0b\x00\x06\x01\x00\x11", "tds"},
		{"\x04\x01\x01\xbb\xc0\x00\x02\x01\x00", "socks4"},
		{"\x04\x01\x01\xbb\x00\x00\x00\x01\x00gw.example.com\x00", "socks4"},
		{"CONNECT {\"verbose\":false}", "nats"},
		{"CONNECT a:443 HTTP/1.1", "http"},
		{"INFO {\"server_id\":", "nats"},
		{"\"IMPLEMENTATION\" \"Dovecot\"", "sieve"},
	} {
		if got := protocolOf([]byte(tc.bytes)); got != tc.name {
			t.Errorf("%q: %q, want %q", tc.bytes, got, tc.name)
		}
	}
}
