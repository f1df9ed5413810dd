package filter

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/net/bpf"
)

const ethernet = 1

func mustCompile(t testing.TB, expr string, linkType uint32) *Program {
	t.Helper()
	p, err := Compile(expr, linkType, 0)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestEmptyExpressionAcceptsEverything(t *testing.T) {
	for _, expr := range []string{"", " \t\r\n"} {
		if p := mustCompile(t, expr, ethernet); !p.Match(nil, 0) || !p.Match(make([]byte, 60), 60) {
			t.Errorf("%q does not accept every packet", expr)
		}
		if err := Parse(expr); err != nil {
			t.Errorf("Parse(%q): %v", expr, err)
		}
	}
}

func TestSnaplenIsReturnedNotCompared(t *testing.T) {
	for snaplen, want := range map[uint32]uint32{0: 262144, 96: 96} {
		p, err := Compile("len > 1000", ethernet, snaplen)
		if err != nil {
			t.Fatal(err)
		}
		if !p.Match(make([]byte, 14), 1500) {
			t.Errorf("snaplen %d: a long packet is rejected", snaplen)
		}
		vm, err := bpf.NewVM(p.Instructions())
		if err != nil {
			t.Fatal(err)
		}
		if got, err := vm.Run(make([]byte, 1500)); err != nil || uint32(got) != want {
			t.Errorf("snaplen %d: the program returns %d, %v, want %d", snaplen, got, err, want)
		}
	}
}

func TestLengthIsThatOnTheWire(t *testing.T) {
	cut := make([]byte, 64)
	for expr, want := range map[string]bool{"greater 1000": true, "less 64": false, "len = 1500": true, "ether[len - 1436] = 0": false} {
		if got := mustCompile(t, expr, ethernet).Match(cut, 1500); got != want {
			t.Errorf("%s on 64 of 1500 bytes: %v", expr, got)
		}
	}
}

// A byte that was not captured rejects the packet even under a negation.
func TestMissingBytesReject(t *testing.T) {
	frame := captures()[0].records[0].frame
	for _, expr := range []string{"tcp port 443", "not tcp port 443", "not (tcp port 1)", "port 1 or greater 1"} {
		if mustCompile(t, expr, ethernet).Match(frame[:34], len(frame)) {
			t.Errorf("%s accepts a packet cut off before its ports", expr)
		}
	}
}

func TestRawLinkTypesAreOne(t *testing.T) {
	want := mustCompile(t, "tcp port 443 or arp", 101).Instructions()
	for _, linkType := range []uint32{12, 14} {
		if got := mustCompile(t, "tcp port 443 or arp", linkType).Instructions(); !reflect.DeepEqual(got, want) {
			t.Errorf("link type %d compiles differently from 101", linkType)
		}
	}
}

func TestProtochainPassesAuthenticationHeaders(t *testing.T) {
	syn := tcp(40000, 443, 2, nil, nil)
	hidden := authentication(60, extension(6, 0, syn))
	v6 := ip6{src: "2001:db8::1", dst: "2001:db8::2", next: 51, payload: hidden}.bytes()
	v4 := ip4{src: "10.0.0.1", dst: "10.0.0.2", proto: 51, options: make([]byte, 4), payload: authentication(51, authentication(6, syn))}.bytes()
	const raw = 101
	for expr, want := range map[string][2]bool{
		"protochain 6":     {true, true},
		"ip6 protochain 6": {false, true},
		"ip protochain 6":  {true, false},
		"protochain 60":    {false, true},
		"protochain 17":    {false, false},
	} {
		p := mustCompile(t, expr, raw)
		if got := [2]bool{p.Match(v4, len(v4)), p.Match(v6, len(v6))}; got != want {
			t.Errorf("%s: IPv4 and IPv6 %v, want %v", expr, got, want)
		}
	}
}

func TestProtochainFollowsTwelveHeaders(t *testing.T) {
	p := mustCompile(t, "ip6 protochain 6", 101)
	payload, next := tcp(40000, 443, 2, nil, nil), 6
	for n := 1; n <= 13; n++ {
		payload, next = extension(next, 0, payload), 60
		packet := ip6{src: "2001:db8::1", dst: "2001:db8::2", next: next, payload: payload}.bytes()
		if got := p.Match(packet, len(packet)); got != (n <= 12) {
			t.Errorf("behind %d headers: %v", n, got)
		}
	}
}

// A list is long enough for jumps beyond 255 instructions; each entry must still work.
func TestLongLists(t *testing.T) {
	const n = 200
	var hosts, ports []string
	for i := range n {
		hosts = append(hosts, fmt.Sprintf("10.9.%d.%d", i/16, i%16))
		ports = append(ports, fmt.Sprint(7000+2*i))
	}
	byHost := mustCompile(t, "host "+strings.Join(hosts, " or "), ethernet)
	byPort := mustCompile(t, "tcp dst port ("+strings.Join(ports, " or ")+")", ethernet)
	notPort := mustCompile(t, "not tcp dst port ("+strings.Join(ports, " or ")+")", ethernet)
	for i := range 2 * n {
		host := fmt.Sprintf("10.9.%d.%d", i/16, i%16)
		frame := whole(ethernetHeader(0, packet{etherType: 0x0800}),
			ip4{src: "10.0.0.1", dst: host, proto: 6, payload: tcp(1, 7000+i, 2, nil, nil)}.bytes()).frame
		if got := byHost.Match(frame, len(frame)); got != (i < n) {
			t.Errorf("host %s: %v", host, got)
		}
		if got := byPort.Match(frame, len(frame)); got != (i%2 == 0) {
			t.Errorf("port %d: %v", 7000+i, got)
		}
		if got := notPort.Match(frame, len(frame)); got != (i%2 == 1) {
			t.Errorf("not port %d: %v", 7000+i, got)
		}
	}
	if n := len(byHost.Instructions()); n < 2*255 {
		t.Errorf("%d instructions are too few to need long jumps", n)
	}
}

// Sums of sums need scratch cells: the more levels, the more of them.
func TestBalancedArithmetic(t *testing.T) {
	frame := captures()[0].records[2].frame
	const fields = 64
	var terms []string
	total := 0
	for i := range fields {
		terms = append(terms, fmt.Sprintf("ip[%d]", i))
		total += int(frame[14+i])
	}
	for len(terms) > 1 {
		for i := 0; i < len(terms)/2; i++ {
			terms[i] = "(" + terms[2*i] + " + " + terms[2*i+1] + ")"
		}
		terms = terms[:len(terms)/2]
	}
	for sum, want := range map[int]bool{total: true, total + 1: false} {
		p := mustCompile(t, fmt.Sprintf("%s = %d", terms[0], sum), ethernet)
		if got := p.Match(frame, len(frame)); got != want {
			t.Errorf("sum %d of fields that add up to %d: %v", sum, total, got)
		}
	}
}

func TestProgramsAreAccepted(t *testing.T) {
	for _, expr := range expressions(t) {
		for linkType := range links {
			p, err := Compile(expr, linkType, 0)
			if err != nil {
				continue
			}
			raw, err := p.Raw()
			if err != nil || len(raw) > 4096 {
				t.Errorf("%s on %d: %d instructions, %v", expr, linkType, len(raw), err)
			}
			if _, err := bpf.NewVM(p.Instructions()); err != nil {
				t.Errorf("%s on %d: %v", expr, linkType, err)
			}
		}
	}
}

func TestTooComplex(t *testing.T) {
	var manyFields strings.Builder
	manyFields.WriteString("tcp")
	for i := range 2100 {
		fmt.Fprintf(&manyFields, " or ip[%d] = 1", i)
	}
	for name, expr := range map[string]string{
		"length":       strings.Repeat(" ", maxExpression) + "tcp",
		"instructions": manyFields.String(),
		"comparisons":  "tcp" + strings.Repeat(" or protochain 6", 500),
		"parentheses":  strings.Repeat("(", 1000) + "tcp" + strings.Repeat(")", 1000),
		"negations":    strings.Repeat("not ", 1000) + "tcp",
		"numbers":      strings.Repeat("-", 1000) + "1 = 1",
		"indices":      strings.Repeat("ip[", 1000) + "0" + strings.Repeat("]", 1000) + " = 1",
		"operators":    "1" + strings.Repeat("%1", 1000) + " = 1",
		"labels":       "vlan " + strings.Repeat("(", 1000) + "1" + strings.Repeat(")", 1000),
		"values":       "port " + strings.Repeat("(", 1000) + "1" + strings.Repeat(")", 1000),
	} {
		if _, err := Compile(expr, ethernet, 0); !errors.Is(err, ErrTooComplex) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestMatchDoesNotAllocate(t *testing.T) {
	p := mustCompile(t, "tcp port 443 and tcp[((tcp[12] & 0xf0) >> 2)] = 0x16 or ip6 protochain 17", ethernet)
	frame := captures()[0].records[3].frame
	if n := testing.AllocsPerRun(100, func() { p.Match(frame, len(frame)) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkMatch(b *testing.B) {
	for _, expr := range []string{"tcp port 443", "host 192.0.2.1 and tcp port 443", "tcp[tcpflags] & (tcp-syn|tcp-rst) != 0"} {
		p := mustCompile(b, expr, ethernet)
		frame := captures()[0].records[2].frame
		b.Run(expr, func(b *testing.B) {
			for b.Loop() {
				p.Match(frame, len(frame))
			}
		})
	}
}
