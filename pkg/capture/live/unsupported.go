//go:build !linux && (!libpcap || !cgo)

package live

import "runtime"

// openDevice says how to capture all the same.
func openDevice(name string, _ Options) (device, []error, error) {
	e := &Error{Name: name, Err: ErrUnsupported}
	if runtime.GOOS == "windows" {
		e.hint = "capture with Wireshark's dumpcap and follow what it writes: dumpcap -i " + name + " -w - | sniscope -i -"
	} else {
		e.hint = "capture with tcpdump and follow what it writes: sudo tcpdump -i " + name + " -U -w - | sniscope -i -; " +
			"or build with libpcap: CGO_ENABLED=1 go build -tags libpcap ./cmd/sniscope"
	}
	return nil, nil, e
}
