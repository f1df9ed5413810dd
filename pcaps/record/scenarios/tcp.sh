# What ends connections below TLS: refusals, silence, resets, closes, the path.

rec_connection_refused() {
	capture client connection-refused.pcap -i c0 "$tcp_only"
	port 40001; get https://10.9.0.2/
	port 40002; get 'https://[fd00:9::2]/'
	captured
}

# A router with rules of its own: ICMP unreachable in its variants, and a host that is not there.
rec_destination_unreachable() {
	routed
	local reject='iptables -A FORWARD -i r1 -p tcp --dport'
	router $reject 443 -j REJECT --reject-with icmp-admin-prohibited
	router $reject 8443 -j REJECT --reject-with icmp-host-prohibited
	router $reject 9443 -j REJECT --reject-with icmp-port-unreachable
	router ip6tables -A FORWARD -i r1 -p tcp --dport 443 -j REJECT --reject-with icmp6-adm-prohibited
	capture client destination-unreachable.pcap -i c1 "$tcp_only"
	port 40001; get -m 2 https://10.9.2.2/
	port 40002; get -m 2 https://10.9.2.2:8443/
	port 40003; get -m 2 https://10.9.2.2:9443/
	port 40004; get -m 2 'https://[fd00:9:2::2]/'
	port 40005; get -m 4 https://10.9.2.77:6443/
	captured
}

# A router that reads names and rejects the hello with ICMP, which does not end a connection: the hello is sent again and again.
rec_hello_unanswered_rejected() {
	cert shop shop.example DNS:shop.example
	routed
	start server "$peer" tls-serve -listen :443 -cert "$run/shop.crt,$run/shop.key"
	local name='iptables -A FORWARD -i r1 -p tcp --dport 443 -m string --algo bm --string'
	router $name games.example -j REJECT
	router $name video.example -j REJECT --reject-with icmp-admin-prohibited
	listening server 443
	capture client hello-unanswered-rejected.pcap -i c1 "$tcp_only"
	port 40001; get --resolve shop.example:443:10.9.2.2 https://shop.example/
	port 40002; get -m 3 --resolve games.example:443:10.9.2.2 https://games.example/
	port 40003; get -m 3 --resolve video.example:443:10.9.2.2 https://video.example/
	captured
}

rec_syn_unanswered() {
	server iptables -A INPUT -p tcp --dport 443 -j DROP
	capture client syn-unanswered.pcap -i c0 "$tcp_only"
	port 40001; get -m 4 https://10.9.0.2/
	captured
}

# The reply is lost on its way: seen from the server's side.
rec_syn_unanswered_reply_lost() {
	wired -drop synack
	start server "$peer" serve :443 drain
	listening server 443
	capture server syn-unanswered-reply-lost.pcap -i s2 "$tcp_only"
	port 40001; get -m 5 https://10.9.3.2/
	captured
}

# Hairpin NAT: the client asks an address of its gateway that stands for a server in its own network. The server answers it directly, with an
# address that the client has not asked, and its host resets that. Then the same server by its own address.
rec_syn_unanswered_hairpin() {
	cert shop shop.example DNS:shop.example
	link $nsc c1 $nsr r1
	link $nsr r2 $nss s1
	address $nsc c1 10.9.1.1/24
	address $nss s1 10.9.1.2/24
	router ip link add br0 up type bridge
	router ip link set r1 master br0
	router ip link set r2 master br0
	address $nsr br0 10.9.1.254/24
	router sysctl -qw net.ipv4.ip_forward=1
	router sysctl -qw net.bridge.bridge-nf-call-iptables=0 2>/dev/null # else a bridge translates what it passes on
	start server "$peer" tls-serve -listen :443 -cert "$run/shop.crt,$run/shop.key"
	router iptables -t nat -A PREROUTING -d 10.9.1.254 -p tcp --dport 8443 -j DNAT --to-destination 10.9.1.2:443
	listening server 443
	capture client syn-unanswered-hairpin.pcap -i c1 "$tcp_only"
	port 40001; get -m 4 --resolve shop.example:8443:10.9.1.254 https://shop.example:8443/
	port 40002; get --resolve shop.example:443:10.9.1.2 https://shop.example/
	captured
}

