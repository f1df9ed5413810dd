package tlswire

import (
	"slices"
	"testing"
)

// TestRoomIsBounded has many deframers in one room, each with a message that is not complete.
func TestRoomIsBounded(t *testing.T) {
	const limit, deframers, seen = 100 << 10, 100, 3000
	room := NewRoom(limit)
	message := handshakeMessage(TypeClientHello, make([]byte, 5000))
	record := tlsRecord(RecordHandshake, message)
	ds, kinds := make([]Deframer, deframers), make([][]EventKind, deframers)
	for i := range ds {
		ds[i].PutInto(room)
		for piece := range slices.Chunk(record[:seen], 1000) {
			feed(&ds[i], piece, func(e *Event) { kinds[i] = append(kinds[i], e.Kind) })
		}
	}
	if room.held > limit+deframers*leastBuffer {
		t.Errorf("%d bytes held", room.held)
	}
	given := 0
	for i := range ds {
		_, have, _, pending := ds[i].Pending()
		switch {
		case pending && len(kinds[i]) == 0 && len(have) == seen-RecordHeaderLen-handshakeHeaderLen:
		case !pending && slices.Equal(kinds[i], []EventKind{EventTooLarge}):
			given++
		default:
			t.Fatalf("deframer %d: %d bytes pending, events %v", i, len(have), kinds[i])
		}
	}
	if given == 0 || given > deframers*3/4 || room.Refused() != uint64(given) {
		t.Errorf("%d messages given up, %d counted", given, room.Refused())
	}
	whole := tlsRecord(RecordHandshake, handshakeMessage(TypeServerHello, make([]byte, 70)))
	for i := range ds { // the framing goes on, and what comes whole needs no room
		feed(&ds[i], append(record[seen:], whole...), func(e *Event) { kinds[i] = append(kinds[i], e.Kind) })
		if n := len(kinds[i]); n != 2 || kinds[i][1] != EventHandshake {
			t.Fatalf("deframer %d: events %v", i, kinds[i])
		}
	}
	for i := range ds {
		ds[i].Reset()
	}
	if room.held != 0 || len(room.free) > maxFree {
		t.Errorf("%d bytes held by nobody, %d buffers kept", room.held, len(room.free))
	}
}

// TestRoomIsNotWasted has a long message come in small pieces.
func TestRoomIsNotWasted(t *testing.T) {
	room := NewRoom(1 << 20)
	var d Deframer
	d.PutInto(room)
	message := handshakeMessage(TypeClientHello, make([]byte, 60000))
	for i, part := range slices.Collect(slices.Chunk(message, 16000)) {
		if i < 3 {
			feed(&d, tlsRecord(RecordHandshake, part), func(*Event) {})
			continue
		}
		for piece := range slices.Chunk(tlsRecord(RecordHandshake, part)[:11000], 1400) {
			feed(&d, piece, func(*Event) {})
		}
	}
	if _, have, _, ok := d.Pending(); !ok || len(have) < 58000 || room.held > 64<<10 {
		t.Errorf("%d bytes held for %d", room.held, len(have))
	}
}

// TestRoomBoundsAssemblies has many DTLS readers and assemblies in one room, each with pieces behind a hole.
func TestRoomBoundsAssemblies(t *testing.T) {
	const limit, number = 100 << 10, 200
	room := NewRoom(limit)
	readers, assemblies := make([]DTLSReader, number), make([]Assembly, number)
	body := make([]byte, 3000)
	given := 0
	for i := range readers {
		readers[i].PutInto(room)
		for from := 1; from < 2000; from += 100 {
			d := dtlsRecordOf(RecordHandshake, 0, fragmentOf(TypeClientHello, 0, body, from, from+50))
			readers[i].Datagram(d, len(d), func(e *DTLSEvent) {
				if e.Kind == EventTooLarge {
					given++
				}
			})
		}
		assemblies[i].PutInto(room)
		for at := 2; at < 400; at += 2 {
			assemblies[i].Put(at, []byte{1})
		}
	}
	if room.held > limit+number*2*leastBuffer || given == 0 || room.Refused() < uint64(given) {
		t.Errorf("%d bytes held, %d messages given up, %d counted", room.held, given, room.Refused())
	}
	for i := range readers {
		readers[i].Reset()
		assemblies[i].Reset()
	}
	if room.held != 0 {
		t.Errorf("%d bytes held by nobody", room.held)
	}
}

// TestAssemblyWithoutRoom fills a hole before bytes that then find no room.
func TestAssemblyWithoutRoom(t *testing.T) {
	room := NewRoom(1000)
	var a Assembly
	a.PutInto(room)
	message := handshakeMessage(TypeClientHello, make([]byte, 800))
	if _, ok := a.Put(400, message[400:]); !ok {
		t.Fatal("no room for the end")
	}
	if _, ok := a.Put(0, message[:400]); ok || !a.Hole() || len(a.Bytes()) != 400 {
		t.Errorf("all of it was taken: %v, %d bytes", ok, len(a.Bytes()))
	}
	room.limit = 2000
	if _, ok := a.Put(0, message[:10]); !ok || a.Hole() || len(a.Bytes()) != len(message) {
		t.Errorf("with more room: %v, %d bytes", ok, len(a.Bytes()))
	}
	if a.Reset(); room.held != 0 {
		t.Errorf("%d bytes held", room.held)
	}
}
