# Captures that lack something, cut from real recordings: what is not there must not become a finding.

# failing_and_healthy FILE [TCPDUMP ARGUMENTS]: a reset without SNI, then a TLS 1.3 and a TLS 1.2 connection that pass.
failing_and_healthy() {
	cert shop shop.example DNS:shop.example
	start server "$peer" gateway -listen :443 -route "shop.example=$run/shop.crt,$run/shop.key"
	listening server 443
	local file=$1
	shift
	capture client "$file" -i c0 "$@" "$tcp_only"
	port 40001; get -k https://10.9.0.2/
	port 40002; get --resolve shop.example:443:10.9.0.2 https://shop.example/
	port 40003; get --tls-max 1.2 --resolve shop.example:443:10.9.0.2 https://shop.example/
	captured
}

# cut_by FROM TO FILTER: keep of $run/FROM what the display filter matches.
cut_by() { tshark -r "$run/$1" -F pcap -w "$run/$2" -Y "$3" 2>/dev/null || fail "filter $3"; }

rec_incomplete_one_sided() {
	failing_and_healthy raw-all.pcap
	cut_by raw-all.pcap incomplete-one-sided-client.pcap 'ip.src == 10.9.0.1'
	cut_by raw-all.pcap incomplete-one-sided-server.pcap 'ip.src == 10.9.0.2'
}

rec_incomplete_snaplen() { failing_and_healthy incomplete-snaplen-96.pcap -s 96; }

# Long enough for the name, not for the whole hello.
rec_incomplete_snaplen_name_seen() { failing_and_healthy incomplete-snaplen-300.pcap -s 300; }

# The capture began late: without the TCP handshakes, then also without the hellos.
rec_incomplete_mid_connection() {
	failing_and_healthy raw-all.pcap
	cut_by raw-all.pcap no-sni-reset-syn-not-captured.pcap 'tcp.flags.syn == 0'
	cut_by raw-all.pcap incomplete-mid-connection.pcap 'tcp.flags.syn == 0 and not tls.handshake.type in {1, 2}'
}

# One frame lost: the ClientHello; then the server's flight.
rec_incomplete_gap() {
	failing_and_healthy raw-all.pcap
	cut_by raw-all.pcap incomplete-gap-hello.pcap 'not tls.handshake.type == 1'
	cut_by raw-all.pcap incomplete-gap-flight.pcap 'not tls.handshake.type == 2'
}

# The capture ends right after the hello and its ACK; a second file ends in the middle of a packet.
rec_incomplete_end() {
	failing_and_healthy raw-all.pcap
	editcap -F pcap -r "$run/raw-all.pcap" "$run/incomplete-end-of-capture.pcap" 1-5
	head -c 1500 "$run/raw-all.pcap" >"$run/incomplete-truncated-file.pcap"
}
