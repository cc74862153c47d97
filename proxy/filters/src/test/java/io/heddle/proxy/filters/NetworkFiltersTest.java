package io.heddle.proxy.filters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.heddle.proxy.api.GrpcClient;
import io.heddle.proxy.engine.Engine;
import io.heddle.proxy.filters.connectionlimit.ConnectionLimitFilterFactory;
import io.heddle.proxy.filters.directresponse.DirectResponseFilterFactory;
import io.heddle.proxy.filters.echo.EchoFilterFactory;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The network filters that come with the proxy, over sockets. */
class NetworkFiltersTest {
  private static final String NETWORK = "type.googleapis.com/envoy.extensions.filters.network.";
  private static final String ECHO =
      "- {name: echo, typed_config: {'@type': " + NETWORK + "echo.v3.Echo}}\n";
  private static final String TCP =
      "- {name: tcp, typed_config: {'@type': "
          + NETWORK
          + "tcp_proxy.v3.TcpProxy, stat_prefix: t, cluster: up}}\n";

  private static String limit(String fields) {
    return "- {name: limit, typed_config: {'@type': "
        + NETWORK
        + "connection_limit.v3.ConnectionLimit, "
        + fields
        + "}}\n";
  }

  private static String saying(String response) {
    return "- {name: direct, typed_config: {'@type': "
        + NETWORK
        + "direct_response.v3.Config, "
        + response
        + "}}\n";
  }

  private static ProxyOverSockets behind(String filters) throws Exception {
    return new ProxyOverSockets(
        new ProxyOverSockets.Setup(
            List.of(),
            List.of(
                new ConnectionLimitFilterFactory(),
                new DirectResponseFilterFactory(),
                new EchoFilterFactory()),
            List.of(),
            GrpcClient.NONE,
            ProxyOverSockets.bootstrap(filters)));
  }

