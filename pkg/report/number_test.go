package report

import (
	"math"
	"strconv"
	"testing"
	"time"
)

func TestTimesAgreeWithPackageTime(t *testing.T) {
	layouts := []string{
		"2006-01-02T15:04:05Z", "2006-01-02T15:04:05.0Z", "2006-01-02T15:04:05.00Z", "2006-01-02T15:04:05.000Z",
		"2006-01-02T15:04:05.0000Z", "2006-01-02T15:04:05.00000Z", "2006-01-02T15:04:05.000000Z",
		"2006-01-02T15:04:05.0000000Z", "2006-01-02T15:04:05.00000000Z", "2006-01-02T15:04:05.000000000Z",
	}
	moments := []int64{0, 1, -1, -1e9, math.MinInt64, math.MaxInt64, epoch, epoch + 999_999_999}
	for year := 1680; year < 2262; year += 7 {
		for _, day := range []string{"01-01", "02-28", "03-01", "12-31"} {
			d, err := time.Parse("2006-01-02", time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC).Format("2006-")+day)
			if err != nil {
				t.Fatal(err)
			}
			moments = append(moments, d.UnixNano(), d.Add(24*time.Hour-1).UnixNano())
		}
	}
	for _, leap := range []int{2000, 2024, 1904} {
		moments = append(moments, time.Date(leap, 2, 29, 23, 59, 59, 123456789, time.UTC).UnixNano())
	}
	for _, ns := range moments {
		if ns < math.MaxInt64-60e9 {
			moments = append(moments, ns, ns+7e9, ns+60e9-1) // in the same minute as the one before, or in the next
		}
	}
	for _, ns := range moments {
		for digits, layout := range layouts {
			got, want := string(appendTime(nil, ns, digits)), time.Unix(0, ns).UTC().Format(layout)
			if got != want {
				t.Fatalf("%d with %d digits is %s, want %s", ns, digits, got, want)
			}
		}
	}
	if got, want := string(appendTime(nil, epoch, 12)), "2024-05-06T08:37:36.000000000Z"; got != want {
		t.Errorf("more digits than an int64 holds: %s", got)
	}
}

func TestMillisecondsHaveThreeDecimals(t *testing.T) {
	for ns, want := range map[int64]string{
		0: "0.000", 499: "0.000", 500: "0.001", 999: "0.001", 1000: "0.001", 300_000: "0.300", 999_500: "1.000",
		1_234_567_890: "1234.568", -300_000: "-0.300", -1_500: "-0.002",
		math.MaxInt64: "9223372036854.776", math.MinInt64: "-9223372036854.776",
	} {
		for _, room := range rooms {
			if got := string(appendMillis(withRoom(room), ns)); got != "head"+want {
				t.Errorf("%d ns is %s, want %s", ns, got, want)
			}
		}
	}
}

// rooms are how much a buffer may have left: the quick ways of writing a number need some.
var rooms = []int{0, 1, 7, 8, 9, 40}

// withRoom is a buffer with text and so much room.
func withRoom(room int) []byte { return append(make([]byte, 0, 4+room), "head"...) }

func TestNumbersAgreeWithStrconv(t *testing.T) {
	numbers := []uint64{0, math.MaxUint64, math.MaxUint32}
	for power := uint64(1); power < 1e19; power *= 10 {
		numbers = append(numbers, power-1, power, power+1, power*123/100, 7*power, 9*power/5)
	}
	for n := range uint64(30_000) {
		numbers = append(numbers, n, n*n*n)
	}
	for _, n := range numbers {
		want := "head" + strconv.FormatUint(n, 10)
		micros := strconv.FormatUint(1_000_000+n%100_000_000, 10)
		millis := strconv.FormatUint((1_000_000+n%100_000_000)/1000, 10) + "." + micros[len(micros)-3:]
		for _, room := range rooms {
			if got := string(appendUint(withRoom(room), n)); got != want {
				t.Fatalf("%s with room for %d, want %s", got, room, want)
			}
			if got := string(csvInteger(withRoom(room), integer{n, true})); got != want+"," {
				t.Fatalf("%s with room for %d, want %s", got, room, want)
			}
			if got := string(appendMillis(withRoom(room), int64(1_000_000+n%100_000_000)*1000-500)); got != "head"+millis {
				t.Fatalf("%s with room for %d, want %s", got, room, millis)
			}
		}
	}
}

func TestShortSpans(t *testing.T) {
	for ns, want := range map[time.Duration]string{
		0: "0ms", 42_000: "0.04ms", 300_000: "0.3ms", 9_990_000: "10.0ms", 12_400_000: "12ms", 999_999_999: "1000ms",
		1_200_000_000: "1.2s", 130_900_000_000: "131s", 10*time.Hour - 1: "36000s", 10 * time.Hour: "10h", 72 * time.Hour: "3d",
	} {
		if got := shortSpan(ns); got != want {
			t.Errorf("%d ns is %s, want %s", ns, got, want)
		}
	}
}

func TestGroupedNumbers(t *testing.T) {
	for n, want := range map[uint64]string{0: "0", 999: "999", 1000: "1,000", 3481: "3,481", 10_000_007: "10,000,007"} {
		if got := Grouped(n); got != want {
			t.Errorf("%d is %s, want %s", n, got, want)
		}
	}
}
