package diagnosis

import (
	"strconv"
	"time"
)

// appendA writes a number behind its article: "an 87", "a 512". The numbers that are spoken with a vowel first are 8, 11,
// 18, those in the eighties and the eight hundreds, and as many thousands, millions and so on.
func appendA(b []byte, n int) []byte {
	group := n
	for group >= 1000 {
		group /= 1000
	}
	b = append(b, 'a')
	if group == 8 || group == 11 || group == 18 || group/10 == 8 || group/100 == 8 {
		b = append(b, 'n')
	}
	return strconv.AppendInt(append(b, ' '), int64(n), 10)
}

// appendCount writes a number with its noun.
func appendCount[N uint32 | uint64](b []byte, n N, noun string) []byte {
	b = append(append(strconv.AppendUint(b, uint64(n), 10), ' '), noun...)
	if n == 1 {
		return b
	}
	return append(b, 's')
}

// appendDuration writes a time between two packets. Neither a capture without times tells how long something took, nor one whose
// clock was set back in between: what is said to come after something came after it in the order of packets.
func (v *view) appendDuration(b []byte, d time.Duration) []byte {
	switch {
	case !v.Timed():
		return append(b, "some time"...)
	case d < 0:
		return append(b, "some time (the capture's clock went back)"...)
	}
	return appendDuration(b, d)
}

// appendDuration writes a time in milliseconds, or in seconds, hours or days where there are many, rounded to three digits: what
// lies behind them is chance. It is not negative.
func appendDuration(b []byte, d time.Duration) []byte {
	const ms, s, day = time.Millisecond, time.Second, 24 * time.Hour
	switch {
	case d < ms/200:
		return append(b, "0 ms"...)
	case d < 10*ms-ms/200:
		n := int64(round(d, ms/100))
		b = append(strconv.AppendInt(b, n/100, 10), '.', byte('0'+n/10%10), byte('0'+n%10))
		return append(b, " ms"...)
	case d < 100*ms-ms/20:
		return append(appendTenths(b, round(d, ms/10)), " ms"...)
	case d < s-ms/2: // behind which it is rounded to a second
		return append(strconv.AppendInt(b, int64(round(d, ms)), 10), " ms"...)
	case d < 100*s-s/20:
		return append(appendTenths(b, round(d, s/10)), " s"...)
	case d < 10*time.Hour:
		return append(strconv.AppendInt(b, int64(round(d, s)), 10), " s"...)
	case d < 3*day:
		return append(strconv.AppendInt(b, int64(round(d, time.Hour)), 10), " h"...)
	}
	return append(strconv.AppendInt(b, int64(round(d, day)), 10), " days"...)
}

// round is how many units d has, half a one for a whole.
func round(d, unit time.Duration) time.Duration {
	n := d / unit
	if d-n*unit >= unit/2 {
		return n + 1
	}
	return n
}

func appendTenths(b []byte, n time.Duration) []byte {
	return append(strconv.AppendInt(b, int64(n/10), 10), '.', byte('0'+n%10))
}
