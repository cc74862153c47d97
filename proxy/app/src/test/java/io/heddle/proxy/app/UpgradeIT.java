package io.heddle.proxy.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.testkit.TestAuthority;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Processes that replace each other while clients ask without a pause. {@code
 * -Dheddle.upgrade.requests=1000000} asks for longer.
 */
final class UpgradeIT {
  private static final long REQUESTS = Long.getLong("heddle.upgrade.requests", 40_000);
  private static final byte[] REQUEST =
      "GET / HTTP/1.1\r\nhost: a\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  @TempDir Path folder;

  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final HttpClient client = HttpClient.newBuilder().executor(threads).build();
  private final List<ProxyProcess> started = new ArrayList<>();
  private final AtomicLong answered = new AtomicLong();
  private final ConcurrentLinkedQueue<String> failures = new ConcurrentLinkedQueue<>();
  private volatile boolean asking = true;

  @AfterEach
  void stop() {
    asking = false;
    started.forEach(each -> each.process.destroyForcibly());
    client.close();
    threads.shutdownNow();
  }

  private ProxyProcess proxy(String name, String config, String... more) throws IOException {
    ProxyProcess made = new ProxyProcess(client, folder, name, config, more);
    started.add(made);
    return made;
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
        .atMost(ProxyProcess.PATIENCE_SECONDS * 10, TimeUnit.SECONDS)
        .until(() -> answered.get() >= until || !failures.isEmpty());
    assertThat(failures).isEmpty();
  }

  @Test
  void noRequestFailsWhileProcessesReplaceEachOther() throws Exception {
    String[] times = {"--drain-time-s", "3", "--parent-shutdown-time-s", "60"};
    ProxyProcess last = proxy("0", bootstrap("v0"), times).live();
    int port = last.port();
    startAsking(port);
    awaitAnswers(REQUESTS / 5);
    for (int i = 1; i <= 3; i++) {
      String[] next = {
        "--drain-time-s", "3", "--parent-shutdown-time-s", "60", "--restart-epoch", "" + i
      };
      long before = answered.get();
      ProxyProcess successor = proxy("" + i, bootstrap("v" + i), next).alone();
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
    ProxyProcess now = last;
    Awaitility.await()
        .atMost(ProxyProcess.PATIENCE_SECONDS, TimeUnit.SECONDS)
        .until(() -> now.stat("http.in.downstream_cx_active") == 0);
    assertThat(now.stat("http.in.downstream_rq_total")).isGreaterThanOrEqualTo(total);
  }

  /** A client that knows HTTP/2 and what a GOAWAY asks of it, over TLS. */
  private void askHttp2(HttpClient http2, int port) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("https://localhost:" + port + "/")).build();
    while (asking) {
      try {
        HttpResponse<String> response = http2.send(request, HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() != 200 || response.version() != HttpClient.Version.HTTP_2) {
          failures.add("found " + response + " by " + response.version());
          return;
        }
        answered.incrementAndGet();
      } catch (IOException e) {
        failures.add(e.toString());
        return;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  @Test
  void noRequestOverHttp2AndTlsFailsWhileProcessesReplaceEachOther() throws Exception {
    TestAuthority authority = TestAuthority.create("upgrade");
    TestAuthority.Issued issued = authority.issue(TestAuthority.Wish.dns("localhost"));
    String config =
        bootstrap("ok")
            .replace(
                "- filters:",
                "- transport_socket: {name: tls, typed_config: {"
                    + "'@type': type.googleapis.com/envoy.extensions.transport_sockets.tls.v3"
                    + ".DownstreamTlsContext, common_tls_context: {"
                    + "alpn_protocols: [h2, http/1.1], tls_certificates: [{"
                    + "certificate_chain: {inline_string: CERTIFICATE},"
                    + " private_key: {inline_string: KEY}}]}}}\n      filters:")
            .replace("CERTIFICATE", quoted(issued.certificatePem()))
            .replace("KEY", quoted(issued.keyPem()));
    String[] times = {"--drain-time-s", "3", "--parent-shutdown-time-s", "60", "--upgrade"};
    ProxyProcess last = proxy("0", config, times).live();
    int port = last.port();
    long wanted = REQUESTS / 5;
    try (HttpClient http2 =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_2)
            .sslContext(trusting(authority.certificate()))
            .executor(threads)
            .build()) {
      for (int i = 0; i < 6; i++) {
        threads.execute(() -> askHttp2(http2, port));
      }
      awaitAnswers(wanted / 4);
      for (int i = 1; i <= 2; i++) {
        long before = answered.get();
        ProxyProcess successor = proxy("" + i, config, times).alone();
        last.awaitEnd(0);
        awaitAnswers(Math.max(1, wanted / 4 - (answered.get() - before)));
        last = successor;
      }
      awaitAnswers(Math.max(1, wanted - answered.get()));
      asking = false;
    }
  }

  private static String quoted(String pem) {
    return '"' + pem.replace("\n", "\\n") + '"';
  }

  private static SSLContext trusting(X509Certificate root) throws Exception {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    store.setCertificateEntry("root", root);
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return context;
  }

  /** What became of requests while their proxy was ended by a signal. */
  private final AtomicLong refusedConnects = new AtomicLong();

  private final AtomicLong idleCloses = new AtomicLong();

  private void askToTheEnd(int port) {
    boolean there = true;
    while (there) {
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(30_000);
        InputStream in = new BufferedInputStream(socket.getInputStream(), 4_096);
        boolean open = true;
        while (open) {
          try {
            socket.getOutputStream().write(REQUEST);
            in.mark(1);
            if (in.read() < 0) {
              idleCloses.incrementAndGet();
              break;
            }
          } catch (SocketException closedBefore) {
            idleCloses.incrementAndGet();
            break;
          }
          in.reset();
          String head = head(in);
          if (!head.startsWith("http/1.1 200 ")) {
            failures.add("found " + head);
            return;
          }
          in.skipNBytes(2);
          open = !head.contains("connection: close");
          answered.incrementAndGet();
        }
      } catch (ConnectException refused) {
        refusedConnects.incrementAndGet();
        there = false;
      } catch (IOException e) {
        failures.add(e.toString());
        return;
      }
    }
  }

