package diagnosis

import "strconv"

// splitHelloRejected: hellos longer than one MSS fail, shorter ones to the same server pass. Segment counts say
// nothing, because captures merge and split segments; only the contrast shows it. Where the hello met a host that does not know the
// connection its length has nothing to do with that: those that went through may have come before the address was moved, or at once.
var splitHelloRejected = rule{
	code: SplitHelloRejected,
	when: func(v *view) truth {
		return is(v.onlyShorterPassed() && !v.saysName() && !v.shorterFailed() && !v.answeredTooLate() && !v.perhapsForgotten())
	},
	then: func(v *view) finding {
		c := Probable
		if v.c.Endpoint.byLength(1).Failed < 2 || sniUnrecognizedByContrast.when(v) == yes {
			c = Possible // the name explains it as well, or it is one connection's word
		}
		return atCauseOrHello(v, Error, c)
	},
	say: func(v *view, b []byte) []byte {
		e := &v.c.Endpoint
		b = append(v.appendServer(append(b, "at "...)), " every hello longer than one segment failed ("...)
		b = append(strconv.AppendUint(b, uint64(e.byLength(1).Failed), 10), "), and shorter ones went through ("...)
		b = append(strconv.AppendUint(b, uint64(e.byLength(0).Passed), 10), "); this one has "...)
		return append(strconv.AppendInt(b, int64(v.Hello.Bytes), 10), " bytes"...)
	},
}

// onlyShorterPassed holds where the hello is longer than one segment, and none so long was seen to go through there, while shorter ones
// did that name a server or do not, as this one.
func (v *view) onlyShorterPassed() bool {
	e := &v.c.Endpoint
	long := e.byLength(1)
	return v.Hello.OverMSS && long.Passed == 0 && long.Failed > 0 && e.Hellos[v.sniIndex()][0].Passed > 0
}

// perhapsForgotten holds where whoever got the hello may not have had the connection any more: it answered with a RST for want of one,
// or the connection had lain idle, which a NAT or load balancer may have forgotten by then, and nobody acknowledged the hello.
func (v *view) perhapsForgotten() bool {
	return v.noSocket(server) || v.layIdle() && v.helloAcked() != yes && !v.refusedInTLS()
}

// shorterFailed holds when the server refused a shorter hello with this name as well, and never took one: more hellos with the
// name failed than long ones did in all. Then their length is not what they fail for.
func (v *view) shorterFailed() bool {
	return v.c.Name.Passed == 0 && v.c.Name.Failed > v.c.Endpoint.byLength(1).Failed
}
