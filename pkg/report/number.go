package report

import (
	"encoding/binary"
	"math/bits"
	"strconv"
	"sync/atomic"
)

// Numbers and times, in integers throughout: a float would round, and cost more.

// zeros are eight digits 0.
const zeros = 0x3030303030303030

// eightDigits are the decimal digits of n, below 10⁸, the first in the lowest byte. What is divided is divided in
// parts of x side by side: halves of four digits, then quarters of two. The factors are exact for so few digits.
// Quotients stay where they are, and remainders go one place up: x<<16 - q*(100<<16-1) is q + (x-100*q)<<16.
func eightDigits(n uint64) uint64 {
	x := n/1e4 | n%1e4<<32
	hundreds := x * 10486 >> 20 & 0x7f_0000007f
	x = x<<16 - hundreds*(100<<16-1)
	tens := x * 103 >> 10 & 0x000f_000f_000f_000f
	return x<<8 - tens*(10<<8-1)
}

// appendUint appends n in decimal.
func appendUint(dst []byte, n uint64) []byte {
	if n < 10 {
		return append(dst, byte('0'+n))
	}
	at := len(dst)
	if n >= 1e8 || cap(dst)-at < 8 {
		return strconv.AppendUint(dst, n, 10)
	}
	digits := eightDigits(n)
	leading := bits.TrailingZeros64(digits) & 56
	binary.LittleEndian.PutUint64(dst[at:at+8], (digits|zeros)>>leading)
	return dst[:at+8-leading/8]
}

// appendMillis appends nanoseconds as milliseconds with exactly three decimals, rounded half away from zero.
// Clocks that step back make it negative.
func appendMillis(dst []byte, ns int64) []byte {
	n := uint64(ns)
	if ns < 0 {
		dst, n = append(dst, '-'), -n
	}
	micros := (n + 500) / 1000
	at := len(dst)
	if micros >= 1e8 || cap(dst)-at < 9 {
		dst = append(strconv.AppendUint(dst, micros/1000, 10), '.')
		return appendDigits(dst, micros%1000, 3)
	}
	digits := eightDigits(micros)
	leading := bits.TrailingZeros64(digits|1<<32) & 56 // a 0 stays before the point
	b, point := dst[at:at+9], 5-leading/8
	digits |= zeros
	binary.LittleEndian.PutUint64(b, digits>>leading)
	binary.LittleEndian.PutUint32(b[point:], '.'|uint32(digits>>40)<<8)
	return dst[:at+point+4]
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
	if decimals <= 0 {
		return appendSeconds(dst, sec)
	}
	var b [30]byte
	putInMinute((*[20]byte)(b[:20]), sec)
	b[19] = '.'
	binary.LittleEndian.PutUint64(b[20:], eightDigits(uint64(frac)/10)|zeros)
	b[28] = byte('0' + frac%10)
	end := 20 + min(decimals, 9)
	b[end] = 'Z'
	return append(dst, b[:end+1]...)
}

// minute is one since the epoch, and what putSeconds writes of some second of it.
type minute struct {
	number int64
	text   [20]byte
}

// latestMinute is the one in which a row last began: rows come in order of time, so that the next begins in the same one.
var latestMinute atomic.Pointer[minute]

// putInMinute is putSeconds for times of which many lie in the same minute.
func putInMinute(b *[20]byte, sec int64) {
	number, rest := floorDiv(sec, 60)
	m := latestMinute.Load()
	if m == nil || m.number != number {
		putSeconds(b, sec)
		latestMinute.Store(&minute{number, *b})
		return
	}
	*b = m.text
	b[17], b[18] = byte('0'+rest/10), byte('0'+rest%10)
}

// appendSeconds appends seconds since the epoch as RFC 3339 in UTC.
func appendSeconds(dst []byte, sec int64) []byte {
	var b [20]byte
	putSeconds(&b, sec)
	return append(dst, b[:]...)
}

// putSeconds writes 2006-01-02T15:04:05Z.
func putSeconds(b *[20]byte, sec int64) {
	days, rest := floorDiv(sec, 86400)
	date, clock := eightDigits(dateNumber(days))|zeros, eightDigits(clockNumber(uint64(rest)))|zeros
	binary.LittleEndian.PutUint32(b[0:], uint32(date))
	b[4] = '-'
	binary.LittleEndian.PutUint16(b[5:], uint16(date>>32))
	b[7] = '-'
	binary.LittleEndian.PutUint16(b[8:], uint16(date>>48))
	b[10] = 'T'
	binary.LittleEndian.PutUint16(b[11:], uint16(clock>>16))
	b[13] = ':'
	binary.LittleEndian.PutUint16(b[14:], uint16(clock>>32))
	b[16] = ':'
	binary.LittleEndian.PutUint16(b[17:], uint16(clock>>48))
	b[19] = 'Z'
}

// clockNumber is a second of the day as a number that reads 150405.
func clockNumber(sec uint64) uint64 { return sec/3600*10000 + sec/60%60*100 + sec%60 }

// dateNumber is a day since the epoch as a number that reads 20060102, in the proleptic Gregorian calendar: eras of
// 400 years whose years begin in March, so that the leap day is the last of its year. Years have four digits, and
// none is before 0.
func dateNumber(days int64) uint64 {
	era, rest := floorDiv(days+719468, 146097)
	day := uint64(rest)
	year := (day - day/1460 + day/36524 - day/146096) / 365
	day -= 365*year + year/4 - year/100
	month := (5*day + 2) / 153
	day -= (153*month + 2) / 5
	before := 400 * era
	if month += 3; month > 12 {
		month, before = month-12, before+1
	}
	return uint64(max(int64(year)+before, 0))%10000*10000 + month*100 + day + 1
}

// floorDiv divides towards negative infinity: times before 1970 keep a positive rest.
func floorDiv(a, b int64) (quotient, rest int64) {
	quotient, rest = a/b, a%b
	if rest < 0 {
		quotient, rest = quotient-1, rest+b
	}
	return quotient, rest
}
