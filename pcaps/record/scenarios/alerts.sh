# Handshakes that one side ends with an alert, or after the server's flight.

# A retry at TLS 1.2 with TLS_FALLBACK_SCSV, refused by a server that speaks TLS 1.3: alert 86.
rec_inappropriate_fallback() {
	cert shop shop.example DNS:shop.example
	s_server -accept 443 -cert "$run/shop.crt" -key "$run/shop.key"
	listening server 443
	capture client inappropriate-fallback.pcap -i c0 "$tcp_only"
	port 40001; s_client -connect 10.9.0.2:443 -servername shop.example -fallback_scsv -no_tls1_3
	port 40002; s_client -connect 10.9.0.2:443 -noservername -fallback_scsv -no_tls1_3
	port 40003; get --resolve shop.example:443:10.9.0.2 https://shop.example/
	captured
}

# The SCSV is offered and nothing is wrong with that: the server speaks TLS 1.2 at most.
rec_ok_fallback_scsv() {
	cert shop shop.example DNS:shop.example
	s_server -accept 443 -cert "$run/shop.crt" -key "$run/shop.key" -no_tls1_3
	listening server 443
	capture client ok-fallback-scsv.pcap -i c0 "$tcp_only"
	port 40001; s_client -connect 10.9.0.2:443 -servername shop.example -fallback_scsv -no_tls1_3
	captured
}

# Old clients: TLS 1.0 and 1.1 at OpenSSL 3 (80 or 70), TLS 1.2 at a server for 1.3 only (70).
rec_protocol_version() {
	cert shop shop.example DNS:shop.example
	s_server -accept 443 -cert "$run/shop.crt" -key "$run/shop.key"
	s_server -accept 8443 -cert "$run/shop.crt" -key "$run/shop.key" -tls1_3
	start server "$peer" tls-serve -listen :9443 -cert "$run/shop.crt,$run/shop.key" -min 1.2
	listening server 443 8443 9443
	capture client protocol-version.pcap -i c0 "$tcp_only"
	local old='-cipher DEFAULT@SECLEVEL=0'
	port 40001; s_client -connect 10.9.0.2:443 -servername shop.example -tls1 $old
	port 40002; s_client -connect 10.9.0.2:443 -servername shop.example -tls1_1 $old
	port 40003; s_client -connect 10.9.0.2:8443 -servername shop.example -tls1_2
	port 40004; s_client -connect 10.9.0.2:9443 -servername shop.example -tls1 $old
	port 40005; s_client -connect 10.9.0.2:9443 -noservername -tls1_1 $old
	captured
}

# The server answers with TLS 1.1: one client fails over its signature (alert 80), one refuses the version (70).
rec_protocol_version_old_server() {
	cert shop shop.example DNS:shop.example
	s_server -accept 443 -cert "$run/shop.crt" -key "$run/shop.key" -tls1_1 -cipher DEFAULT@SECLEVEL=0
	listening server 443
	capture client protocol-version-old-server.pcap -i c0 "$tcp_only"
	port 40001; get --resolve shop.example:443:10.9.0.2 https://shop.example/
	port 40002; s_client -connect 10.9.0.2:443 -servername shop.example -tls1_2
	captured
}

# Nothing in common: cipher suites, groups, signature algorithms.
rec_no_common_parameters() {
	cert shop shop.example DNS:shop.example
	s_server -accept 443 -cert "$run/shop.crt" -key "$run/shop.key" -no_tls1_3 -cipher ECDHE-ECDSA-AES256-GCM-SHA384
	s_server -accept 8443 -cert "$run/shop.crt" -key "$run/shop.key" -groups P-521
	listening server 443 8443
	capture client no-common-parameters.pcap -i c0 "$tcp_only"
	port 40001; s_client -connect 10.9.0.2:443 -servername shop.example -tls1_2 -cipher ECDHE-ECDSA-AES128-GCM-SHA256
	port 40002; s_client -connect 10.9.0.2:8443 -servername shop.example -groups X25519
	port 40003; s_client -connect 10.9.0.2:8443 -servername shop.example -groups P-521 -sigalgs RSA+SHA256
	port 40004; client "$peer" tls-dial -addr 10.9.0.2:443 -sni shop.example -insecure -max 1.2 -ciphers TLS_RSA_WITH_AES_128_CBC_SHA
	captured
}