# A gateway whose connection tracking has nothing of some packets, as where it takes them for invalid or was set up a moment ago: they go on
# with the server's own address. Here these are the server's larger ones. All of the gateway's interfaces are captured. Then the same server by its own address.
rec_hello_unanswered_astray() {
	cert shop shop.example DNS:shop.example
	routed
	start server "$peer" tls-serve -listen :443 -cert "$run/shop.crt,$run/shop.key"
	router iptables -t nat -A PREROUTING -d 10.9.1.254 -p tcp --dport 8443 -j DNAT --to-destination 10.9.2.2:443
	router iptables -t raw -A PREROUTING -i r2 -p tcp --sport 443 -m length --length 400:65535 -j CT --notrack
	listening server 443
	capture router hello-unanswered-astray.pcap -i any "$tcp_only"
	port 40001; get -m 4 --resolve shop.example:8443:10.9.1.254 https://shop.example:8443/ &
	sleep 2
	port 40002; get --resolve shop.example:443:10.9.2.2 https://shop.example/
	captured # while the first client still waits
	wait $!
}

# Asymmetric routing: the server's answers take another way than the client's packets, so that the firewall on that way takes all that follows
# the SYN for invalid. Two captures, one of each end.
rec_asymmetric() {
	cert shop shop.example DNS:shop.example
	routed
	ip -n "$nss" route replace 10.9.1.0/24 via 10.9.0.1
	start server "$peer" tls-serve -listen :443 -cert "$run/shop.crt,$run/shop.key"
	router iptables -A FORWARD -m conntrack --ctstate INVALID -j DROP
	listening server 443
	capture client hello-unanswered-asymmetric.pcap -i any "$tcp_only"
	capture server syn-unanswered-asymmetric.pcap -i any "$tcp_only"
	port 40001; get -m 4 --resolve shop.example:443:10.9.2.2 https://shop.example/
	captured 4
}

# A program that takes no connection from its queue, in which there is room for one. Of those that come at once the first is taken, and what
# the others send behind their SYNs is ignored.
rec_hello_unanswered_queue_full() {
	wired -delay 30ms
	start server python3 -c 'import socket, time; s = socket.create_server(("", 443), backlog=0); time.sleep(60)'
	listening server 443
	capture client hello-unanswered-queue-full.pcap -i c2 "$tcp_only"
	local n gets=()
	for n in 1 2 3; do
		get -k -m 4 --local-port $((40000 + n)) --resolve shop.example:443:10.9.3.2 https://shop.example/ &
		gets+=($!)
	done
	wait "${gets[@]}"
	captured 2
}

# A firewall's RST in answer to a SYN (not the server's kernel).
rec_connection_refused_firewall() {
	routed
	router iptables -A FORWARD -i r1 -p tcp --dport 443 -j REJECT --reject-with tcp-reset
	capture client connection-refused-firewall.pcap -i c1 "$tcp_only"
	port 40001; get -m 2 https://10.9.2.2/
	captured
}

# The client's own firewall drops RSTs, so that it asks again and again.
rec_connection_refused_rst_lost() {
	client sysctl -qw net.ipv4.tcp_syn_linear_timeouts=0 2>/dev/null
	client iptables -A INPUT -p tcp --tcp-flags RST RST -j DROP
	capture server connection-refused-rst-lost.pcap -i s0 "$tcp_only"
	port 40001; get -m 8 https://10.9.0.2/
	captured
}

# Reset under a second after the handshake, while the client has not spoken.
rec_reset_before_hello() {
	start server "$peer" serve :443 wait:50ms reset
	listening server 443
	capture client reset-before-hello.pcap -i c0 "$tcp_only"
	port 40001; client "$peer" dial 10.9.0.2:443 wait:400ms hello:shop.example >>"$run/log" 2>&1
	captured
}

