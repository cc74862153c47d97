package io.heddle.proxy.engine;

import io.heddle.testkit.TestAuthority;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/** A client with the JDK's TLS, which is not the proxy's. */
final class TlsClient implements AutoCloseable {
  final SSLSocket socket;

  private TlsClient(SSLSocket socket) {
    this.socket = socket;
  }

  static SSLContext context(TestAuthority trusted, TestAuthority.@Nullable Issued own)
      throws GeneralSecurityException, IOException {
    KeyStore trust = KeyStore.getInstance("PKCS12");
    trust.load(null, null);
    trust.setCertificateEntry("ca", trusted.certificate());
    TrustManagerFactory trusts = TrustManagerFactory.getInstance("PKIX");
    trusts.init(trust);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(
        own == null ? null : new KeyManager[] {new Always(own)}, trusts.getTrustManagers(), null);
    return context;
  }

  /** Presents its certificate whatever authorities the server asks for. */
  private static final class Always extends X509ExtendedKeyManager {
    private final TestAuthority.Issued own;

    Always(TestAuthority.Issued own) {
      this.own = own;
    }

    @Override
    public String chooseClientAlias(
        String[] types, Principal @Nullable [] issuers, @Nullable Socket socket) {
      return "own";
    }

    @Override
    public X509Certificate[] getCertificateChain(String alias) {
      return new X509Certificate[] {own.certificate()};
    }

    @Override
    public PrivateKey getPrivateKey(String alias) {
      return own.key();
    }

    @Override
    public String[] getClientAliases(String type, Principal @Nullable [] issuers) {
      return new String[] {"own"};
    }

    @Override
    public String @Nullable [] getServerAliases(String type, Principal @Nullable [] issuers) {
      return null;
    }

    @Override
    public @Nullable String chooseServerAlias(
        String type, Principal @Nullable [] issuers, @Nullable Socket socket) {
      return type.equals("EC") ? "own" : null;
    }
  }

  static Socket plain(int port) throws IOException {
    return new Socket(InetAddress.getLoopbackAddress(), port);
  }

  static TlsClient connect(int port, SSLContext context, String sni, String... alpn)
      throws IOException {
    return connect(plain(port), context, sni, List.of(), alpn);
  }

  static TlsClient connect(
      Socket plain, SSLContext context, String sni, List<String> protocols, String... alpn)
      throws IOException {
    plain.setSoTimeout(20_000);
    SSLSocket socket =
        (SSLSocket) context.getSocketFactory().createSocket(plain, "127.0.0.1", 1, true);
    SSLParameters parameters = socket.getSSLParameters();
    if (!sni.isEmpty()) {
      parameters.setServerNames(List.of(new SNIHostName(sni)));
    }
    if (alpn.length > 0) {
      parameters.setApplicationProtocols(alpn);
    }
    if (!protocols.isEmpty()) {
      parameters.setProtocols(protocols.toArray(String[]::new));
    }
    socket.setSSLParameters(parameters);
    try {
      socket.startHandshake();
    } catch (IOException e) {
      socket.close();
      throw e;
    }
    return new TlsClient(socket);
  }

  X509Certificate peer() throws IOException {
    return (X509Certificate) socket.getSession().getPeerCertificates()[0];
  }

  String get() throws IOException {
    return get("/");
  }

  /** A request and its response, whose length is given. */
  String get(String path) throws IOException {
    return send("GET " + path + " HTTP/1.1\r\nhost: a\r\n\r\n");
  }

  /** Bytes as they are, and the response to them. */
  String send(String request) throws IOException {
    socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
    return response(socket.getInputStream());
  }

  static String response(InputStream in) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    while (!out.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
      int c = in.read();
      if (c < 0) {
        throw new IOException("ended after " + out);
      }
      out.write(c);
    }
    String head = out.toString(StandardCharsets.ISO_8859_1);
    int at = head.indexOf("content-length: ");
    int length = at < 0 ? 0 : Integer.parseInt(head.substring(at + 16, head.indexOf('\r', at)));
    return head + new String(in.readNBytes(length), StandardCharsets.ISO_8859_1);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
