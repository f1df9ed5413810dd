//go:build linux

// Command peer plays the clients, servers and middleboxes that record.sh needs
// and that no packaged program provides: a gateway that closes with unread data,
// servers that behave badly in one exact way, a Go TLS client and server, and a
// wire that delays, drops, tags or forges frames.
package main

import (
	"fmt"
	"io"
	"os"
)

// command is one subcommand; it runs until its peer is gone or it is killed.
type command struct {
	usage string
	run   func(args []string, stderr io.Writer) error
}

func commands() map[string]command {
	return map[string]command{
		"serve":     {"ADDR STEP...: accept connections and play the steps on each", runServe},
		"dial":      {"ADDR STEP...: connect and play the steps", runDial},
		"gateway":   {"-listen ADDR -route NAME=CERT,KEY: route by SNI, close unread what matches nothing", runGateway},
		"tls-serve": {"-listen ADDR -cert CERT,KEY: TLS server of crypto/tls", runTLSServe},
		"tls-dial":  {"-addr ADDR -sni NAME: TLS client of crypto/tls", runTLSDial},
		"socks":     {"-listen ADDR: SOCKS 4 and 5 server", runSOCKS},
		"wire":      {"-a IFACE -b IFACE: forward frames between two interfaces", runWire},
	}
}

func main() { os.Exit(run(os.Args[1:], os.Stderr)) }

func run(args []string, stderr io.Writer) int {
	if len(args) == 0 {
		usage(stderr)
		return 2
	}
	cmd, ok := commands()[args[0]]
	if !ok {
		usage(stderr)
		return 2
	}
	if err := cmd.run(args[1:], stderr); err != nil {
		fmt.Fprintf(stderr, "peer: %s: %v\n", args[0], err)
		return 1
	}
	return 0
}

func usage(w io.Writer) {
	fmt.Fprintln(w, "usage: peer COMMAND ...")
	for name, cmd := range commands() {
		fmt.Fprintf(w, "  %-10s %s\n", name, cmd.usage)
	}
}