# A TCP proxy (nginx stream) with a dead backend closes at once; nginx itself tires of a silent client after 2 s.
rec_server_closed_before_hello() {
	cert shop shop.example DNS:shop.example
	run_nginx stream <<-CONF
		server { listen 443; proxy_pass 127.0.0.1:1; }
	CONF
	listening server 443
	capture client server-closed-before-hello.pcap -i c0 "$tcp_only"
	port 40001; client "$peer" dial 10.9.0.2:443 wait:200ms hello:shop.example drain >>"$run/log" 2>&1
	captured
	halt "$last"
	run_nginx http <<-CONF
		client_header_timeout 2s;
		server { listen 8443 ssl; ssl_certificate $run/shop.crt; ssl_certificate_key $run/shop.key; return 200 "shop\n"; }
	CONF
	listening server 8443
	capture client server-closed-before-hello-idle.pcap -i c0 "$tcp_only"
	port 40002; client "$peer" dial 10.9.0.2:8443 drain
	port 40003; get --resolve shop.example:8443:10.9.0.2 https://shop.example:8443/
	captured
}

# Health checks: haproxy's SYN, SYN-ACK, RST; connect and close; then a real client.
rec_client_left_before_hello() {
	cert shop shop.example DNS:shop.example
	run_nginx http <<-CONF
		server { listen 443 ssl; ssl_certificate $run/shop.crt; ssl_certificate_key $run/shop.key; return 200 "shop\n"; }
	CONF
	listening server 443
	capture client client-left-before-hello.pcap -i c0 "$tcp_only"
	run_haproxy client <<-CONF
		frontend f
		  bind 127.0.0.1:8080
		  default_backend b
		backend b
		  server s 10.9.0.2:443 check inter 500ms
	CONF
	sleep 1.2
	halt "$last"
	port 40001; client "$peer" dial 10.9.0.2:443 close
	port 40002; client "$peer" dial 10.9.0.2:443 reset
	port 40003; get --resolve shop.example:443:10.9.0.2 https://shop.example/
	captured
}

# big_hello NAME ADDRESS: a post-quantum hello, longer than one segment.
big_hello() { client "$peer" tls-dial -addr "$2" -sni "$1" -ca "$run/ca.crt" >>"$run/log" 2>&1; }

# narrow_link: a link with MTU 1200 behind the router.
narrow_link() {
	cert shop shop.example DNS:shop.example
	routed
	plain $nsc c1
	ip -n $nsr link set r2 mtu 1200
	start server "$peer" tls-serve -listen :443 -cert "$run/shop.crt,$run/shop.key"
	listening server 443
}

# The router's ICMP reaches the host and a firewall there drops it: the first segment of the hello is lost again and again.
rec_path_mtu_icmp_ignored() {
	narrow_link
	client iptables -A INPUT -p icmp -j DROP
	capture client path-mtu-icmp-ignored.pcap -i c1 "$tcp_only"
	port 40001; start client "$peer" tls-dial -addr 10.9.2.2:443 -sni shop.example -ca "$run/ca.crt"
	captured 7
}

# The router's ICMP is dropped on the way: a black hole for long hellos, while short ones pass.
rec_path_mtu_black_hole() {
	narrow_link
	router iptables -A OUTPUT -p icmp -j DROP
	capture client path-mtu-black-hole.pcap -i c1 "$tcp_only"
	port 40001; start client "$peer" tls-dial -addr 10.9.2.2:443 -sni shop.example -ca "$run/ca.crt"
	sleep 7
	port 40002; get --resolve shop.example:443:10.9.2.2 https://shop.example/
	captured
}

