# fish completion for sniscope. Made by "go generate ./cmd/sniscope". Do not edit.

function __sniscope_codes
    printf '%s\t%s\n' \
        'ok' 'The handshake went through: both sides sent Finished or application data.' \
        'not-tls' 'Neither side sent TLS, however the connection ended.' \
        'no-sni-accepted' 'The client sent no server name (SNI), and the handshake went through: the server has a default certificate, or a route for any name.' \
        'no-sni-reset' 'The client sent no server name (SNI), and the server reset the connection without a byte of TLS.' \
        'no-sni-alert' 'The client sent no server name (SNI), and the server ended the handshake with an alert before it had sent a certificate: 112 (unrecognized_name), 109 (missing_extension), 40 (handshake_failure), 80 (internal_error) or 49 (access_denied), or one that is encrypted.' \
        'no-sni-closed' 'The client sent no server name (SNI), and the server closed the connection without an alert or any other byte of TLS.' \
        'no-sni-unanswered' 'The client sent no server name (SNI); the server acknowledged the hello and did not answer it.' \
        'no-sni-client-rejected' 'The client sent no server name (SNI), got the server\'s answer and ended the handshake: probably the default certificate is not the one that it expected.' \
        'sni-invalid' 'The server_name that the client sent is not a DNS host name: an address, empty, with a port or a trailing dot, with NUL or non-ASCII bytes.' \
        'sni-unrecognized' 'The server does not know the name that the client asked for: it says so with alert 112 (unrecognized_name), or with 49 (access_denied) as on rustls, or only hellos with this name fail while others to the same server go through.' \
        'certificate-name-mismatch' 'The server\'s certificate is for other names than the one that the client asked for.' \
        'hello-reset' 'The server reset the connection: after a ClientHello with a server name and without a byte of TLS, or in the middle of the handshake.' \
        'hello-closed' 'The server closed the connection without an alert: after a ClientHello with a server name and without a byte of TLS, or in the middle of the handshake.' \
        'hello-unanswered' 'The ClientHello was acknowledged, or sent again without an acknowledgment, and no byte of TLS came in a second or more.' \
        'path-mtu' 'Full-size packets in one direction do not arrive, while small ones do: a link on the way has a smaller MTU than the endpoints assume, and the ICMP message that says so is lost or ignored.' \
        'split-hello-rejected' 'Hellos that are longer than one segment fail, while shorter ones to the same server go through: the server, or something on the way, expects a ClientHello in one packet.' \
        'connection-refused' 'The SYN was answered with RST: nothing listens at that address and port, or a firewall rejects the connection.' \
        'destination-unreachable' 'A router or host answered the SYN, or a QUIC client\'s first packets, with ICMP "destination unreachable".' \
        'syn-unanswered' 'No answer came to the SYN, or the SYN-ACK never reached the client.' \
        'reset-before-hello' 'The connection was set up and then reset in the server\'s name within a second, before a byte of the client was seen.' \
        'server-closed-before-hello' 'The server ended the connection before it had read a byte of the client: within a second (an error), or later, as an idle connection (info; a warning where the client then began TLS in it).' \
        'client-left-before-hello' 'The client closed the connection before it sent a byte, or before it began the TLS that it had asked for: a health check, a port scan, or a connection opened in advance and not needed.' \
        'plaintext-to-tls-port' 'The client spoke plaintext, such as HTTP, to a port where the server expects TLS.' \
        'tls-to-plaintext-port' 'The client sent a ClientHello, and the server answered in plaintext: TLS is not enabled there, or the client has to ask for it first (STARTTLS).' \
        'proxy-header-expected' 'Every hello to this server, with and without a name, is reset at once, as by a listener that waits for a PROXY header and gets a ClientHello; or only hellos that follow a PROXY header go through.' \
        'proxy-header-unexpected' 'The client, a load balancer, began with a PROXY header, and the server does not expect one.' \
        'proxy-refused' 'The proxy refused to open the tunnel: CONNECT was not answered with 2xx, SOCKS failed, or the proxy agreed and hung up.' \
        'starttls-refused' 'The client asked within its protocol to change to TLS (STARTTLS and the like), and the server refused.' \
        'protocol-version' 'Client and server have no version of TLS, or of QUIC, in common.' \
        'no-common-parameters' 'The server found no cipher suite, group or signature algorithm that both support, or did not accept those that were offered.' \
        'inappropriate-fallback' 'The client said, with TLS_FALLBACK_SCSV, that this is a second try at a lower version, and the server refused it because it supports a higher one.' \
        'alpn-mismatch' 'Client and server have no application protocol in common.' \
        'ech-required' 'The server did not accept the client\'s encrypted hello (ECH), and the client ended the connection, to try again with the configuration that it got.' \
        'client-certificate-required' 'The server asked for a client certificate, the client sent none, and the server ended the handshake for that reason.' \
        'client-certificate-rejected' 'The client sent a certificate, and the server did not accept it.' \
        'client-rejected-certificate' 'The client did not accept the server\'s certificate.' \
        'client-alert' 'The client ended the handshake with an alert that no other code covers.' \
        'server-alert' 'The server ended the handshake with an alert that no other code covers.' \
        'client-aborted' 'The client left during the handshake without an alert.' \
        'reset-injected' 'Something on the way, not its apparent sender, probably sent the RST that ended the connection: the RST shows two or more signs of that, or the host of the capture made it, or a capture nearer to its apparent sender lacks it.' \
        'handshake-stalled' 'The server answered the hello, and then nothing came from either side for five seconds; or the server, whose turn it was, sent nothing for a second or more, and the client left.' \
        'incomplete-capture' 'The capture lacks what a verdict needs: one direction, packets in between, the rest of each packet, the beginning or the end.'
