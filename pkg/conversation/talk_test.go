package conversation

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"net"
	"net/netip"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/sniscope/sniscope/pkg/flow"
)

// said is what one side wrote at once.
type said struct {
	side flow.Side
	data []byte
}

// wire records what both ends of a pipe write, in order.
type wire struct {
	mutex sync.Mutex
	said  []said
}

type end struct {
	net.Conn
	w    *wire
	side flow.Side
}

func (e end) Write(b []byte) (int, error) {
	e.w.mutex.Lock()
	e.w.said = append(e.w.said, said{e.side, append([]byte(nil), b...)})
	e.w.mutex.Unlock()
	return e.Conn.Write(b)
}

// talk runs a TLS conversation of crypto/tls with itself and returns what went over the wire. The client sends a
// request and the server answers when the handshake went through.
func talk(t testing.TB, client, server *tls.Config) []said {
	t.Helper()
	w := &wire{}
	a, b := connected(t)
	var wait sync.WaitGroup
	wait.Go(func() {
		defer b.Close()
		s := tls.Server(end{b, w, flow.Server}, server)
		var buf [64]byte
		if _, err := s.Read(buf[:]); err == nil {
			s.Write([]byte("a well-formed answer that is longer than an alert"))
		}
		s.Close()
	})
	c := tls.Client(end{a, w, flow.Client}, client)
	if c.Handshake() == nil {
		c.Write([]byte("a request that is longer than an alert"))
		var buf [256]byte
		c.Read(buf[:])
		c.Close()
	}
	a.Close()
	wait.Wait()
	return w.said
}

// connected returns the two ends of a connection over loopback.
func connected(t testing.TB) (client, server net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if client, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if server, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []net.Conn{client, server} {
		c.SetDeadline(time.Now().Add(10 * time.Second))
	}
	return client, server
}

var testCertificate = sync.OnceValue(func() tls.Certificate { return certificateFor("gw.example.com", "*.apps.example.com") })

// certificateFor makes a certificate for these names.
func certificateFor(names ...string) tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "gateway"},
		DNSNames: names,
		NotAfter: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		panic(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func serverConfig() *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{testCertificate()}, NextProtos: []string{"h2", "http/1.1"}}
}

// refusingConfig answers every hello with an alert.
func refusingConfig() *tls.Config {
	refuse := serverConfig()
	refuse.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) { return nil, errors.New("no") }
	return refuse
}

func clientConfig(name string) *tls.Config {
	return &tls.Config{ServerName: name, InsecureSkipVerify: true, NextProtos: []string{"h2"}}
}

// collected is what a Sink was given.
type collected struct{ records []Record }

func (c *collected) Settled(r *Record)         { c.records = append(c.records, *r) }
func (c *collected) EndSettled(e *flow.Ending) { c.records[len(c.records)-1].Ending = *e }
func (c *collected) Ended(r *Record)           { c.records = append(c.records, *r) }
func (c *collected) last(t testing.TB) *Record { t.Helper(); return &c.records[len(c.records)-1] }
func event(i int) flow.Event                   { return flow.Event{Frame: uint64(i), Time: int64(i) * 1e6} }
func factsAfter(frames int) (f flow.Facts) {
	f.Opening.First, f.Opened, f.Start, f.Digits = 1, 1, 1e6, 6
	f.Endpoints = [2]netip.AddrPort{netip.MustParseAddrPort("192.0.2.1:40000"), netip.MustParseAddrPort("192.0.2.2:443")}
	f.Roles, f.SYN, f.SYNACK, f.Opening.Established = flow.RolesSYN, event(1), event(2), event(3)
	f.End = event(frames).Time
	return f
}

// heardAfter is factsAfter where the server acknowledged all that the client sent.
func heardAfter(frames int) flow.Facts {
	f := factsAfter(frames)
	f.Sides[flow.Client].Acked = 1 << 20
	return f
}

// newHandler returns a flow.Handler whose record has something in every field, as of a connection before.
func newHandler(sink Sink) *Shard {
	h := NewHandler(sink).Shard()
	newFiller(1, true).fill(reflect.ValueOf(&h.record).Elem())
	return h
}

// settle and finish hand a connection over as a table does.
func settle(h *Shard, facts flow.Facts, f flow.Follower) {
	*h.Facts() = facts
	h.Settle(f)
}

func finish(h *Shard, facts flow.Facts, f flow.Follower) {
	*h.Facts() = facts
	h.End(f)
}

// hearing gives f what a side said in a frame, and counts it.
func hearing(f flow.Stream, offset *[2]uint64) func(side flow.Side, data []byte, frame int) {
	return func(side flow.Side, data []byte, frame int) {
		f.Bytes(&flow.Chunk{Side: side, Data: data, Offset: offset[side], At: event(frame), Segments: 1})
		offset[side] += uint64(len(data))
	}
}

// follow drives a Shard with what was said, cut into chunks of at most size bytes, and ends the connection
// with the given facts.
func follow(t testing.TB, what []said, size int, change func(f *flow.Facts)) *Record {
	t.Helper()
	return followAhead(t, what, size, 0, change)
}

// followAhead is follow where each side has acknowledged so many bytes more than were captured of the other by then.
func followAhead(t testing.TB, what []said, size int, ahead uint64, change func(f *flow.Facts)) *Record {
	t.Helper()
	c := &collected{}
	h := newHandler(c)
	s := h.Open(flow.Client)
	var offset [2]uint64
	frame, open := 3, true
	for _, x := range what {
		for len(x.data) > 0 && open {
			n := min(size, len(x.data))
			frame++
			acked := offset[x.side.Other()] + ahead
			s.Bytes(&flow.Chunk{Side: x.side, Data: x.data[:n], Offset: offset[x.side], At: event(frame), Acked: func() uint64 { return acked }, Segments: 1})
			offset[x.side] += uint64(n)
			x.data = x.data[n:]
			if s.Settled() {
				f := heardAfter(frame)
				settle(h, f, s)
				open = false
			}
		}
	}
	f := heardAfter(frame + 1)
	if change != nil {
		change(&f)
	}
	f.Settled = !open
	if open {
		finish(h, f, s)
	} else {
		finish(h, f, nil)
	}
	return c.last(t)
}