# The same captured at the server, where what is too big never comes.
rec_path_mtu_black_hole_server() {
	narrow_link
	plain $nss s1
	router iptables -A OUTPUT -p icmp -j DROP
	capture server path-mtu-black-hole-server.pcap -i s1 "$tcp_only"
	port 40001; start client "$peer" tls-dial -addr 10.9.2.2:443 -sni shop.example -ca "$run/ca.crt"
	sleep 7
	port 40002; get --resolve shop.example:443:10.9.2.2 https://shop.example/
	captured
}

# With ICMP let through the same link works: path MTU discovery.
rec_ok_path_mtu_discovery() {
	narrow_link
	capture client ok-path-mtu-discovery.pcap -i c1 "$tcp_only"
	port 40001; big_hello shop.example 10.9.2.2:443
	captured
}

# big_flight: a server whose flight takes several segments, behind a link with MTU 1200.
big_flight() {
	cert shop shop.example "DNS:shop.example$(seq -f ,DNS:name-number-%g.of.a.big.certificate.example -s '' 60)"
	routed
	plain $nss s1
	plain $nsc c1
	ip -n $nsr link set r1 mtu 1200
	router iptables -A OUTPUT -p icmp -j DROP
	start server "$peer" tls-serve -listen :443 -cert "$run/shop.crt,$run/shop.key"
	listening server 443
}

# The other direction: the server's flight is too big. Captured at the server.
rec_path_mtu_server() {
	big_flight
	capture server path-mtu-server.pcap -i s1 "$tcp_only"
	port 40001; get -m 7 --resolve shop.example:443:10.9.2.2 https://shop.example/
	captured
}

# The same captured at the client, where what is too big never comes: one that gives up, one that still waits at the end.
rec_path_mtu_client() {
	big_flight
	capture client path-mtu-client.pcap -i c1 "$tcp_only"
	port 40001; start client curl -s -o /dev/null -m 7 --cacert "$run/ca.crt" --resolve shop.example:443:10.9.2.2 https://shop.example/
	sleep 0.3
	port 40002; start client curl -s -o /dev/null -m 30 --tls-max 1.2 --cacert "$run/ca.crt" --resolve shop.example:443:10.9.2.2 https://shop.example/
	captured 9
}

# The same of DTLS, whose server believes the path to be wider than it is. Captured at the client.
rec_path_mtu_dtls() {
	big_flight
	start server openssl s_server -dtls -mtu 1400 -quiet -accept 4433 -cert "$run/shop.crt" -key "$run/shop.key"
	sleep 0.5
	capture client path-mtu-dtls.pcap -i c1 udp
	start client openssl s_client -dtls -quiet -connect 10.9.2.2:4433 -servername shop.example
	captured 9
}

# Hellos cut into IP fragments by a router, for a client that does not set DF.
rec_ok_ip_fragments() {
	cert shop shop.example DNS:shop.example
	routed
	plain $nsc c1
	client sysctl -qw net.ipv4.ip_no_pmtu_disc=1
	ip -n $nsr link set r2 mtu 600
	start server "$peer" tls-serve -listen :443 -cert "$run/shop.crt,$run/shop.key"
	listening server 443
	capture server ok-ip-fragments.pcap -i s1
	port 40001; big_hello shop.example 10.9.2.2:443
	captured
}

# A gateway that looks at one segment only: short hellos pass, long ones are reset.
rec_split_hello_rejected() {
	cert shop shop.example DNS:shop.example
	start server "$peer" gateway -listen :443 -buffer 1448 -route "*=$run/shop.crt,$run/shop.key"
	listening server 443
	plain $nsc c0
	capture client split-hello-rejected.pcap -i c0 "$tcp_only"
	local p
	for p in 1 2 3; do
		port 4000$p; big_hello shop.example 10.9.0.2:443
		port 4001$p; get --resolve shop.example:443:10.9.0.2 https://shop.example/
	done
	captured
}

