import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.security.KeyStore;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.X509ExtendedKeyManager;

/**
 * A Java TLS server that answers each connection with one line: Serve PORT KEYSTORE [NAME [PROTOCOL]]. With a NAME it has no key for
 * hellos without it, as a server that insists on a name that it knows; with a PROTOCOL it speaks no other (RFC 7301).
 */
public class Serve {
    /** Keys that are there for one name only. */
    private static class ByName extends X509ExtendedKeyManager {
        private final X509ExtendedKeyManager keys;
        private final SNIHostName name;

        ByName(X509ExtendedKeyManager keys, String name) {
            this.keys = keys;
            this.name = new SNIHostName(name);
        }

        @Override public String chooseServerAlias(String type, Principal[] issuers, Socket socket) {
            ExtendedSSLSession session = (ExtendedSSLSession) ((SSLSocket) socket).getHandshakeSession();
            return session.getRequestedServerNames().contains(name) ? keys.chooseServerAlias(type, issuers, socket) : null;
        }

        @Override public String[] getServerAliases(String type, Principal[] issuers) { return keys.getServerAliases(type, issuers); }
        @Override public String[] getClientAliases(String type, Principal[] issuers) { return null; }
        @Override public String chooseClientAlias(String[] types, Principal[] issuers, Socket socket) { return null; }
        @Override public X509Certificate[] getCertificateChain(String alias) { return keys.getCertificateChain(alias); }
        @Override public PrivateKey getPrivateKey(String alias) { return keys.getPrivateKey(alias); }
    }

    public static void main(String[] args) throws Exception {
        char[] password = "changeit".toCharArray();
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = new FileInputStream(args[1])) {
            store.load(in, password);
        }
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store, password);
        SSLContext context = SSLContext.getInstance("TLS");
        KeyManager[] managers = keys.getKeyManagers();
        if (args.length > 2) {
            managers[0] = new ByName((X509ExtendedKeyManager) managers[0], args[2]);
        }
        context.init(managers, null, null);
        SSLServerSocket server = (SSLServerSocket) context.getServerSocketFactory().createServerSocket(Integer.parseInt(args[0]));
        while (true) {
            try (SSLSocket socket = (SSLSocket) server.accept()) {
                socket.setSoTimeout(8000);
                if (args.length > 3) {
                    socket.setHandshakeApplicationProtocolSelector((s, offered) -> offered.contains(args[3]) ? args[3] : null);
                }
                socket.getInputStream().read();
                socket.getOutputStream().write("HTTP/1.0 200 OK\r\n\r\nok\n".getBytes());
            } catch (IOException e) {
                System.err.println("serve: " + e.getMessage());
            }
        }
    }
}
