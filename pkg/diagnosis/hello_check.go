package diagnosis

// HAProxy's "option ssl-hello-chk" asks by a hello of SSL 3.0 whether a server speaks TLS, and takes any answer in TLS for health: an alert,
// which is what every server of today has for it, fails nothing.

// helloChecked holds for such a check that was answered.
func (v *view) helloChecked() bool { return v.Hello.IsHelloCheck() && v.TLSBytes[server] > 0 }

// remarkHelloCheck says so.
func remarkHelloCheck(b []byte, v *view, _, _ *rule) []byte {
	if !v.helloChecked() {
		return b
	}
	return append(b, "such a hello is a health check (HAProxy's option ssl-hello-chk), which passes with any answer in TLS"...)
}

const fixHelloCheck = "nothing: the check passed; with check-ssl instead, HAProxy makes whole handshakes"
