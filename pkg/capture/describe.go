package capture

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

const netScaler = "a NetScaler trace"

// signatures are the beginnings of files that people mistake for what sniscope reads.
var signatures = []struct {
	at      int
	magic   string
	what    string
	capture bool // a capture, in a format that is not read
}{
	{0, "RTSS", "a Microsoft Network Monitor 1 capture", true},
	{0, "GMBU", "a Microsoft Network Monitor 2 capture", true},
	{0, "TRSNIFF data", "a DOS Sniffer capture", true},
	{0, "XCP\x00", "a NetXRay or Windows Sniffer capture", true},
	{0, "VL\x00\x00", "a NetXRay 1 capture", true},
	{0, "\x7fver", "an OmniPeek capture", true},
	{8, "NetScaler Performance Data", netScaler, true},
	{3, "NetScaler V20 Performance Data", netScaler, true},
	{3, "Netscaler V30 Performance Data", netScaler, true},
	{3, "Netscaler V35 Performance Data", netScaler, true},
	{0, "cpse", "a Colasoft Capsa capture", true},
	{0, "ObserverPktBuffer", "a Viavi Observer capture", true},
	{0, "\xaa\xaa\xaa\xaa", "an InfoVista 5View capture", true},
	{0, "\x05VNF", "a Visual Networks capture", true},
	{6, "Trace Display Trace File", "a Novell LANalyzer capture", true},
	{0, "TR\x00\x64\x00", "an HP-UX nettl trace", true},
	{0, "+---------+---------------+----------+", "a K12 text capture", true},
	{0, "iptrace ", "an AIX iptrace capture", true},
	{0, "btsnoop\x00", "a Bluetooth btsnoop capture", true},
	{0, "\x1f\x8b", "gzip data", false},
	{0, "\x28\xb5\x2f\xfd", "zstd data", false},
	{0, "\xfd7zXZ\x00", "xz data", false},
	{0, "BZh", "bzip2 data (bzcat FILE | sniscope - reads it)", false},
	{0, "\x04\x22\x4d\x18", "lz4 data (lz4cat FILE | sniscope - reads it)", false},
	{0, "PK\x03\x04", "a zip archive", false},
	{0, "7z\xbc\xaf\x27\x1c", "a 7-zip archive", false},
	{257, "ustar", "a tar archive", false},
	{0, "\x7fELF", "a program", false},
}

// describe returns the error for an input that is none of the formats read here, and says what it looks like.
// Head is what was found in a compressed input, if compression is not empty.
func describe(head []byte, compression string) error {
	within := ""
	if compression != "" {
		within = compression + " of "
	}
	for _, s := range signatures {
		if len(head) < s.at || !bytes.HasPrefix(head[s.at:], []byte(s.magic)) {
			continue
		}
		if s.capture {
			return fmt.Errorf("%w: %s%s (%s)", ErrUnsupported, within, s.what, instead(s.what))
		}
		return fmt.Errorf("%w: it looks like %s%s", ErrNotCapture, within, s.what)
	}
	if what := shape(head); what != "" {
		return fmt.Errorf("%w: it looks like %s%s (%s)", ErrUnsupported, within, what, instead(what))
	}
	if isText(head) {
		return fmt.Errorf("%w: it looks like %stext (tcpdump writes a capture only with -w)", ErrNotCapture, within)
	}
	if line := textBefore(head); line != "" {
		return fmt.Errorf("%w: before anything else comes the text %q: what prints it must not write where the capture goes", ErrNotCapture, line)
	}
	return fmt.Errorf("%w: it looks like %sbinary data that begin with % x", ErrNotCapture, within, head[:min(len(head), 8)])
}

// textBefore is the beginning of a line of text in front of something else, "" if there is none: what a login script or kubectl says
// comes before the capture in a pipe.
func textBefore(head []byte) string {
	const least, most = 4, 60 // characters: fewer may be anything, and more need not be shown
	line, _, ends := bytes.Cut(head, []byte("\n"))
	line = bytes.TrimRight(line, "\r")
	if !ends || len(line) < least || !isText(line) {
		return ""
	}
	return string(line[:min(len(line), most)])
}

// instead says what to do with a capture in a format that is not read. In some formats each packet may have another link
// type, and editcap writes them as pcapng only when told which. NetScaler's packets have headers that it does not take off.
func instead(what string) string {
	if what == netScaler {
		return "\"start nstrace -size 0 -traceformat PCAP\" writes one that is"
	}
	return "editcap -T ether converts it"
}

// isText reports whether head is UTF-8 without the control characters that texts do not have. The last
// character may be cut.
func isText(head []byte) bool {
	for len(head) > 0 {
		c, size := utf8.DecodeRune(head)
		if c == utf8.RuneError && utf8.FullRune(head) || c < ' ' && !bytes.ContainsRune([]byte("\t\n\v\f\r\b\x1b"), c) {
			return false
		}
		head = head[size:]
	}
	return true
}