# GnuTLS takes no server_name that is no host name, such as one with an underscore: alert 47.
rec_no_common_parameters_underscore() {
	cert shop shop.example DNS:shop.example,DNS:my_shop.example
	start server gnutls-serv -q --http --disable-client-cert --port 443 --x509certfile "$run/shop.crt" --x509keyfile "$run/shop.key"
	listening server 443
	capture client no-common-parameters-underscore.pcap -i c0 "$tcp_only"
	port 40001; get --resolve my_shop.example:443:10.9.0.2 https://my_shop.example/
	port 40002; get --resolve shop.example:443:10.9.0.2 https://shop.example/
	captured
}

rec_alpn_mismatch() {
	cert shop shop.example DNS:shop.example
	start server "$peer" tls-serve -listen :443 -cert "$run/shop.crt,$run/shop.key" -alpn h2,http/1.1
	listening server 443
	capture client alpn-mismatch.pcap -i c0 "$tcp_only"
	port 40001; s_client -connect 10.9.0.2:443 -servername shop.example -alpn spdy/3
	port 40002; s_client -connect 10.9.0.2:443 -noservername -alpn spdy/3
	port 40003; get --resolve shop.example:443:10.9.0.2 --http1.1 https://shop.example/
	captured
}

# rustls looks at ALPN behind its ServerHello: in TLS 1.3 the alert is encrypted, in TLS 1.2 it is not.
rec_alpn_mismatch_rustls() {
	cert shop shop.example DNS:shop.example
	start server "$BUILD/rustls-serve" 10.9.0.2:443 shop.example "$run/shop.crt" "$run/shop.key" h2
	listening server 443
	capture client alpn-mismatch-rustls.pcap -i c0 "$tcp_only"
	port 40001; get --http1.1 --resolve shop.example:443:10.9.0.2 https://shop.example/
	port 40002; get --http1.1 --tls-max 1.2 --resolve shop.example:443:10.9.0.2 https://shop.example/
	port 40003; get --no-alpn --resolve shop.example:443:10.9.0.2 https://shop.example/
	captured
}

# The name is not served: alert 112, fatal; s_server's own default is a warning and on it goes.
rec_sni_unrecognized() {
	cert shop shop.example DNS:shop.example
	s_server -accept 443 -cert "$run/shop.crt" -key "$run/shop.key" -servername shop.example -cert2 "$run/shop.crt" -key2 "$run/shop.key" -servername_fatal
	s_server -accept 8443 -cert "$run/shop.crt" -key "$run/shop.key" -servername shop.example -cert2 "$run/shop.crt" -key2 "$run/shop.key" -tls1_2
	listening server 443 8443
	capture client sni-unrecognized.pcap -i c0 "$tcp_only"
	port 40001; get -k --resolve shpo.example:443:10.9.0.2 https://shpo.example/
	port 40002; get --resolve shop.example:443:10.9.0.2 https://shop.example/
	captured
	capture client sni-unrecognized-warning-only.pcap -i c0 "$tcp_only"
	port 40003; get -k --resolve shop.example:8443:10.9.0.2 https://shop.example:8443/
	port 40004; get -k --resolve shpo.example:8443:10.9.0.2 https://shpo.example:8443/
	captured
}

# Only one name fails while others to the same server pass (contrast, no alert).
rec_sni_unrecognized_contrast() {
	cert shop shop.example DNS:shop.example,DNS:www.example
	start server "$peer" gateway -listen :443 -route "shop.example=$run/shop.crt,$run/shop.key" -route "www.example=$run/shop.crt,$run/shop.key"
	listening server 443
	capture client sni-unrecognized-contrast.pcap -i c0 "$tcp_only"
	port 40001; get --resolve shop.example:443:10.9.0.2 https://shop.example/
	port 40002; get --resolve shpo.example:443:10.9.0.2 https://shpo.example/
	port 40003; get --resolve www.example:443:10.9.0.2 https://www.example/
	port 40004; get --resolve shpo.example:443:10.9.0.2 https://shpo.example/
	captured
}

# Names that RFC 6066 does not allow.
rec_sni_invalid() {
	cert shop shop.example DNS:shop.example
	s_server -accept 443 -cert "$run/shop.crt" -key "$run/shop.key"
	start server "$peer" gateway -listen :8443 -route "shop.example=$run/shop.crt,$run/shop.key"
	listening server 443 8443
	capture client sni-invalid.pcap -i c0 "$tcp_only"
	port 40001; s_client -connect 10.9.0.2:443 -servername 10.9.0.2
	port 40002; s_client -connect 10.9.0.2:443 -servername shop.example.
	port 40003; s_client -connect 10.9.0.2:443 -servername "$(printf 'sh\303\266p.example')"
	port 40004; s_client -connect 10.9.0.2:8443 -servername 10.9.0.2
	captured
}