# A middlebox 15 ms from both ends that forges resets for one name.
rec_reset_injected() {
	cert shop shop.example DNS:shop.example,DNS:blocked.example
	wired -delay 15ms -forge blocked.example
	start server "$peer" tls-serve -listen :443 -cert "$run/shop.crt,$run/shop.key"
	listening server 443
	capture client reset-injected.pcap -i c2 "$tcp_only"
	port 40001; get --resolve shop.example:443:10.9.3.2 https://shop.example/
	port 40002; get --resolve blocked.example:443:10.9.3.2 https://blocked.example/
	port 40003; get --resolve blocked.example:443:10.9.3.2 https://blocked.example/
	captured
}

# The server's flight, and then six seconds of nothing; the capture ends first.
rec_handshake_stalled() {
	cert shop shop.example DNS:shop.example
	start server "$peer" tls-serve -listen :443 -cert "$run/shop.crt,$run/shop.key"
	listening server 443
	capture client handshake-stalled.pcap -i c0 "$tcp_only"
	port 40001; start client "$peer" tls-dial -addr 10.9.0.2:443 -sni shop.example -stall 20s
	sleep 0.3
	port 40002; start client "$peer" tls-dial -addr 10.9.0.2:443 -sni shop.example -stall 20s -max 1.2
	sleep 6
	# Something must be seen later, or silence and the end of the capture cannot be told apart.
	port 40003; get --resolve shop.example:443:10.9.0.2 https://shop.example/
	captured
}

# Clients that leave: before any byte of the server, after its flight; by FIN and by RST; none sends an alert.
rec_client_aborted() {
	cert shop shop.example DNS:shop.example
	start server "$peer" serve :443 record drain
	s_server -accept 8443 -cert "$run/shop.crt" -key "$run/shop.key"
	listening server 443 8443
	capture client client-aborted.pcap -i c0 "$tcp_only"
	port 40001; client "$peer" dial 10.9.0.2:443 hello12:shop.example wait:200ms close
	port 40002; client "$peer" dial 10.9.0.2:443 hello12:shop.example wait:200ms reset
	port 40003; client "$peer" dial 10.9.0.2:8443 hello12:shop.example read close
	port 40004; client "$peer" dial 10.9.0.2:8443 hello12:shop.example read reset
	captured
}

# As a browser, a program opens two connections and drops one.
rec_client_aborted_surplus_connection() {
	cert shop shop.example DNS:shop.example
	start server "$peer" tls-serve -listen :443 -cert "$run/shop.crt,$run/shop.key"
	listening server 443
	capture client client-aborted-surplus-connection.pcap -i c0 "$tcp_only"
	port 40001; client "$peer" dial 10.9.0.2:443 hello:shop.example read wait:100ms close &
	local first=$!
	until client ss -Htn | grep -q :40001; do sleep 0.01; done
	port 40002; client "$peer" tls-dial -addr 10.9.0.2:443 -sni shop.example -ca "$run/ca.crt" -min 1.2
	wait $first
	captured
}

# Ends that are nobody's failure: idle close by the server, RST after close_notify, RST by a client with unread data.
rec_ok_closes() {
	cert shop shop.example DNS:shop.example
	run_nginx http <<-CONF
		ssl_protocols TLSv1.2 TLSv1.3; keepalive_timeout 1s;
		server { listen 443 ssl; ssl_certificate $run/shop.crt; ssl_certificate_key $run/shop.key; return 200 "shop\n"; }
	CONF
	listening server 443
	capture client ok-closes.pcap -i c0 "$tcp_only"
	port 40001; printf 'GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n' | timeout 5 ip netns exec $nsc openssl s_client -ign_eof -connect 10.9.0.2:443 -servername shop.example >>"$run/log" 2>&1
	port 40002; client "$peer" tls-dial -addr 10.9.0.2:443 -sni shop.example -ca "$run/ca.crt" -leave
	port 40003; client "$peer" tls-dial -addr 10.9.0.2:443 -sni shop.example -ca "$run/ca.crt" -max 1.2 -leave
	captured
}

