package diagnosis

import "strconv"

// splitHelloRejected: hellos longer than one MSS fail, shorter ones to the same server pass. Segment counts say
// nothing, because captures merge and split segments; only the contrast shows it.
var splitHelloRejected = rule{
	code: SplitHelloRejected,
	when: func(v *view) truth {
		e := &v.c.Endpoint
		long := e.byLength(1)
		contrast := long.Passed == 0 && long.Failed > 0 && e.Hellos[v.sniIndex()][0].Passed > 0
		return is(v.Hello.OverMSS && contrast && !v.saysName() && !v.shorterFailed() && !v.answeredTooLate())
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

// shorterFailed holds when the server refused a shorter hello with this name as well, and never took one: more hellos with the
// name failed than long ones did in all. Then their length is not what they fail for.
func (v *view) shorterFailed() bool {
	return v.c.Name.Passed == 0 && v.c.Name.Failed > v.c.Endpoint.byLength(1).Failed
}
