# Plaintext where TLS is expected, TLS where plaintext is, and what comes before TLS: PROXY, CONNECT, SOCKS, STARTTLS.

# curl http:// at TLS ports; each capture holds a TLS connection to the same port.
rec_plaintext_to_tls_port() {
	cert shop shop.example DNS:shop.example
	run_nginx http <<-CONF
		server { listen 443 ssl; ssl_certificate $run/shop.crt; ssl_certificate_key $run/shop.key; return 200 "shop\n"; }
	CONF
	start server "$peer" gateway -listen :8443 -route "*=$run/shop.crt,$run/shop.key"
	s_server -accept 9443 -cert "$run/shop.crt" -key "$run/shop.key"
	start server "$peer" tls-serve -listen :10443 -cert "$run/shop.crt,$run/shop.key"
	listening server 443 8443 9443 10443
	capture client plaintext-to-tls-port-nginx-400.pcap -i c0 "$tcp_only"
	port 40001; get http://10.9.0.2:443/
	port 40002; get --resolve shop.example:443:10.9.0.2 https://shop.example/
	captured
	capture client plaintext-to-tls-port-reset.pcap -i c0 "$tcp_only"
	port 40003; get http://10.9.0.2:8443/
	port 40004; get --resolve shop.example:8443:10.9.0.2 https://shop.example:8443/
	captured
	# OpenSSL and crypto/tls say nothing: FIN. Only the first of the two speaks TLS in this capture.
	capture client plaintext-to-tls-port-closed.pcap -i c0 "$tcp_only"
	port 40005; get --resolve shop.example:9443:10.9.0.2 https://shop.example:9443/
	port 40006; get http://10.9.0.2:9443/
	port 40007; client ssh -o BatchMode=yes -o ConnectTimeout=3 -p 9443 10.9.0.2 true >>"$run/log" 2>&1
	port 40008; get http://10.9.0.2:10443/
	captured
}

rec_plaintext_to_tls_port_haproxy() {
	cert shop shop.example DNS:shop.example
	run_haproxy <<-CONF
		frontend tls
		  mode http
		  bind :443 ssl crt $run/shop.pem
		  http-request return status 200 content-type text/plain string ok
	CONF
	listening server 443
	capture client plaintext-to-tls-port-haproxy.pcap -i c0 "$tcp_only"
	port 40001; get http://10.9.0.2:443/
	port 40002; get --resolve shop.example:443:10.9.0.2 https://shop.example/
	captured
}

# HTTP/2 without TLS (h2c), as gRPC has it: TLS to it, it to a port for TLS, and both as they should be.
rec_http2_without_tls() {
	cert shop shop.example DNS:shop.example
	run_nginx http <<-CONF
		server { listen 8080 http2; return 200 "plain\n"; }
		server { listen 8443 ssl http2; ssl_certificate $run/shop.crt; ssl_certificate_key $run/shop.key; return 200 "shop\n"; }
	CONF
	listening server 8080 8443
	capture client http2-without-tls.pcap -i c0 "$tcp_only"
	port 40001; get --resolve shop.example:8080:10.9.0.2 https://shop.example:8080/
	port 40002; get --http2-prior-knowledge http://10.9.0.2:8443/
	port 40003; get --http2-prior-knowledge http://10.9.0.2:8080/
	port 40004; get --resolve shop.example:8443:10.9.0.2 https://shop.example:8443/
	captured
}

# Other stacks, other answers: GnuTLS, stunnel, Java.
rec_plaintext_to_tls_port_stacks() {
	cert shop shop.example DNS:shop.example
	openssl pkcs12 -export -in "$run/shop.crt" -inkey "$run/shop.key" -out "$run/shop.p12" -passout pass:changeit
	start server gnutls-serv -q --http --port 443 --x509certfile "$run/shop.crt" --x509keyfile "$run/shop.key"
	run_stunnel <<-CONF
		[https]
		accept = 8443
		connect = 127.0.0.1:80
	CONF
	start server java -cp "$BUILD" Serve 9443 "$run/shop.p12"
	listening server 443 8443 9443
	capture client plaintext-to-tls-port-stacks.pcap -i c0 "$tcp_only"
	port 40001; get http://10.9.0.2:443/
	port 40002; get http://10.9.0.2:8443/
	port 40003; get http://10.9.0.2:9443/
	captured
}