# Two stacks through a VXLAN tunnel between the hosts; captured outside.
rec_tunnel_vxlan() {
	ip -n $nsc link add vx0 type vxlan id 42 remote 10.9.0.2 local 10.9.0.1 dstport 4789 dev c0
	ip -n $nss link add vx0 type vxlan id 42 remote 10.9.0.1 local 10.9.0.2 dstport 4789 dev s0
	address $nsc vx0 10.9.42.1/24
	address $nss vx0 10.9.42.2/24
	ip -n $nsc link set vx0 up
	ip -n $nss link set vx0 up
	cert shop shop.example DNS:shop.example
	start server "$peer" gateway -listen :443 -route "shop.example=$run/shop.crt,$run/shop.key"
	listening server 443
	capture client tunnel-vxlan.pcap -i c0 'udp port 4789'
	port 40001; get --resolve shop.example:443:10.9.42.2 https://shop.example/
	port 40002; get -k https://10.9.42.2/
	captured
}

# DTLS 1.2 of OpenSSL, with a name and without.
rec_ok_dtls() {
	cert shop shop.example DNS:shop.example
	start server openssl s_server -dtls -quiet -accept 4433 -cert "$run/shop.crt" -key "$run/shop.key"
	sleep 0.5
	capture client ok-dtls.pcap -i c0 udp
	timeout 2 ip netns exec $nsc openssl s_client -dtls -connect 10.9.0.2:4433 -servername shop.example </dev/null >>"$run/log" 2>&1
	timeout 2 ip netns exec $nsc openssl s_client -dtls -connect 10.9.0.2:4433 -noservername </dev/null >>"$run/log" 2>&1
	captured
}

# The server's host has no such connection any more when the hello comes: HAProxy's silent-drop, and a rule that answers for it.
rec_hello_reset_no_socket() {
	cert shop shop.example DNS:shop.example
	run_haproxy <<-CONF
		frontend tls
		  mode http
		  bind :443 ssl crt $run/shop.pem
		  bind :8443 ssl crt $run/shop.pem
		  tcp-request connection silent-drop if { dst_port 443 }
		  http-request return status 200 content-type text/plain string ok
	CONF
	server iptables -A INPUT -p tcp --dport 8443 -m string --algo bm --string other.example -j REJECT --reject-with tcp-reset
	listening server 443 8443
	capture client hello-reset-no-socket.pcap -i c0 "$tcp_only"
	port 40001; client "$peer" dial 10.9.0.2:443 wait:100ms hello:shop.example drain
	port 40002; client "$peer" dial 10.9.0.2:443 wait:100ms hello: drain
	port 40003; get --resolve other.example:8443:10.9.0.2 https://other.example:8443/
	port 40004; get --resolve shop.example:8443:10.9.0.2 https://shop.example:8443/
	captured
}

# The server's flight is lost behind the capture at the server, though none of it is full-size.
rec_handshake_stalled_flight_lost() {
	cert shop shop.example DNS:shop.example
	start server "$peer" tls-serve -listen :443 -cert "$run/shop.crt,$run/shop.key"
	client iptables -A INPUT -p tcp --sport 443 -m length --length 200: -j DROP
	listening server 443
	capture server handshake-stalled-flight-lost.pcap -i s0 "$tcp_only"
	port 40001; get -m 4 --resolve shop.example:443:10.9.0.2 https://shop.example/
	client iptables -F
	port 40002; get --resolve shop.example:443:10.9.0.2 https://shop.example/
	captured
}

# A client that is set to STARTTLS waits for the greeting on a port where TLS begins with the first byte.
rec_client_left_before_hello_greeting() {
	cert mail mail.example DNS:mail.example
	s_server -accept 465 -cert "$run/mail.crt" -key "$run/mail.key"
	listening server 465
	capture client client-left-before-hello-greeting.pcap -i c0 "$tcp_only"
	port 40001; get -m 3 --ssl-reqd --resolve mail.example:465:10.9.0.2 smtp://mail.example:465/client.example
	captured
}

