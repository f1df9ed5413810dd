package flow

// endpointState is what Zeek calls the state of an endpoint.
type endpointState uint8

const (
	inactive endpointState = iota // sent nothing, or nothing that counts
	partial                       // sent something, but no SYN
	synSent
	established
	closed
	wasReset
)

// state works out Zeek's conn_state, by the function of that name in base/protocols/conn/main.zeek.
func (c *conn) state(originator Side) ConnState {
	os, rs := c.endpointState(originator, originator), c.endpointState(originator^1, originator)
	switch {
	case rs == wasReset:
		return c.responderReset(os)
	case os == wasReset:
		return c.originatorReset(originator, rs)
	case rs == closed && os == closed:
		return StateSF
	case os == closed:
		return either(rs <= partial, StateSH, StateS2)
	case rs == closed:
		return either(os <= partial, StateSHR, StateS3)
	case os == synSent && rs == inactive:
		return StateS0
	case os == established && rs == established:
		return StateS1
	}
	return StateOTH
}

func either(b bool, yes, no ConnState) ConnState {
	if b {
		return yes
	}
	return no
}

func (c *conn) responderReset(os endpointState) ConnState {
	noData := (c.sides[0].bits|c.sides[1].bits)&sentData == 0
	switch {
	case os == synSent || os == wasReset && noData:
		return StateREJ
	case os <= partial:
		return StateRSTRH
	}
	return StateRSTR
}

func (c *conn) originatorReset(originator Side, rs endpointState) ConnState {
	o := c.by(originator)
	switch {
	case rs > partial:
		return StateRSTO
	case o.has(sentSYN) && !o.has(acking) && !o.has(finished):
		return StateRSTOS0
	}
	return StateOTH
}

// endpointState is the state that a side would have in Zeek.
func (c *conn) endpointState(i, originator Side) endpointState {
	sd, peer := c.of(i)
	switch {
	case sd.has(aborted):
		return wasReset
	case sd.has(finished):
		return closed
	case i != originator && sd.has(sentSYN):
		return established
	case i != originator:
		if sd.has(sentData) {
			return partial
		}
		return inactive
	case sd.has(sentSYN) && !peer.has(sentSYN):
		return synSent
	case sd.has(sentSYN) || peer.has(sentSYN) && sd.packets > 0:
		return established
	case sd.packets > 0:
		return partial
	}
	return inactive
}
