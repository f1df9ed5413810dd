package diagnosis

import (
	"fmt"

	"github.com/sniscope/sniscope/pkg/tlswire"
)

// noSNIAccepted: no server_name, and the handshake went through.
var noSNIAccepted = rule{
	code:  NoSNIAccepted,
	needs: maybePassed | wholeHello,
	when:  func(v *view) truth { return all(v.through, is(v.Hello.SNI == tlswire.SNIMissing && v.helloSeen())) },
	then:  func(v *view) finding { return v.accepted(Info, Certain) },
	say: func(v *view) string {
		s := fmt.Sprintf("server %s accepted %s", v.serverAddr(), v.helloWords())
		if len(v.Server.CertNames) > 0 {
			s += fmt.Sprintf(" and answered with its certificate for %s", quote(v.Server.CertNames[0]))
		}
		return s
	},
}

// sniInvalidAccepted: the name is not one that RFC 6066, Section 3 allows, and the handshake went through.
var sniInvalidAccepted = rule{
	code:  SNIInvalid,
	needs: maybePassed | invalidName,
	when:  func(v *view) truth { return all(v.through, is(v.Hello.SNI == tlswire.SNIInvalid)) },
	then:  func(v *view) finding { return v.accepted(Info, Certain) },
	say: func(v *view) string {
		return fmt.Sprintf("server %s accepted %s all the same", v.serverAddr(), v.helloWords())
	},
}

// sniInvalidRefused: the server says that it does not know an invalid name. Other failures keep their own code.
var sniInvalidRefused = rule{
	code:  SNIInvalid,
	needs: alerted,
	when: func(v *view) truth {
		return is(v.Hello.SNI == tlswire.SNIInvalid && v.plainAlertBy(server, tlswire.AlertUnrecognizedName))
	},
	then: func(v *view) finding { return atCause(v, Error, Certain) },
	say:  (*view).refusal,
}

// sniUnrecognized: the server says that it does not know the name.
var sniUnrecognized = rule{
	code:  SNIUnrecognized,
	needs: alerted,
	when: func(v *view) truth {
		return is(v.Hello.SNI == tlswire.SNIPresent && v.plainAlertBy(server, tlswire.AlertUnrecognizedName))
	},
	then: func(v *view) finding { return atCause(v, Error, Certain) },
	say:  (*view).refusal,
}

// sniUnrecognizedByContrast: only this name fails, while other names to the same server succeed.
var sniUnrecognizedByContrast = rule{
	code: SNIUnrecognized,
	when: func(v *view) truth {
		named := v.c.Endpoint.BySNI(WithSNI)
		return is(v.Hello.SNI == tlswire.SNIPresent && v.c.Name.Passed == 0 && named.Passed > 0 && named.Failed == v.c.Name.Failed)
	},
	then: func(v *view) finding { return atCauseOrHello(v, Error, Probable) },
	say: func(v *view) string {
		return fmt.Sprintf("of the hellos to server %s with a name, all %d for %s failed and all %d for other names went through",
			v.serverAddr(), v.c.Name.Failed, quote(v.Hello.Name), v.c.Endpoint.BySNI(WithSNI).Passed)
	},
}