# mutual SERVER-PORT ...: s_server that demands a client certificate of the lab's CA.
mutual_server() { s_server -CAfile "$run/ca.crt" -cert "$run/shop.crt" -key "$run/shop.key" -Verify 2 -verify_return_error "$@"; }

rec_client_certificate() {
	cert shop shop.example DNS:shop.example
	cert me alice
	self_signed foreign /CN=stranger
	mutual_server -accept 443
	start server "$peer" tls-serve -listen :8443 -cert "$run/shop.crt,$run/shop.key" -client-ca "$run/ca.crt"
	listening server 443 8443
	local to='-connect 10.9.0.2:443 -servername shop.example'
	local mine="-cert $run/me.crt -key $run/me.key" foreign="-cert $run/foreign.crt -key $run/foreign.key"

	capture client ok-client-certificate.pcap -i c0 "$tcp_only"
	port 40001; s_client $to -tls1_2 $mine
	port 40002; s_client $to -tls1_3 $mine
	captured
	capture client client-certificate-required.pcap -i c0 "$tcp_only"
	port 40003; s_client $to -tls1_2
	port 40004; s_client $to -tls1_3
	port 40005; get -k https://shop.example:8443/ --resolve shop.example:8443:10.9.0.2
	captured
	capture client client-certificate-rejected.pcap -i c0 "$tcp_only"
	port 40006; s_client $to -tls1_2 $foreign
	port 40007; s_client $to -tls1_3 $foreign
	port 40008; get -k --cert "$run/foreign.crt" --key "$run/foreign.key" https://shop.example:8443/ --resolve shop.example:8443:10.9.0.2
	captured
}

# Apache wants a certificate for some paths only, and asks for it once it has the request: by renegotiation, which Go's client declines,
# and in TLS 1.3 behind the handshake.
rec_client_certificate_second_handshake() {
	cert shop shop.example DNS:shop.example
	cert me alice
	self_signed foreign /CN=stranger
	mkdir "$run/www"
	run_apache <<-CONF
		DocumentRoot $run/www
		Listen 443
		<VirtualHost *:443>
		SSLEngine on
		SSLCertificateFile $run/shop.crt
		SSLCertificateKeyFile $run/shop.key
		SSLCACertificateFile $run/ca.crt
		<Location />
		SSLVerifyClient require
		</Location>
		<Location /open>
		SSLVerifyClient none
		</Location>
		</VirtualHost>
	CONF
	listening server 443
	local site='--resolve shop.example:443:10.9.0.2' private=https://shop.example/
	local mine="--cert $run/me.crt --key $run/me.key" foreign="--cert $run/foreign.crt --key $run/foreign.key"
	capture client client-certificate-renegotiation.pcap -i c0 "$tcp_only"
	port 40001; get $site --tls-max 1.2 $mine $private
	port 40002; get $site --tls-max 1.2 $private
	port 40003; get $site --tls-max 1.2 $foreign $private
	port 40004; client "$peer" tls-dial -addr 10.9.0.2:443 -sni shop.example -ca "$run/ca.crt" -max 1.2 >>"$run/log" 2>&1
	captured
	capture client client-certificate-post-handshake.pcap -i c0 "$tcp_only"
	port 40005; get $site $mine $private
	port 40006; get $site $private
	port 40007; get $site $foreign $private
	port 40008; get $site https://shop.example/open
	captured
}

# Java pads its empty Certificate of TLS 1.3; the server refuses it, and lets it in where it only asks.
rec_client_certificate_required_java() {
	cert shop shop.example DNS:shop.example
	mutual_server -accept 443
	start server "$peer" tls-serve -listen :8443 -cert "$run/shop.crt,$run/shop.key" -client-ca "$run/ca.crt"
	s_server -accept 9443 -cert "$run/shop.crt" -key "$run/shop.key" -CAfile "$run/ca.crt" -verify 1
	listening server 443 8443 9443
	local n=1 p
	capture client client-certificate-required-java.pcap -i c0 "$tcp_only"
	for p in 443 8443 9443; do
		port 4000$n; client java -cp "$BUILD" Dial 10.9.0.2 $p shop.example TLSv1.3 "$run/ca.crt" >>"$run/log" 2>&1
		n=$((n + 1))
	done
	captured
}

