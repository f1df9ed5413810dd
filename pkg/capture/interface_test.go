package capture

import (
	"io"
	"math"
	"slices"
	"strings"
	"testing"
)

func interfacesOf(t *testing.T, data []byte) []Interface {
	t.Helper()
	r := readerOf(t, data)
	if _, err := collect(t, r, 0); err != io.EOF {
		t.Fatal(err)
	}
	return allOf(r)
}

// allOf are the interfaces that were described so far.
func allOf(r *Reader) (list []Interface) {
	for i, ok := r.Interface(0); ok; i, ok = r.Interface(len(list)) {
		list = append(list, i)
	}
	return list
}

func TestInterfaces(t *testing.T) {
	ng := ngFile(le).iface(1, 262144)
	ng.iface(276, 0, ng.option(3, "description"), ng.option(2, "eth0"), ng.option(9, byte(9)), ng.option(2, strings.Repeat("n", 300)))
	ng.block(ngStatistics, 1, uint64(0), ng.option(4, uint64(1000)), ng.option(5, uint64(3)))
	ng.block(ngStatistics, 1, uint64(0), ng.option(5, uint64(4)), ng.option(7, uint64(2)), uint32(0), ng.option(7, uint64(99)))
	ng.block(ngStatistics, 0, uint64(0), ng.option(4, uint64(1000)))
	ng.section(be)
	ng.iface(101, 96, ng.option(2, "tun0"), ng.fields(uint16(9), uint16(200), "option beyond the block"))
	ng.block(ngStatistics, 0, uint64(0), ng.option(5, uint64(0)), ng.option(7, "short"))
	ng.block(ngStatistics, 1, uint64(0), ng.option(5, uint64(9))) // there is such an interface only in the other section
	ng.iface(1, 0, ng.option(9), ng.option(14, "7 bytes"))
	for _, test := range []struct {
		name string
		data []byte
		want []Interface
	}{
		{"pcap", header(4, 276).data, []Interface{{Link: 276, SnapLen: 65535, Digits: 6}}},
		{"snoop", snoopFile().data, []Interface{{Link: 1, Digits: 6, HasDrops: true, DroppedByHost: 3}}},
		{"pcapng", ng.data, []Interface{
			{Link: 1, SnapLen: 262144, Digits: 6},
			{Link: 276, Name: strings.Repeat("n", maxInterfaceName), Digits: 9, HasDrops: true, DroppedByIf: 4, DroppedByHost: 2},
			{Link: 101, Name: "tun0", SnapLen: 96, Digits: 6, HasDrops: true},
			{Link: 1, Digits: 6},
		}},
	} {
		if got := interfacesOf(t, test.data); !slices.Equal(got, test.want) {
			t.Errorf("%s:\n got %+v\nwant %+v", test.name, got, test.want)
		}
	}
}

func TestTimestampResolution(t *testing.T) {
	const s = uint64(second)
	for _, test := range []struct {
		resolution byte
		offset     int64
		timestamp  uint64
		want       int64
		digits     uint8
	}{
		{0, 0, s, second * 1e9, 0},
		{3, 0, s*1e3 + 7, second*1e9 + 7e6, 3},
		{6, 0, s*1e6 + 7, second*1e9 + 7e3, 6},
		{9, 0, s*1e9 + 7, second*1e9 + 7, 9},
		{12, 0, 1_234_567_890_123, 1_234_567_890, 9},
		{28, 0, math.MaxUint64, 1, 9},
		{29, 0, math.MaxUint64, 0, 9},
		{127, 0, math.MaxUint64, 0, 9},
		{6, 100, 7, 100*1e9 + 7e3, 6},
		{6, -100, 7, -100*1e9 + 7e3, 6},
		{9, second, 0, second * 1e9, 9},
		{0x80, 0, s, second * 1e9, 0},
		{0x80 | 1, 0, s*2 + 1, second*1e9 + 5e8, 1},
		{0x80 | 10, 0, s<<10 | 512, second*1e9 + 5e8, 4},
		{0x80 | 20, 0, s<<20 | 1, second*1e9 + 953, 7},
		{0x80 | 32, 0, s<<32 | 1<<31, second*1e9 + 5e8, 9},
		{0x80 | 63, 0, 1 << 63, 1e9, 9},
		{0x80 | 64, 0, 1 << 63, 5e8, 9},
		{0x80 | 65, 5, 1 << 63, 5*1e9 + 25e7, 9},
		{0x80 | 127, 0, math.MaxUint64, 0, 9},
		// beyond what int64 can hold
		{0, 0, math.MaxUint64, math.MaxInt64, 0},
		{6, 0, math.MaxUint64, math.MaxInt64, 6},
		{9, 0, math.MaxUint64, math.MaxInt64, 9},
		{0x80, 0, math.MaxUint64, math.MaxInt64, 0},
		{9, math.MaxInt64, math.MaxInt64, math.MaxInt64, 9},
		{9, math.MinInt64, 0, -9223372036 * 1e9, 9},
	} {
		f := ngFile(be)
		f.iface(1, 0, f.option(9, test.resolution), f.option(14, uint64(test.offset)))
		f.enhanced(0, test.timestamp, 1, "x")
		got := mustCollect(t, f.data)
		if len(got) != 1 || got[0].Time != test.want || got[0].Digits != test.digits {
			t.Errorf("resolution %#x, offset %d, timestamp %d: time %d, digits %d, want %d, %d", test.resolution,
				test.offset, test.timestamp, got[0].Time, got[0].Digits, test.want, test.digits)
		}
	}
}
