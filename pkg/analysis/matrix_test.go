package analysis_test

import (
	"encoding/binary"
	"fmt"
	"reflect"
	"runtime/debug"
	"strings"
	"testing"
)

// TestMatrix writes the same connections as every format, over every link layer, in every kind of IP packet, and
// expects the same records.
func TestMatrix(t *testing.T) {
	collectSeldom(t)
	all := turns(t)
	base := baseRows(t, all)
	for _, n := range networks() {
		t.Run(n.name, func(t *testing.T) {
			t.Parallel()
			for _, l := range links() {
				if l.only != 0 && l.only != n.version || l.pads && n.lengthless {
					continue
				}
				frames, whole := framesOf(all, l, n)
				place := func(frame int) string { return fmt.Sprint(whole[frame-1]) }
				want := with(evidenceMoved(inNetwork(base, n), place), "encapsulation", encapsulation(l))
				for _, f := range formats() {
					if f.ethernet && l.kind != 1 || f.lies && n.lengthless {
						continue
					}
					checkMatrix(t, f.name+", "+l.name, f, f.write(l.kind, frames), want)
				}
			}
		})
	}
}

// collectSeldom is for tests with thousands of runs: collecting garbage after each would be most of what they cost.
func collectSeldom(t *testing.T) {
	percent := debug.SetGCPercent(1000)
	t.Cleanup(func() { debug.SetGCPercent(percent) })
}

// TestMatrixCompressed packs every format in every way.
func TestMatrixCompressed(t *testing.T) {
	all := turns(t)
	base := baseRows(t, all)
	for _, f := range formats() {
		for _, c := range compressions() {
			checkMatrix(t, f.name+", "+c.name, f, c.pack(t, f.write(1, plainFrames(all))), base)
		}
	}
}

// TestMatrixMixed has each packet on another link layer, all in one file.
func TestMatrixMixed(t *testing.T) {
	all := turns(t)
	var p pcapng
	p.section(binary.BigEndian)
	var usable []link
	for _, l := range links() {
		if l.encap == nil && l.only != 6 {
			p.iface(l.kind&0xffff, 0)
			usable = append(usable, l)
		}
	}
	for i, x := range all {
		k := i % len(usable)
		p.packet(uint32(k), uint64(x.time/microseconds), frame{data: usable[k].wrap(networks()[0].packets(x)[0])})
	}
	sameRows(t, "mixed", mustRows(t, file{"matrix", p.out}), with(baseRows(t, all), "capture", "matrix"))
}

// baseRows are the records that all others must equal.
func baseRows(t testing.TB, all []turn) []row {
	t.Helper()
	rows := mustRows(t, file{"matrix", pcapFormats()[0].write(1, plainFrames(all))})
	var diagnoses []any
	for _, r := range rows {
		diagnoses = append(diagnoses, r["diagnosis"])
	}
	if !reflect.DeepEqual(diagnoses, []any{"ok", "no-sni-reset", "no-sni-reset"}) {
		t.Fatalf("the base is %v", diagnoses)
	}
	return rows
}

func encapsulation(l link) any {
	if l.encap == nil {
		return nil
	}
	return l.encap
}

// inNetwork is what the rows are when the packets are of the other version of IP.
func inNetwork(base []row, n network) []row {
	if n.version == 4 {
		return base
	}
	rows := with(with(base, "client_ip", clientIPv6.String()), "server_ip", serverIPv6.String())
	for _, r := range rows {
		r["detail"] = strings.ReplaceAll(r["detail"].(string), serverIPv4.String()+":", "["+serverIPv6.String()+"]:")
	}
	return rows
}

// checkMatrix compares what is found in one file.
func checkMatrix(t *testing.T, what string, f format, data []byte, want []row) {
	t.Helper()
	got := mustRows(t, file{"matrix", data})
	if f.timeless {
		sameRows(t, what+", its times", got, without(got, timed[:len(timed)-1]...))
		for _, r := range got {
			if s := r["detail"].(string); !strings.Contains(s, " some time after ") || strings.Contains(s, " ms") {
				t.Errorf("%s: the detail is %q", what, s)
			}
		}
	}
	if f.untimed {
		got, want = without(got, timed...), without(want, timed...)
	}
	sameRows(t, what, got, want)
}