end

function __sniscope_code_list
    __sniscope_codes
    printf '%s\n' $argv
end

complete -c sniscope -s r -l read -d 'read packets from FILE ("-" is standard input); the remaining arguments are the filter' -rF
complete -c sniscope -s i -l interface -d 'capture on the interface IFACE until Ctrl-C, and show findings as they come ("any": all of them; "-": what another program captures, from standard input); the remaining arguments are the filter' -x
complete -c sniscope -s D -l list-interfaces -d 'list the interfaces and exit'
complete -c sniscope -l promisc -d 'with -i, capture also packets for other hosts (promiscuous mode)'
complete -c sniscope -s Z -l relinquish-privileges -d 'with -i, become USER once the interface is open; the files of -C then belong to USER' -x
complete -c sniscope -s f -l filter -d 'keep only packets that match EXPR, in tcpdump\'s language' -x
complete -c sniscope -l format -d 'write the report as FORMAT: table, csv, json, jsonl or markdown' -xa 'table csv json jsonl markdown'
complete -c sniscope -l csv -d 'also write every connection reported, with a finding or not, to FILE, as CSV' -rF
complete -c sniscope -l jsonl -d 'also write every connection reported, with a finding or not, to FILE, as JSON Lines' -rF
complete -c sniscope -s o -l output -d 'write the report to FILE instead of standard output' -rF
complete -c sniscope -s w -l write -d 'write the packets of connections with a finding to FILE, as pcapng' -rF
complete -c sniscope -l write-all -d 'with -w, write the packets of every connection'
complete -c sniscope -s C -l file-size -d 'with -w, start a new file after N million bytes (with k, m or g: KiB, MiB, GiB)' -x
complete -c sniscope -s W -l file-count -d 'with -C, overwrite the oldest of N files' -x
complete -c sniscope -s a -l all -d 'list every TLS connection in the table, not only those with a finding'
complete -c sniscope -l no-sni -d 'report only connections whose ClientHello has no server_name'
complete -c sniscope -l sni -d 'report only connections whose server_name matches GLOB' -x
complete -c sniscope -l only -d 'report only connections with a diagnosis CODE[,CODE]; globs such as \'no-sni-*\' work' -xa '(__fish_complete_list , "__sniscope_code_list")'
complete -c sniscope -l client -d 'report only clients in CIDR' -x
complete -c sniscope -l server -d 'report only servers in CIDR[:PORT], such as 10.0.0.0/8:443 or [fd00::/8]:443' -x
complete -c sniscope -l explain -d 'explain the diagnosis CODE ("list" names all), or an error message that a client printed' -xa '(__sniscope_code_list list)'
complete -c sniscope -s c -l count -d 'stop after N packets that pass the filter' -x
complete -c sniscope -l duration -d 'stop after D of capture time, such as 30s' -x
complete -c sniscope -l fail-on -d 'exit with status 3 if a reported connection has a diagnosis CODE[,CODE]; "error" stands for every error, "warning" for every finding' -xa '(__fish_complete_list , "__sniscope_code_list error warning")'
complete -c sniscope -s q -l quiet -d 'only errors on standard error'
complete -c sniscope -l color -d 'colour the table WHEN: auto, always or never' -xa 'auto always never'
complete -c sniscope -l version -d 'print the version and exit'
complete -c sniscope -s h -l help -d 'print this help and exit'
