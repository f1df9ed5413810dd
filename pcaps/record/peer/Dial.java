import java.io.InputStream;
import java.net.InetAddress;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.security.cert.Certificate;
import java.io.FileInputStream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/** A Java TLS client: Dial ADDRESS PORT NAME PROTOCOL [CA]; without CA it trusts the default store. */
public class Dial {
    public static void main(String[] args) throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust(args.length > 4 ? args[4] : null), null);
        // An address made from bytes keeps the name that is given here, which becomes server_name.
        InetAddress address = InetAddress.getByAddress(args[2], InetAddress.getByName(args[0]).getAddress());
        try (java.net.Socket tcp = new java.net.Socket(address, Integer.parseInt(args[1]));
             SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(tcp, args[2], Integer.parseInt(args[1]), true)) {
            socket.setSoTimeout(8000);
            socket.setEnabledProtocols(args[3].split(","));
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            socket.setSSLParameters(parameters);
            socket.getOutputStream().write("GET / HTTP/1.0\r\n\r\n".getBytes());
            InputStream in = socket.getInputStream();
            while (in.read() >= 0) { }
        }
    }

    private static javax.net.ssl.TrustManager[] trust(String file) throws Exception {
        if (file == null) {
            return null;
        }
        Certificate ca;
        try (InputStream in = new FileInputStream(file)) {
            ca = CertificateFactory.getInstance("X.509").generateCertificate(in);
        }
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        store.setCertificateEntry("ca", ca);
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        return factory.getTrustManagers();
    }
}
