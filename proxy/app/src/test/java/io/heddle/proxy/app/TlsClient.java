package io.heddle.proxy.app;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/** One TLS connection to a proxy, which believes whatever certificate it is shown. */
record TlsClient(SSLSocket socket) implements AutoCloseable {
  private static final int PATIENCE_MILLIS = 30_000;

  private static final X509TrustManager CREDULOUS =
      new X509TrustManager() {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
          return new X509Certificate[0];
        }
      };

  static TlsClient connect(int port) throws IOException, GeneralSecurityException {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, new TrustManager[] {CREDULOUS}, new SecureRandom());
    SSLSocket socket =
        (SSLSocket) context.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout(PATIENCE_MILLIS);
    socket.startHandshake();
    return new TlsClient(socket);
  }

  X509Certificate certificate() throws IOException {
    return (X509Certificate) socket.getSession().getPeerCertificates()[0];
  }

  /** Asks, and returns the head and body of the answer; the connection stays. */
  String get(String path) throws IOException {
    socket
        .getOutputStream()
        .write(
            ("GET " + path + " HTTP/1.1\r\nhost: a\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
    socket.getOutputStream().flush();
    StringBuilder read = new StringBuilder();
    InputStream in = socket.getInputStream();
    while (!whole(read)) {
      int next = in.read();
      if (next < 0) {
        throw new IOException("ended after: " + read);
      }
      read.append((char) next);
    }
    return read.toString();
  }

  private static boolean whole(StringBuilder read) {
    int head = read.indexOf("\r\n\r\n");
    if (head < 0) {
      return false;
    }
    String length = "content-length: ";
    int at = read.indexOf(length);
    if (at < 0 || at > head) {
      return true;
    }
    int size = Integer.parseInt(read.substring(at + length.length(), read.indexOf("\r\n", at)));
    return read.length() >= head + 4 + size;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
