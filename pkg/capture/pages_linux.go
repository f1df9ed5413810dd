//go:build !(386 || arm || mips || mipsle)

package capture

import (
	"os"

	"golang.org/x/sys/unix"
)

// mappable says that files can be looked at in place.
const mappable = true

// cached reports whether the byte at an offset of a file is in the page cache, as far as the file system tells. A tmpfs does
// not, but has nothing elsewhere, save what is swapped out.
func cached(f *os.File, offset int64) bool {
	var b [1]byte
	n, err := unix.Preadv2(int(f.Fd()), [][]byte{b[:]}, offset, unix.RWF_NOWAIT)
	if err == unix.EOPNOTSUPP {
		var fs unix.Statfs_t
		return unix.Fstatfs(int(f.Fd()), &fs) == nil && fs.Type == unix.TMPFS_MAGIC
	}
	return n == 1 && err == nil
}

// majorFaults is how often the process has waited for a page to be read.
func majorFaults() int64 {
	var usage unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &usage) != nil {
		return 0
	}
	return int64(usage.Majflt)
}

// mapPiece maps a part of a file, which begins where a page does.
func mapPiece(f *os.File, start int64, n int) ([]byte, error) {
	return unix.Mmap(int(f.Fd()), start, n, unix.PROT_READ, unix.MAP_SHARED)
}

// unmapPiece is the end of what mapPiece returned.
func unmapPiece(data []byte) { unix.Munmap(data) }
