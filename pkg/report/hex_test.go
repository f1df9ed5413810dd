package report

import (
	"encoding/hex"
	"testing"
)

func TestHexAgreesWithPackageHex(t *testing.T) {
	var sum [16]byte
	for b := range 256 {
		for i := range sum {
			sum[i] = byte(b + 17*i)
		}
		want := "head" + hex.EncodeToString(sum[:])
		for _, room := range []int{0, 31, 32, 64} {
			if got := string(appendHexBytes(withRoom(room), &sum)); got != want {
				t.Fatalf("%s, want %s", got, want)
			}
		}
	}
}
