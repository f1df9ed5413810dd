//go:build linux && (!libpcap || !cgo)

package live

import (
	"encoding/binary"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/sniscope/sniscope/pkg/capture"
)

// arphrdPPP stands for a link layer that is neither Ethernet nor nothing.
const arphrdPPP = unix.ARPHRD_PPP

// tun makes an interface that has no link layer, or pretends to have one of another ARPHRD_ type. What is written to
// the file that it returns is received there.
func tun(t *testing.T, name string, link int) *os.File {
	t.Helper()
	file, err := os.OpenFile("/dev/net/tun", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("no tun device: %v", err)
	}
	t.Cleanup(func() { file.Close() })
	request, err := unix.NewIfreq(name)
	if err != nil {
		t.Fatal(err)
	}
	request.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
	if err := unix.IoctlIfreq(int(file.Fd()), unix.TUNSETIFF, request); err != nil {
		t.Skipf("no tun device: %v", err)
	}
	if link != unix.ARPHRD_NONE {
		if err := unix.IoctlSetInt(int(file.Fd()), unix.TUNSETLINK, link); err != nil {
			t.Fatal(err)
		}
	}
	ip(t, "link set "+name+" up")
	return file
}

// TestTun captures on interfaces without an Ethernet header, by name and among all.
func TestTun(t *testing.T) {
	for _, link := range []int{unix.ARPHRD_NONE, arphrdPPP} {
		for _, name := range []string{"t0", Any} {
			namespace(t)
			file := tun(t, "t0", link)
			s, stop := open(t, name, Options{})
			packet := tcp(443, 7, 100)[14:]
			if _, err := file.Write(packet); err != nil {
				t.Fatal(err)
			}
			got := packets(t, s, stop, 1)
			if len(got) != 1 || got[0].Link != capture.LinkLinuxSLL2 || got[0].data[:2] != "\x08\x00" || got[0].data[20:] != string(packet) ||
				binary.BigEndian.Uint16([]byte(got[0].data[8:])) != uint16(link) || int(got[0].Len) != 20+len(packet) {
				t.Errorf("%s, link type %d: got %+v", name, link, got)
			}
			file.Close()
		}
	}
}
