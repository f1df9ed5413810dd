//go:build !unix

package live

import (
	"errors"
	"fmt"
	"runtime"
)

// become is for systems that have no such users.
func become(string) error {
	return fmt.Errorf("becoming another user on %s: %w", runtime.GOOS, errors.ErrUnsupported)
}
