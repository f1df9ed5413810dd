# Scenarios about server_name: the ones this project is for.

# A gateway that routes by SNI alone: the same client passes with a name and is reset without.
rec_no_sni_reset_envoy() {
	cert shop shop.example DNS:shop.example
	start server "$peer" gateway -listen :443 -route "shop.example=$run/shop.crt,$run/shop.key"
	listening server 443
	capture client no-sni-reset-envoy.pcap -i c0 "$tcp_only"
	port 40001; get --resolve shop.example:443:10.9.0.2 https://shop.example/
	port 40002; get -k -H 'Host: shop.example' https://10.9.0.2/
	port 40003; get -k -H 'Host: shop.example' https://10.9.0.2/
	captured
}

# The same gateway with a wildcard route. The certificate is out of sight: TLS 1.3.
rec_no_sni_accepted_wildcard_route() {
	cert shop shop.example DNS:shop.example
	start server "$peer" gateway -listen :443 -route "*=$run/shop.crt,$run/shop.key"
	listening server 443
	capture client no-sni-accepted-wildcard-route.pcap -i c0 --time-stamp-precision=nano "$tcp_only"
	port 40001; get -k -H 'Host: shop.example' https://10.9.0.2/
	port 40002; get --resolve shop.example:443:10.9.0.2 https://shop.example/
	captured
}

# nginx serves its default certificate; TLS 1.2, so that the certificate is visible.
rec_no_sni_accepted_default_cert() {
	cert default default.example DNS:default.example,DNS:www.default.example
	cert shop shop.example DNS:shop.example
	run_nginx http <<-CONF
		ssl_protocols TLSv1.2;
		server { listen 443 ssl default_server; ssl_certificate $run/default.crt; ssl_certificate_key $run/default.key; return 200 "default\n"; }
		server { listen 443 ssl; server_name shop.example; ssl_certificate $run/shop.crt; ssl_certificate_key $run/shop.key; return 200 "shop\n"; }
	CONF
	listening server 443
	capture client no-sni-accepted-default-cert.pcap -i c0 "$tcp_only"
	port 40001; get -k https://10.9.0.2/
	port 40002; get --resolve shop.example:443:10.9.0.2 https://shop.example/
	captured
}

# nginx with ssl_reject_handshake: alert 112.
rec_no_sni_alert_nginx_reject() {
	cert shop shop.example DNS:shop.example
	run_nginx http <<-CONF
		server { listen 443 ssl default_server; ssl_reject_handshake on; }
		server { listen 443 ssl; server_name shop.example; ssl_certificate $run/shop.crt; ssl_certificate_key $run/shop.key; return 200 "shop\n"; }
	CONF
	listening server 443
	# On "any", so the file is in Linux cooked capture v2.
	capture client no-sni-alert-nginx-reject.pcap -i any "$tcp_only"
	port 40001; get -k https://10.9.0.2/
	port 40002; get --resolve shop.example:443:10.9.0.2 https://shop.example/
	captured
}

# rustls has a certificate for one name, and alert 49 for the rest.
rec_no_sni_alert_rustls() {
	cert shop shop.example DNS:shop.example
	start server "$BUILD/rustls-serve" 10.9.0.2:443 shop.example "$run/shop.crt" "$run/shop.key"
	listening server 443
	capture client no-sni-alert-rustls.pcap -i c0 "$tcp_only"
	port 40001; get -k https://10.9.0.2/
	port 40002; get -k --resolve shpo.example:443:10.9.0.2 https://shpo.example/
	port 40003; get --resolve shop.example:443:10.9.0.2 https://shop.example/
	captured
}

# haproxy strict-sni: alert 112.
rec_no_sni_alert_haproxy_strict() {
	cert shop shop.example DNS:shop.example
	run_haproxy <<-CONF
		frontend tls
		  mode http
		  bind :443 ssl crt $run/shop.pem strict-sni
		  http-request return status 200 content-type text/plain string ok
	CONF
	listening server 443
	capture client no-sni-alert-haproxy-strict.pcap -i any -y LINUX_SLL "$tcp_only"
	port 40001; get -k https://10.9.0.2/
	port 40002; get --resolve shop.example:443:10.9.0.2 https://shop.example/
	captured
}

