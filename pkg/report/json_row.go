package report

// appendObject appends one connection as an object, which is never empty: conn is always there. Keys stand with the
// comma before them and with what opens the value behind them. As in CSV, a loop would cost as much as the members.
func appendObject(dst []byte, row *Row) []byte {
	alert, alertFrom := shownAlert(row.Record)
	start := len(dst)

	dst = jsonText(dst, `,"capture":"`, colCapture(row))
	dst = jsonInteger(dst, `,"conn":`, colConn(row))
	dst = jsonBytes(dst, `,"start":"`, row, colStart)
	dst = jsonMillis(dst, `,"duration_ms":`, colDuration(row))
	dst = jsonWord(dst, `,"transport":"`, colTransport(row).text)
	dst = jsonBytes(dst, `,"client_ip":"`, row, colClientIP)
	dst = jsonInteger(dst, `,"client_port":`, colClientPort(row))
	dst = jsonBytes(dst, `,"server_ip":"`, row, colServerIP)
	dst = jsonInteger(dst, `,"server_port":`, colServerPort(row))
	dst = jsonWord(dst, `,"roles":"`, colRoles(row).text)
	dst = jsonItems(dst, `,"encapsulation":["`, row, colEncapsulation)
	dst = jsonTexts(dst, `,"carrier":["`, colCarrier(row))
	dst = jsonWord(dst, `,"stage":"`, colStage(row).text)
	dst = jsonWord(dst, `,"protocol":"`, colProtocol(row))

	dst = jsonWord(dst, `,"hello":"`, colHello(row).text)
	dst = jsonWord(dst, `,"sni_state":"`, colSNIState(row).text)
	dst = jsonText(dst, `,"sni":"`, colSNI(row))
	dst = jsonItems(dst, `,"incomplete":["`, row, colIncomplete)
	dst = jsonBool(dst, `,"ech":`, colECH(row).text)
	dst = jsonWord(dst, `,"tls_offered":"`, colTLSOffered(row).text)
	dst = jsonWord(dst, `,"tls_version":"`, colTLSVersion(row).text)
	dst = jsonTexts(dst, `,"alpn_offered":["`, colALPNOffered(row))
	dst = jsonText(dst, `,"alpn":"`, colALPN(row))
	dst = jsonWord(dst, `,"cipher":"`, colCipher(row))
	dst = jsonBytes(dst, `,"ja3":"`, row, colJA3)
	dst = jsonText(dst, `,"ja4":"`, colJA4(row))
	dst = jsonInteger(dst, `,"hello_bytes":`, colHelloBytes(row))
	dst = jsonInteger(dst, `,"hello_segments":`, colHelloSegments(row))
	dst = jsonInteger(dst, `,"sni_offset":`, colSNIOffset(row))
	dst = jsonTexts(dst, `,"cert_names":["`, colCertNames(row))
	dst = jsonText(dst, `,"cert_issuer":"`, colCertIssuer(row))
	dst = jsonBytes(dst, `,"cert_not_after":"`, row, colCertNotAfter)

	dst = jsonWord(dst, `,"alert":"`, colAlert(alert))
	dst = jsonWord(dst, `,"alert_from":"`, colAlertFrom(alertFrom).text)
	dst = jsonWord(dst, `,"alert_level":"`, colAlertLevel(alert))
	dst = jsonWord(dst, `,"closed_by":"`, colClosedBy(row).text)
	dst = jsonWord(dst, `,"close":"`, colClose(row).text)
	dst = jsonWord(dst, `,"rst_kind":"`, colRSTKind(row).text)
	dst = jsonMillis(dst, `,"close_after_ms":`, colCloseAfter(row))
	dst = jsonWord(dst, `,"conn_state":"`, colConnState(row).text)
	dst = jsonWord(dst, `,"tampering":"`, colTampering(row))

	dst = jsonInteger(dst, `,"client_packets":`, colClientPackets(row))
	dst = jsonInteger(dst, `,"server_packets":`, colServerPackets(row))
	dst = jsonInteger(dst, `,"client_bytes":`, colClientBytes(row))
	dst = jsonInteger(dst, `,"server_bytes":`, colServerBytes(row))
	dst = jsonInteger(dst, `,"retransmits":`, colRetransmits(row))
	dst = jsonInteger(dst, `,"missed_bytes":`, colMissedBytes(row))
	dst = jsonMillis(dst, `,"rtt_server_ms":`, colRTTServer(row))
	dst = jsonMillis(dst, `,"rtt_client_ms":`, colRTTClient(row))
	dst = jsonMillis(dst, `,"server_first_ms":`, colServerFirst(row))
	dst = jsonWord(dst, `,"server_protocol":"`, colServerProtocol(row))
	dst = jsonBool(dst, `,"resumed":`, colResumed(row).text)
	dst = jsonWord(dst, `,"client_cert":"`, colClientCert(row))
	dst = jsonText(dst, `,"proxied_client":"`, colProxiedClient(row))
	dst = jsonText(dst, `,"proxy_target":"`, colProxyTarget(row))
	dst = jsonBytes(dst, `,"client_random":"`, row, colClientRandom)
	dst = jsonInteger(dst, `,"same_as":`, colSameAs(row))

	dst = jsonWord(dst, `,"diagnosis":"`, colDiagnosis(row))
	dst = jsonWord(dst, `,"severity":"`, colSeverity(row).text)
	dst = jsonWord(dst, `,"confidence":"`, colConfidence(row).text)
	dst = jsonItems(dst, `,"evidence":["`, row, colEvidence)
	dst = jsonText(dst, `,"detail":"`, colDetail(row))
	dst = jsonText(dst, `,"fix":"`, colFix(row))

	dst[start] = '{' // for the comma of the first member
	return append(dst, '}')
}

