# bash completion for sniscope. Made by "go generate ./cmd/sniscope". Do not edit.

_sniscope() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
    # bash takes --flag=value apart
    if [[ $cur == "=" ]]; then
        cur=
    elif [[ $prev == "=" ]]; then
        prev=${COMP_WORDS[COMP_CWORD-2]}
    fi
    local codes="ok not-tls no-sni-accepted no-sni-reset no-sni-alert no-sni-closed no-sni-unanswered no-sni-client-rejected sni-invalid sni-unrecognized certificate-name-mismatch hello-reset hello-closed hello-unanswered path-mtu split-hello-rejected connection-refused destination-unreachable syn-unanswered reset-before-hello server-closed-before-hello client-left-before-hello plaintext-to-tls-port tls-to-plaintext-port proxy-header-expected proxy-header-unexpected proxy-refused starttls-refused protocol-version no-common-parameters inappropriate-fallback alpn-mismatch ech-required client-certificate-required client-certificate-rejected client-rejected-certificate client-alert server-alert client-aborted reset-injected handshake-stalled incomplete-capture"
    local words= list= i
    # what follows -- is a file
    for ((i = 1; i < COMP_CWORD; i++)); do
        [[ ${COMP_WORDS[i]} == "--" ]] && return
    done
    case $prev in
    -r|--read) return ;;
    -i|--interface) _sniscope_nothing; return ;;
    -Z|--relinquish-privileges) _sniscope_nothing; return ;;
    -f|--filter) _sniscope_nothing; return ;;
    --format) words="table csv json jsonl markdown" ;;
    --csv) return ;;
    --jsonl) return ;;
    -o|--output) return ;;
    -w|--write) return ;;
    -C|--file-size) _sniscope_nothing; return ;;
    -W|--file-count) _sniscope_nothing; return ;;
    --sni) _sniscope_nothing; return ;;
    --only) words="$codes" list=1 ;;
    --client) _sniscope_nothing; return ;;
    --server) _sniscope_nothing; return ;;
    --explain) words="$codes list" ;;
    -c|--count) _sniscope_nothing; return ;;
    --duration) _sniscope_nothing; return ;;
    --fail-on) words="$codes error warning" list=1 ;;
    --color) words="auto always never" ;;
    -s) _sniscope_nothing; return ;;
    -B) _sniscope_nothing; return ;;
    *)
        [[ $cur == -* ]] || return # a file
        words="-r --read -i --interface -D --list-interfaces --promisc -Z --relinquish-privileges -f --filter --format --csv --jsonl -o --output -w --write --write-all -C --file-size -W --file-count -a --all --no-sni --sni --only --client --server --explain -c --count --duration --fail-on -q --quiet --color --version -h --help"
        ;;
    esac
    if [[ $list && $cur == *,* ]]; then
        COMPREPLY=($(compgen -P "${cur%,*}," -W "$words" -- "${cur##*,}"))
    else
        COMPREPLY=($(compgen -W "$words" -- "$cur"))
    fi
}

# No file names where none are wanted.
_sniscope_nothing() { compopt +o bashdefault +o default 2>/dev/null; }

complete -o bashdefault -o default -F _sniscope sniscope
