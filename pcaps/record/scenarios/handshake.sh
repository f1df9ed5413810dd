# Handshakes that go through, in the shapes that a parser must cope with.

# nginx_shop starts nginx on 443 for shop.example; $1 adds directives.
nginx_shop() {
	cert shop shop.example DNS:shop.example
	run_nginx http <<-CONF
		ssl_protocols TLSv1.2 TLSv1.3;
		server { listen 443 ssl default_server; listen [::]:443 ssl default_server; ssl_certificate $run/shop.crt; ssl_certificate_key $run/shop.key; ${1-} return 200 "shop\n"; }
	CONF
	listening server 443
}

rec_ok_tls13() {
	nginx_shop
	capture_ng client ok-tls13.pcapng c0
	port 40001; get --resolve shop.example:443:10.9.0.2 https://shop.example/
	captured
}

rec_ok_tls12() {
	nginx_shop
	capture client ok-tls12.pcap -i c0 "$tcp_only"
	port 40001; get --tls-max 1.2 --resolve shop.example:443:10.9.0.2 https://shop.example/
	port 40002; get --tls-max 1.2 --ciphers AES128-SHA:ECDHE-ECDSA-AES128-SHA --resolve shop.example:443:10.9.0.2 https://shop.example/
	captured
}

rec_ok_ipv6() {
	nginx_shop
	capture client ok-ipv6.pcap -i c0 "$tcp_only"
	port 40001; get --resolve 'shop.example:443:[fd00:9::2]' https://shop.example/
	port 40002; get -k 'https://[fd00:9::2]/'
	captured
}

# Client and server on one host: each packet crosses lo once as sent and once as received.
rec_ok_loopback() {
	cert shop shop.example DNS:shop.example
	start client "$peer" tls-serve -listen 127.0.0.1:8443 -cert "$run/shop.crt,$run/shop.key"
	listening client 8443
	capture client ok-loopback.pcap -i lo "$tcp_only"
	port 40001; get --resolve shop.example:8443:127.0.0.1 https://shop.example:8443/
	captured
}

# The same through "any", where a host with two interfaces would show duplicates.
rec_ok_any_router_duplicates() {
	routed
	nginx_shop
	capture router ok-any-router-duplicates.pcap -i any "$tcp_only"
	port 40001; get --resolve shop.example:443:10.9.2.2 https://shop.example/
	port 40002; get -k https://10.9.2.2/
	captured
}

rec_ok_vlan() {
	wired_vlan
	nginx_shop
	capture router ok-vlan.pcap -i t1 "vlan and ($tcp_only)"
	port 40001; get --resolve shop.example:443:10.9.3.2 https://shop.example/
	captured
}

# A round trip of 30 ms, captured in the middle.
rec_ok_delay() {
	wired -delay 15ms
	nginx_shop
	capture router ok-delay.pcap -i w1 "$tcp_only"
	port 40001; get --resolve shop.example:443:10.9.3.2 https://shop.example/
	port 40002; get --tls-max 1.2 --resolve shop.example:443:10.9.3.2 https://shop.example/
	captured
}

# A post-quantum hello of crypto/tls: two segments on the wire, one merged segment where offloads are on.
rec_ok_hello_segments() {
	cert shop shop.example DNS:shop.example
	start server "$peer" tls-serve -listen :443 -cert "$run/shop.crt,$run/shop.key"
	listening server 443
	capture client ok-hello-segments-gso.pcap -i c0 "$tcp_only"
	port 40001; client "$peer" tls-dial -addr 10.9.0.2:443 -sni shop.example -ca "$run/ca.crt"
	captured
	plain $nsc c0
	capture client ok-hello-segments-mss.pcap -i c0 "$tcp_only"
	port 40002; client "$peer" tls-dial -addr 10.9.0.2:443 -sni shop.example -ca "$run/ca.crt"
	captured
	# Seven bytes at a time: the name lies in one of some thirty segments, each acknowledged.
	capture client ok-hello-segments-tiny.pcap -i c0 "$tcp_only"
	port 40003; client "$peer" tls-dial -addr 10.9.0.2:443 -sni shop.example -ca "$run/ca.crt" -curves x25519 -segment 7 -pause 2ms
	captured
}