# nginx asks and lets the client in without: HTTP 200 (optional) or HTTP 400 (on), both inside TLS.
rec_ok_client_certificate_optional() {
	cert shop shop.example DNS:shop.example
	run_nginx http <<-CONF
		ssl_protocols TLSv1.2 TLSv1.3; ssl_certificate $run/shop.crt; ssl_certificate_key $run/shop.key; ssl_client_certificate $run/ca.crt;
		server { listen 443 ssl; ssl_verify_client optional; return 200 "ok\n"; }
		server { listen 8443 ssl; ssl_verify_client on; return 200 "ok\n"; }
	CONF
	listening server 443 8443
	capture client ok-client-certificate-optional.pcap -i c0 "$tcp_only"
	port 40001; get --resolve shop.example:443:10.9.0.2 https://shop.example/
	port 40002; get --tls-max 1.2 --resolve shop.example:443:10.9.0.2 https://shop.example/
	port 40003; get --resolve shop.example:8443:10.9.0.2 https://shop.example:8443/
	port 40004; get --tls-max 1.2 --resolve shop.example:8443:10.9.0.2 https://shop.example:8443/
	captured
}

# The client does not trust the server's certificate.
rec_client_rejected_certificate() {
	cert shop shop.example DNS:shop.example
	s_server -accept 443 -cert "$run/shop.crt" -key "$run/shop.key"
	listening server 443
	local name='--resolve shop.example:443:10.9.0.2 https://shop.example/'
	capture client client-rejected-certificate-tls12.pcap -i c0 "$tcp_only"
	port 40001; client curl -s -m 8 --tls-max 1.2 $name
	port 40002; client java -cp "$BUILD" Dial 10.9.0.2 443 shop.example TLSv1.2 >>"$run/log" 2>&1
	captured
	capture client client-rejected-certificate-tls13.pcap -i c0 "$tcp_only"
	port 40003; client curl -s -m 8 $name
	port 40004; client env SSL_CERT_FILE=/dev/null "$peer" tls-dial -addr 10.9.0.2:443 -sni shop.example >>"$run/log" 2>&1
	port 40005; client java -cp "$BUILD" Dial 10.9.0.2 443 shop.example TLSv1.3 >>"$run/log" 2>&1
	captured
}

# NSS, as in Firefox, goes on with the handshake of TLS 1.2 while it looks at the certificate: 15 ms from the server, its alert
# comes behind its Finished, encrypted, and before it has the server's.
rec_client_rejected_certificate_nss() {
	cert shop shop.example DNS:shop.example
	wired -delay 15ms
	s_server -accept 443 -cert "$run/shop.crt" -key "$run/shop.key"
	listening server 443
	mkdir "$run/nss"
	certutil -N -d "sql:$run/nss" --empty-password # trusts nobody
	capture client client-rejected-certificate-nss.pcap -i c2 "$tcp_only"
	port 40001; client timeout 5 tstclnt -h 10.9.3.2 -p 443 -a shop.example -d "sql:$run/nss" -V tls1.2:tls1.2 </dev/null >>"$run/log" 2>&1
	port 40002; get --tls-max 1.2 --resolve shop.example:443:10.9.3.2 https://shop.example/
	captured
}

# Certificates whose time is over, of the server and then of the client, in TLS 1.2, where they can be read.
rec_certificate_expired() {
	cert shop shop.example DNS:shop.example
	cert old shop.example DNS:shop.example 0
	cert me alice '' 0
	s_server -accept 443 -cert "$run/old.crt" -key "$run/old.key"
	mutual_server -accept 8443
	listening server 443 8443
	sleep 1.1 # the certificates of no days are valid for the second in which they were made
	local name='--resolve shop.example:443:10.9.0.2 https://shop.example/'
	capture client certificate-expired.pcap -i c0 "$tcp_only"
	port 40001; get --tls-max 1.2 $name
	port 40002; client "$peer" tls-dial -addr 10.9.0.2:443 -sni shop.example -ca "$run/ca.crt" -max 1.2 >>"$run/log" 2>&1
	port 40003; get --tls-max 1.2 -k $name
	port 40004; s_client -connect 10.9.0.2:8443 -servername shop.example -tls1_2 -cert "$run/me.crt" -key "$run/me.key"
	captured
}

