package io.heddle.cli;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** Answers as the control plane's REST API does, from a table. */
final class FakeControlPlane implements AutoCloseable {
  private record Reply(int status, String body) {}

  private final HttpServer server;
  private final Map<String, Reply> replies = new ConcurrentHashMap<>();
  private final List<String> seen = new CopyOnWriteArrayList<>();
  private final List<String> authorizations = new CopyOnWriteArrayList<>();

  FakeControlPlane() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          try (exchange) {
            String call = exchange.getRequestMethod() + " " + exchange.getRequestURI();
            String text =
                new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            String file = exchange.getRequestHeaders().getFirst("X-Heddle-File");
            String token = exchange.getRequestHeaders().getFirst("Authorization");
            authorizations.add(token == null ? "" : token);
            seen.add(file == null ? call : call + " " + file + " " + text.length());
            Reply reply =
                replies.getOrDefault(
                    call,
                    new Reply(
                        404, "{\"errors\":[{\"code\":\"HDL-1004\",\"message\":\"no such\"}]}"));
            byte[] body = reply.body().getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(reply.status(), body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
          }
        });
    server.start();
  }

  FakeControlPlane answer(String call, int status, String body) {
    replies.put(call, new Reply(status, body));
    return this;
  }

  List<String> seen() {
    return seen;
  }

  /** The header of that name of each call, empty where there was none. */
  List<String> authorizations() {
    return authorizations;
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
