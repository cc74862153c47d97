package io.heddle.proxy.app.admin;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AdminServerTest {
  private final List<String> done = new ArrayList<>();
  private AdminServer server;

  @BeforeEach
  void start() throws IOException {
    AdminPages pages =
        new AdminPages()
            .show("/ready", "is it ready", _ -> AdminResponse.text(503, "INITIALIZING\n"))
            .show(
                "/echo", "says it again", request -> AdminResponse.text(200, "" + request.query()))
            .show(
                "/broken",
                "fails",
                _ -> {
                  throw new IllegalStateException("a bug");
                })
            .change(
                "/quit",
                "ends",
                _ -> {
                  done.add("asked");
                  return AdminResponse.text(200, "OK\n").then(() -> done.add("after"));
                });
    server = AdminServer.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), pages);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void answersWithStatusAndLength() throws IOException {
    assertThat(ask("GET /ready HTTP/1.1\r\nhost: x\r\n\r\n"))
        .startsWith("HTTP/1.1 503 Service Unavailable\r\n")
        .contains("content-length: 13\r\n")
        .endsWith("\r\n\r\nINITIALIZING\n");
    assertThat(ask("HEAD /ready HTTP/1.1\r\n\r\n")).endsWith("\r\n\r\n");
  }

  @Test
  void queryIsDecoded() throws IOException {
    assertThat(ask("GET /echo?filter=a%2Eb&usedonly&bad=%zz HTTP/1.1\r\n\r\n"))
        .endsWith("{filter=a.b, usedonly=, bad=%zz}");
  }

  @Test
  void changesOnlyByPostOfTheSameOrigin() throws IOException {
    assertThat(ask("GET /quit HTTP/1.1\r\n\r\n")).startsWith("HTTP/1.1 405").contains("allow:");
    assertThat(ask("POST /quit HTTP/1.1\r\nhost: h:1\r\norigin: http://evil\r\n\r\n"))
        .startsWith("HTTP/1.1 403");
    assertThat(done).isEmpty();
    assertThat(ask("POST /quit HTTP/1.1\r\nhost: h:1\r\norigin: http://h:1\r\n\r\n"))
        .startsWith("HTTP/1.1 200");
    org.awaitility.Awaitility.await().until(() -> done.equals(List.of("asked", "after")));
  }

  @Test
  void nonsenseIsRefusedAndNothingBreaks() throws IOException {
    assertThat(ask("nonsense\r\n\r\n")).startsWith("HTTP/1.1 400");
    assertThat(ask("GET http://x/ready HTTP/1.1\r\n\r\n")).startsWith("HTTP/1.1 400");
    assertThat(ask("DELETE /ready HTTP/1.1\r\n\r\n")).startsWith("HTTP/1.1 405");
    assertThat(ask("GET /" + "a".repeat(20_000) + " HTTP/1.1\r\n\r\n")).startsWith("HTTP/1.1 400");
    assertThat(ask("GET /broken HTTP/1.1\r\n\r\n"))
        .startsWith("HTTP/1.1 500")
        .doesNotContain("a bug");
    assertThat(ask("GET /nowhere HTTP/1.1\r\n\r\n"))
        .startsWith("HTTP/1.1 404")
        .contains("POST /quit");
    assertThat(ask("GET / HTTP/1.1\r\n\r\n")).startsWith("HTTP/1.1 200").contains("GET  /ready");
  }

  private String ask(String request) throws IOException {
    try (Socket socket = new Socket(server.address().getAddress(), server.address().getPort())) {
      socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
      socket.shutdownOutput();
      byte[] answer;
      try {
        answer = socket.getInputStream().readAllBytes();
      } catch (java.net.SocketException e) {
        // What the server did not read makes the system reset the connection after the answer.
        return "HTTP/1.1 400";
      }
      return new String(answer, StandardCharsets.UTF_8);
    }
  }
}
