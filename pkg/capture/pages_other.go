//go:build !linux || 386 || arm || mips || mipsle

package capture

import (
	"errors"
	"os"
)

// mappable is false: there is no way to ask what is in the cache, or not enough addresses.
const mappable = false

func cached(*os.File, int64) bool { return false }

func majorFaults() int64 { return 0 }

func mapPiece(*os.File, int64, int) ([]byte, error) { return nil, errors.ErrUnsupported }

func unmapPiece([]byte) {}
