package conversation

import (
	"bytes"
	"encoding/binary"
	"strings"

	"github.com/sniscope/sniscope/pkg/tlswire"
)

// sniffLen is how many bytes tell TLS from everything else: a record header, and the first two bytes of a message.
const sniffLen = 7

// plain takes bytes of a side that has not begun TLS.
func (h *half) plain(data []byte, offset uint64) {
	if len(h.lead) == 0 && len(data) >= sniffLen && h.mode == modeSniff && tlswire.LooksLikeTLS(data) {
		h.protocol = "tls" // what nearly all sides begin with needs no copy
		h.takeTLS(data, offset)
		return
	}
	h.other().looked.turn = uint16(len(h.other().lead))
	h.begun = h.f.at
	for len(data) > 0 && (h.mode == modeSniff || h.mode == modePlain) {
		n := h.keep(data, offset)
		data, offset = data[n:], offset+uint64(n)
		h.read()
	}
	switch h.mode {
	case modeTLS:
		if len(data) > 0 {
			h.feed(data)
		}
	case modeWrapped:
		h.unwrap(data)
	case modeSSLv2:
		h.bytesV2(data)
	}
}

// keep adds as much of data, which lies at offset, to lead as there is room for.
func (h *half) keep(data []byte, offset uint64) int {
	if len(h.lead) == 0 {
		h.leadBase = offset
	}
	n := min(maxLead-len(h.lead), len(data))
	h.lead = append(h.lead, data[:n]...)
	return n
}

// read looks at what lead has. Unless the side is found to carry something else, there is then room for more.
func (h *half) read() {
	if h.mode == modeSniff && !h.sniff(false) && len(h.lead) == maxLead {
		h.sniff(true)
	}
	if h.mode == modePlain {
		h.dialogue()
		if h.mode == modePlain && len(h.lead) == maxLead {
			h.mode = modeOther
		}
	}
}

// decide settles for what the side's bytes look like, however few they are.
func (h *half) decide() {
	if h.mode == modeSniff && len(h.lead) > 0 && h.sniff(true) && h.mode == modePlain {
		h.dialogue()
	}
}

// sniff decides what the side's first bytes are; it reports false while more of them are needed and final is unset.
func (h *half) sniff(final bool) bool {
	switch n := h.proxyHeader(); {
	case n > 0:
		h.drop(n)
		return h.sniff(final)
	case n < 0 && !final:
		return false
	}
	b := h.lead
	switch {
	case len(b) < sniffLen && !final && (mayBeTLS(b) || tlswire.LooksLikeSSLv2(b)):
		return false
	case len(b) == 0:
		return false
	case h.answersV2(b):
		h.startV2()
		return true
	case tlswire.LooksLikeTLS(b):
		h.protocol = "tls"
		h.takeTLS(b, h.leadBase)
		return true
	case tlswire.LooksLikeSSLv2(b):
		return h.sslv2(final)
	}
	name := protocolOf(b)
	if name == "socks4" && h.other().protocol == "tds" {
		name = "tds" // whose answer begins alike
	}
	if !final && undecided(name, b) && !h.answersPOP3(b) {
		return false
	}
	if name == "" {
		name = "unknown"
	}
	h.protocol, h.mode = name, modePlain
	h.looked.asks, h.other().looked.asks = 0, 0 // either may now have dialects that were not tried
	return true
}

// undecided reports whether more bytes may name the protocol, or another one.
func undecided(name string, b []byte) bool {
	line := bytes.IndexByte(b, '\n') >= 0
	switch name {
	case "":
		return len(b) < 8 || len(b) < 16 && !line || b[0] == ':' && !line && len(b) < maxRefusal // IRC, from a host of any name
	case "smtp":
		return b[0] == '2' && !line && len(b) < maxRefusal // the greeting names FTP or SMTP
	}
	return false
}

// answersPOP3 holds for a line to a server that greeted in POP3, whose commands are the shortest: "STLS" is answered before
// enough bytes come to tell protocols apart by.
func (h *half) answersPOP3(b []byte) bool {
	return h.other().protocol == "pop3" && bytes.HasSuffix(b, []byte("\n"))
}

// mayBeTLS reports whether so few bytes may still turn out to be a record of TLS.
func mayBeTLS(b []byte) bool {
	return len(b) == 0 || b[0] >= 0x14 && b[0] <= 0x18 || b[0]&0x80 != 0
}