# TLS at ports that speak something else.
rec_tls_to_plaintext_port() {
	cert shop shop.example DNS:shop.example
	run_nginx http <<-CONF
		server { listen 443; return 200 "plain\n"; }
	CONF
	start server "$peer" serve :8443 record 'send:220 mail.example ESMTP\r\n500 5.5.1 what?\r\n' drain
	start server "$peer" serve :587 'send:220 mail.example ESMTP\r\n' record 'send:554 5.7.0 command rejected\r\n' close
	start server "$peer" serve :22 'send:SSH-2.0-OpenSSH_9.2p1\r\n' record 'send:Invalid SSH identification string.\r\n' close
	listening server 443 8443 22 587
	capture client tls-to-plaintext-port.pcap -i c0 "$tcp_only"
	port 40001; get --resolve shop.example:443:10.9.0.2 https://shop.example/
	port 40002; get -k https://10.9.0.2/
	port 40003; get -m 2 --resolve shop.example:8443:10.9.0.2 https://shop.example:8443/
	port 40004; client "$peer" dial 10.9.0.2:22 wait:100ms hello12:shop.example drain
	port 40005; get -m 2 smtps://10.9.0.2:587/client.example
	captured
}

# The same through proxies: one for CONNECT, one for SOCKS. The mail server greets at once, the web server answers the hello.
rec_tls_to_plaintext_port_proxy() {
	run_nginx http <<-CONF
		server { listen 8443; return 200 "plain\n"; }
	CONF
	start server "$peer" serve :25 'send:220 mail.example ESMTP\r\n' record 'send:500 5.5.1 what?\r\n' drain
	printf '%s\n' 'Port 3128' 'ConnectPort 8443' 'ConnectPort 25' >"$run/tinyproxy.conf"
	start server tinyproxy -d -c "$run/tinyproxy.conf"
	start server microsocks -i 10.9.0.2 -p 1080
	listening server 8443 25 3128 1080
	capture client tls-to-plaintext-port-proxy.pcap -i c0 "$tcp_only"
	port 40001; get -m 2 -x http://10.9.0.2:3128 https://10.9.0.2:8443/
	port 40002; get -m 2 -x http://10.9.0.2:3128 https://10.9.0.2:25/
	port 40003; get -m 2 -x socks5://10.9.0.2:1080 https://10.9.0.2:8443/
	captured
}

# A SOCKS proxy that wants a password: none, and a wrong one.
rec_proxy_refused_password() {
	start server microsocks -i 10.9.0.2 -p 1080 -u me -P right
	listening server 1080
	capture client proxy-refused-password.pcap -i c0 "$tcp_only"
	port 40001; get -m 2 -x socks5://10.9.0.2:1080 https://10.9.0.2:8443/
	port 40002; get -m 2 -x socks5://me:wrong@10.9.0.2:1080 https://10.9.0.2:8443/
	captured
}

# A port without TLS that says nothing: it closes, or resets, once it has seen the hello.
rec_hello_reset_closed_plain_port() {
	start server "$peer" serve :443 peek close
	start server "$peer" serve :8443 record close
	start server "$peer" serve :9443 record reset
	start server "$peer" serve :10443 record wait:1500ms close
	listening server 443 8443 9443 10443
	local r='--resolve shop.example'
	capture client hello-reset.pcap -i c0 "$tcp_only"
	port 40001; get $r:443:10.9.0.2 https://shop.example/
	port 40002; get $r:9443:10.9.0.2 https://shop.example:9443/
	captured
	capture client hello-closed.pcap -i c0 "$tcp_only"
	port 40003; get $r:8443:10.9.0.2 https://shop.example:8443/
	port 40004; get $r:10443:10.9.0.2 https://shop.example:10443/
	captured
}

rec_hello_unanswered() {
	start server "$peer" serve :443 record drain
	listening server 443
	capture client hello-unanswered.pcap -i c0 "$tcp_only"
	port 40001; get -m 3 --resolve shop.example:443:10.9.0.2 https://shop.example/
	captured
}

# The hello itself is lost: it is sent again and again, never acknowledged.
rec_hello_unanswered_retransmitted() {
	start server "$peer" serve :443 drain
	server iptables -A INPUT -p tcp --dport 443 --tcp-flags PSH PSH -j DROP
	listening server 443
	capture client hello-unanswered-retransmitted.pcap -i c0 "$tcp_only"
	port 40001; get -m 4 --resolve shop.example:443:10.9.0.2 https://shop.example/
	captured
}