  @Test
  void aSignalUnderLoadLeavesNoRequestThatCameUnanswered() throws Exception {
    Path log = folder.resolve("requests");
    String logged =
        bootstrap("ok")
            .replace(
                "stat_prefix: in",
                "stat_prefix: in\n          access_log: [{name: file, typed_config: {"
                    + "'@type': type.googleapis.com/envoy.extensions.access_loggers.file.v3"
                    + ".FileAccessLog, path: LOG, log_format: {text_format_source: {inline_string:"
                    + " \"%RESPONSE_CODE% %RESPONSE_FLAGS%\\n\"}}}}]")
            .replace("LOG", log.toString());
    ProxyProcess proxy = proxy("ending", logged, "--drain-time-s", "2").live();
    int port = proxy.port();
    CountDownLatch over = new CountDownLatch(6);
    for (int i = 0; i < 6; i++) {
      threads.execute(() -> {
        askToTheEnd(port);
        over.countDown();
      });
    }
    awaitAnswers(2_000);
    proxy.process.destroy();
    proxy.awaitEnd(0);
    assertThat(over.await(ProxyProcess.PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
    assertThat(failures).isEmpty();
    // What the proxy took it answered, whole and to a client that got it.
    List<String> lines = Files.readAllLines(log);
    assertThat(lines).allMatch("200 -"::equals);
    assertThat(answered.get())
        .as("%s connects refused, %s idle closes", refusedConnects, idleCloses)
        .isEqualTo(lines.size());
    assertThat(refusedConnects.get()).isEqualTo(6);
  }

  @Test
  void aSuccessorThatFailsChangesNothing() throws Exception {
    ProxyProcess old = proxy("old", bootstrap("ok")).live();
    startAsking(old.port());
    awaitAnswers(500);

    ProxyProcess wrong =
        proxy(
            "wrong", bootstrap("ok").replace("prefix: /", "prefix: /, headers: [{}]"), "--upgrade");
    wrong.awaitEnd(1);
    ProxyProcess taken =
        proxy(
            "taken",
            // The port of the one before, but not its address.
            bootstrap("ok", "0.0.0.0", old.port()),
            "--upgrade");
    taken.awaitEnd(1);
    awaitAnswers(500);

    // Its control plane never answers: it has all sockets and is never ready.
    ProxyProcess killed = proxy("killed", waiting(), "--upgrade");
    old.awaitSaid("asks for 1 sockets");
    killed.awaitSaid("Replaces process");
    awaitAnswers(500);
    killed.process.destroyForcibly();
    killed.process.waitFor();
    old.awaitSaid("nothing has changed");
    awaitAnswers(500);
    assertThat(old.get("/ready")).isEqualTo("LIVE\n");

    ProxyProcess good = proxy("good", bootstrap("ok"), "--upgrade", "--drain-time-s", "1").alone();
    old.awaitEnd(0);
    awaitAnswers(500);
    assertThat(good.get("/ready")).isEqualTo("LIVE\n");
  }

  @Test
  void aSuccessorThatDiesIsReplacedByTheOneBefore() throws Exception {
    ProxyProcess old = proxy("old", bootstrap("ok")).live();
    int port = old.port();
    // Keeps the old one from ending, as a long download would.
    try (Socket kept = new Socket(InetAddress.getLoopbackAddress(), port)) {
      kept.getOutputStream().write(REQUEST);
      assertThat(head(kept.getInputStream())).startsWith("http/1.1 200");
      ProxyProcess dying =
          proxy("dying", bootstrap("ok"), "--upgrade", "--drain-time-s", "3600").alone();
      dying.process.destroyForcibly();
      dying.process.waitFor();
      old.awaitSaid("this one serves again");
      startAsking(port);
      awaitAnswers(200);
      old.live();
      // And it can be replaced again.
      ProxyProcess next =
          proxy("next", bootstrap("ok"), "--upgrade", "--drain-time-s", "1").alone();
      old.awaitEnd(0);
      awaitAnswers(200);
      assertThat(next.get("/ready")).isEqualTo("LIVE\n");
    }
  }

  @Test
  void withoutAProcessBeforeARestartEpochIsAnError() throws Exception {
    ProxyProcess none = proxy("none", bootstrap("ok"), "--restart-epoch", "1");
    none.awaitEnd(1);
    assertThat(none.said()).contains("no process runs at");
    ProxyProcess first = proxy("first", bootstrap("ok"), "--upgrade").live();
    ProxyProcess second = proxy("second", bootstrap("ok"), "--base-id", "0");
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
