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
	Index     int  // 0 for Any
	Up        bool // administratively; only then can it be captured on
	Running   bool // it has a carrier
	Loopback  bool
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
		list = append(list, Interface{Name: i.Name, Index: i.Index, Up: i.Flags&net.FlagUp != 0,
			Running: i.Flags&net.FlagRunning != 0, Loopback: i.Flags&net.FlagLoopback != 0, Addresses: prefixes(addresses)})
	}
	if runtime.GOOS == "linux" {
		list = append(list, Interface{Name: Any, Up: true, Running: true})
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