# Listeners that want a PROXY header meet clients that send none.
rec_proxy_header_expected() {
	cert shop shop.example DNS:shop.example
	run_haproxy <<-CONF
		frontend tls
		  mode http
		  bind :443 accept-proxy ssl crt $run/shop.pem
		  http-request return status 200 content-type text/plain string ok
	CONF
	run_nginx http <<-CONF
		server { listen 8443 ssl proxy_protocol; ssl_certificate $run/shop.crt; ssl_certificate_key $run/shop.key; return 200 "shop\n"; }
	CONF
	listening server 443 8443
	local p
	capture client proxy-header-expected-haproxy.pcap -i c0 "$tcp_only"
	for p in 1 2 3; do port 4000$p; get --resolve shop.example:443:10.9.0.2 https://shop.example/; done
	port 40004; get -k https://10.9.0.2/
	captured
	capture client proxy-header-expected-nginx.pcap -i c0 "$tcp_only"
	for p in 5 6 7; do port 4000$p; get --resolve shop.example:8443:10.9.0.2 https://shop.example:8443/; done
	port 40008; get -k https://10.9.0.2:8443/
	captured
	# And clients that do as they should: version 1 from curl.
	capture client ok-proxy-v1.pcap -i c0 "$tcp_only"
	port 40009; get --haproxy-protocol --resolve shop.example:443:10.9.0.2 https://shop.example/
	port 40010; get --haproxy-protocol --resolve shop.example:8443:10.9.0.2 https://shop.example:8443/
	captured
}

# Apache closes, with a FIN, where it expects a PROXY header, with and without a name; behind one the same client goes through.
rec_proxy_header_expected_closed() {
	cert shop shop.example DNS:shop.example
	run_apache <<-CONF
		LoadModule remoteip_module /usr/lib/apache2/modules/mod_remoteip.so
		Listen 443
		<VirtualHost *:443>
		RemoteIPProxyProtocol On
		SSLEngine on
		SSLCertificateFile $run/shop.crt
		SSLCertificateKeyFile $run/shop.key
		</VirtualHost>
	CONF
	listening server 443
	capture client proxy-header-expected-closed.pcap -i c0 "$tcp_only"
	port 40001; get --haproxy-protocol --resolve shop.example:443:10.9.0.2 https://shop.example/
	port 40002; get --resolve shop.example:443:10.9.0.2 https://shop.example/
	port 40003; get -k https://10.9.0.2/
	captured
}

# Version 2, from haproxy in front: the capture shows the hop behind it, on loopback.
rec_ok_proxy_v2() {
	cert shop shop.example DNS:shop.example
	run_nginx http <<-CONF
		ssl_certificate $run/shop.crt; ssl_certificate_key $run/shop.key;
		server { listen 8443 ssl proxy_protocol; return 200 "shop\n"; }
		server { listen 9443 ssl; return 200 "shop\n"; }
	CONF
	run_haproxy <<-CONF
		listen good
		  bind :443
		  server s 127.0.0.1:8443 send-proxy-v2
		listen bad
		  bind :444
		  server s 127.0.0.1:9443 send-proxy-v2
	CONF
	listening server 443 444 8443 9443
	capture server ok-proxy-v2.pcap -i lo "port 8443 and ($tcp_only)"
	port 40001; get --resolve shop.example:443:10.9.0.2 https://shop.example/
	captured
	capture server proxy-header-unexpected-v2.pcap -i lo "port 9443 and ($tcp_only)"
	port 40002; get --resolve shop.example:444:10.9.0.2 https://shop.example:444/
	captured
}

rec_proxy_header_unexpected() {
	cert shop shop.example DNS:shop.example
	run_nginx http <<-CONF
		server { listen 443 ssl; ssl_certificate $run/shop.crt; ssl_certificate_key $run/shop.key; return 200 "shop\n"; }
	CONF
	start server "$peer" tls-serve -listen :8443 -cert "$run/shop.crt,$run/shop.key"
	start server "$peer" gateway -listen :9443 -route "shop.example=$run/shop.crt,$run/shop.key"
	s_server -accept 10443 -cert "$run/shop.crt" -key "$run/shop.key"
	listening server 443 8443 9443 10443
	capture client proxy-header-unexpected.pcap -i c0 "$tcp_only"
	local n=40001 p
	for p in 443 8443 9443 10443; do
		port $n; get --haproxy-protocol --resolve shop.example:$p:10.9.0.2 https://shop.example:$p/
		n=$((n + 1))
	done
	captured
}

