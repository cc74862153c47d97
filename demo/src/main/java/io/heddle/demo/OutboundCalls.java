package io.heddle.demo;

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** Calls other services by way of the sidecar, which it addresses as an HTTP proxy. */
final class OutboundCalls {
  private static final int LARGEST_ANSWER = 1 << 20;
  private static final int TIMEOUT_MILLIS = 15_000;

  private final Proxy sidecar;

  OutboundCalls(InetSocketAddress outbound) {
    sidecar = new Proxy(Proxy.Type.HTTP, outbound);
  }

  /**
   * One GET. The JDK keeps the connection, and repeats the request by itself when a kept one was
   * closed meanwhile.
   *
   * @throws IOException naming the callee
   */
  String get(String callee, Map<String, String> headers) throws IOException {
    try {
      URI uri = URI.create("http://" + callee + "/" + callee);
      HttpURLConnection connection = (HttpURLConnection) uri.toURL().openConnection(sidecar);
      connection.setConnectTimeout(TIMEOUT_MILLIS);
      connection.setReadTimeout(TIMEOUT_MILLIS);
      headers.forEach(connection::setRequestProperty);
      int status = connection.getResponseCode();
      if (status != HttpURLConnection.HTTP_OK) {
        throw new IOException("status " + status + ": " + text(connection.getErrorStream(), 500));
      }
      return text(connection.getInputStream(), LARGEST_ANSWER);
    } catch (IOException e) {
      throw new IOException(callee + ": " + e.getMessage(), e);
    }
  }

  private static String text(InputStream body, int limit) throws IOException {
    if (body == null) {
      return "";
    }
    try (body) {
      String text = new String(body.readNBytes(limit), StandardCharsets.UTF_8);
      if (limit == LARGEST_ANSWER && body.read() >= 0) {
        throw new IOException("answer above " + limit + " bytes");
      }
      // What is left unread keeps the connection from being used again.
      body.skip(LARGEST_ANSWER);
      return text;
    }
  }
}