# Go servers without a certificate for the client: nil certificate (112), callback error (80).
rec_no_sni_alert_go() {
	cert shop shop.example DNS:shop.example
	start server "$peer" tls-serve -listen :443 -cert "$run/shop.crt,$run/shop.key" -name shop.example
	start server "$peer" tls-serve -listen :8443 -cert "$run/shop.crt,$run/shop.key" -name shop.example -callback-error
	listening server 443 8443
	capture client no-sni-alert-go.pcap -i c0 "$tcp_only"
	port 40001; get -k https://10.9.0.2/
	port 40002; get -k https://10.9.0.2:8443/
	captured
}

# nginx stream ssl_preread whose map has no entry for an empty name: FIN.
rec_no_sni_closed_ssl_preread() {
	cert shop shop.example DNS:shop.example
	start server "$peer" tls-serve -listen 127.0.0.1:9443 -cert "$run/shop.crt,$run/shop.key"
	run_nginx stream <<-CONF
		map \$ssl_preread_server_name \$backend { shop.example 127.0.0.1:9443; }
		server { listen 443; ssl_preread on; proxy_pass \$backend; }
	CONF
	listening server 443 9443
	capture client no-sni-closed-ssl-preread.pcap -i c0 "$tcp_only"
	port 40001; get -k https://10.9.0.2/
	port 40002; get --resolve shop.example:443:10.9.0.2 https://shop.example/
	captured
}

# haproxy waits for the hello, finds no name and drops silently. The client gives up after 4 s.
rec_no_sni_unanswered_silent_drop() {
	cert shop shop.example DNS:shop.example
	start server "$peer" tls-serve -listen 127.0.0.1:9443 -cert "$run/shop.crt,$run/shop.key"
	run_haproxy <<-CONF
		frontend tls
		  bind :443
		  tcp-request inspect-delay 3s
		  tcp-request content accept if { req.ssl_sni -m found }
		  tcp-request content silent-drop if { req.ssl_hello_type 1 }
		  default_backend b
		backend b
		  server b 127.0.0.1:9443
	CONF
	listening server 443 9443
	capture client no-sni-unanswered-silent-drop.pcap -i c0 "$tcp_only"
	port 40001; get --resolve shop.example:443:10.9.0.2 https://shop.example/
	port 40002; get -m 4 -k https://10.9.0.2/
	captured
}

# A server that accepts, reads the hello and never answers.
rec_no_sni_unanswered() {
	start server "$peer" serve :443 record wait:6s close
	listening server 443
	capture client no-sni-unanswered.pcap -i c0 "$tcp_only"
	port 40001; get -m 3 -k https://10.9.0.2/
	captured
}

# nginx as a client of a CDN-like server, without proxy_ssl_server_name: four addresses in turn, alert 40 from each.
rec_no_sni_alert_nginx_upstream_cdn() {
	cert cdn cdn.example DNS:cdn.example
	# Without a certificate in its default context, OpenSSL answers 40, as Cloudflare does.
	start server openssl s_server -accept 443 -nocert -servername cdn.example -cert2 "$run/cdn.crt" -key2 "$run/cdn.key" -www
	listening server 443
	{
		echo "daemon off; master_process off; pid $run/edge.pid; error_log $run/edge.log info;"
		echo "events { worker_connections 64; }"
		echo "http { access_log off; client_body_temp_path $run/e1; proxy_temp_path $run/e2; fastcgi_temp_path $run/e3; uwsgi_temp_path $run/e4; scgi_temp_path $run/e5;"
		echo "upstream cdn { server 10.9.0.2:443; server 10.9.0.3:443; server 10.9.0.4:443; server 10.9.0.5:443; }"
		echo "server { listen 127.0.0.1:8080; location / { proxy_pass https://cdn; proxy_set_header Host cdn.example; } } }"
	} >"$run/edge.conf"
	start client nginx -e "$run/edge.log" -p "$run" -c "$run/edge.conf"
	listening client 8080
	capture client no-sni-alert-nginx-upstream-cdn.pcap -i c0 "$tcp_only"
	get http://127.0.0.1:8080/
	captured
}

