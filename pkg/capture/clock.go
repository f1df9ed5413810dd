package capture

import (
	"math"
	"math/bits"
)

// clock turns the timestamps of a pcapng interface into nanoseconds since the epoch. Times that do not fit
// int64 (after the year 2262) become the nearest that does.
type clock struct {
	plain  uint64 // timestamps below this are just multiplied: the common case
	mul    uint64 // nanoseconds = timestamp * mul / div, or >> shift
	div    uint64 // 0 where the result is always 0
	shift  uint   // used if binary
	binary bool
	offset int64 // nanoseconds
	digits uint8
}

// newClock takes if_tsresol as found in the file and if_tsoffset in seconds
// (draft-ietf-opsawg-pcapng, Section 4.2).
func newClock(resolution uint8, offset int64) clock {
	c := clock{mul: 1e9, div: 1, offset: saturatingSeconds(offset)}
	exponent := resolution & 0x7f
	switch {
	case resolution&0x80 != 0:
		c.binary, c.shift = true, uint(exponent)
		c.digits = uint8(min(9, math.Ceil(float64(exponent)*math.Log10(2))))
		return c
	case exponent <= 9:
		c.digits, c.mul = exponent, power10(9-exponent)
		if offset == 0 {
			c.plain = math.MaxInt64/c.mul + 1
		}
	default:
		c.digits, c.mul, c.div = 9, 1, power10(exponent-9)
	}
	return c
}

// nanos converts one timestamp.
func (c *clock) nanos(timestamp uint64) int64 {
	if timestamp < c.plain {
		return int64(timestamp * c.mul)
	}
	return c.slowNanos(timestamp)
}

func (c *clock) slowNanos(timestamp uint64) int64 {
	hi, lo := bits.Mul64(timestamp, c.mul)
	switch {
	case c.binary && c.shift >= 64:
		hi, lo = 0, hi>>(c.shift-64)
	case c.binary && c.shift > 0:
		hi, lo = hi>>c.shift, hi<<(64-c.shift)|lo>>c.shift
	case c.div == 0:
		hi, lo = 0, 0
	case c.div > 1:
		lo /= c.div // mul is 1 here, so hi is 0
	}
	if hi != 0 || lo > math.MaxInt64 {
		lo = math.MaxInt64
	}
	if c.offset > 0 && int64(lo) > math.MaxInt64-c.offset {
		return math.MaxInt64
	}
	return int64(lo) + c.offset
}

// power10 returns 10 to the power of n, and 0 if that exceeds 64 bits.
func power10(n uint8) uint64 {
	if n > 19 {
		return 0
	}
	p := uint64(1)
	for range n {
		p *= 10
	}
	return p
}

func saturatingSeconds(s int64) int64 {
	const limit = math.MaxInt64 / 1_000_000_000
	return max(-limit, min(limit, s)) * 1_000_000_000
}
