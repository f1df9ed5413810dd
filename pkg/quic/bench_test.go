package quic

import "testing"

// The first Initial of a connection: keys are derived for it.
func BenchmarkFirstInitial(b *testing.B) {
	d := vector(b, "rfc9001-client-initial")
	var c Conn
	b.ReportAllocs()
	for b.Loop() {
		c.Reset()
		c.Datagram(cli, d, len(d), func(*Event) {})
	}
}

// Any further one.
func BenchmarkNextInitial(b *testing.B) {
	d := vector(b, "rfc9001-client-initial")
	var c Conn
	b.ReportAllocs()
	for b.Loop() {
		c.Datagram(cli, d, len(d), func(*Event) {})
	}
}

func BenchmarkHandshake(b *testing.B) {
	d := recording(b, "ok-v1")
	var c Conn
	b.ReportAllocs()
	for b.Loop() {
		c.Reset()
		for i := range d {
			c.Datagram(d[i].side, d[i].data, len(d[i].data), func(*Event) {})
		}
	}
}

func BenchmarkShort(b *testing.B) {
	d := recording(b, "ok-v1")
	var c Conn
	for i := range d {
		c.Datagram(d[i].side, d[i].data, len(d[i].data), func(*Event) {})
	}
	last := d[len(d)-1]
	b.ReportAllocs()
	for b.Loop() {
		c.Datagram(last.side, last.data, len(last.data), func(*Event) {})
	}
}

func BenchmarkLooksLikeInitial(b *testing.B) {
	d := vector(b, "rfc9001-client-initial")
	for b.Loop() {
		LooksLikeInitial(d, len(d))
	}
}

// Once the keys are there, a connection costs no allocation.
func TestAllocations(t *testing.T) {
	d := recording(t, "ok-v1")
	var c Conn
	n := 0
	emit := func(*Event) { n++ }
	feed := func() {
		for i := range d {
			c.Datagram(d[i].side, d[i].data, len(d[i].data), emit)
		}
	}
	feed()
	if got := testing.AllocsPerRun(50, feed); got != 0 || n == 0 {
		t.Errorf("%v allocations, %d events", got, n)
	}
}
