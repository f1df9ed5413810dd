package diagnosis

import (
	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/tlswire"
)

// facts are statements about a connection that are quickly made, and that rules need.
type facts uint32

// Of a handshake that went through these are the only ones that are needed to say so.
const (
	maybePassed     facts = 1 << iota // it is not known that the handshake failed
	wholeHello                        // the ClientHello was seen from its first byte to its last
	invalidName                       // the server_name is not a proper one
	certificateSeen                   // the server's certificate was seen
	secondAsked                       // the server asked for a second handshake, which came to nothing
)

// The others.
const (
	routerSpoke      facts = 1 << (iota + 5) // an ICMP error quotes the connection
	noPayload                                // neither side sent a byte that was captured, but for what came with the SYN
	noClientPayload                          // the client did not
	carried                                  // something carried TLS, or was asked to
	noHello                                  // no byte of a ClientHello was seen
	noTLS                                    // no byte of TLS was
	serverPlain                              // the server's first bytes are known, and no TLS followed, or behind a greeting only
	serverAnswered                           // the server sent TLS
	maybeNameless                            // the client is not known to have named a server
	maybeFallback                            // the client is not known to have made a first try
	alerted                                  // an alert was the first to end the connection
	clientEnded                              // the client was, in whatever way
	serverEnded                              // the server was, in whatever way
	serverReset                              // the server was, by a RST
	serverClosed                             // the server was, by a FIN
	serverWaited                             // the server was not
	segmentStalled                           // a segment was sent again and again
	certificateAsked                         // the client answered a CertificateRequest
)

// when is the fact if it is one, else none.
func (f facts) when(b bool) facts {
	if b {
		return f
	}
	return 0
}

// ofPassed are the facts that the rules for handshakes that went through need.
func (v *view) ofPassed() facts {
	return maybePassed.when(v.through != no) | wholeHello.when(v.helloSeen()) | invalidName.when(v.Hello.SNI == tlswire.SNIInvalid) |
		certificateSeen.when(v.Server.Certificate.Happened()) | secondAsked.when(v.Second.Asked.Happened())
}

// ofFailed are the others.
func (v *view) ofFailed() facts {
	f := routerSpoke.when(v.ICMP.Happened()) | noPayload.when(!v.payloadBehindSYN()) | noClientPayload.when(!v.FirstData[client].Happened()) |
		carried.when(len(v.Carrier) > 0) | noHello.when(v.Hello.State == conversation.HelloNone) | noTLS.when(!v.tlsSeen()) |
		serverPlain.when(v.Protocol[server] != "" && (!v.Server.First.Happened() || v.greetedFirst())) | serverAnswered.when(v.answered().Happened()) |
		maybeNameless.when(v.noSNI() != no) | maybeFallback.when(v.Hello.FallbackSCSV || !v.helloSeen()) |
		segmentStalled.when(v.retransmitting()) |
		certificateAsked.when(v.Client.Cert != conversation.CertNotSeen)
	if v.cause.Kind == CauseNone {
		return f | serverWaited
	}
	f |= alerted.when(v.cause.Kind == CauseAlert)
	switch v.cause.By {
	case client:
		f |= clientEnded
	case server:
		return f | serverEnded | serverReset.when(v.resetBy(server)) | serverClosed.when(v.closedBy(server))
	}
	return f | serverWaited
}