# A middlebox on the way sends either end a RST in the name of the other: two captures, one of each end. Alone, one looks as if
# the server had reset the connection, the other as if the client had.
rec_reset_injected_ends() {
	cert shop shop.example DNS:shop.example
	routed
	start server "$peer" serve :443 record wait:2s drain
	listening server 443
	capture client reset-injected-client-end.pcap -i c1 "$tcp_only"
	capture server reset-injected-server-end.pcap -i s1 "$tcp_only"
	start router tcpkill -1 -i r1 port 443
	sleep 1
	port 40001; client timeout 5 "$peer" dial 10.9.2.2:443 wait:1s hello:shop.example >>"$run/log" 2>&1
	port 40002; client timeout 5 "$peer" dial 10.9.2.2:443 hello:shop.example drain >>"$run/log" 2>&1
	captured
}

# The router's own firewall rejects one name and drops another; it changes the address of the server, too, for those who ask for
# its own. All of its interfaces are captured. The last RST is the server's own.
rec_reset_injected_on_router() {
	cert shop shop.example DNS:shop.example
	routed
	start server "$peer" tls-serve -listen :443 -cert "$run/shop.crt,$run/shop.key"
	start server "$peer" serve :9443 record reset
	local named='iptables -A FORWARD -p tcp --dport 443 -m string --algo bm --string'
	router $named blocked.example -j REJECT --reject-with tcp-reset
	router $named dropped.example -j DROP
	router iptables -t nat -A PREROUTING -d 10.9.1.254 -p tcp --dport 8443 -j DNAT --to-destination 10.9.2.2:443
	listening server 443 9443
	capture router reset-injected-on-router.pcap -i any "$tcp_only"
	port 40001; get --resolve shop.example:443:10.9.2.2 https://shop.example/
	port 40002; get --resolve blocked.example:443:10.9.2.2 https://blocked.example/
	port 40003; get -m 3 --resolve dropped.example:443:10.9.2.2 https://dropped.example/
	port 40004; get --resolve shop.example:8443:10.9.1.254 https://shop.example:8443/
	port 40005; get --resolve blocked.example:8443:10.9.1.254 https://blocked.example:8443/
	port 40006; get --resolve shop.example:9443:10.9.2.2 https://shop.example:9443/
	captured
}

# A transparent proxy on the router, which is captured on all of its interfaces: it takes each connection in the server's name, and opens
# another one in the client's, from the same port. One server resets, one is silent for longer than the proxy waits, and one is not there.
rec_hello_closed_transparent_proxy() {
	cert shop shop.example DNS:shop.example
	routed
	start server "$peer" tls-serve -listen :443 -cert "$run/shop.crt,$run/shop.key"
	start server "$peer" serve :9443 record reset
	start server "$peer" serve :9444 record wait:9s
	router iptables -t mangle -A PREROUTING -p tcp -m socket --transparent -j MARK --set-mark 1
	router iptables -t mangle -A PREROUTING -i r1 -p tcp -j TPROXY --on-port 1443 --tproxy-mark 1
	router ip rule add fwmark 1 lookup 100
	router ip route add local 0.0.0.0/0 dev lo table 100
	run_haproxy router <<-CONF
		frontend all
		  bind :1443 transparent
		  default_backend original
		backend original
		  timeout server 1500ms
		  retries 0
		  source 0.0.0.0 usesrc client
		  server s 0.0.0.0
	CONF
	listening server 443 9443 9444
	listening router 1443
	capture router hello-closed-transparent-proxy.pcap -i any "$tcp_only"
	port 40001; get --resolve shop.example:443:10.9.2.2 https://shop.example/
	port 40002; get --resolve shop.example:9443:10.9.2.2 https://shop.example:9443/
	port 40003; get -m 4 --resolve shop.example:9444:10.9.2.2 https://shop.example:9444/
	port 40004; get --resolve shop.example:9445:10.9.2.2 https://shop.example:9445/
	captured
}
