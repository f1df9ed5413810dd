package diagnosis

import "slices"

// What ports are usual for: it says what was meant where bytes do not, and never what a connection carries.

// usualTLSPort holds for ports where TLS begins with the first byte: those that IANA registers for it, and the
// customary ones of gateways and clusters.
func usualTLSPort(port uint16) bool {
	switch port {
	case 443, 8443, 9443, // https and its usual substitutes
		465, 563, 636, 853, 989, 990, 991, 992, 993, 994, 995, // smtps, nntps, ldaps, dns, ftps … pop3s
		2376,       // docker
		3269,       // global catalogue over TLS
		5061, 5671, // sips, amqps
		5223, 5349, // xmpp, stuns
		6443,       // kubernetes
		6514, 6697, // syslog, irc
		8883: // mqtt
		return true
	}
	return false
}

// homePorts are the ports that are registered for plaintext protocols.
var homePorts = map[string][]uint16{
	"http": {80}, "http2": {80}, "ssh": {22}, "smtp": {25, 587}, "postgresql": {5432}, "socks4": {1080}, "socks5": {1080},
	"rdp": {3389}, "ldap": {389}, "amqp": {5672}, "mqtt": {1883}, "redis": {6379}, "kafka": {9092}, "mongodb": {27017},
	"tds": {1433}, "syslog": {514, 601}, "zabbix": {10050, 10051}, "xmpp": {5222, 5269}, "zookeeper": {2181},
	"openwire": {61616}, "dns": {53},
}

// homePort holds for a port at which a plaintext protocol is where it belongs.
func homePort(protocol string, port uint16) bool { return slices.Contains(homePorts[protocol], port) }

// plainPort is a port that is registered for a protocol without TLS, which has another for TLS from the first byte. Protocols whose
// servers greet are not among them, nor those whose clients ask for TLS (asksFirst), nor those that have one port for both, such as Redis.
type plainPort struct {
	protocol string
	tls      uint16
}

var plainPorts = map[uint16]plainPort{
	53: {"DNS", 853}, 80: {"HTTP", 443}, 514: {"syslog", 6514}, 601: {"syslog", 6514}, 1883: {"MQTT", 8883}, 5060: {"SIP", 5061},
	5672: {"AMQP", 5671},
}

// asksFirst are the protocols that are registered for a port, where their clients speak first and ask for TLS before they begin it.
var asksFirst = map[uint16]string{389: "LDAP", 1433: "SQL Server", 3389: "RDP", 5432: "PostgreSQL"}
