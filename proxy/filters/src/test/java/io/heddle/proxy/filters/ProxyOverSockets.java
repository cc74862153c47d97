package io.heddle.proxy.filters;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Struct;
import io.heddle.proxy.api.AccessLoggerFactory;
import io.heddle.proxy.api.GrpcClient;
import io.heddle.proxy.api.HttpFilterFactory;
import io.heddle.proxy.api.NetworkFilterFactory;
import io.heddle.proxy.api.ServerView;
import io.heddle.proxy.engine.Engine;
import io.heddle.proxy.engine.ListenerResult;
import io.heddle.xds.model.BootstrapConfig;
import io.heddle.xds.model.ParseOptions;
import io.heddle.xds.model.Parsed;
import io.heddle.xds.model.parse.BootstrapParser;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * A proxy between a client and an upstream that speak HTTP/1.1 by hand, so that a test sees every
 * byte. Requests that arrived at the upstream, head and body as they came, are in {@link #arrived}.
 */
final class ProxyOverSockets implements AutoCloseable {
  private static final int PATIENCE_SECONDS = 20;

  private final ServerSocket upstream;
  private final Engine engine;
  private final int port;
  private final BlockingQueue<String> arrived = new LinkedBlockingQueue<>();
  private volatile Function<String, String> answer = request -> text("200 OK", "", "ok");

  /** What a bootstrap is made of; {@code port_value: UPSTREAM} in it is the upstream's. */
  record Setup(
      List<? extends HttpFilterFactory> http,
      List<? extends NetworkFilterFactory> network,
      List<? extends AccessLoggerFactory> loggers,
      GrpcClient grpc,
      String bootstrap) {}

  /** HTTP filters (a YAML list at column 0) before the router, and routes. */
  static ProxyOverSockets http(
      List<? extends HttpFilterFactory> factories, String filters, String routes) throws Exception {
    String manager =
        """
        - name: http
          typed_config:
            "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
            stat_prefix: in
            http_protocol_options: {enable_trailers: true}
            http_filters:
        FILTERS
            - name: router
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
            route_config:
              name: local
              virtual_hosts:
              - name: all
                domains: ["*"]
                routes:
        ROUTES
        """
            .replace("FILTERS\n", filters.indent(4))
            .replace("ROUTES\n", routes.indent(8));
    return new ProxyOverSockets(
        new Setup(factories, List.of(), List.of(), GrpcClient.NONE, bootstrap(manager)));
  }

  /** A bootstrap around network filters (a YAML list at column 0). */
  static String bootstrap(String filters) {
    return """
    node: {id: test, cluster: here}
    static_resources:
      listeners:
      - name: in
        address: {socket_address: {address: 127.0.0.1, port_value: 0}}
        filter_chains:
        - filters:
    FILTERS
      clusters:
      - name: up
        type: STATIC
        connect_timeout: 5s
        load_assignment:
          cluster_name: up
          endpoints:
          - lb_endpoints:
            - endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: UPSTREAM}}}
    """
        .replace("FILTERS\n", filters.indent(6));
  }

  ProxyOverSockets(Setup setup) throws Exception {
    upstream = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::accept);
    String text =
        setup.bootstrap().replace("port_value: UPSTREAM", "port_value: " + upstream.getLocalPort());
    Parsed<BootstrapConfig> parsed = new BootstrapParser(ParseOptions.STRICT).parse(text);
    if (!(parsed instanceof Parsed.Ok<BootstrapConfig> ok)) {
      throw new AssertionError(parsed.toString());
    }
    engine =
        Engine.builder()
            .concurrency(1)
            .httpFilters(setup.http())
            .networkFilters(setup.network())
            .accessLoggers(setup.loggers())
            .node(new ServerView.Node("id", "here", "", "", "", Struct.getDefaultInstance()))
            .grpcClient(setup.grpc())
            .start();
    ok.value().clusters().forEach(cluster -> assertThat(engine.applyCluster(cluster)).isEmpty());
    ListenerResult result =
        engine
            .applyListener(ok.value().listeners().getFirst())
            .toCompletableFuture()
            .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    if (!(result instanceof ListenerResult.Serving serving)) {
      throw new AssertionError(result.toString());
    }
    port = serving.address().getPort();
  }

  Engine engine() {
    return engine;
  }

  int port() {
    return port;
  }

  /** What the upstream answers, by the request with its body. */
  void answer(Function<String, String> value) {
    answer = value;
  }

  /** A response with a length. */
  static String text(String status, String headers, String body) {
    return "HTTP/1.1 "
        + status
        + "\r\n"
        + headers
        + "content-length: "
        + body.getBytes(StandardCharsets.ISO_8859_1).length
        + "\r\n\r\n"
        + body;
  }

  /** The next request that arrived at the upstream. */
  String arrived() throws InterruptedException {
    String next = arrived.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    if (next == null) {
      throw new AssertionError("nothing arrived at the upstream");
    }
    return next;
  }

  /** Whether nothing has arrived at the upstream that was not taken. */
  boolean nothingArrived() {
    return arrived.isEmpty();
  }

  /** Sends a request, which has to ask for {@code connection: close}, and reads to the end. */
  String exchange(String request) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(PATIENCE_SECONDS * 1000);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    }
  }

  /** A request without a body. */
  String get(String path, String headers) throws IOException {
    return exchange(
        "GET " + path + " HTTP/1.1\r\nhost: a\r\nconnection: close\r\n" + headers + "\r\n");
  }

  /** A request with a body of known length. */
  String post(String path, String headers, String body) throws IOException {
    return exchange(
        "POST "
            + path
            + " HTTP/1.1\r\nhost: a\r\nconnection: close\r\n"
            + headers
            + "content-length: "
            + body.length()
            + "\r\n\r\n"
            + body);
  }

  private void accept() {
    try {
      while (true) {
        Socket socket = upstream.accept();
        Thread.ofVirtual().start(() -> serve(socket));
      }
    } catch (IOException closed) {
      // The test is over.
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      InputStream in = new BufferedInputStream(socket.getInputStream());
      OutputStream out = socket.getOutputStream();
      while (true) {
        String request = read(in);
        if (request.isEmpty()) {
          return;
        }
        arrived.add(request);
        out.write(answer.apply(request).getBytes(StandardCharsets.ISO_8859_1));
        out.flush();
      }
    } catch (IOException gone) {
      // The proxy has closed.
    }
  }

  private static String read(InputStream in) throws IOException {
    String head = until(in, "\r\n\r\n");
    String lower = head.toLowerCase(Locale.ROOT);
    int length = lower.indexOf("content-length: ");
    if (length >= 0) {
      String digits = lower.substring(length + 16, lower.indexOf('\r', length));
      return head + latin(in.readNBytes(Integer.parseInt(digits.trim())));
    }
    if (!lower.contains("transfer-encoding: chunked")) {
      return head;
    }
    StringBuilder body = new StringBuilder();
    while (true) {
      int size = Integer.parseInt(until(in, "\r\n").trim(), 16);
      if (size == 0) {
        String line = until(in, "\r\n");
        while (!line.equals("\r\n")) {
          body.append(line);
          line = until(in, "\r\n");
        }
        return head + body;
      }
      body.append(latin(in.readNBytes(size)));
      in.skipNBytes(2);
    }
  }

  private static String until(InputStream in, String end) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    while (true) {
      int b = in.read();
      if (b < 0) {
        return "";
      }
      bytes.write(b);
      String text = latin(bytes.toByteArray());
      if (text.endsWith(end)) {
        return text;
      }
    }
  }

  private static String latin(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  @Override
  public void close() throws IOException {
    engine.close();
    upstream.close();
  }
}
