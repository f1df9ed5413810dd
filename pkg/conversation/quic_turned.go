package conversation

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sniscope/sniscope/pkg/flow"
	"github.com/sniscope/sniscope/pkg/quic"
)

// turned is how a QUIC server turned its client away before it looked into the hello.
type turned struct {
	version  uint32     // of the client's Initials
	declined flow.Event // Version Negotiation, and nothing behind it but the same again
	versions []uint32   // that it lists
	retries  uint32     // Retry packets
	foreign  uint32     // version that is not read, in which the connection went on (RFC 9368, Section 2.3)
}

// see takes an event of either side.
func (t *turned) see(e *quic.Event, client bool, at flow.Event) {
	hello := client && (e.Kind == quic.KindInitial || e.Kind == quic.KindMessage)
	switch {
	case e.Kind == quic.KindUnread && e.Reason == quic.ReasonVersion && t.version != 0:
		t.foreign, t.declined = e.Version, flow.Event{}
	case hello && e.Version == t.version:
	case hello:
		*t = turned{version: e.Version}
	case e.Kind == quic.KindRetry && !client:
		t.retries++
	case e.Kind != quic.KindVersionNegotiation:
		t.declined = flow.Event{} // the connection goes on, though the client's next try was not captured
	case !client && t.version != 0 && !t.declined.Happened() && !slices.Contains(e.Versions, t.version):
		// One that lists the client's own version is to be ignored (RFC 9000, Section 6.2).
		t.declined, t.versions = at, slices.Clone(e.Versions)
	}
}

// finish writes it into the record of a connection that did not go through.
func (t *turned) finish(r *Record, obeyed bool) {
	if t.foreign != 0 && !r.Established {
		r.Foreign = t.foreign
		r.Incomplete |= flow.IncompleteLimit
	}
	if r.Server.First.Happened() {
		return
	}
	if t.declined.Happened() {
		r.Declined, r.Versions = t.declined, versionNames(t.versions)
	}
	if !obeyed {
		r.Retries = t.retries
	}
}

// versionNames lists versions but those that mean nothing (RFC 9000, Section 15).
func versionNames(versions []uint32) string {
	var names []string
	for _, v := range versions {
		switch {
		case v == quic.Version1:
			names = append(names, "v1")
		case v == quic.Version2:
			names = append(names, "v2")
		case v&0x0f0f0f0f != 0x0a0a0a0a:
			names = append(names, fmt.Sprintf("0x%08x", v))
		}
	}
	if len(names) == 0 {
		return "none that is known"
	}
	return strings.Join(names, ", ")
}