# A server that advertises a small MSS.
rec_ok_small_mss() {
	nginx_shop
	server sysctl -qw net.ipv4.route.min_adv_mss=88
	ip -n $nss route change 10.9.0.0/24 dev s0 src 10.9.0.2 advmss 88
	plain $nsc c0
	capture client ok-small-mss.pcap -i c0 "$tcp_only"
	port 40001; get --resolve shop.example:443:10.9.0.2 https://shop.example/
	captured
}

# One ClientHello in several TLS records: crypto/tls cut by us at 100 bytes; openssl at 512.
rec_ok_hello_records() {
	cert shop shop.example DNS:shop.example
	s_server -accept 443 -cert "$run/shop.crt" -key "$run/shop.key"
	listening server 443
	capture client ok-hello-records.pcap -i c0 "$tcp_only"
	port 40001; client "$peer" tls-dial -addr 10.9.0.2:443 -sni shop.example -ca "$run/ca.crt" -curves x25519 -record 100
	local alpn
	alpn=$(seq -f 'protocol-number-%03g' -s , 20)
	port 40002; s_client -connect 10.9.0.2:443 -servername shop.example -max_send_frag 512 -alpn "$alpn"
	captured
}

# The server wants another group: HelloRetryRequest and a second ClientHello.
rec_ok_hello_retry_request() {
	cert shop shop.example DNS:shop.example
	s_server -accept 443 -cert "$run/shop.crt" -key "$run/shop.key" -groups P-384
	listening server 443
	capture client ok-hello-retry-request.pcap -i c0 "$tcp_only"
	port 40001; s_client -connect 10.9.0.2:443 -servername shop.example -groups X25519:P-384
	port 40002; s_client -connect 10.9.0.2:443 -noservername -groups X25519:P-384
	captured
}

# Sessions resumed: TLS 1.3 (PSK) and TLS 1.2 (ticket, then session id).
rec_ok_resumption() {
	cert shop shop.example DNS:shop.example
	s_server -accept 443 -cert "$run/shop.crt" -key "$run/shop.key"
	listening server 443
	capture client ok-resumption-tls13.pcap -i c0 "$tcp_only"
	port 40001; s_client -connect 10.9.0.2:443 -servername shop.example -sess_out "$run/s13"
	port 40002; s_client -connect 10.9.0.2:443 -servername shop.example -sess_in "$run/s13"
	captured
	capture client ok-resumption-tls12.pcap -i c0 "$tcp_only"
	port 40003; s_client -tls1_2 -connect 10.9.0.2:443 -servername shop.example -sess_out "$run/s12"
	port 40004; s_client -tls1_2 -connect 10.9.0.2:443 -servername shop.example -sess_in "$run/s12"
	port 40005; s_client -tls1_2 -no_ticket -connect 10.9.0.2:443 -servername shop.example -sess_out "$run/sid"
	port 40006; s_client -tls1_2 -no_ticket -connect 10.9.0.2:443 -servername shop.example -sess_in "$run/sid"
	captured
}

# TLS 1.3 without session tickets: after the client's Finished the server has nothing of its own to say.
rec_ok_tls13_no_tickets() {
	cert shop shop.example DNS:shop.example
	s_server -accept 443 -cert "$run/shop.crt" -key "$run/shop.key" -num_tickets 0
	start server "$peer" tls-serve -listen :8443 -cert "$run/shop.crt,$run/shop.key" -tickets=false
	listening server 443 8443
	capture client ok-tls13-no-tickets.pcap -i c0 "$tcp_only"
	port 40001; get --resolve shop.example:443:10.9.0.2 https://shop.example/
	port 40002; get --resolve shop.example:8443:10.9.0.2 https://shop.example:8443/
	# A client that only looks: handshake, close_notify, FIN. No application data from the server.
	port 40003; client openssl s_client -connect 10.9.0.2:443 -servername shop.example -CAfile "$run/ca.crt" </dev/null >>"$run/log" 2>&1
	captured
}