# Who forgets the name: nginx and haproxy as clients, Java with a name without a dot, openssl -noservername.
rec_no_sni_reset_clients() {
	cert shop shop.example DNS:shop.example
	start server "$peer" gateway -listen :443 -route "shop.example=$run/shop.crt,$run/shop.key"
	listening server 443
	run_nginx http client <<-CONF
		server { listen 127.0.0.1:8080; location / { proxy_pass https://10.9.0.2; proxy_set_header Host shop.example; } }
		server { listen 127.0.0.1:8081; location / { proxy_pass https://10.9.0.2; proxy_ssl_server_name on; proxy_ssl_name shop.example; } }
	CONF
	run_haproxy client <<-CONF
		listen l
		  bind 127.0.0.1:8082
		  server s 10.9.0.2:443 ssl verify none
		listen m
		  bind 127.0.0.1:8083
		  server s 10.9.0.2:443 ssl verify none sni str(shop.example)
	CONF
	listening client 8080 8081 8082 8083
	capture client no-sni-reset-clients.pcap -i c0 "$tcp_only"
	local p
	for p in 8080 8081 8082 8083; do get -H 'Connection: close' http://127.0.0.1:$p/; sleep 0.1; done
	port 40005; client java -cp "$BUILD" Dial 10.9.0.2 443 gateway TLSv1.3,TLSv1.2 "$run/ca.crt" >>"$run/log" 2>&1
	port 40006; client java -cp "$BUILD" Dial 10.9.0.2 443 shop.example TLSv1.3,TLSv1.2 "$run/ca.crt" >>"$run/log" 2>&1
	port 40007; s_client -connect 10.9.0.2:443 -noservername
	captured
}

# The contrast comes from another client: the one without a name may be blocked for another reason.
rec_no_sni_reset_other_client() {
	cert shop shop.example DNS:shop.example
	start server "$peer" gateway -listen :443 -route "shop.example=$run/shop.crt,$run/shop.key"
	listening server 443
	capture client no-sni-reset-other-client.pcap -i c0 "$tcp_only"
	port 40001; get --interface 10.9.0.11 --resolve shop.example:443:10.9.0.2 https://shop.example/
	port 40002; get --interface 10.9.0.12 -k https://10.9.0.2/
	captured
}

# Apache never refuses in TLS: HTTP 403 after the handshake.
rec_no_sni_accepted_apache() {
	cert shop shop.example DNS:shop.example
	run_apache <<-CONF
		SSLStrictSNIVHostCheck on
		Listen 443
		<VirtualHost *:443>
		ServerName shop.example
		SSLEngine on
		SSLCertificateFile $run/shop.crt
		SSLCertificateKeyFile $run/shop.key
		</VirtualHost>
		<VirtualHost *:443>
		ServerName www.example
		SSLEngine on
		SSLCertificateFile $run/shop.crt
		SSLCertificateKeyFile $run/shop.key
		</VirtualHost>
	CONF
	listening server 443
	capture client no-sni-accepted-apache-403.pcap -i c0 "$tcp_only"
	port 40001; get -k https://10.9.0.2/
	port 40002; get --resolve shop.example:443:10.9.0.2 https://shop.example/
	port 40003; get http://10.9.0.2:443/
	captured
}

# HAProxy and nginx route by name. Of the names that they know, the backend of one refuses, that of another does not answer.
rec_hello_closed_dead_backend() {
	cert shop shop.example DNS:shop.example
	start server "$peer" tls-serve -listen 127.0.0.1:4443 -cert "$run/shop.crt,$run/shop.key"
	server ip addr add 10.9.9.9/32 dev lo
	server iptables -A INPUT -d 10.9.9.9 -j DROP
	run_haproxy <<-CONF
		frontend tls
		  bind :443
		  tcp-request inspect-delay 3s
		  tcp-request content accept if { req_ssl_hello_type 1 }
		  use_backend dead if { req_ssl_sni -i dead.example }
		  default_backend shop
		backend shop
		  server s 127.0.0.1:4443
		backend dead
		  server s 127.0.0.1:1
	CONF
	run_nginx stream <<-CONF
		proxy_connect_timeout 2s;
		map \$ssl_preread_server_name \$backend { shop.example 127.0.0.1:4443; mute.example 10.9.9.9:443; }
		server { listen 8443; ssl_preread on; proxy_pass \$backend; }
		server { listen 9443; ssl_preread on; proxy_pass \$backend; proxy_connect_timeout 20s; }
	CONF
	listening server 443 8443 9443
	capture client hello-closed-dead-backend.pcap -i c0 "$tcp_only"
	port 40001; get --resolve shop.example:443:10.9.0.2 https://shop.example/
	port 40002; get --resolve dead.example:443:10.9.0.2 https://dead.example/
	port 40003; get --resolve shop.example:8443:10.9.0.2 https://shop.example:8443/
	port 40004; get --resolve mute.example:8443:10.9.0.2 https://mute.example:8443/
	port 40005; get --resolve shop.example:9443:10.9.0.2 https://shop.example:9443/
	port 40006; get -m 3 --resolve mute.example:9443:10.9.0.2 https://mute.example:9443/
	captured
}

# A gateway and what is behind it, on the gateway's host, which has two addresses: of its backends one accepts, and two refuse, another
# host's and its own.
rec_hello_closed_backend_refused() {
	cert shop shop.example DNS:shop.example
	wired -delay 5ms
	address $nss s2 10.9.3.22/24
	start client "$peer" tls-serve -listen 10.9.3.1:4443 -cert "$run/shop.crt,$run/shop.key"
	run_haproxy <<-CONF
		frontend tls
		  bind 10.9.3.2:443
		  tcp-request inspect-delay 3s
		  tcp-request content accept if { req_ssl_hello_type 1 }
		  use_backend shop if { req_ssl_sni -i shop.example }
		  use_backend own if { req_ssl_sni -i own.example }
		  default_backend dead
		backend shop
		  server s 10.9.3.1:4443
		backend dead
		  retries 0
		  server s 10.9.3.1:1 source 10.9.3.22
		backend own
		  retries 0
		  server s 127.0.0.1:1
	CONF
	listening client 4443
	listening server 443
	capture server hello-closed-backend-refused.pcap -i any "$tcp_only"
	port 40001; get --resolve shop.example:443:10.9.3.2 https://shop.example/
	port 40002; get --resolve dead.example:443:10.9.3.2 https://dead.example/
	port 40003; get --resolve own.example:443:10.9.3.2 https://own.example/
	port 40004; get -k https://10.9.3.2/
	captured
}

# A gateway that ends TLS, on its host: stunnel, HAProxy and nginx, of which each has a backend that refuses. The handshakes go through.
rec_ok_backend_refused() {
	cert shop shop.example DNS:shop.example
	wired -delay 5ms
	run_stunnel <<-CONF
		[stunnel]
		accept = 10.9.3.2:443
		connect = 127.0.0.1:1
	CONF
	run_haproxy <<-CONF
		frontend tls
		  bind 10.9.3.2:8443 ssl crt $run/shop.pem
		  default_backend dead
		backend dead
		  retries 0
		  server s 10.9.3.1:1
	CONF
	run_nginx http <<-CONF
		server { listen 10.9.3.2:9443 ssl; ssl_certificate $run/shop.crt; ssl_certificate_key $run/shop.key; location / { proxy_pass http://127.0.0.1:2; } }
	CONF
	listening server 443 8443 9443
	capture server ok-backend-refused.pcap -i any "$tcp_only"
	port 40001; get --resolve shop.example:443:10.9.3.2 https://shop.example/
	port 40002; get --tls-max 1.2 --resolve shop.example:443:10.9.3.2 https://shop.example/
	port 40003; get --resolve shop.example:8443:10.9.3.2 https://shop.example:8443/
	port 40004; get --tls-max 1.2 --resolve shop.example:8443:10.9.3.2 https://shop.example:8443/
	port 40005; get --resolve shop.example:9443:10.9.3.2 https://shop.example:9443/
	captured
}
