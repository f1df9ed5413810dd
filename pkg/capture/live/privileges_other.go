//go:build !linux

package live

import "fmt"

// DropPrivileges becomes that user, with his groups, for good. Without a user it does nothing: only Linux has
// capabilities to drop. Open captures stay open.
func DropPrivileges(user string, _ bool) error {
	if user == "" {
		return nil
	}
	if err := become(user); err != nil {
		return fmt.Errorf("dropping privileges: %w", err)
	}
	return nil
}
