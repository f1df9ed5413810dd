package diagnosis

import "fmt"

// splitHelloRejected: hellos longer than one MSS fail, shorter ones to the same server pass. Segment counts say
// nothing, because captures merge and split segments; only the contrast shows it.
var splitHelloRejected = rule{
	code: SplitHelloRejected,
	when: func(v *view) truth {
		e := &v.c.Endpoint
		contrast := e.byLength(1).Passed == 0 && e.Hellos[v.sniIndex()][0].Passed > 0
		return is(v.Hello.OverMSS && contrast && !v.saysName())
	},
	then: func(v *view) finding {
		c := Probable
		if v.c.Endpoint.byLength(1).Failed < 2 || sniUnrecognizedByContrast.when(v) == yes {
			c = Possible // the name explains it as well, or it is one connection's word
		}
		return atCauseOrHello(v, Error, c)
	},
	say: func(v *view) string {
		e := &v.c.Endpoint
		return fmt.Sprintf("of the hellos to server %s longer than one segment none of %d went through, and %d shorter ones did; this one has %d bytes",
			v.serverAddr(), e.byLength(1).Failed, e.byLength(0).Passed, v.Hello.Bytes)
	},
}
