package io.heddle.proxy.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Processes that replace each other while clients ask without a pause. {@code
 * -Dheddle.upgrade.requests=1000000} asks for longer.
 */
final class UpgradeIT {
  private static final long PATIENCE_SECONDS = 60;
  private static final long REQUESTS = Long.getLong("heddle.upgrade.requests", 100_000);
  private static final byte[] REQUEST =
      "GET / HTTP/1.1\r\nhost: a\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  @TempDir Path folder;

  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final HttpClient client = HttpClient.newBuilder().executor(threads).build();
  private final List<Process> started = new ArrayList<>();
  private final AtomicLong answered = new AtomicLong();
  private final ConcurrentLinkedQueue<String> failures = new ConcurrentLinkedQueue<>();
  private volatile boolean asking = true;

  @AfterEach
  void stop() {
    asking = false;
    started.forEach(Process::destroyForcibly);
    client.close();
    threads.shutdownNow();
  }

  /** A process, and where it says things. */
  private final class Proxy {
    final Process process;
    final Path log;
    private final Path address;

    Proxy(String name, String config, String... more) throws IOException {
      log = folder.resolve(name + ".log");
      address = folder.resolve(name + ".admin");
      Path file = Files.writeString(folder.resolve(name + ".yaml"), config);
      List<String> command =
          new ArrayList<>(
              List.of(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "--enable-native-access=ALL-UNNAMED",
                  "--sun-misc-unsafe-memory-access=allow",
                  "-Xmx256m",
                  "-XX:+UseSerialGC",
                  "-cp",
                  System.getProperty("java.class.path"),
                  ProxyMain.class.getName(),
                  "proxy",
                  "-c",
                  file.toString(),
                  "--concurrency",
                  "2",
                  "--socket-path",
                  folder.resolve("s").resolve("x").toString(),
                  "--admin-address-path",
                  address.toString()));
      command.addAll(List.of(more));
      process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
      started.add(process);
    }

    Proxy live() {
      Awaitility.await()
          .atMost(PATIENCE_SECONDS, TimeUnit.SECONDS)
          .until(() ->
              !process.isAlive() || (Files.exists(address) && get("/ready").equals("LIVE\n")));
      assertThat(process.isAlive()).as(said()).isTrue();
      return this;
    }

    Proxy alone() {
      live();
      awaitSaid("Took over from process");
      return this;
    }

    void awaitSaid(String text) {
      Awaitility.await()
          .atMost(PATIENCE_SECONDS, TimeUnit.SECONDS)
          .until(() -> said().contains(text));
    }

    void awaitEnd(int code) throws Exception {
      assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).as(said()).isTrue();
      assertThat(process.exitValue()).as(said()).isEqualTo(code);
    }

    String said() {
      try {
        return Files.readString(log);
      } catch (IOException e) {
        return e.toString();
      }
    }

    String get(String path) {
      try {
        return client
            .send(
                HttpRequest.newBuilder(URI.create("http://" + Files.readString(address) + path))
                    .build(),
                HttpResponse.BodyHandlers.ofString())
            .body();
      } catch (IOException | IllegalArgumentException e) {
        // Not there yet, or half written.
        return e.toString();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return "interrupted";
      }
    }

    long stat(String name) {
      for (String line : get("/stats").split("\n", -1)) {
        if (line.startsWith(name + ": ")) {
          return Long.parseLong(line.substring(name.length() + 2));
        }
      }
      return -1;
    }