// takeTLS begins TLS with data, which lies at offset: behind something else, or at the beginning.
func (h *half) takeTLS(data []byte, offset uint64) {
	h.begun = h.f.firstData[h.side]
	if offset > 0 {
		h.begun, h.segments = h.f.at, h.f.segments
	}
	h.startTLS(data, offset)
	if h.carriesTLS() && h.other().mode == modePlain {
		h.other().answered = len(h.other().lead)
		h.other().offered()
	}
}

// protocolMagic are the first bytes of protocols that begin with text or a fixed sequence. Ports play no part.
var protocolMagic = []struct{ prefix, name string }{
	{"GET ", "http"}, {"POST ", "http"}, {"HEAD ", "http"}, {"PUT ", "http"}, {"DELETE ", "http"},
	{"OPTIONS ", "http"}, {"PATCH ", "http"}, {"TRACE ", "http"}, {"CONNECT {", "nats"}, {"CONNECT ", "http"}, {"HTTP/1.", "http"},
	{"PROPFIND ", "http"}, {"PRI * HTTP/2", "http2"}, {"SSH-", "ssh"}, {"* OK", "imap"}, {"* PREAUTH", "imap"},
	{"+OK", "pop3"}, {"EHLO ", "smtp"}, {"HELO ", "smtp"}, {"ehlo ", "smtp"}, {"helo ", "smtp"},
	{"LHLO ", "lmtp"}, {"<?xml ", "xmpp"}, {"<stream:", "xmpp"},
	{sslRequest, "postgresql"}, {gssEncRequest, "postgresql"}, {"AMQP", "amqp"}, {"RFB ", "vnc"}, {"\x05\x01\x00", "socks5"},
	{"\x05\x02", "socks5"}, {"\x05\x03", "socks5"}, {"\x05\x01\x02", "socks5"}, {"\x05\x04", "socks5"},
	{"\x04\x01", "socks4"}, {"\x04\x02", "socks4"}, {"\x03\x00", "rdp"}, {"USER ", "irc"}, {"NICK ", "irc"}, {"CAP LS", "irc"},
	{"200 ", "nntp"}, {"201 ", "nntp"}, {"\x13BitTorrent", "bittorrent"}, {"RTSP/1.", "rtsp"}, {"SIP/2.0", "sip"},
	{"INVITE ", "sip"}, {"REGISTER ", "sip"}, {"PROXY ", "proxy"}, {"\"IMPLEMENTATION\"", "sieve"}, {"INFO {", "nats"},
	{"ZBXD", "zabbix"},
}

// protocolOf names the protocol that b begins like, "" when it is none of those known.
func protocolOf(b []byte) string {
	if isTDS(b) {
		return "tds"
	}
	for _, m := range protocolMagic {
		if bytes.HasPrefix(b, []byte(m.prefix)) {
			return m.name
		}
	}
	switch {
	case len(b) >= 4 && (string(b[:4]) == "220 " || string(b[:4]) == "220-"):
		return greeting(b)
	case len(b) >= 6 && b[3] == 0 && b[4] == 0x0a && b[5] >= '3' && b[5] <= '9':
		return "mysql"
	case isRedis(b):
		return "redis"
	case isMQTT(b):
		return "mqtt"
	case isKafka(b):
		return "kafka"
	case isHTTP2(b):
		return "http2"
	case isMongoDB(b):
		return "mongodb"
	case isSyslog(b):
		return "syslog"
	case isReplyIRC(b):
		return "irc"
	case isZooKeeper(b):
		return "zookeeper"
	case isOpenWire(b):
		return "openwire"
	case isDNS(b):
		return "dns"
	case len(b) >= 7 && b[0] == 0x30 && b[1] < 0x80 && b[2] == 0x02 && b[3] == 0x01:
		return "ldap"
	}
	return ""
}

// isRedis knows a command of Redis: an array of up to 99 bulk strings (RESP, "Sending commands to a Redis server").
func isRedis(b []byte) bool {
	count, first, found := bytes.Cut(b[:min(len(b), len("*99\r\n$"))], []byte("\r\n"))
	return found && len(count) >= 2 && count[0] == '*' && count[1] >= '1' && count[1] <= '9' && bytes.HasPrefix(first, []byte("$"))
}

