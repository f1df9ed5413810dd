package report

import (
	"strconv"

	"github.com/sniscope/sniscope/pkg/conversation"
	"github.com/sniscope/sniscope/pkg/flow"
)

// Numbers and times, in integers throughout: a float would round, and cost more.

func appendUint(dst []byte, n uint64) []byte { return strconv.AppendUint(dst, n, 10) }

// appendPositive appends n, and nothing where it is 0 because what it counts was not seen.
func appendPositive(dst []byte, n int) []byte {
	if n <= 0 {
		return dst
	}
	return appendUint(dst, uint64(n))
}

func appendBool(dst []byte, b bool) []byte { return strconv.AppendBool(dst, b) }

// appendMillis appends nanoseconds as milliseconds with exactly three decimals, rounded half away from zero.
// Clocks that step back make it negative.
func appendMillis(dst []byte, ns int64) []byte {
	n := uint64(ns)
	if ns < 0 {
		dst, n = append(dst, '-'), -n
	}
	micros := n/1000 + (n%1000+500)/1000
	dst, n = appendUint(dst, micros/1000), micros%1000
	return append(dst, '.', byte('0'+n/100), byte('0'+n/10%10), byte('0'+n%10))
}

// appendSpan appends the milliseconds from one event of r to another, nothing where one of them was not seen.
func appendSpan(dst []byte, r *conversation.Record, from, to flow.Event) []byte {
	if !r.Timed() || !from.Happened() || !to.Happened() {
		return dst
	}
	return appendMillis(dst, to.Time-from.Time)
}

// appendDigits appends the n lowest decimal digits of v.
func appendDigits(dst []byte, v uint64, n int) []byte {
	for range n {
		dst = append(dst, '0')
	}
	for i := len(dst) - 1; n > 0; i, n = i-1, n-1 {
		dst[i] = byte('0' + v%10)
		v /= 10
	}
	return dst
}

// appendTime appends nanoseconds since the epoch as RFC 3339 in UTC, with as many decimals of a second as the
// capture resolves (9 at most).
func appendTime(dst []byte, ns int64, decimals int) []byte {
	sec, frac := floorDiv(ns, 1e9)
	dst = appendSeconds(dst, sec)
	if decimals <= 0 {
		return dst
	}
	dst[len(dst)-1] = '.'
	decimals = min(decimals, 9)
	for range 9 - decimals {
		frac /= 10
	}
	return append(appendDigits(dst, uint64(frac), decimals), 'Z')
}

// appendSeconds appends seconds since the epoch as RFC 3339 in UTC.
func appendSeconds(dst []byte, sec int64) []byte {
	days, rest := floorDiv(sec, 86400)
	dst = append(appendDate(dst, days), 'T')
	return append(appendClock(dst, rest), 'Z')
}

// appendClock appends seconds of the day as 15:04:05.
func appendClock(dst []byte, sec int64) []byte {
	h, m, s := byte(sec/3600), byte(sec/60%60), byte(sec%60)
	return append(dst, '0'+h/10, '0'+h%10, ':', '0'+m/10, '0'+m%10, ':', '0'+s/10, '0'+s%10)
}

// appendDate appends days since the epoch as 2006-01-02, in the proleptic Gregorian calendar: eras of 400 years
// whose years begin in March, so that the leap day is the last of its year.
func appendDate(dst []byte, days int64) []byte {
	era, day := floorDiv(days+719468, 146097)
	year := (day - day/1460 + day/36524 - day/146096) / 365
	day -= 365*year + year/4 - year/100
	month := (5*day + 2) / 153
	d := byte(day - (153*month+2)/5 + 1)
	year += 400 * era
	m := byte(month + 3)
	if m > 12 {
		m, year = m-12, year+1
	}
	dst = appendDigits(dst, uint64(max(year, 0)), 4)
	return append(dst, '-', '0'+m/10, '0'+m%10, '-', '0'+d/10, '0'+d%10)
}

// floorDiv divides towards negative infinity: times before 1970 keep a positive rest.
func floorDiv(a, b int64) (quotient, rest int64) {
	quotient, rest = a/b, a%b
	if rest < 0 {
		quotient, rest = quotient-1, rest+b
	}
	return quotient, rest
}
