package live

import (
	"errors"
	"fmt"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// DropPrivileges gives up what was needed to open interfaces, for all threads and for good. Open captures stay open;
// files that are to be written where only root may should be, too.
//
// Without a user the process remains who it is and loses every capability, so that even as root it may do only
// what the owner of root's files may; with a user it becomes that user first, with the groups that he has. With
// "root" it keeps all, which is how tcpdump's -Z is turned off. In all cases no program that it starts can gain
// privileges (no_new_privs).
//
// Where files are yet to be created and there is no user, it keeps CAP_DAC_OVERRIDE if it has that, as tcpdump does:
// without it, root may not create a file in the folder of the user who called sudo.
//
// In a build with cgo the capabilities cannot be taken from all threads: without a user, the error, where there are any, is
// errors.ErrUnsupported then, and nothing has changed; with one they are gone all the same, as he is not root.
func DropPrivileges(user string, creates bool) error {
	if user != "" {
		if err := become(user); err != nil {
			return fmt.Errorf("dropping privileges: %w", err)
		}
	}
	if user != "root" {
		var keep uint32
		if creates && user == "" {
			keep = 1 << unix.CAP_DAC_OVERRIDE
		}
		if err := dropCapabilities(keep); err != nil && !(user != "" && errors.Is(err, errors.ErrUnsupported)) {
			return fmt.Errorf("dropping capabilities: %w", err)
		}
	}
	_, _, failed := syscall.AllThreadsSyscall6(unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0)
	if failed != 0 && !errors.Is(failed, errors.ErrUnsupported) {
		return fmt.Errorf("setting no_new_privs: %w", failed)
	}
	return nil
}

// dropCapabilities empties the sets of permitted, effective and inheritable capabilities, and with them the ambient
// ones (capabilities(7)), but for those to keep that are permitted.
func dropCapabilities(keep uint32) error {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var sets [2]unix.CapUserData
	if err := unix.Capget(&header, &sets[0]); err != nil {
		return err
	}
	if sets == [2]unix.CapUserData{} {
		return nil // who follows a pipe (-i -) needs none
	}
	keep &= sets[0].Permitted
	sets = [2]unix.CapUserData{{Effective: keep, Permitted: keep}}
	_, _, failed := syscall.AllThreadsSyscall(unix.SYS_CAPSET, uintptr(unsafe.Pointer(&header)), uintptr(unsafe.Pointer(&sets)), 0)
	if failed != 0 {
		return failed
	}
	return nil
}