  private static Socket connect(ProxyOverSockets proxy) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), proxy.port());
    socket.setSoTimeout(20_000);
    return socket;
  }

  private static void send(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
  }

  private static String rest(Socket socket) throws IOException {
    return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
  }

  private static String roundTrip(Socket socket, String text) throws IOException {
    send(socket, text);
    return new String(socket.getInputStream().readNBytes(text.length()), StandardCharsets.US_ASCII);
  }

  private static long stat(Engine engine, String name) {
    return engine.stats().counter(name).or(() -> engine.stats().gauge(name)).orElse(-1L);
  }

  @Test
  void anEchoSendsEverythingBackAndThenEnds() throws Exception {
    try (ProxyOverSockets proxy = behind(ECHO);
        Socket socket = connect(proxy)) {
      assertThat(roundTrip(socket, "one")).isEqualTo("one");
      send(socket, "two");
      socket.shutdownOutput();
      assertThat(rest(socket)).isEqualTo("two");
    }
  }

  @Test
  void anEchoReadsNoMoreThanTheClientTakes() throws Exception {
    int size = 64 << 20;
    try (ProxyOverSockets proxy = behind(ECHO);
        Socket socket = connect(proxy)) {
      Thread sender =
          Thread.ofVirtual()
              .start(() -> {
                try {
                  for (int sent = 0; sent < size; sent += 64 << 10) {
                    socket.getOutputStream().write(new byte[64 << 10]);
                  }
                  socket.shutdownOutput();
                } catch (IOException closed) {
                  // What is read tells.
                }
              });
      // The whole does not fit into the buffers of the kernel, and the proxy holds little.
      assertThat(sender.join(Duration.ofMillis(300))).isFalse();
      InputStream in = socket.getInputStream();
      long read = 0;
      byte[] piece = new byte[64 << 10];
      for (int n = in.read(piece); n >= 0; n = in.read(piece)) {
        read += n;
      }
      assertThat(read).isEqualTo(size);
      sender.join();
    }
  }

  @Test
  void aDirectResponseLeavesWholeAlsoWhereTheClientHasSentSomething() throws Exception {
    try (ProxyOverSockets proxy = behind(saying("response: {inline_string: 'so it is'}"));
        Socket socket = connect(proxy)) {
      send(socket, "what nobody reads");
      assertThat(rest(socket)).isEqualTo("so it is");
    }
  }

  @Test
  void aDirectResponseMayBeEmpty() throws Exception {
    try (ProxyOverSockets proxy =
            behind(
                "- {name: direct, typed_config: {'@type': "
                    + NETWORK
                    + "direct_response.v3.Config}}\n");
        Socket socket = connect(proxy)) {
      assertThat(rest(socket)).isEmpty();
      await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> proxy.engine().listeners().getFirst().activeConnections() == 0);
    }
  }

  @Test
  void connectionsBeyondTheLimitAreClosedAndReachNobody() throws Exception {
    try (ProxyOverSockets proxy = behind(limit("stat_prefix: l, max_connections: 1") + ECHO);
        Socket first = connect(proxy)) {
      assertThat(roundTrip(first, "first")).isEqualTo("first");
      try (Socket second = connect(proxy)) {
        assertThat(second.getInputStream().read()).isEqualTo(-1);
      }
      Engine engine = proxy.engine();
      assertThat(stat(engine, "connection_limit.l.limited_connections")).isOne();
      await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> stat(engine, "connection_limit.l.active_connections") == 1);
      assertThat(roundTrip(first, "again")).isEqualTo("again");
      first.shutdownOutput();
      assertThat(rest(first)).isEmpty();
      await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> stat(engine, "connection_limit.l.active_connections") == 0);
      try (Socket third = connect(proxy)) {
        assertThat(roundTrip(third, "third")).isEqualTo("third");
      }
    }
  }

  @Test
  void aLimitedConnectionWaitsForItsEndAndOpensNoneUpstream() throws Exception {
    try (ProxyOverSockets proxy =
            behind(limit("stat_prefix: l, max_connections: 1, delay: 3600s") + TCP);
        Socket _ = connect(proxy)) {
      Engine engine = proxy.engine();
      await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> stat(engine, "cluster.up.upstream_cx_total") == 1);
      try (Socket second = connect(proxy)) {
        send(second, "anybody?");
        await()
            .atMost(Duration.ofSeconds(20))
            .until(() -> stat(engine, "connection_limit.l.active_connections") == 2);
        assertThat(stat(engine, "connection_limit.l.limited_connections")).isOne();
        assertThat(stat(engine, "cluster.up.upstream_cx_total")).isOne();
        second.setSoTimeout(50);
        assertThatThrownBy(() -> second.getInputStream().read())
            .isInstanceOf(java.net.SocketTimeoutException.class);
      }
    }
  }

  @Test
  void aDelayedConnectionIsClosedWhenItsTimeHasCome() throws Exception {
    try (ProxyOverSockets proxy =
            behind(limit("stat_prefix: l, max_connections: 1, delay: 0.02s") + ECHO);
        Socket first = connect(proxy)) {
      assertThat(roundTrip(first, "first")).isEqualTo("first");
      try (Socket second = connect(proxy)) {
        assertThat(second.getInputStream().read()).isEqualTo(-1);
      }
      await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> proxy.engine().listeners().getFirst().activeConnections() == 1);
    }
  }

  @Test
  void aLimitThatIsSwitchedOffCountsNobody() throws Exception {
    String off = "runtime_enabled: {default_value: false, runtime_key: limit}";
    try (ProxyOverSockets proxy =
            behind(limit("stat_prefix: l, max_connections: 1, " + off) + ECHO);
        Socket first = connect(proxy);
        Socket second = connect(proxy)) {
      assertThat(roundTrip(first, "first")).isEqualTo("first");
      assertThat(roundTrip(second, "second")).isEqualTo("second");
      assertThat(stat(proxy.engine(), "connection_limit.l.active_connections")).isZero();
    }
  }

  @Test
  void whatEndsAChainStandsLastAndNowhereElse() {
    assertThatThrownBy(() -> behind(ECHO + TCP))
        .hasMessageContaining("filter_chains[0].filters[0]")
        .hasMessageContaining("not terminal");
    assertThatThrownBy(() -> behind(limit("stat_prefix: l, max_connections: 1")))
        .hasMessageContaining("filter_chains[0].filters[0]")
        .hasMessageContaining("a terminal filter as the last");
  }

  @Test
  void malformedConfigurationIsRefusedByItsField() {
    assertThatThrownBy(() -> behind(limit("stat_prefix: l") + ECHO))
        .hasMessageContaining("typed_config.max_connections");
    assertThatThrownBy(() -> behind(limit("max_connections: 1") + ECHO))
        .hasMessageContaining("typed_config.stat_prefix");
    assertThatThrownBy(() -> behind(limit("stat_prefix: l, max_connections: 1, delay: -1s") + ECHO))
        .hasMessageContaining("typed_config.delay");
    assertThatThrownBy(() -> behind(saying("response: {}")))
        .hasMessageContaining("typed_config.response");
    assertThatThrownBy(() -> behind(saying("response: {filename: /nowhere/at/all}")))
        .hasMessageContaining("typed_config.response.filename");
  }
}
