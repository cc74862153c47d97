import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;

/**
 * The shop's catalogue: answers for itself and calls nobody. Runs in two versions.
 *
 * <p>PORT, INSTANCE and VERSION come from the environment.
 */
final class Catalog {
  private static final String NAME = "catalog";

  private final String instance;
  private final String version;

  private Catalog(Map<String, String> environment) {
    instance = environment.getOrDefault("INSTANCE", NAME);
    version = environment.getOrDefault("VERSION", "v1");
  }

  public static void main(String[] args) throws IOException {
    // Without these the server waits for acknowledgements of small answers and closes kept
    // connections after 30 s, perhaps just when the sidecar sends the next request.
    System.setProperty("sun.net.httpserver.nodelay", "true");
    System.setProperty("sun.net.httpserver.idleInterval", "3600");
    System.setProperty("sun.net.httpserver.maxIdleConnections", "1024");

    Catalog catalog = new Catalog(System.getenv());
    int port = Integer.parseInt(System.getenv("PORT"));
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1024);
    server.createContext("/", catalog::serve);
    server.createContext("/healthz", exchange -> answer(exchange, "{\"status\":\"ok\"}\n"));
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    Runtime.getRuntime().addShutdownHook(new Thread(() -> server.stop(0)));
    server.start();
    System.out.println(
        NAME + " " + catalog.instance + " " + catalog.version + " on " + server.getAddress());
  }

  private void serve(HttpExchange exchange) throws IOException {
    Map<String, String> seen = new TreeMap<>();
    for (Map.Entry<String, List<String>> header : exchange.getRequestHeaders().entrySet()) {
      String name = header.getKey().toLowerCase(Locale.ROOT);
      if (name.matches("traceparent|tracestate|b3|x-b3-[a-z]+|x-request-id")) {
        seen.put(name, String.join(",", header.getValue()));
      }
    }
    String headers =
        seen.entrySet().stream()
            .map(entry -> quoted(entry.getKey()) + ":" + quoted(entry.getValue()))
            .collect(Collectors.joining(",", "{", "}"));
    answer(
        exchange,
        "{\"service\":\"%s\",\"hops\":[{\"service\":\"%s\",\"language\":\"Java\",\"instance\":%s,\"version\":%s,\"headers\":%s}]}\n"
            .formatted(NAME, NAME, quoted(instance), quoted(version), headers));
  }

  private static void answer(HttpExchange exchange, String text) throws IOException {
    byte[] body = text.getBytes(StandardCharsets.UTF_8);
    try (exchange) {
      exchange.getRequestBody().skip(Long.MAX_VALUE);
      exchange.getResponseHeaders().set("content-type", "application/json");
      exchange.sendResponseHeaders(200, body.length);
      exchange.getResponseBody().write(body);
    }
  }

  private static String quoted(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    for (char letter : text.toCharArray()) {
      if (letter == '"' || letter == '\\') {
        quoted.append('\\').append(letter);
      } else if (letter < ' ') {
        quoted.append(String.format("\\u%04x", (int) letter));
      } else {
        quoted.append(letter);
      }
    }
    return quoted.append('"').toString();
  }
}
