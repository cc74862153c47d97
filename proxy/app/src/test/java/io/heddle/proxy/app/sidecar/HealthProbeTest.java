package io.heddle.proxy.app.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class HealthProbeTest {
  private static final Duration SECOND = Duration.ofSeconds(2);

  @Test
  void tcpPassesWhereSomethingListensAndFailsWhereNothingDoes() throws Exception {
    int port;
    try (ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      port = server.getLocalPort();
      assertThat(HealthProbe.tcp(port, SECOND).failure()).isEmpty();
    }
    assertThat(HealthProbe.tcp(port, SECOND).failure())
        .hasValueSatisfying(why -> assertThat(why).contains("connect to port " + port));
  }

  @Test
  void httpPassesOn2xxOnly() throws Exception {
    assertThat(answer("HTTP/1.1 204 No Content\r\n\r\n")).isEmpty();
    assertThat(answer("HTTP/1.0 200 OK\r\n\r\n")).isEmpty();
    assertThat(answer("HTTP/1.1 500 Oops\r\n\r\n")).contains("found status 500");
    assertThat(answer("HTTP/1.1 302 Found\r\n\r\n")).contains("expected 2xx");
    assertThat(answer("SSH-2.0-OpenSSH_9.9\r\n")).contains("not an HTTP/1 answer");
    assertThat(answer("HTTP/1.1 ok, sure\r\n")).contains("no status");
    assertThat(answer("")).contains("closed before");
  }

  @Test
  void silentServerFailsInTime() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      assertThat(
              HealthProbe.http(server.getLocalPort(), "/healthz", Duration.ofMillis(50)).failure())
          .isPresent();
    }
  }

  private static String answer(String text) throws Exception {
    try (ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      Thread thread =
          Thread.startVirtualThread(() -> {
            try (Socket socket = server.accept()) {
              byte[] request = new byte[1024];
              int read = socket.getInputStream().read(request);
              assertThat(new String(request, 0, read, StandardCharsets.US_ASCII))
                  .startsWith("GET /healthz HTTP/1.1\r\nhost: 127.0.0.1:");
              socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
            } catch (java.io.IOException e) {
              throw new java.io.UncheckedIOException(e);
            }
          });
      String failure =
          HealthProbe.http(server.getLocalPort(), "/healthz", SECOND).failure().orElse("");
      thread.join();
      return failure;
    }
  }
}