# Other stacks: GnuTLS and Java as clients, stunnel as server.
rec_ok_other_stacks() {
	cert shop shop.example DNS:shop.example
	nginx_shop
	run_stunnel <<-CONF
		[https]
		accept = 8443
		connect = 127.0.0.1:443
	CONF
	listening server 443 8443
	capture client ok-other-stacks.pcap -i c0 "$tcp_only"
	port 40001; printf 'GET / HTTP/1.0\r\n\r\n' | timeout 8 ip netns exec $nsc gnutls-cli --x509cafile "$run/ca.crt" --sni-hostname shop.example --verify-hostname shop.example 10.9.0.2 >>"$run/log" 2>&1
	port 40002; client java -cp "$BUILD" Dial 10.9.0.2 443 shop.example TLSv1.3,TLSv1.2 "$run/ca.crt" >>"$run/log" 2>&1
	port 40003; client openssl s_client -connect 10.9.0.2:8443 -servername shop.example </dev/null >>"$run/log" 2>&1
	captured
}

# A certificate for *.mysite.com: right for a subdomain, wrong for one more level and for another domain.
rec_wildcard_certificate() {
	cert wild '*.mysite.com' 'DNS:*.mysite.com'
	s_server -accept 443 -cert "$run/wild.crt" -key "$run/wild.key"
	listening server 443
	capture client ok-wildcard-certificate.pcap -i c0 "$tcp_only"
	port 40001; get --tls-max 1.2 --resolve shop.mysite.com:443:10.9.0.2 https://shop.mysite.com/
	captured
	capture client certificate-name-mismatch.pcap -i c0 "$tcp_only"
	port 40002; get --tls-max 1.2 --resolve a.shop.mysite.com:443:10.9.0.2 https://a.shop.mysite.com/
	port 40003; client "$peer" tls-dial -addr 10.9.0.2:443 -sni shop.example -ca "$run/ca.crt" -max 1.2
	port 40004; client java -cp "$BUILD" Dial 10.9.0.2 443 shop.example TLSv1.2 "$run/ca.crt" >>"$run/log" 2>&1
	port 40005; get -k --tls-max 1.2 --resolve shop.example:443:10.9.0.2 https://shop.example/
	captured
}

# A certificate without subjectAltName, its common name another.
rec_certificate_name_mismatch_cn() {
	cert old old.example
	s_server -accept 443 -cert "$run/old.crt" -key "$run/old.key"
	listening server 443
	capture client certificate-name-mismatch-cn.pcap -i c0 "$tcp_only"
	port 40001; get --tls-max 1.2 --resolve shop.example:443:10.9.0.2 https://shop.example/
	port 40002; get --tls-max 1.2 --resolve old.example:443:10.9.0.2 https://old.example/
	captured
}

# 0-RTT: the client's request comes with its hello, and the server answers it and closes before the client's Finished comes. Then it
# keeps the connection.
rec_ok_early_data() {
	cert shop shop.example DNS:shop.example
	run_nginx http <<-CONF
		ssl_protocols TLSv1.3; ssl_certificate $run/shop.crt; ssl_certificate_key $run/shop.key; ssl_early_data on;
		server { listen 443 ssl; return 200 "ok\n"; }
	CONF
	listening server 443
	local to='-connect 10.9.0.2:443 -servername shop.example -tls1_3'
	printf 'GET / HTTP/1.0\r\nHost: shop.example\r\n\r\n' >"$run/once"
	printf 'GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n' >"$run/kept"
	s_client $to -sess_out "$run/session"
	capture client ok-early-data.pcap -i c0 "$tcp_only"
	port 40001; client openssl s_client $to -CAfile "$run/ca.crt" -sess_in "$run/session" -early_data "$run/once" -ign_eof </dev/null >>"$run/log" 2>&1 || true
	s_client $to -sess_out "$run/session"
	port 40002; timeout 2 ip netns exec "$nsc" openssl s_client $to -CAfile "$run/ca.crt" -sess_in "$run/session" -early_data "$run/kept" </dev/null >>"$run/log" 2>&1 || true
	captured
}
