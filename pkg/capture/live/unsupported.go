//go:build !linux && (!libpcap || !cgo)

package live

import "runtime"

// openDevice says how to capture all the same.
func openDevice(name string, _ Options) (device, []error, error) {
	e := &Error{Name: name, Err: ErrUnsupported}
	if runtime.GOOS == "windows" {
		e.hint = "capture with Wireshark's dumpcap and read what it writes: dumpcap -i " + name + " -w - | sniscope -"
	} else {
		e.hint = "capture with tcpdump and read what it writes: sudo tcpdump -i " + name + " -U -w - | sniscope -; " +
			"or build with libpcap: CGO_ENABLED=1 go build -tags libpcap ./cmd/sniscope"
	}
	return nil, nil, e
}
