# QUIC, with the examples of ngtcp2 (GnuTLS) and with Chromium.

# quic_shop starts ngtcp2's server on 443 for shop.example.
quic_shop() {
	cert shop shop.example DNS:shop.example
	mkdir -p "$run/www"
	echo shop >"$run/www/index.html"
	start server gtlsserver -q -d "$run/www" "$@" 10.9.0.2 443 "$run/shop.key" "$run/shop.crt"
	sleep 0.3
}

# quic_get FLAGS...: one request with the client of ngtcp2, which names localhost where it is given an address.
quic_get() {
	timeout 8 ip netns exec "$nsc" gtlsclient -q --exit-on-all-streams-close --timeout=3s "$@" \
		10.9.0.2 443 https://shop.example/ >>"$run/log" 2>&1 || true
}

# capture_quic FILE
capture_quic() { capture client "$1" -i c0 'udp or icmp'; }

rec_ok_quic_retry() {
	quic_shop -V
	capture_quic ok-quic-retry.pcap
	port 40001; quic_get
	captured
}

# What the client sends behind the flight is refused in packets that nobody can read.
rec_client_certificate_quic() {
	quic_shop --verify-client
	self_signed stranger /CN=stranger
	capture_quic client-certificate-quic.pcap
	port 40001; quic_get --disable-early-data
	port 40002; quic_get --disable-early-data --key="$run/stranger.key" --cert="$run/stranger.crt"
	captured
}

rec_hello_unanswered_quic_retry() {
	quic_shop -V
	capture_quic hello-unanswered-quic-retry.pcap
	port 40001; timeout 4 ip netns exec "$nsc" gtlsclient -q -r 1.0 10.9.0.2 443 https://shop.example/ >>"$run/log" 2>&1
	captured
}

# Chromium sends a key share for after quantum computers, hence a hello in two packets, in frames of any size and order.
rec_ok_quic_chromium() {
	quic_shop
	openssl x509 -in "$run/shop.crt" -pubkey -noout | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary >"$run/spki"
	capture_quic ok-quic-chromium.pcap
	timeout 20 ip netns exec "$nsc" chromium --headless --no-sandbox --disable-gpu --user-data-dir="$run/profile" \
		--disable-background-networking --disable-component-update --origin-to-force-quic-on=shop.example:443 \
		--host-resolver-rules='MAP shop.example 10.9.0.2' --ignore-certificate-errors-spki-list="$(base64 -w0 "$run/spki")" \
		--dump-dom https://shop.example/ >>"$run/log" 2>&1
	captured 0.1
}
