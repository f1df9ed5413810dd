# Namespaces, processes, captures and certificates for record.sh.
#
# Three namespaces, joined by three separate paths, each with IPv4 and IPv6:
#
#   client                        router                    server
#   c0 10.9.0.1 ---------------------------------- s0 10.9.0.2    direct
#   c1 10.9.1.1 ---- r1 10.9.1.254   r2 10.9.2.254 ---- s1 10.9.2.2    routed
#   c2 10.9.3.1 ---- w1  (peer wire) w2 ---------------- s2 10.9.3.2    wired

nsc=sniscope-c-$$ nsr=sniscope-r-$$ nss=sniscope-s-$$
pids=() dumps=() dumpfiles=() ngdumps=()
peer=${BUILD-}/peer

fail() { echo "record.sh: $scenario: $*" >&2; exit 1; }
client() { ip netns exec "$nsc" "$@"; }
router() { ip netns exec "$nsr" "$@"; }
server() { ip netns exec "$nss" "$@"; }
nsof() { case $1 in client) echo "$nsc" ;; router) echo "$nsr" ;; server) echo "$nss" ;; esac; }

setup() {
	scenario=$1
	run=$(mktemp -d)
	chmod 755 "$run"
	self_signed ca '/O=Lab/CN=Lab CA'
	local n
	for n in $nsc $nsr $nss; do
		ip netns add "$n" || fail "no network namespaces"
		ip -n "$n" link set lo up
		ip netns exec "$n" sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0 \
			net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
	done
	link $nsc c0 $nss s0
	address $nsc c0 10.9.0.1/24 10.9.0.11/24 10.9.0.12/24 fd00:9::1/64
	address $nss s0 10.9.0.2/24 10.9.0.3/24 10.9.0.4/24 10.9.0.5/24 fd00:9::2/64
}

# link NS1 IF1 NS2 IF2
link() {
	ip link add "$2" netns "$1" type veth peer name "$4" netns "$3"
	ip -n "$1" link set "$2" up
	ip -n "$3" link set "$4" up
}

# address NS IF ADDR...
address() {
	local ns=$1 dev=$2 a
	shift 2
	for a; do ip -n "$ns" addr add "$a" dev "$dev"; done
}

# routed adds the path through the router's kernel.
routed() {
	link $nsc c1 $nsr r1
	link $nsr r2 $nss s1
	address $nsc c1 10.9.1.1/24 fd00:9:1::1/64
	address $nsr r1 10.9.1.254/24 fd00:9:1::fe/64
	address $nsr r2 10.9.2.254/24 fd00:9:2::fe/64
	address $nss s1 10.9.2.2/24 fd00:9:2::2/64
	router sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	ip -n $nsc route add 10.9.2.0/24 via 10.9.1.254
	ip -n $nss route add 10.9.1.0/24 via 10.9.2.254
	ip -n $nsc route add fd00:9:2::/64 via fd00:9:1::fe
	ip -n $nss route add fd00:9:1::/64 via fd00:9:2::fe
}

# wired [FLAGS OF peer wire] adds the path through our own wire.
wired() {
	link $nsc c2 $nsr w1
	link $nsr w2 $nss s2
	address $nsc c2 10.9.3.1/24 fd00:9:3::1/64
	address $nss s2 10.9.3.2/24 fd00:9:3::2/64
	plain $nsc c2
	plain $nss s2
	start router "$peer" wire -a w1 -b w2 "$@"
	sleep 0.3
}

# wired_vlan is wired through a trunk in the router, t1-t2, that carries tag 7.
wired_vlan() {
	link $nsc c2 $nsr w1
	link $nsr t1 $nsr t2
	link $nsr w2 $nss s2
	address $nsc c2 10.9.3.1/24 fd00:9:3::1/64
	address $nss s2 10.9.3.2/24 fd00:9:3::2/64
	plain $nsc c2
	plain $nss s2
	start router "$peer" wire -a w1 -b t1 -vlan 7
	start router "$peer" wire -a w2 -b t2 -vlan 7
	sleep 0.3
}