# Without a name the client meets the default certificate, self-signed as that of an ingress, and ends it.
rec_no_sni_client_rejected() {
	self_signed fake '/O=Lab/CN=Ingress Fake Certificate'
	cert default default.example DNS:default.example
	run_nginx http <<-CONF
		ssl_protocols TLSv1.2 TLSv1.3;
		server { listen 443 ssl; ssl_certificate $run/fake.crt; ssl_certificate_key $run/fake.key; return 200 "fake\n"; }
		server { listen 8443 ssl; ssl_certificate $run/default.crt; ssl_certificate_key $run/default.key; return 200 "default\n"; }
	CONF
	listening server 443 8443
	capture client no-sni-client-rejected.pcap -i c0 "$tcp_only"
	port 40001; get --tls-max 1.2 https://10.9.0.2/
	port 40002; get https://10.9.0.2/
	port 40003; client java -cp "$BUILD" Dial 10.9.0.2 8443 10.9.0.2 TLSv1.2 "$run/ca.crt" >>"$run/log" 2>&1
	port 40004; client java -cp "$BUILD" Dial 10.9.0.2 8443 10.9.0.2 TLSv1.3 "$run/ca.crt" >>"$run/log" 2>&1
	captured
	# curl compares the name itself, after the handshake: on the wire it went through.
	capture client no-sni-accepted-then-closed.pcap -i c0 "$tcp_only"
	port 40005; get --tls-max 1.2 https://10.9.0.2:8443/
	port 40006; get https://10.9.0.2:8443/
	captured
}

# Alerts of the server that no other code covers: decode_error for trailing bytes (50), internal_error (80).
rec_server_alert() {
	cert shop shop.example DNS:shop.example
	start server "$peer" tls-serve -listen :443 -cert "$run/shop.crt,$run/shop.key"
	start server "$peer" serve :8443 record hex:15030100020250 close
	listening server 443 8443
	capture client server-alert.pcap -i c0 "$tcp_only"
	port 40001; client "$peer" dial 10.9.0.2:443 hello-trailing:shop.example drain
	port 40002; get --resolve shop.example:8443:10.9.0.2 https://shop.example:8443/
	captured
}

# ECH of crypto/tls: accepted; then with a stale key, where the client's alert 121 is encrypted.
rec_ech() {
	cert public public.example DNS:public.example,DNS:secret.example
	start server "$peer" tls-serve -listen :443 -cert "$run/public.crt,$run/public.key" -ech "$run/ech1"
	start server "$peer" tls-serve -listen :8443 -cert "$run/public.crt,$run/public.key" -ech "$run/ech2"
	listening server 443 8443
	capture client ok-ech.pcap -i c0 "$tcp_only"
	port 40001; client "$peer" tls-dial -addr 10.9.0.2:443 -sni secret.example -ca "$run/ca.crt" -min 1.3 -ech "$run/ech1"
	captured
	capture client ech-stale-key.pcap -i c0 "$tcp_only"
	port 40002; client "$peer" tls-dial -addr 10.9.0.2:443 -sni secret.example -ca "$run/ca.crt" -min 1.3 -ech "$run/ech2" >>"$run/log" 2>&1
	captured
}

# A Java server whose key store has certificates and no key: in TLS 1.3 it finds that out behind its ServerHello.
rec_server_alert_java_no_key() {
	openssl pkcs12 -export -nokeys -in "$run/ca.crt" -out "$run/nokey.p12" -passout pass:changeit
	start server java -cp "$BUILD" Serve 443 "$run/nokey.p12"
	listening server 443
	capture client server-alert-java-no-key.pcap -i c0 "$tcp_only"
	port 40001; get --resolve shop.example:443:10.9.0.2 https://shop.example/
	port 40002; get -k https://10.9.0.2/
	captured
}

# Java chooses certificate and protocol once it has sent its ServerHello of TLS 1.3: one server has a key for one name only, and another
# speaks HTTP/2 only.
rec_no_sni_alert_java() {
	cert shop shop.example DNS:shop.example
	openssl pkcs12 -export -in "$run/shop.crt" -inkey "$run/shop.key" -out "$run/shop.p12" -passout pass:changeit
	start server java -cp "$BUILD" Serve 443 "$run/shop.p12" shop.example
	start server java -cp "$BUILD" Serve 8443 "$run/shop.p12" shop.example h2
	listening server 443 8443
	capture client no-sni-alert-java.pcap -i c0 "$tcp_only"
	port 40001; get --resolve shop.example:443:10.9.0.2 https://shop.example/
	port 40002; get -k https://10.9.0.2/
	port 40003; get -k --tls-max 1.2 https://10.9.0.2/
	port 40004; get -k --resolve shpo.example:443:10.9.0.2 https://shpo.example/
	port 40005; get --http1.1 --resolve shop.example:8443:10.9.0.2 https://shop.example:8443/
	captured
}