    int port() {
      String listeners = get("/listeners").strip();
      return Integer.parseInt(listeners.substring(listeners.lastIndexOf(':') + 1));
    }
  }

  /** Asks on one connection as long as that lasts, then on the next. */
  private void ask(int port) {
    while (asking) {
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(30_000);
        InputStream in = new BufferedInputStream(socket.getInputStream(), 4_096);
        boolean open = true;
        while (asking && open) {
          socket.getOutputStream().write(REQUEST);
          String head = head(in);
          if (!head.startsWith("http/1.1 200 ")) {
            failures.add("found " + head);
            return;
          }
          in.skipNBytes(2);
          open = !head.contains("connection: close");
          answered.incrementAndGet();
        }
      } catch (IOException e) {
        failures.add(e.toString());
        return;
      }
    }
  }

  private static String head(InputStream in) throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.length() < 4 || !head.substring(head.length() - 4).equals("\r\n\r\n")) {
      int c = in.read();
      if (c < 0) {
        throw new IOException("found the end after '" + head + "', expected a response");
      }
      head.append((char) c);
    }
    return head.toString().toLowerCase(Locale.ROOT);
  }

  private void startAsking(int port) {
    for (int i = 0; i < 6; i++) {
      threads.execute(() -> ask(port));
    }
  }

  private void awaitAnswers(long more) {
    long until = answered.get() + more;
    Awaitility.await()
        .atMost(PATIENCE_SECONDS * 10, TimeUnit.SECONDS)
        .until(() -> answered.get() >= until || !failures.isEmpty());
    assertThat(failures).isEmpty();
  }

  @Test
  void noRequestFailsWhileProcessesReplaceEachOther() throws Exception {
    String[] times = {"--drain-time-s", "3", "--parent-shutdown-time-s", "60"};
    Proxy last = new Proxy("0", bootstrap("v0"), times).live();
    int port = last.port();
    startAsking(port);
    awaitAnswers(REQUESTS / 5);
    for (int i = 1; i <= 3; i++) {
      String[] next = {
        "--drain-time-s", "3", "--parent-shutdown-time-s", "60", "--restart-epoch", "" + i
      };
      long before = answered.get();
      Proxy successor = new Proxy("" + i, bootstrap("v" + i), next).alone();
      last.awaitEnd(0);
      awaitAnswers(Math.max(1, REQUESTS / 5 - (answered.get() - before)));
      assertThat(successor.port()).isEqualTo(port);
      assertThat(successor.stat("server.hot_restart_epoch")).isEqualTo(i);
      // What those before have counted is in its numbers.
      assertThat(successor.stat("http.in.downstream_rq_total")).isGreaterThan(before);
      last = successor;
    }
    awaitAnswers(Math.max(1, REQUESTS - answered.get()));
    asking = false;
    long total = answered.get();
    assertThat(total).isGreaterThanOrEqualTo(REQUESTS);
    Proxy now = last;
    Awaitility.await()
        .atMost(PATIENCE_SECONDS, TimeUnit.SECONDS)
        .until(() -> now.stat("http.in.downstream_cx_active") == 0);
    assertThat(now.stat("http.in.downstream_rq_total")).isGreaterThanOrEqualTo(total);
  }

  @Test
  void aSuccessorThatFailsChangesNothing() throws Exception {
    Proxy old = new Proxy("old", bootstrap("ok")).live();
    startAsking(old.port());
    awaitAnswers(500);

    Proxy wrong =
        new Proxy(
            "wrong", bootstrap("ok").replace("prefix: /", "prefix: /, headers: [{}]"), "--upgrade");
    wrong.awaitEnd(1);
    Proxy taken =
        new Proxy(
            "taken",
            // The port of the one before, but not its address.
            bootstrap("ok", "0.0.0.0", old.port()),
            "--upgrade");
    taken.awaitEnd(1);
    awaitAnswers(500);

    // Its control plane never answers: it has all sockets and is never ready.
    Proxy killed = new Proxy("killed", waiting(), "--upgrade");
    old.awaitSaid("asks for 1 sockets");
    killed.awaitSaid("Replaces process");
    awaitAnswers(500);
    killed.process.destroyForcibly();
    killed.process.waitFor();
    old.awaitSaid("nothing has changed");
    awaitAnswers(500);
    assertThat(old.get("/ready")).isEqualTo("LIVE\n");

    Proxy good = new Proxy("good", bootstrap("ok"), "--upgrade", "--drain-time-s", "1").alone();
    old.awaitEnd(0);
    awaitAnswers(500);
    assertThat(good.get("/ready")).isEqualTo("LIVE\n");
  }

  @Test
  void aSuccessorThatDiesIsReplacedByTheOneBefore() throws Exception {
    Proxy old = new Proxy("old", bootstrap("ok")).live();
    int port = old.port();
    // Keeps the old one from ending, as a long download would.
    try (Socket kept = new Socket(InetAddress.getLoopbackAddress(), port)) {
      kept.getOutputStream().write(REQUEST);
      assertThat(head(kept.getInputStream())).startsWith("http/1.1 200");
      Proxy dying =
          new Proxy("dying", bootstrap("ok"), "--upgrade", "--drain-time-s", "3600").alone();
      dying.process.destroyForcibly();
      dying.process.waitFor();
      old.awaitSaid("this one serves again");
      startAsking(port);
      awaitAnswers(200);
      old.live();
      // And it can be replaced again.
      Proxy next = new Proxy("next", bootstrap("ok"), "--upgrade", "--drain-time-s", "1").alone();
      old.awaitEnd(0);
      awaitAnswers(200);
      assertThat(next.get("/ready")).isEqualTo("LIVE\n");
    }
  }

  @Test
  void withoutAProcessBeforeARestartEpochIsAnError() throws Exception {
    Proxy none = new Proxy("none", bootstrap("ok"), "--restart-epoch", "1");
    none.awaitEnd(1);
    assertThat(none.said()).contains("no process runs at");
    Proxy first = new Proxy("first", bootstrap("ok"), "--upgrade").live();
    Proxy second = new Proxy("second", bootstrap("ok"), "--base-id", "0");
    second.awaitEnd(1);
    assertThat(second.said()).contains("give this one another --base-id");
    assertThat(first.get("/ready")).isEqualTo("LIVE\n");
  }

  private static String waiting() {
    return """
    node: {id: one, cluster: test}
    dynamic_resources:
      ads_config:
        api_type: GRPC
        transport_api_version: V3
        grpc_services: [{google_grpc: {target_uri: "127.0.0.1:1", stat_prefix: x}}]
      lds_config: {ads: {}, resource_api_version: V3, initial_fetch_timeout: 0s}
      cds_config: {ads: {}, resource_api_version: V3, initial_fetch_timeout: 0s}
    """;
  }

  private static String bootstrap(String body) {
    return bootstrap(body, "127.0.0.1", 0);
  }

  private static String bootstrap(String body, String address, int port) {
    return """
    node: {id: one, cluster: test}
    admin: {address: {socket_address: {address: 127.0.0.1, port_value: 0}}}
    static_resources:
      listeners:
      - name: in
        address: {socket_address: {address: ADDRESS, port_value: PORT}}
        filter_chains:
        - filters:
          - name: http
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
              stat_prefix: in
              http_filters:
              - name: router
                typed_config:
                  "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
              route_config:
                name: local
                virtual_hosts:
                - name: all
                  domains: ["*"]
                  routes:
                  - match: {prefix: /}
                    direct_response: {status: 200, body: {inline_string: BODY}}
    """
        .replace("BODY", body)
        .replace("ADDRESS", address)
        .replace("PORT", Integer.toString(port));
  }
}
