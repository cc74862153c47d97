package io.heddle.demo;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TwinTest {
  private final Map<String, Integer> ports = new ConcurrentHashMap<>();
  private final List<HttpServer> servers = new ArrayList<>();
  private int sidecarPort;

  /** Routes absolute-form requests by host, as a sidecar's outbound listener does. */
  @BeforeEach
  void startSidecar() throws IOException {
    HttpServer sidecar =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    sidecar.createContext(
        "/",
        exchange -> {
          try (exchange) {
            Integer port = ports.get(exchange.getRequestURI().getHost());
            if (port == null) {
              exchange.sendResponseHeaders(503, -1);
              return;
            }
            HttpURLConnection onward =
                (HttpURLConnection)
                    URI.create("http://127.0.0.1:" + port + "/").toURL().openConnection();
            String trace = exchange.getRequestHeaders().getFirst("traceparent");
            if (trace != null) {
              onward.setRequestProperty("traceparent", trace);
            }
            byte[] body = onward.getInputStream().readAllBytes();
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
          }
        });
    sidecar.start();
    servers.add(sidecar);
    sidecarPort = sidecar.getAddress().getPort();
  }

  @AfterEach
  void stop() {
    servers.forEach(server -> server.stop(0));
  }

  @Test
  void listsEveryServiceCrossedWithTheTraceHeadersSeen() throws IOException {
    for (ShopService service : List.of(ShopService.STOCK, ShopService.PAYMENTS)) {
      start(service);
    }
    int orders = start(ShopService.ORDERS);

    HttpURLConnection call = call(orders);
    call.setRequestProperty("traceparent", "00-\"x\"-01");

    assertThat(call.getResponseCode()).isEqualTo(200);
    assertThat(new String(call.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
        .containsSubsequence(
            "\"hops\":[",
            "\"service\":\"orders\"",
            "00-\\\"x\\\"-01",
            "\"service\":\"stock\"",
            "00-\\\"x\\\"-01",
            "\"service\":\"payments\"");
  }

  @Test
  void namesTheCalleeThatFailed() throws IOException {
    start(ShopService.STOCK);

    HttpURLConnection call = call(start(ShopService.ORDERS));

    assertThat(call.getResponseCode()).isEqualTo(502);
    assertThat(new String(call.getErrorStream().readAllBytes(), StandardCharsets.UTF_8))
        .contains("\"callee\":\"payments\"", "status 503");
  }

  private int start(ShopService service) throws IOException {
    HttpServer server =
        new Twin(service, Map.of("OUTBOUND", "http://127.0.0.1:" + sidecarPort)).start(0);
    servers.add(server);
    ports.put(service.serviceName(), server.getAddress().getPort());
    return server.getAddress().getPort();
  }

  private static HttpURLConnection call(int port) throws IOException {
    return (HttpURLConnection)
        URI.create("http://127.0.0.1:" + port + "/").toURL().openConnection();
  }
}