// jsonWord appends a string of which sniscope made every byte. Like all of these it appends nothing where there is
// nothing.
func jsonWord(dst []byte, key, s string) []byte {
	if s == "" {
		return dst
	}
	return append(append(append(dst, key...), s...), '"')
}

// jsonText appends a string with bytes from the network.
func jsonText(dst []byte, key, s string) []byte {
	if s == "" {
		return dst
	}
	dst = append(append(dst, key...), s...)
	return closeJSONText(dst, len(dst)-len(s))
}

func jsonBool(dst []byte, key, s string) []byte {
	if s == "" {
		return dst
	}
	return append(append(dst, key...), s...)
}

func jsonInteger(dst []byte, key string, v integer) []byte {
	if !v.known {
		return dst
	}
	return appendUint(append(dst, key...), v.n)
}

func jsonMillis(dst []byte, key string, v millis) []byte {
	if !v.known {
		return dst
	}
	return appendMillis(append(dst, key...), v.ns)
}

// jsonBytes appends a string that value appends, like jsonWord.
func jsonBytes(dst []byte, key string, row *Row, value func(dst []byte, row *Row) []byte) []byte {
	start := len(dst)
	dst = value(append(dst, key...), row)
	if len(dst) == start+len(key) {
		return dst[:start]
	}
	return append(dst, '"')
}

// jsonTexts appends a list, each like jsonText.
func jsonTexts(dst []byte, key string, items []string) []byte {
	if len(items) == 0 {
		return dst
	}
	return appendJSONList(append(dst, key...), items)
}

// appendJSONList appends a list behind its opening bracket and quotation mark.
func appendJSONList(dst []byte, items []string) []byte {
	for i, s := range items {
		if i > 0 {
			dst = append(dst, `,"`...)
		}
		dst = append(dst, s...)
		dst = closeJSONText(dst, len(dst)-len(s))
	}
	return append(dst, ']')
}

// jsonItems appends a list of which items appends the items with what is to stand between them, each like jsonWord.
func jsonItems(dst []byte, key string, row *Row, items func(dst []byte, row *Row, between string) []byte) []byte {
	start := len(dst)
	dst = items(append(dst, key...), row, `","`)
	if len(dst) == start+len(key) {
		return dst[:start]
	}
	return append(dst, `"]`...)
}