# Apache as a forward proxy: CONNECT granted, forbidden (403) and failed (502, 503).
rec_http_connect() {
	cert shop shop.example DNS:shop.example
	start server "$peer" tls-serve -listen 10.9.0.3:443 -cert "$run/shop.crt,$run/shop.key"
	run_apache <<-CONF
		LoadModule proxy_module /usr/lib/apache2/modules/mod_proxy.so
		LoadModule proxy_connect_module /usr/lib/apache2/modules/mod_proxy_connect.so
		Listen 3128
		ProxyRequests On
		AllowCONNECT 443 444
	CONF
	listening server 443 3128
	capture client ok-http-connect.pcap -i c0 "$tcp_only"
	port 40001; get -x http://10.9.0.2:3128 --connect-to shop.example:443:10.9.0.3:443 https://shop.example/
	captured
	capture client proxy-refused-connect.pcap -i c0 "$tcp_only"
	port 40002; get -x http://10.9.0.2:3128 --connect-to shop.example:8443:10.9.0.3:8443 https://shop.example:8443/
	port 40003; get -x http://10.9.0.2:3128 --connect-to shop.example:444:10.9.0.3:444 https://shop.example:444/
	captured
}

# curl through a SOCKS server: granted (4 and 5), forbidden, refused by the target.
rec_socks() {
	cert shop shop.example DNS:shop.example
	start server "$peer" tls-serve -listen 10.9.0.3:443 -cert "$run/shop.crt,$run/shop.key"
	start server "$peer" serve :1080 read hex:0500 read hex:05020001000000000000 drain
	start server "$peer" socks -listen :1081
	listening server 443 1080 1081
	capture client ok-socks.pcap -i c0 "$tcp_only"
	port 40001; get --socks5 10.9.0.2:1081 --connect-to shop.example:443:10.9.0.3:443 https://shop.example/
	port 40002; get --socks4 10.9.0.2:1081 --connect-to shop.example:443:10.9.0.3:443 https://shop.example/
	captured
	capture client proxy-refused-socks.pcap -i c0 "$tcp_only"
	port 40003; get --socks5 10.9.0.2:1080 --connect-to shop.example:443:10.9.0.3:443 https://shop.example/
	port 40004; get --socks5 10.9.0.2:1081 --connect-to shop.example:444:10.9.0.3:444 https://shop.example:444/
	port 40005; get --socks4 10.9.0.2:1081 --connect-to shop.example:444:10.9.0.3:444 https://shop.example:444/
	captured
}

