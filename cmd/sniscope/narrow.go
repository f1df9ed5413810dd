package main

import (
	"errors"
	"fmt"
	"net/netip"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/sniscope/sniscope/pkg/analysis"
	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/diagnosis"
	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/tlswire"
)

// narrowing is what limits the report to some connections.
type narrowing struct {
	noSNI   bool
	names   []string // globs, any of which may match; lower case
	codes   func(diagnosis.Code) bool
	clients []netip.Prefix
	servers []serverPattern
}

// serverPattern is CIDR[:PORT].
type serverPattern struct {
	prefix netip.Prefix
	port   uint16 // 0 matches every port
}

func (p serverPattern) matches(a netip.AddrPort) bool {
	return p.prefix.Contains(a.Addr()) && (p.port == 0 || p.port == a.Port())
}

// newNarrowing reads the flags that narrow.
func newNarrowing(f *flags) (*narrowing, error) {
	n := &narrowing{noSNI: f.noSNI}
	for _, g := range f.sni {
		if _, err := path.Match(g, ""); err != nil {
			return nil, usagef("--sni %q: not a glob", g)
		}
		n.names = append(n.names, globText(g))
	}
	for _, c := range f.client {
		p, err := parsePrefix(c)
		if err != nil {
			return nil, usagef("--client %q: not an address or CIDR network", c)
		}
		n.clients = append(n.clients, p)
	}
	for _, s := range f.server {
		p, err := parseServer(s)
		if err != nil {
			return nil, usagef("--server %q: %v", s, err)
		}
		n.servers = append(n.servers, p)
	}
	if len(f.only) > 0 {
		match, err := diagnosis.MatchCodes(f.only)
		if err != nil {
			return nil, codesError("only", err)
		}
		n.codes = match
	}
	return n, nil
}

// keep says what becomes of a row. Connections of other protocols are only counted, unless they are asked for by code.
func (n *narrowing) keep(row *analysis.Row) analysis.Scope {
	r, code := row.Record, row.Verdict.Code
	switch {
	case n.codes != nil && !n.codes(code), !n.keepName(&r.Hello), !n.keepClient(r), !n.keepServer(r):
		return analysis.Apart
	case n.codes == nil && code == diagnosis.NotTLS:
		return analysis.Counted
	}
	return analysis.Listed
}

func (n *narrowing) keepName(h *conversation.Hello) bool {
	if n.noSNI && h.SNI != tlswire.SNIMissing {
		return false
	}
	if len(n.names) == 0 {
		return true
	}
	name := globText(h.Name)
	return name != "" && slices.ContainsFunc(n.names, func(glob string) bool {
		ok, _ := path.Match(glob, name)
		return ok
	})
}

// globText is a name, or a glob of names, for path.Match: the case of letters makes no difference, and a slash, which "*" would
// stop at, is none. Clients that were given a URL for a host name send some.
func globText(s string) string { return strings.ReplaceAll(strings.ToLower(s), "/", "\x00") }

func (n *narrowing) keepClient(r *conversation.Record) bool {
	client := r.Endpoints[flow.Client].Addr()
	return len(n.clients) == 0 || slices.ContainsFunc(n.clients, func(p netip.Prefix) bool { return p.Contains(client) })
}

func (n *narrowing) keepServer(r *conversation.Record) bool {
	return len(n.servers) == 0 || n.named(r)
}

// named reports whether the user asked for the server by name, which makes its silence a finding.
func (n *narrowing) named(r *conversation.Record) bool {
	return slices.ContainsFunc(n.servers, func(p serverPattern) bool { return p.matches(r.Endpoints[flow.Server]) })
}

// parsePrefix reads an address or a CIDR network. Logs of programs that take IPv4 by sockets of IPv6 have addresses as
// ::ffff:10.0.0.5, and rules for them networks as ::ffff:10.0.0.0/120.
func parsePrefix(s string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(strings.Trim(s, "[]")); err == nil {
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	if n := p.Bits() - 96; p.Addr().Is4In6() && n >= 0 {
		p = netip.PrefixFrom(p.Addr().Unmap(), n)
	}
	return p.Masked(), err
}

var errNoServer = errors.New("not an address, a CIDR network, or either with a port")

// parseServer reads 10.0.0.5, 10.0.0.0/24, 10.0.0.5:443, 10.0.0.0/24:443, [2001:db8::1]:443, 2001:db8::/32 or
// [2001:db8::/32]:443.
func parseServer(s string) (serverPattern, error) {
	if p, err := parsePrefix(s); err == nil {
		return serverPattern{prefix: p}, nil
	}
	i := strings.LastIndexByte(s, ':')
	if i < 0 {
		return serverPattern{}, errNoServer
	}
	p, err := parsePrefix(strings.Trim(s[:i], "[]"))
	if err != nil {
		return serverPattern{}, errNoServer
	}
	port, err := strconv.ParseUint(s[i+1:], 10, 16)
	if err != nil || port == 0 {
		return serverPattern{}, fmt.Errorf("%q is not a port", s[i+1:])
	}
	return serverPattern{prefix: p, port: uint16(port)}, nil
}
