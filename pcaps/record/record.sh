#!/bin/bash
# Records the captures of pcaps/ from real servers and clients in network namespaces.
#
#   record.sh list            names of the recordings
#   record.sh all             record everything
#   record.sh NAME...         record these
#
# Needs root, Linux, Go and these Debian packages (nothing is installed here):
#   iproute2 iptables ethtool tcpdump tshark nginx-light libnginx-mod-stream haproxy
#   apache2 stunnel4 openssl curl gnutls-bin default-jdk-headless openssh-client
#   ngtcp2-client ngtcp2-server chromium dovecot-managesieved
#   postgresql libnss3-tools dsniff tinyproxy-bin microsocks python3 cargo librust-rustls-dev librust-rustls-pemfile-dev
# It starts no system service, ends only processes that it started, by pid, and
# bounds each recording in time. Keys and certificates are made anew each time.
set -u

here=$(cd "$(dirname "$0")" && pwd)
out=${OUT:-$(dirname "$here")}
limit=120 # seconds for one recording

# shellcheck source=lib.sh
. "$here/lib.sh"
for f in "$here"/scenarios/*.sh; do
	# shellcheck source=/dev/null
	. "$f"
done

names() { declare -F | sed -n 's/^declare -f rec_//p' | tr _ - | sort; }

missing_programs() {
	local p
	for p in ip iptables ethtool ss sysctl tcpdump tshark editcap nginx haproxy apache2 stunnel4 openssl curl gnutls-cli gnutls-serv gtlsclient gtlsserver chromium java javac ssh dovecot tstclnt certutil tcpkill tinyproxy microsocks psql setpriv cargo go; do
		command -v "$p" >/dev/null || echo "$p"
	done
}

# one records NAME inside this process; the outer one bounds its time.
one() {
	trap teardown EXIT
	trap 'exit 1' TERM INT
	setup "$1"
	"rec_$(echo "$1" | tr - _)" || fail "scenario failed"
	publish
}

attempt() { BUILD=$build timeout -k 5 "$limit" "$here/record.sh" --one "$1"; }

case ${1-} in
'') sed -n '2,7s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
list) names; exit 0 ;;
--one) one "$2"; exit ;;
all) set -- $(names) ;;
esac

[ "$(id -u)" = 0 ] || { echo "record.sh: needs root" >&2; exit 2; }
missing=$(missing_programs)
[ -z "$missing" ] || { echo "record.sh: missing:" $missing >&2; exit 2; }

build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
(cd "$here" && go build -o "$build/peer" ./peer && javac -d "$build" peer/*.java) || exit 1
rustls_serve() {
	cp -r "$here/rustls" "$build/" && cd "$build/rustls" || return 1 # cargo writes beside what it reads
	CARGO_HOME=$build/cargo cargo build -q --offline --target-dir "$build/target" \
		--config 'source.crates-io.replace-with="debian"' --config 'source.debian.directory="/usr/share/cargo/registry"' &&
		mv "$build/target/debug/rustls-serve" "$build/"
}
(rustls_serve) || exit 1
status=0
for name in "$@"; do
	# Twice, for a busy machine may lose packets.
	if attempt "$name" || attempt "$name"; then
		echo "recorded $name"
	else
		echo "record.sh: $name failed" >&2
		status=1
	fi
done
exit $status
