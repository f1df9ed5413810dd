package diagnosis

import "math/bits"

// steps is a set of places in precedence.
type steps uint64

// factGroup is how many facts are looked at together, and factGroups how many groups there are.
const (
	factGroup  = 6
	factGroups = 4
)

// allowed are the steps that need no other facts of a group than the given ones: of most connections most rules need say no
// more than what they lack, and so all of them say it at once.
var allowed [factGroups][1 << factGroup]steps

// allow notes what a step needs.
func allow(step int, needs facts) {
	for group := range allowed {
		need := int(needs >> (factGroup * group) & (1<<factGroup - 1))
		for given := range allowed[group] {
			if need&^given == 0 {
				allowed[group][given] |= 1 << step
			}
		}
	}
}

// steps are those that may hold by the facts.
func (f facts) steps() steps {
	const group = 1<<factGroup - 1
	return allowed[0][f&group] & allowed[1][f>>factGroup&group] & allowed[2][f>>(2*factGroup)&group] & allowed[3][f>>(3*factGroup)&group]
}

// next takes the first step out of a set that is not empty, and returns its rule.
func (s *steps) next() *rule {
	at := bits.TrailingZeros64(uint64(*s))
	*s &= *s - 1
	return precedence[at]
}
