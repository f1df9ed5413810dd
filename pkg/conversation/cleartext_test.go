package conversation

import "testing"

// TestCleartext follows clients that are refused TLS: those whose session works without are not to be taken for a failure.
func TestCleartext(t *testing.T) {
	smtp := []said{text(s, "220 mail ESMTP\r\n"), text(c, "EHLO x\r\n"), text(s, "250 mail\r\n"), text(c, "STARTTLS\r\n"), text(s, "454 TLS not available\r\n")}
	imap := []said{text(s, "* OK ready\r\n"), text(c, "a1 STARTTLS\r\n"), text(s, "a1 BAD unknown\r\n")}
	pop3 := []said{text(s, "+OK ready\r\n"), text(c, "STLS\r\n"), text(s, "-ERR no\r\n")}
	ftp := []said{text(s, "220 (vsFTPd 3.0.3)\r\n"), text(c, "AUTH TLS\r\n"), text(s, "530 Please login with USER and PASS.\r\n"),
		text(c, "AUTH SSL\r\n"), text(s, "530 Please login with USER and PASS.\r\n")}
	postgres := []said{text(c, sslRequest), text(s, "N")}
	startup := text(c, "\x00\x00\x00\x10\x00\x03\x00\x00user\x00x\x00\x00")
	ldap := []said{text(c, "\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037"), text(s, "\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x02\x04\x00\x04\x00")}
	bind := text(c, "\x30\x0c\x02\x01\x02\x60\x07\x02\x01\x03\x04\x00\x80\x00")
	cases := []struct {
		name string
		said []said
		want Cleartext
	}{
		{"mail is sent", then(smtp, text(c, "MAIL FROM:<a@b>\r\n"), text(s, "250 ok\r\n"), text(c, "QUIT\r\n"), text(s, "221 bye\r\n")), CleartextWorks},
		{"mail is not taken without TLS", then(smtp, text(c, "MAIL FROM:<a@b>\r\n"), text(s, "530 5.7.0 Must issue a STARTTLS command first\r\n")), CleartextRefused},
		{"nor after a while", then(smtp, text(c, "MAIL FROM:<a@b>\r\n"), text(s, "250 ok\r\n"), text(c, "RCPT TO:<a@c>\r\n"), text(s, "550 5.7.1 no\r\n")), CleartextRefused},
		{"mail is put off", then(smtp, text(c, "MAIL FROM:<a@b>\r\n"), text(s, "250 ok\r\n"), text(c, "RCPT TO:<a@c>\r\n"), text(s, "450 4.2.0 <a@c>: Greylisted, see https://postgrey\r\n")), CleartextWorks},
		{"mail is put off for want of TLS", then(smtp, text(c, "MAIL FROM:<a@b>\r\n"), text(s, "250 ok\r\n"), text(c, "RCPT TO:<a@c>\r\n"), text(s, "450 4.7.1 Encryption needed\r\n")), CleartextRefused},
		{"mail is taken for one of two", then(smtp, text(c, "MAIL FROM:<a@b>\r\n"), text(s, "250 ok\r\n"), text(c, "RCPT TO:<a@c>\r\n"), text(s, "550 5.1.1 unknown\r\n"), text(c, "RCPT TO:<d@c>\r\n"), text(s, "250 ok\r\n"), text(c, "DATA\r\n"), text(s, "354 go\r\n")), CleartextWorks},
		{"the client takes its leave", then(smtp, text(c, "RSET\r\n"), text(s, "250 ok\r\n"), text(c, "QUIT\r\n"), text(s, "221 bye\r\n")), CleartextUnseen},
		{"the client is not answered", then(smtp, text(c, "MAIL FROM:<a@b>\r\n")), CleartextUnseen},
		{"the client says nothing", smtp, CleartextUnseen},
		{"IMAP, a tag that looks like a reply code", then(imap, text(c, "450 LOGIN me pw\r\n"), text(s, "450 NO no\r\n")), CleartextRefused},
		{"IMAP", then(imap, text(c, "a2 LOGIN me pw\r\n"), text(s, "a2 OK\r\n")), CleartextWorks},
		{"IMAP, not without TLS", then(imap, text(c, "a2 LOGIN me pw\r\n"), text(s, "a2 NO [PRIVACYREQUIRED] no\r\n")), CleartextRefused},
		{"IMAP, logged in", then(imap, text(c, "a2 LOGIN me pw\r\n"), text(s, "a2 OK Logged in\r\n"), text(c, "a3 SELECT x\r\n"), text(s, "a3 NO no such mailbox\r\n")), CleartextWorks},
		{"IMAP, not logged in", then(imap, text(c, "a2 NOOP\r\n"), text(s, "a2 OK\r\n"), text(c, "a3 LOGIN me pw\r\n"), text(s, "a3 NO no\r\n")), CleartextRefused},
		{"POP3, logged in", then(pop3, text(c, "USER me\r\n"), text(s, "+OK\r\n"), text(c, "PASS pw\r\n"), text(s, "+OK Logged in\r\n"), text(c, "RETR 7\r\n"), text(s, "-ERR no such message\r\n")), CleartextWorks},
		{"POP3, not logged in", then(pop3, text(c, "USER me\r\n"), text(s, "+OK\r\n"), text(c, "PASS pw\r\n"), text(s, "-ERR no\r\n")), CleartextRefused},
		{"IMAP, a leave", then(imap, text(c, "a2 LOGOUT\r\n"), text(s, "* BYE\r\na2 OK\r\n")), CleartextUnseen},
		{"FTP", then(ftp, text(c, "USER me\r\n"), text(s, "331 Please specify the password.\r\n")), CleartextWorks},
		{"FTP, logged in", then(ftp, text(c, "USER me\r\n"), text(s, "331 Please specify the password.\r\n"), text(c, "PASS pw\r\n"), text(s, "230 in\r\n"), text(c, "STOR x\r\n"), text(s, "550 no\r\n")), CleartextWorks},
		{"FTP, not logged in", then(ftp, text(c, "USER me\r\n"), text(s, "331 Please specify the password.\r\n"), text(c, "PASS pw\r\n"), text(s, "530 no\r\n")), CleartextRefused},
		{"FTP, asked twice", ftp, CleartextUnseen},
		{"FTP, not without TLS", then(ftp, text(c, "USER me\r\n"), text(s, "530 Non-anonymous sessions must use encryption.\r\n")), CleartextRefused},
		{"PostgreSQL", then(postgres, startup, text(s, "R\x00\x00\x00\x08\x00\x00\x00\x00")), CleartextWorks},
		{"PostgreSQL, not without TLS", then(postgres, startup, text(s, "E\x00\x00\x00\x50SFATAL\x00C28000\x00Mno pg_hba.conf entry for host")), CleartextRefused},
		{"PostgreSQL, not answered", then(postgres, startup), CleartextUnseen},
		{"LDAP", then(ldap, bind, text(s, "\x30\x0c\x02\x01\x02\x61\x07\x0a\x01\x00\x04\x00\x04\x00")), CleartextWorks},
		{"LDAP, not without TLS", then(ldap, bind, text(s, "\x30\x0c\x02\x01\x02\x61\x07\x0a\x01\x0d\x04\x00\x04\x00")), CleartextRefused},
		{"LDAP, not without stronger authentication", then(ldap, bind, text(s, "\x30\x0c\x02\x01\x02\x61\x07\x0a\x01\x08\x04\x00\x04\x00")), CleartextRefused},
		{"LDAP, a leave", then(ldap, text(c, "\x30\x05\x02\x01\x02\x42\x00")), CleartextUnseen},
		{"a tunnel", []said{text(c, "CONNECT a:443 HTTP/1.1\r\n\r\n"), text(s, "HTTP/1.1 407 no\r\n\r\n"), text(c, "GET / HTTP/1.1\r\n\r\n"), text(s, "HTTP/1.1 200 OK\r\n\r\n")}, CleartextUnseen},
		{"a hello all the same", then(smtp, text(c, "MAIL FROM:<a@b>\r\n"), text(s, "250 ok\r\n"), talk(t, clientConfig("mail.example"), serverConfig())[0]), CleartextUnseen},
	}
	for _, x := range cases {
		for _, size := range []int{1 << 16, 1, 7} {
			if r := follow(t, x.said, size, nil); r.Cleartext != x.want {
				t.Errorf("%s, in chunks of %d: %v, refused %q", x.name, size, r.Cleartext, r.CarrierRefused)
			}
		}
	}
}
