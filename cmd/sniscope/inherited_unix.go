//go:build unix

package main

import "golang.org/x/sys/unix"

// inherited reports whether a file was open before this program began: all that it opens itself is closed in a program that
// it would start.
func inherited(n int) bool {
	flags, err := unix.FcntlInt(uintptr(n), unix.F_GETFD, 0)
	return err == nil && flags&unix.FD_CLOEXEC == 0
}
