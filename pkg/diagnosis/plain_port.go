package diagnosis

import (
	"strconv"

	"github.com/sniscope/sniscope/pkg/flow"
)

// atPlainPort holds where a client began TLS on such a port, and nobody was seen to get any TLS there.
func (v *view) atPlainPort() bool {
	e := &v.c.Endpoint
	registered := plainPorts[v.Endpoints[server].Port()] != plainPort{}
	return registered && v.Transport == flow.TCP && len(v.Carrier) == 0 && !v.refusedInTLS() && e.TLS == 0 && e.passed() == 0
}

func (v *view) appendPlainPort(b []byte) []byte {
	port := v.Endpoints[server].Port()
	b = strconv.AppendUint(append(b, "port "...), uint64(port), 10)
	b = append(append(append(b, " is that of "...), plainPorts[port].protocol...), " without TLS, which has port "...)
	return append(strconv.AppendUint(b, uint64(plainPorts[port].tls), 10), " for it"...)
}

const fixPlainPort = "use the port on which the protocol has TLS, or enable TLS on this listener, with a certificate and key that it can read"
