package live

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// Reasons why a capture cannot begin or go on, found with errors.Is in an *Error. A lack of privileges is fs.ErrPermission.
var (
	ErrNoInterface = errors.New("no such interface")
	ErrDown        = errors.New("the interface is down")
	ErrWentDown    = errors.New("the interface went down or was removed during the capture")
	ErrUnsupported = errors.New("this build cannot capture")
)

// errPause is what a device says once when its interface goes down and may come up again.
var errPause = errors.New("the interface went down")

// errBusy is what a device says that has not found a packet yet among those that it has.
var errBusy = errors.New("no packet was selected yet")

// Error says why an interface cannot be captured on. Its text is one line that names the interface.
type Error struct {
	Name string // as given to Open
	Err  error
	hint string
}

func (e *Error) Error() string { return e.Name + ": " + e.Err.Error() }

func (e *Error) Unwrap() error { return e.Err }

// Hint is one sentence on what to do about the error, "" where that is not known.
func (e *Error) Hint() string { return e.hint }

// errNoInterface lists those that there are.
func errNoInterface(name string) error {
	e := &Error{Name: name, Err: ErrNoInterface}
	if list, err := Interfaces(); err == nil {
		names := make([]string, len(list))
		for i := range list {
			names[i] = list[i].Name
		}
		e.hint = "the interfaces are " + strings.Join(names, ", ")
	}
	return e
}

// errPermission says how to get the one privilege that a capture on Linux needs.
func errPermission(name string, err error) error {
	program, failed := os.Executable()
	if failed != nil {
		program = "./sniscope"
	}
	return &Error{Name: name, Err: fmt.Errorf("capturing needs the capability CAP_NET_RAW: %w", err), hint: permissionHint(program, os.Geteuid() == 0)}
}

// permissionHint says to root, who lacks it in a container or a user namespace only, nothing of sudo; and a file that was given a capability
// that the container lacks could not be run at all.
func permissionHint(program string, root bool) string {
	const container = `securityContext: {runAsUser: 0, capabilities: {add: ["NET_RAW"]}}`
	if root {
		return "here root lacks it, as in a container that was not given it: add it with " + container + ", or docker run --cap-add NET_RAW"
	}
	return "run it with sudo, or give it the capability once and for all: sudo setcap cap_net_raw+ep " + program + "; in a container add it: " + container
}