// isMQTT knows MQTT's CONNECT, whose length takes one byte or two (MQTT 3.1.1, Section 3.1; "MQIsdp" is MQTT 3.1).
func isMQTT(b []byte) bool {
	if len(b) < 3 || b[0] != 0x10 {
		return false
	}
	name := b[2:]
	if b[1] >= 0x80 {
		name = b[3:]
	}
	return bytes.HasPrefix(name, []byte("\x00\x04MQTT")) || bytes.HasPrefix(name, []byte("\x00\x06MQIsdp"))
}

// isKafka knows the request with which clients of Kafka begin: ApiVersions, whose key is 18, in a version up to 9, behind its length
// (Kafka protocol guide, "Request Header").
func isKafka(b []byte) bool {
	return len(b) >= 8 && b[0] == 0 && b[1] == 0 && b[4] == 0 && b[5] == 18 && b[6] == 0 && b[7] < 10
}

// isHTTP2 knows the SETTINGS frame with which a server of HTTP/2 begins, before it has read anything (RFC 9113, Sections 3.4 and
// 6.5): its length counts settings of six bytes, and it has neither flags nor a stream.
func isHTTP2(b []byte) bool {
	const header = 9
	return len(b) >= header && b[0] == 0 && binary.BigEndian.Uint16(b[1:])%6 == 0 && string(b[3:header]) == "\x04\x00\x00\x00\x00\x00"
}

// isMongoDB knows OP_MSG and OP_QUERY, in which no client answers anything (MongoDB wire protocol, "Standard Message Header").
func isMongoDB(b []byte) bool {
	const header = 16
	if len(b) < header || binary.LittleEndian.Uint32(b) <= header || binary.LittleEndian.Uint32(b[8:]) != 0 {
		return false
	}
	code := binary.LittleEndian.Uint32(b[12:])
	return code == 2013 || code == 2004
}

// isSyslog knows a message by its priority, up to 191 (RFC 5424, Section 6.2.1), behind its length where that is counted (RFC 6587,
// Section 3.4.1).
func isSyslog(b []byte) bool {
	if count, rest, found := bytes.Cut(b[:min(len(b), len("8192 <191>"))], []byte(" ")); found && isNumber(count, 4) {
		b = rest
	}
	priority, _, found := bytes.Cut(b[:min(len(b), len("<191>"))], []byte(">"))
	return found && len(priority) > 1 && priority[0] == '<' && isNumber(priority[1:], 3)
}

// isReplyIRC knows a server's reply: who sends it, and a number of three digits (RFC 2812, Section 2.4). Clients that ask for TLS
// first begin with nothing but STARTTLS, which is not IRC's alone.
func isReplyIRC(b []byte) bool {
	sender, rest, _ := bytes.Cut(b, []byte(" "))
	code, _, found := bytes.Cut(rest, []byte(" "))
	return found && len(sender) > 1 && sender[0] == ':' && len(code) == 3 && isNumber(code, 3)
}

// isNumber holds for one to n digits that do not begin with a zero, but for 0 itself.
func isNumber(b []byte, n int) bool {
	if len(b) == 0 || len(b) > n || b[0] == '0' && len(b) > 1 {
		return false
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// greeting tells the two protocols apart whose servers begin with 220.
func greeting(b []byte) string {
	line, _, _ := strings.Cut(strings.ToUpper(string(b)), "\n")
	if strings.Contains(line, "FTP") && !strings.Contains(line, "SMTP") {
		return "ftp"
	}
	return "smtp"
}

// settledPlain decides it for a connection that has shown no TLS.
func (f *follower) settledPlain() bool {
	a, b := &f.half[0], &f.half[1]
	if a.mode == modeOther || b.mode == modeOther {
		return true
	}
	if f.dialect != nil || a.mode != modePlain || b.mode != modePlain {
		return false
	}
	switch a.protocol {
	case "ssh", "bittorrent":
		return a.protocol == b.protocol
	case "vnc":
		return a.protocol == b.protocol && min(len(a.lead), len(b.lead)) > lenVersionVNC
	case "http", "http2":
		return answeredHTTP(a.lead, b.lead)
	}
	return false
}

// answeredHTTP reports whether a plain HTTP exchange has shown what it can: an answer that is not a complaint,
// or enough of one to read its text.
func answeredHTTP(a, b []byte) bool {
	for _, lead := range [][]byte{a, b} {
		if bytes.HasPrefix(lead, []byte("HTTP/1.")) {
			return len(lead) >= 12 && string(lead[9:12]) != "400" || len(lead) >= maxLead/4
		}
	}
	return len(a) > 0 && len(b) > 0
}
