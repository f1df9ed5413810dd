package conversation

import (
	"bytes"
	"strings"
)

// Offer says whether a server had offered the TLS that it then refused.
type Offer uint8

// The offers that are known of: those in answers to EHLO (RFC 5321, Section 4.1.1.1).
const (
	OfferUnknown Offer = iota
	OfferMade          // STARTTLS is among its keywords
	OfferBlanked       // one as long has been overwritten, as firewalls do that inspect SMTP
)

// offer finds it in what the server had said before it was asked.
func (d *dialect) offer(said []byte) (found Offer) {
	if d.protocol != "smtp" && d.protocol != "lmtp" || d.carrier == starttlsFTP {
		return OfferUnknown
	}
	for line := range bytes.SplitSeq(said, []byte("\n")) {
		keyword := strings.TrimRight(string(line[:min(len(line), maxCommand)]), blanks)
		if len(keyword) < len("250-") || keyword[:len("250")] != "250" {
			continue
		}
		switch keyword = keyword[len("250-"):]; {
		case strings.EqualFold(keyword, "STARTTLS"):
			return OfferMade
		case blanked(keyword):
			found = OfferBlanked
		}
	}
	return found
}

// blanked holds for what a Cisco ASA makes of STARTTLS: XXXXXXXA, or another letter at the end where it is not the first.
func blanked(keyword string) bool {
	const most = len("STARTTLS") - 1
	return len(keyword) == most+1 && strings.Count(keyword[:most], "X") == most
}
