package diagnosis

import "testing"

// Both ends of a handshake count once, two of one capture twice, and what other captures have besides is added.
func TestAHandshakeOfTwoCapturesCountsOnce(t *testing.T) {
	reset := func(b byte) *conn { return setUpConn().hello(name).acked().rst(server).random(b) }
	for what, tc := range map[string]struct {
		captures [][]byte // the hellos in each
		want     uint32
	}{
		"one":                {[][]byte{{1}}, 1},
		"both ends":          {[][]byte{{1}, {1}}, 1},
		"three places":       {[][]byte{{1, 2}, {2, 1}, {1, 3}}, 3},
		"different ones":     {[][]byte{{1}, {2}, {3}}, 3},
		"again in one place": {[][]byte{{1, 1}}, 2},
	} {
		tally := NewTally()
		tally.CompareCaptures()
		for _, hellos := range tc.captures {
			for _, b := range hellos {
				tally.Add(reset(b).Record)
			}
			tally.NextCapture()
		}
		c := reset(9)
		if ctx := contextOf(tally, c, c.now); ctx.Endpoint.BySNI(WithSNI).Failed != tc.want || ctx.Name.Failed != tc.want {
			t.Errorf("%s: %d at the server, %d for the name, want %d", what, ctx.Endpoint.BySNI(WithSNI).Failed, ctx.Name.Failed, tc.want)
		}
	}
}
