package filter

import (
	"errors"
	"strings"
	"testing"
)

// Each expression is at fault in one place, which the error names.
func TestErrors(t *testing.T) {
	for _, test := range []struct {
		expr, construct string
		column          int
		kind            error
	}{
		// libpcap has it, this package does not
		{"gateway gw", "gateway", 1, ErrUnsupported},
		{"tcp and gateway gw", "gateway", 9, ErrUnsupported},
		{"ether gateway gw", "gateway", 7, ErrUnsupported},
		{"ifname eth0", "ifname", 1, ErrUnsupported},
		{"ifindex 3", "ifindex", 1, ErrUnsupported},
		{"tcp or geneve", "geneve", 8, ErrUnsupported},
		{"not (stp)", "stp", 6, ErrUnsupported},
		{"wlan addr1 1:2:3:4:5:6", "addr1", 6, ErrUnsupported},
		{"byte 0 = 1", "byte", 1, ErrUnsupported},
		{"radio[2] = 1", "radio", 1, ErrUnsupported},
		{"host example.com", "example.com", 6, ErrUnsupported},
		{"host 1.2.3.4.5", "1.2.3.4.5", 6, ErrUnsupported},
		{"src localhost or port 1", "localhost", 5, ErrUnsupported},
		{"net loopback", "loopback", 5, ErrUnsupported},
		{"port nosuchservice", "nosuchservice", 6, ErrUnsupported},
		{"portrange http-nosuchservice", "http-nosuchservice", 11, ErrUnsupported},
		{"port 80-90", "80-90", 6, ErrUnsupported},
		{"ip proto nosuchproto", "nosuchproto", 10, ErrUnsupported},
		{"ether proto nosuchtype", "nosuchtype", 13, ErrUnsupported},
		{"ether proto 0x809b", "0x809b", 13, ErrUnsupported},
		{"ip broadcast", "broadcast", 4, ErrUnsupported},

		// well formed but meaningless
		{"port 65536", "65536", 6, ErrInvalid},
		{"portrange 1-65536", "1-65536", 11, ErrInvalid},
		{"port 10.0.0.1", "10.0.0.1", 6, ErrInvalid},
		{"portrange 10.0.0.1", "10.0.0.1", 11, ErrInvalid},
		{"proto 10.0.0.1", "10.0.0.1", 7, ErrInvalid},
		{"udp port http", "http", 10, ErrInvalid},
		{"ip port 80", "80", 9, ErrInvalid},
		{"icmp port 80", "80", 11, ErrInvalid},
		{"tcp host 10.0.0.1", "10.0.0.1", 10, ErrInvalid},
		{"tcp src 80", "80", 9, ErrInvalid},
		{"ip6 host 10.0.0.1", "10.0.0.1", 10, ErrInvalid},
		{"ip host ::1", "::1", 9, ErrInvalid},
		{"ether host 10.0.0.1", "10.0.0.1", 12, ErrInvalid},
		{"host 02:00:00:00:00:01", "02:00:00:00:00:01", 6, ErrInvalid},
		{"ether net 02:00:00:00:00:01", "02:00:00:00:00:01", 11, ErrInvalid},
		{"host 256.1.1.1", "256.1.1.1", 6, ErrInvalid},
		{"net 10.1.0.0/8", "10.1.0.0", 5, ErrInvalid},
		{"net 10.0.0.0/33", "33", 14, ErrInvalid},
		{"net 10.1.0 mask 255.0", "10.1.0", 5, ErrInvalid},
		{"net 10.1.0 mask 256.0", "256.0", 17, ErrInvalid},
		{"net 2001:db8::1/64", "2001:db8::1", 5, ErrInvalid},
		{"net ::/129", "129", 8, ErrInvalid},
		{"host 10.0.0.0/8", "10.0.0.0", 6, ErrInvalid},
		{"src 10.0.0.0/8", "10.0.0.0", 5, ErrInvalid},
		{"host 2001:db8::/32", "2001:db8::", 6, ErrInvalid},
		{"tcp proto 5", "5", 11, ErrInvalid},
		{"arp proto 5", "5", 11, ErrInvalid},
		{"tcp protochain 5", "5", 16, ErrInvalid},
		{"ether", "ether", 1, ErrInvalid},
		{"tcp multicast", "multicast", 5, ErrInvalid},
		{"arp broadcast", "broadcast", 5, ErrInvalid},
		{"vlan 4096", "4096", 6, ErrInvalid},
		{"mpls 1048576", "1048576", 6, ErrInvalid},
		{"mpls and vlan", "vlan", 10, ErrInvalid},
		{"pppoes 65536", "65536", 8, ErrInvalid},
		{"mpls and pppoes", "pppoes", 10, ErrInvalid},
		{"pppoed host 10.0.0.1", "10.0.0.1", 13, ErrInvalid},
		{"mpls and arp", "arp", 10, ErrInvalid},
		{"tcp[0:3] = 1", "3", 7, ErrInvalid},
		{"esp[0] = 1", "esp", 1, ErrInvalid},
		{"tcp[-1] = 1", "tcp", 1, ErrInvalid},
		{"tcp[0] / 0 = 1", "/", 8, ErrInvalid},
		{"tcp[0] % (1 - 1) = 1", "%", 8, ErrInvalid},
		{"tcp[0] << 32 = 1", "<<", 8, ErrInvalid},

		// not on Ethernet, and not in PPP over it
		{"pppoes and vlan", "vlan", 12, ErrLinkType},
		{"pppoes and broadcast", "broadcast", 12, ErrLinkType},
		{"pppoes and ether host 1:2:3:4:5:6", "1:2:3:4:5:6", 23, ErrLinkType},
		{"tcp and inbound", "inbound", 9, ErrLinkType},

		// not a filter
		{"capture.pcap", "capture.pcap", 1, ErrSyntax},
		{"/tmp/tcp", "/", 1, ErrSyntax},
		{"10.0.0.1", "10.0.0.1", 1, ErrSyntax},
		{"443", "443", 1, ErrSyntax},
		{"not 443", "443", 5, ErrSyntax},
		{"tcp and 80", "80", 9, ErrSyntax},
		{"tcp and foo", "foo", 9, ErrSyntax},
		{"port 80 and tcp and 443", "443", 21, ErrSyntax},
		{"(port 80 or 443) and 22", "22", 22, ErrSyntax},
		{"tcp[0] = 1 or 80", "80", 15, ErrSyntax},
		{"port 80 and (443 or host 10.0.0.1)", "host", 21, ErrSyntax},
		{"host (10.0.0.1 or port 80)", "port", 19, ErrSyntax},
		{"tcp 443", "443", 5, ErrSyntax},
		{"port 80 81", "81", 9, ErrSyntax},
		{"port", "", 5, ErrSyntax},
		{"tcp port and udp", "and", 10, ErrSyntax},
		{"port tcp", "tcp", 6, ErrSyntax},
		{"src proto 5", "proto", 5, ErrSyntax},
		{"src or port 80", "port", 8, ErrSyntax},
		{"and tcp", "and", 1, ErrSyntax},
		{"&& tcp", "&&", 1, ErrSyntax},
		{"tcp and", "", 8, ErrSyntax},
		{"tcp or or udp", "or", 8, ErrSyntax},
		{"()", ")", 2, ErrSyntax},
		{"(tcp", "", 5, ErrSyntax},
		{"tcp)", ")", 4, ErrSyntax},
		{"TCP", "TCP", 1, ErrSyntax},
		{"tcp AND udp", "AND", 5, ErrSyntax},
		{`\tcp`, "tcp", 2, ErrSyntax},
		{`proto \ `, `\`, 7, ErrSyntax},
		{"port 08", "08", 6, ErrSyntax},
		{"port 4294967296", "4294967296", 6, ErrSyntax},
		{"host 1:2:3", "1:2:3", 6, ErrSyntax},
		{"host :::1", ":::1", 6, ErrSyntax},
		{"net 10/8", "/", 7, ErrSyntax},
		{"net 10.0.0.0/x", "x", 14, ErrSyntax},
		{"net 10.0 mask 255", "255", 15, ErrSyntax},
		{"tcp[tcpflags]", "", 14, ErrSyntax},
		{"tcp[tcpflags] & tcp-syn and ip", "and", 25, ErrSyntax},
		{"tcp[13", "", 7, ErrSyntax},
		{"tcp[] = 1", "]", 5, ErrSyntax},
		{"tcp[0:] = 1", "]", 7, ErrSyntax},
		{"tcp[0] = ", "", 10, ErrSyntax},
		{"less tcp", "tcp", 6, ErrSyntax},
		{"less (10)", "(", 6, ErrSyntax},
		{"vlan ()", ")", 7, ErrSyntax},
		{"tcp & udp", "&", 5, ErrSyntax},
		{"host $1", "$", 6, ErrSyntax},
		{"port 80 é", "é", 9, ErrSyntax},
		{"host \"é\" or ü", "\"", 6, ErrSyntax},
		{"tcp and \xff", "\xff", 9, ErrSyntax},
	} {
		_, err := Compile(test.expr, ethernet, 0)
		var located *Error
		if !errors.As(err, &located) || !errors.Is(err, test.kind) {
			t.Errorf("%s: %v", test.expr, err)
			continue
		}
		if located.Column != test.column || located.Construct != test.construct {
			t.Errorf("%s: column %d, %q: %v", test.expr, located.Column, located.Construct, err)
		}
		if wantParse := test.kind == ErrSyntax; wantParse && !errors.Is(Parse(test.expr), ErrSyntax) {
			t.Errorf("Parse(%s) finds no fault", test.expr)
		}
	}
}

func TestErrorText(t *testing.T) {
	for expr, want := range map[string]string{
		"tcp and gateway gw":  `filter: column 9: "gateway": not supported: only libpcap has this primitive`,
		"tcp port 443 or":     `filter: column 16: end of expression: syntax error: more was expected`,
		"host example.com":    `filter: column 6: "example.com": not supported: names are not looked up; write the address`,
		"net 10/8":            `filter: column 7: "/": syntax error: write the network with a dot: 10.0/8`,
		"host \x1b[31m":       `filter: column 6: "\x1b": syntax error: unexpected character`,
		"tcp port 443 8443":   `filter: column 14: "8443": syntax error: expected "and" or "or" before it`,
		"ether host 10.0.0.1": `filter: column 12: "10.0.0.1": invalid: ether has no IPv4 addresses`,
	} {
		if _, err := Compile(expr, ethernet, 0); err == nil || err.Error() != want {
			t.Errorf("%s\n got %v\nwant %s", expr, err, want)
		}
	}
}

func TestUnknownLinkType(t *testing.T) {
	for _, linkType := range []uint32{2, 105, 127, 239, 258, 1 << 31} {
		_, err := Compile("tcp", linkType, 0)
		if !errors.Is(err, ErrUnsupported) || !strings.Contains(err.Error(), "link type") {
			t.Errorf("%d: %v", linkType, err)
		}
	}
}

// On links without the fields that they test these are errors, never "no packet".
func TestNotOnThisLinkType(t *testing.T) {
	for linkType := range links {
		for _, expr := range []string{"vlan", "vlan 5 or tcp", "mpls", "ether host 1:2:3:4:5:6", "broadcast", "multicast", "ether multicast"} {
			_, err := Compile(expr, linkType, 0)
			has := linkType == ethernet || expr == "mpls" && (linkType == 9 || linkType == 104)
			if has && err != nil || !has && !errors.Is(err, ErrLinkType) {
				t.Errorf("%s on %d: %v", expr, linkType, err)
			}
		}
		_, err := Compile("inbound", linkType, 0)
		if directed := linkType == 113 || linkType == 276 || linkType == 166; directed != (err == nil) {
			t.Errorf("inbound on %d: %v", linkType, err)
		}
	}
}

func TestParseNeedsNoLinkType(t *testing.T) {
	for _, expr := range []string{"inbound", "vlan and inbound", "host example.com", "port nosuchservice", "tcp[0:3] = 1", "port 70000"} {
		if err := Parse(expr); err != nil {
			t.Errorf("%s: %v", expr, err)
		}
	}
	if err := Parse("tcp and gateway gw"); !errors.Is(err, ErrUnsupported) {
		t.Errorf("gateway: %v", err)
	}
}
