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

// atPlainProxy holds where a client began TLS with what is a proxy to others, who ask it for tunnels without TLS, and nobody was seen to
// get any TLS of its own there.
func (v *view) atPlainProxy() bool {
	e := &v.c.Endpoint
	return e.Tunnels > 0 && len(v.Carrier) == 0 && v.Transport == flow.TCP && !v.refusedInTLS() && e.TLS == 0
}

func (v *view) appendPlainProxy(b []byte) []byte {
	b = appendCount(append(b, "it is a proxy that was asked without TLS for "...), v.c.Endpoint.Tunnels, "tunnel")
	return append(b, " in this capture"...)
}

const fixPlainProxy = "write the proxy as http:// in the client's setting (https_proxy=http://…), for https:// means TLS to the proxy itself, which this one does not have there"