# plain NS IF: MTU-sized segments and full checksums, as on a physical wire.
plain() {
	ip netns exec "$1" ethtool -K "$2" tso off gso off gro off tx off rx off >/dev/null 2>&1
}

# start SIDE COMMAND... runs a server until the end of the recording.
start() {
	local ns
	ns=$(nsof "$1")
	shift
	ip netns exec "$ns" "$@" >>"$run/log" 2>&1 </dev/null &
	pids+=($!)
	last=$!
}

# ours PID: whether it is still a child of this shell, for a number may be used again.
ours() { [ "$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$1/status" 2>/dev/null)" = $$ ]; }

# halt PID ends one process that this shell began.
halt() {
	ours "$1" || return 0
	kill -TERM "$1" 2>/dev/null
	local i
	for i in 1 2 3 4 5 6 7 8 9 10; do
		ours "$1" || break
		sleep 0.1
	done
	ours "$1" && kill -KILL "$1" 2>/dev/null
	wait "$1" 2>/dev/null
	return 0
}

# listening SIDE PORT... waits until something listens there.
listening() {
	local ns p i
	ns=$(nsof "$1")
	shift
	for p; do
		for i in $(seq 60); do
			[ -n "$(ip netns exec "$ns" ss -Hltn "sport = :$p")" ] && continue 2
			sleep 0.05
		done
		cat "$run/log" >&2
		fail "nothing listens on port $p"
	done
}

# port N makes N the source port of the next outgoing connections.
port() { client sysctl -qw net.ipv4.ip_local_port_range="$1 $1"; }

# capture SIDE FILE [TCPDUMP ARGUMENTS]: the default is pcap in microseconds.
capture() {
	local ns file=$2
	ns=$(nsof "$1")
	shift 2
	ip netns exec "$ns" tcpdump -Z root -U -n -s 0 --immediate-mode -B 4096 -w "$run/$file" "$@" \
		>/dev/null 2>"$run/$file.err" &
	dumps+=($!)
	dumpfiles+=("$file")
	local i
	for i in $(seq 100); do
		grep -qs 'listening on' "$run/$file.err" && return
		sleep 0.05
	done
	fail "tcpdump: $(cat "$run/$file.err")"
}

tcp_only='tcp or icmp or icmp6[icmp6type] < 5'

# captured waits for the last packets and ends every tcpdump.
captured() {
	sleep "${1:-0.4}"
	local i
	for i in "${!dumps[@]}"; do
		kill -INT "${dumps[$i]}"
		wait "${dumps[$i]}"
		grep -q '^0 packets dropped by kernel' "$run/${dumpfiles[$i]}.err" || fail "tcpdump dropped packets"
	done
	for i in "${ngdumps[@]}"; do
		kill -INT "$i"
		wait "$i"
	done
	dumps=() dumpfiles=() ngdumps=()
}

publish() {
	local f size n=0
	for f in "$run"/*.pcap "$run"/*.pcapng; do
		[ -s "$f" ] || continue
		case $(basename "$f") in raw-*) continue ;; esac
		size=$(stat -c %s "$f")
		[ "$size" -le 61440 ] || fail "$(basename "$f") has $size bytes"
		install -m 644 "$f" "$out/"
		n=$((n + 1))
	done
	[ $n -gt 0 ] || fail "no capture"
}

teardown() {
	local p n
	for p in "${dumps[@]}" "${ngdumps[@]}" "${pids[@]}"; do halt "$p"; done
	for n in $nsc $nsr $nss; do ip netns del "$n" 2>/dev/null; done
	[ -z "${KEEP-}" ] && rm -rf "$run"
}

# cert NAME COMMON-NAME [SUBJECT-ALT-NAME]: $run/NAME.crt and .key, signed by the recording's CA.
cert() {
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/O=Lab/CN=$2" \
		-keyout "$run/$1.key" -out "$run/$1.csr" 2>/dev/null
	local ext="$run/$1.ext"
	: >"$ext"
	[ -z "${3-}" ] || echo "subjectAltName=$3" >"$ext"
	openssl x509 -req -in "$run/$1.csr" -CA "$run/ca.crt" -CAkey "$run/ca.key" -CAcreateserial \
		-days "${4:-20}" -extfile "$ext" -out "$run/$1.crt" 2>/dev/null || fail "certificate $1"
	cat "$run/$1.crt" "$run/$1.key" >"$run/$1.pem"
	chmod 644 "$run/$1".*
}

# self_signed NAME SUBJECT: $run/NAME.crt and .key.
self_signed() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 \
		-subj "$2" -keyout "$run/$1.key" -out "$run/$1.crt" 2>/dev/null || fail "certificate $1"
}

# run_nginx http|stream [SIDE] reads the inside of that block and starts nginx.
run_nginx() {
	local kind=$1
	{
		echo "daemon off; master_process off; pid $run/nginx.pid; error_log $run/nginx.log info;"
		echo "load_module /usr/lib/nginx/modules/ngx_stream_module.so;"
		echo "events { worker_connections 64; }"
		[ "$kind" = http ] && echo "http { access_log off; server_tokens off; client_body_temp_path $run/t1; proxy_temp_path $run/t2; fastcgi_temp_path $run/t3; uwsgi_temp_path $run/t4; scgi_temp_path $run/t5;" || echo "stream {"
		cat
		echo "}"
	} >"$run/nginx.conf"
	start "${2:-server}" nginx -e "$run/nginx.log" -p "$run" -c "$run/nginx.conf"
}

# run_haproxy [SIDE] reads proxies and starts haproxy.
run_haproxy() {
	{
		echo "global"
		echo "  maxconn 64"
		echo "  ssl-default-bind-options ssl-min-ver TLSv1.0"
		echo "defaults"
		echo "  mode tcp"
		echo "  timeout connect 3s"
		echo "  timeout client 20s"
		echo "  timeout server 20s"
		cat
	} >"$run/haproxy.cfg"
	start "${1:-server}" haproxy -db -f "$run/haproxy.cfg"
}

# run_apache reads what follows a minimal configuration and starts one Apache process.
run_apache() {
	{
		echo "ServerRoot $run"
		echo "DefaultRuntimeDir $run"
		echo "ServerName proxy.example"
		echo "PidFile $run/apache.pid"
		echo "ErrorLog $run/apache.log"
		echo "LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so"
		echo "LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so"
		echo "LoadModule socache_shmcb_module /usr/lib/apache2/modules/mod_socache_shmcb.so"
		echo "LoadModule ssl_module /usr/lib/apache2/modules/mod_ssl.so"
		cat
	} >"$run/apache.conf"
	start server apache2 -X -f "$run/apache.conf"
}

# run_stunnel reads the services of a server-side stunnel, with the certificate in $run/shop.pem.
run_stunnel() {
	{
		echo "foreground = yes"
		echo "pid ="
		echo "cert = $run/shop.pem"
		cat
	} >"$run/stunnel.conf"
	start server stunnel4 "$run/stunnel.conf"
}

# get CURL-ARGUMENTS...: curl in the client's namespace, silent and bounded; its failure may be what is recorded.
get() { client curl -s -o /dev/null -m 8 --cacert "$run/ca.crt" "$@" || true; }

# s_client ARGUMENTS...: one request with openssl, bounded.
s_client() {
	printf 'GET / HTTP/1.0\r\n\r\n' | timeout 8 ip netns exec "$nsc" openssl s_client -CAfile "$run/ca.crt" -ign_eof "$@" >>"$run/log" 2>&1 || true
}

# capture_ng SIDE FILE IFACE: dumpcap, whose own format is pcapng.
capture_ng() {
	ip netns exec "$(nsof "$1")" dumpcap -q -i "$3" -f "$tcp_only" -w "$run/$2" >/dev/null 2>"$run/$2.err" &
	ngdumps+=($!)
	local i
	for i in $(seq 100); do
		grep -qs '^File:' "$run/$2.err" && return
		sleep 0.05
	done
	fail "dumpcap: $(cat "$run/$2.err")"
}

# s_server ARGUMENTS...: openssl's server, which answers HTTP with its status page.
s_server() { start server openssl s_server -quiet -www "$@"; }
