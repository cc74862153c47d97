package io.heddle.demo;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.regex.Pattern;

/**
 * Stands in for one service of the shop: {@code Twin SERVICE}. PORT, OUTBOUND (the sidecar's
 * outbound listener), INSTANCE and VERSION come from the environment.
 */
public final class Twin {
  private static final Pattern TRACE_HEADER =
      Pattern.compile("traceparent|tracestate|b3|x-b3-[a-z]+|x-request-id");

  private final ShopService service;
  private final String instance;
  private final String version;
  private final OutboundCalls outbound;

  Twin(ShopService service, Map<String, String> environment) {
    this.service = service;
    instance = environment.getOrDefault("INSTANCE", service.serviceName());
    version = environment.getOrDefault("VERSION", "v1");
    URI sidecar = URI.create(environment.getOrDefault("OUTBOUND", "http://127.0.0.1:15001"));
    outbound = new OutboundCalls(new InetSocketAddress(sidecar.getHost(), sidecar.getPort()));
  }

  /** Runs until the process is told to end; exit code 64 for a service that the shop lacks. */
  public static void main(String[] args) throws IOException {
    // Without these the server waits for acknowledgements of small answers and closes kept
    // connections after 30 s, perhaps just when the sidecar sends the next request.
    System.setProperty("sun.net.httpserver.nodelay", "true");
    System.setProperty("sun.net.httpserver.idleInterval", "3600");
    System.setProperty("sun.net.httpserver.maxIdleConnections", "1024");
    System.setProperty("http.maxConnections", "256");

    ShopService service = args.length == 1 ? ShopService.ofName(args[0]).orElse(null) : null;
    if (service == null) {
      System.err.println("usage: Twin web|orders|stock|payments|catalog");
      System.exit(64);
      return;
    }
    Map<String, String> environment = System.getenv();
    int port = Integer.parseInt(environment.getOrDefault("PORT", "0"));
    HttpServer server = new Twin(service, environment).start(port);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> server.stop(0)));
    System.out.println(service.serviceName() + " (Java twin) on " + server.getAddress());
  }

  /** Serves on the loopback address; port 0 takes a free one. */
  HttpServer start(int port) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1024);
    server.createContext("/", this::serve);
    server.createContext("/healthz", exchange -> answer(exchange, 200, "{\"status\":\"ok\"}\n"));
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.start();
    return server;
  }

  private void serve(HttpExchange exchange) throws IOException {
    Map<String, String> seen = traceHeaders(exchange);
    StringBuilder hops = new StringBuilder(ownHop(seen));
    for (String callee : service.callees()) {
      try {
        hops.append(',').append(hopsOf(outbound.get(callee, seen)));
      } catch (IOException e) {
        answer(
            exchange,
            502,
            "{\"service\":%s,\"callee\":%s,\"error\":%s}\n"
                .formatted(
                    JsonText.quoted(service.serviceName()),
                    JsonText.quoted(callee),
                    JsonText.quoted(String.valueOf(e.getMessage()))));
        return;
      }
    }
    answer(
        exchange,
        200,
        "{\"service\":%s,\"hops\":[%s]}\n".formatted(JsonText.quoted(service.serviceName()), hops));
  }

  private String ownHop(Map<String, String> seen) {
    return "{\"service\":%s,\"language\":\"Java\",\"instance\":%s,\"version\":%s,\"headers\":%s}"
        .formatted(
            JsonText.quoted(service.serviceName()),
            JsonText.quoted(instance),
            JsonText.quoted(version),
            JsonText.object(seen));
  }

  /** What stands between the brackets of the answer's last member; the shop always ends so. */
  private static String hopsOf(String answer) throws IOException {
    int start = answer.indexOf("\"hops\"");
    int open = start < 0 ? -1 : answer.indexOf('[', start);
    int close = answer.lastIndexOf(']');
    if (open < 0 || close < open) {
      throw new IOException(
          "an answer without hops: " + answer.substring(0, Math.min(200, answer.length())));
    }
    return answer.substring(open + 1, close);
  }

  private static Map<String, String> traceHeaders(HttpExchange exchange) {
    Map<String, String> seen = new TreeMap<>();
    for (Map.Entry<String, List<String>> header : exchange.getRequestHeaders().entrySet()) {
      String name = header.getKey().toLowerCase(Locale.ROOT);
      if (TRACE_HEADER.matcher(name).matches()) {
        seen.put(name, String.join(",", header.getValue()));
      }
    }
    return seen;
  }

  private static void answer(HttpExchange exchange, int status, String text) throws IOException {
    byte[] body = text.getBytes(StandardCharsets.UTF_8);
    try (exchange) {
      exchange.getRequestBody().skip(Long.MAX_VALUE);
      exchange.getResponseHeaders().set("content-type", "application/json");
      exchange.sendResponseHeaders(status, body.length);
      exchange.getResponseBody().write(body);
    }
  }
}
