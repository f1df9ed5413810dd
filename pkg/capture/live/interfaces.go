package live

import (
	"fmt"
	"net"
	"net/netip"
	"runtime"
)

// Interface is a network interface of this machine.
type Interface struct {
	Name      string
	Up        bool // administratively; only then can it be captured on
	Addresses []netip.Prefix
}

// Interfaces lists the interfaces in order of their index, and last Any where there is such a thing. It needs no
// privileges.
func Interfaces() ([]Interface, error) {
	found, err := net.Interfaces()
	if err != nil {
		return nil, fmt.Errorf("listing the interfaces: %w", err)
	}
	var list []Interface
	for _, i := range found {
		addresses, err := i.Addrs()
		if err != nil {
			continue // it has gone in the meantime
		}
		list = append(list, Interface{Name: i.Name, Up: i.Flags&net.FlagUp != 0, Addresses: prefixes(addresses)})
	}
	if runtime.GOOS == "linux" {
		list = append(list, Interface{Name: Any, Up: true})
	}
	return list, nil
}

// prefixes converts addresses, which package net keeps as *net.IPNet.
func prefixes(addresses []net.Addr) (list []netip.Prefix) {
	for _, a := range addresses {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			list = append(list, p)
		}
	}
	return list
}
