package filter

import "net/netip"

// tokenKind classifies a token.
type tokenKind uint8

const (
	tokenEnd         tokenKind = iota
	tokenWord                  // keyword or operator, in canonical spelling
	tokenUnsupported           // keyword of libpcap that this compiler does not know
	tokenName                  // any other name, or an escaped keyword such as \tcp
	tokenNumber                // number or symbolic constant
	tokenIPv4                  // two to four numbers separated by dots
	tokenIPv6
	tokenMAC
)

// token is one lexical element of an expression.
type token struct {
	kind tokenKind
	raw  string     // as written, without the escape
	text string     // the same, but the canonical spelling of a word
	pos  int        // byte offset in the expression
	num  uint32     // set only for tokenNumber
	ip   netip.Addr // set only for tokenIPv6
	mac  [6]byte    // set only for tokenMAC
}

// is reports whether t is the keyword or operator word.
func (t token) is(word string) bool { return t.kind == tokenWord && t.text == word }

// words maps every spelling of a supported keyword or operator, other than the
// protocols, to its canonical one.
var words = map[string]string{
	"and": "and", "&&": "and", "or": "or", "||": "or", "not": "not", "!": "not",
	"src": "src", "dst": "dst",
	"host": "host", "net": "net", "mask": "mask", "port": "port", "portrange": "portrange",
	"proto": "proto", "protochain": "protochain",
	"less": "less", "greater": "greater", "len": "len", "length": "len",
	"broadcast": "broadcast", "multicast": "multicast",
	"inbound": "inbound", "outbound": "outbound",
	"vlan": "vlan", "mpls": "mpls", "pppoes": "pppoes",
	"=": "=", "==": "=", "!=": "!=", "<": "<", ">": ">", "<=": "<=", ">=": ">=",
	"+": "+", "-": "-", "*": "*", "/": "/", "%": "%", "&": "&", "|": "|", "^": "^",
	"<<": "<<", ">>": ">>", "(": "(", ")": ")", "[": "[", "]": "]", ":": ":",
}

// unsupported holds libpcap's other keywords, so that they are reported as such
// and never taken for a name.
var unsupported = setOf(
	"gateway", "byte", "ifindex", "on", "ifname", "rset", "ruleset", "rnr", "rulenum",
	"srnr", "subrulenum", "reason", "action", "type", "subtype", "direction", "dir",
	"address1", "addr1", "address2", "addr2", "address3", "addr3", "address4", "addr4", "ra", "ta",
	"radio", "atalk", "aarp", "decnet", "lat", "sca", "moprc", "mopdl", "iso", "esis", "es-is",
	"isis", "is-is", "l1", "l2", "iih", "lsp", "snp", "csnp", "psnp", "clnp", "stp", "ipx", "netbeui",
	"geneve", "vxlan", "batadv", "lane", "llc", "metac", "bcc", "oam", "oamf4",
	"oamf4ec", "oamf4sc", "sc", "ilmic", "vpi", "vci", "connectmsg", "metaconnect",
	"fisu", "lssu", "lsu", "msu", "hfisu", "hlssu", "hmsu",
	"sio", "opc", "dpc", "sls", "hsio", "hopc", "hdpc", "hsls",
)

func setOf(names ...string) map[string]bool {
	set := make(map[string]bool, len(names))
	for _, name := range names {
		set[name] = true
	}
	return set
}
