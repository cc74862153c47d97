package io.heddle.proxy.app.sidecar;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Asks the application once whether it is well. May block for the time-out. */
@FunctionalInterface
public interface HealthProbe {

  /** Why it is not well; empty when it is. */
  Optional<String> failure();

  /** A TCP connect to loopback. */
  static HealthProbe tcp(int port, Duration timeout) {
    return () -> {
      try (Socket socket = new Socket()) {
        socket.connect(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), port),
            (int) timeout.toMillis());
        return Optional.empty();
      } catch (IOException e) {
        return Optional.of("connect to port " + port + ": " + e.getMessage());
      }
    };
  }

  /** A GET on loopback that must answer 2xx. */
  static HealthProbe http(int port, String path, Duration timeout) {
    return () -> {
      try {
        int status = status(port, path, timeout);
        return status >= 200 && status < 300
            ? Optional.empty()
            : Optional.of("GET " + path + ": found status " + status + ", expected 2xx");
      } catch (IOException e) {
        return Optional.of("GET " + path + ": " + e.getMessage());
      }
    };
  }

  private static int status(int port, String path, Duration timeout) throws IOException {
    long deadline = System.nanoTime() + timeout.toNanos();
    try (Socket socket = new Socket()) {
      socket.connect(
          new InetSocketAddress(InetAddress.getLoopbackAddress(), port), (int) timeout.toMillis());
      OutputStream out = socket.getOutputStream();
      String request =
          "GET "
              + path
              + " HTTP/1.1\r\nhost: 127.0.0.1:"
              + port
              + "\r\nuser-agent: heddle-health\r\naccept: */*\r\nconnection: close\r\n\r\n";
      out.write(request.getBytes(StandardCharsets.US_ASCII));
      out.flush();
      return parse(firstBytes(socket, deadline));
    }
  }

  /** The first twelve bytes: {@code HTTP/1.1 200}. */
  private static String firstBytes(Socket socket, long deadline) throws IOException {
    byte[] bytes = new byte[12];
    int length = 0;
    InputStream in = socket.getInputStream();
    while (length < bytes.length) {
      long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
      if (left <= 0) {
        throw new IOException("no answer in time");
      }
      socket.setSoTimeout((int) left);
      int read = in.read(bytes, length, bytes.length - length);
      if (read < 0) {
        throw new IOException("closed before a status line");
      }
      length += read;
    }
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  private static int parse(String start) throws IOException {
    if (start.startsWith("HTTP/1.") && start.charAt(8) == ' ') {
      try {
        return Integer.parseInt(start.substring(9));
      } catch (NumberFormatException e) {
        throw new IOException("no status in the answer", e);
      }
    }
    throw new IOException("not an HTTP/1 answer");
  }
}