# STARTTLS: stunnel in front of a mail server of three lines; then a server that refuses.
rec_starttls() {
	cert shop mail.example DNS:mail.example
	start server "$peer" serve 127.0.0.1:2500 'send:220 mail.example ESMTP\r\n' read 'send:250-mail.example\r\n250 OK\r\n' read 'send:221 bye\r\n' close
	start server "$peer" serve 127.0.0.1:1100 'send:+OK POP3\r\n' drain
	start server "$peer" serve 127.0.0.1:1430 'send:* OK IMAP4rev1\r\n' read 'send:* CAPABILITY IMAP4rev1\r\n. OK done\r\n' drain
	start server "$peer" serve 127.0.0.1:5400 drain
	run_stunnel <<-CONF
		[smtp]
		accept = 25
		connect = 127.0.0.1:2500
		protocol = smtp
		[pop3]
		accept = 110
		connect = 127.0.0.1:1100
		protocol = pop3
		[imap]
		accept = 143
		connect = 127.0.0.1:1430
		protocol = imap
		[pgsql]
		accept = 5432
		connect = 127.0.0.1:5400
		protocol = pgsql
	CONF
	listening server 25 110 143 5432
	capture client ok-starttls.pcap -i c0 "$tcp_only"
	local n=40001 p
	for p in smtp:25 pop3:110 imap:143 postgres:5432; do
		port $n
		timeout 4 ip netns exec $nsc openssl s_client -starttls ${p%:*} -connect 10.9.0.2:${p#*:} -servername mail.example </dev/null >>"$run/log" 2>&1
		n=$((n + 1))
	done
	captured
	start server "$peer" serve :587 'send:220 mail.example ESMTP\r\n' read 'send:250-mail.example\r\n250 STARTTLS\r\n' read 'send:454 4.7.0 TLS not available due to temporary reason\r\n' drain
	start server "$peer" serve :5433 read send:N drain
	start server "$peer" serve :1143 'send:* OK IMAP4rev1\r\n' read 'send:* CAPABILITY IMAP4rev1 STARTTLS\r\nA001 OK done\r\n' read 'send:A002 NO TLS is not configured\r\n' drain
	listening server 587 5433 1143
	capture client starttls-refused.pcap -i c0 "$tcp_only"
	port 40011; get -m 3 --ssl-reqd smtp://10.9.0.2:587/client.example
	port 40012; timeout 3 ip netns exec $nsc openssl s_client -starttls postgres -connect 10.9.0.2:5433 </dev/null >>"$run/log" 2>&1
	port 40013; get -m 3 --ssl-reqd imap://10.9.0.2:1143
	captured
}

# run_postgresql PORT SSL runs a server of PostgreSQL.
run_postgresql() {
	local bin as=(setpriv --reuid postgres --regid postgres --clear-groups) data=$run/pg$1
	bin=$(ls -d /usr/lib/postgresql/*/bin | tail -n 1)
	install -d -o postgres "$data"
	"${as[@]}" "$bin/initdb" -A trust --no-locale -D "$data/d" >>"$run/log" || fail "initdb"
	echo 'host all all all trust' >>"$data/d/pg_hba.conf"
	install -o postgres -m 600 "$run/shop.crt" "$run/shop.key" "$data/d"
	start server "${as[@]}" "$bin/postgres" -D "$data/d" -h 10.9.0.2 -p "$1" -k "$data" -c ssl="$2" -c ssl_cert_file=shop.crt -c ssl_key_file=shop.key
	listening server "$1"
}

# pg CONNECTION-STRING: one query of PostgreSQL's client, bounded.
pg() { timeout 5 ip netns exec "$nsc" psql -X -Atc 'select 1' "user=postgres dbname=postgres hostaddr=10.9.0.2 $1" >>"$run/log" 2>&1; }

# TLS from the first byte to PostgreSQL, which has its clients ask for it: one server has TLS, the other has not, on ports that do not tell.
rec_hello_closed_postgresql() {
	cert shop db.example DNS:db.example
	run_postgresql 7432 off
	run_postgresql 7433 on
	capture client hello-closed-postgresql.pcap -i c0 "$tcp_only"
	port 40001; pg 'port=7432 sslmode=require'
	port 40002; s_client -connect 10.9.0.2:7432 -noservername
	port 40003; pg 'port=7433 sslmode=require host=db.example'
	port 40004; s_client -connect 10.9.0.2:7433 -noservername
	port 40005; s_client -connect 10.9.0.2:7433 -servername www.example
	captured
}

# run_sieve PORT SSL runs Dovecot as a server of ManageSieve alone.
run_sieve() {
	mkdir "$run/sieve$1"
	cat >"$run/sieve$1/conf" <<-CONF
		base_dir = $run/sieve$1/run
		state_dir = $run/sieve$1/state
		log_path = $run/sieve$1/log
		protocols = sieve
		ssl = $2
		ssl_cert = <$run/shop.crt
		ssl_key = <$run/shop.key
		service managesieve-login {
		  inet_listener sieve {
		    port = $1
		  }
		}
		passdb {
		  driver = static
		  args = password=x
		}
		userdb {
		  driver = static
		  args = uid=nobody gid=nogroup home=/nonexistent
		}
	CONF
	start server dovecot -F -c "$run/sieve$1/conf"
}

# STARTTLS in ManageSieve: it goes through, the client does not know the authority, the server has no TLS.
rec_starttls_sieve() {
	cert shop mail.example DNS:mail.example
	run_sieve 4190 yes
	run_sieve 4191 no
	listening server 4190 4191
	capture client ok-starttls-sieve.pcap -i c0 "$tcp_only"
	sieve() { timeout 4 ip netns exec $nsc openssl s_client -starttls sieve -servername mail.example "$@" </dev/null >>"$run/log" 2>&1; }
	port 40001; sieve -connect 10.9.0.2:4190
	port 40002; sieve -connect 10.9.0.2:4190 -verify_return_error
	port 40003; sieve -connect 10.9.0.2:4191
	captured
}

# No TLS at all: HTTP on port 80, an SSH-like exchange, a port scan of an open port.
rec_not_tls() {
	run_nginx http <<-CONF
		server { listen 80; return 200 "plain\n"; }
	CONF
	start server "$peer" serve :22 'send:SSH-2.0-OpenSSH_9.2p1\r\n' read wait:50ms close
	listening server 80 22
	capture client not-tls.pcap -i c0 "$tcp_only"
	port 40001; get http://10.9.0.2/
	port 40002; client ssh -o BatchMode=yes -o ConnectTimeout=3 10.9.0.2 true >>"$run/log" 2>&1
	captured
}

# Proxies that answer a CONNECT with nothing: one that waits, and one whose port expects TLS.
rec_proxy_refused_silent() {
	cert shop shop.example DNS:shop.example
	start server "$peer" serve :3128 read drain
	run_haproxy <<-CONF
		frontend tls
		  mode http
		  bind :3129 ssl crt $run/shop.pem
		  http-request return status 200 content-type text/plain string ok
	CONF
	listening server 3128 3129
	capture client proxy-refused-silent.pcap -i c0 "$tcp_only"
	port 40001; get -m 3 -x http://10.9.0.2:3128 https://shop.example/
	port 40002; get -x http://10.9.0.2:3129 https://shop.example/
	captured
}
