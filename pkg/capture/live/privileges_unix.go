//go:build unix

package live

import (
	"fmt"
	"os/user"
	"strconv"
	"syscall"
)

// become makes the process that user, with his groups.
func become(name string) error {
	u, err := user.Lookup(name)
	if err != nil {
		return err
	}
	groups, err := groupsOf(u)
	if err != nil {
		return fmt.Errorf("groups of user %s: %w", name, err)
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return fmt.Errorf("user %s: %w", name, err)
	}
	gid, err := strconv.Atoi(u.Gid)
	if err != nil {
		return fmt.Errorf("user %s: %w", name, err)
	}
	if syscall.Getuid() == uid && syscall.Geteuid() == uid && uid != 0 {
		return nil // who is not root can set no groups, and need not
	}
	if err := syscall.Setgroups(groups); err != nil {
		return fmt.Errorf("setting the groups of user %s: %w", name, err)
	}
	if err := syscall.Setgid(gid); err != nil {
		return fmt.Errorf("setting the group of user %s: %w", name, err)
	}
	if err := syscall.Setuid(uid); err != nil {
		return fmt.Errorf("becoming user %s: %w", name, err)
	}
	return nil
}

func groupsOf(u *user.User) (groups []int, err error) {
	names, err := u.GroupIds()
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		gid, err := strconv.Atoi(name)
		if err != nil {
			return nil, err
		}
		groups = append(groups, gid)
	}
	return groups, nil
}
