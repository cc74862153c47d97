package io.heddle.proxy.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.proxy.engine.Upstream.Wire;
import io.heddle.testkit.RefusedPort;
import io.heddle.xds.model.BootstrapConfig;
import io.heddle.xds.model.ListenerConfig;
import io.heddle.xds.model.ParseOptions;
import io.heddle.xds.model.Parsed;
import io.heddle.xds.model.parse.BootstrapParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The entries of a TCP proxy before the one at the end ({@code access_log_options}). */
class TcpLogTest {
  private static final String V3 = "type.googleapis.com/envoy.extensions.";

  @TempDir Path folder;

  private static Parsed<BootstrapConfig> parse(String fields) {
    return new BootstrapParser(ParseOptions.STRICT)
        .parse(
            """
            static_resources:
              listeners:
              - name: in
                address: {socket_address: {address: 127.0.0.1, port_value: 0}}
                filter_chains:
                - filters:
                  - name: tcp
                    typed_config: {'@type': %sfilters.network.tcp_proxy.v3.TcpProxy, stat_prefix: t, cluster: up, %s}
              clusters: [{name: up, load_assignment: {cluster_name: up}}]
            """
                .formatted(V3, fields));
  }

  private ListenerConfig logging(String options, String filter) {
    Parsed<BootstrapConfig> parsed =
        parse(
            options
                + "access_log: [{name: f, "
                + filter
                + "typed_config: {'@type': "
                + V3
                + "access_loggers.file.v3.FileAccessLog, path: '"
                + folder.resolve("log")
                + "', log_format: {text_format_source: {inline_string: \"%ACCESS_LOG_TYPE%"
                + " %UPSTREAM_HOST% %BYTES_RECEIVED%\\n\"}}}}]");
    assertThat(parsed).as(parsed.message()).isInstanceOf(Parsed.Ok.class);
    return ((Parsed.Ok<BootstrapConfig>) parsed).value().listeners().getFirst();
  }

  private List<String> lines() {
    try {
      return Files.readAllLines(folder.resolve("log"));
    } catch (IOException notYet) {
      return List.of();
    }
  }

  private static EngineUnderTest proxy(int port) {
    EngineUnderTest proxy =
        new EngineUnderTest(Engine.builder().concurrency(1).logFlushInterval(Duration.ofMillis(1)));
    proxy.cluster(Configs.cluster("up", port));
    return proxy;
  }

  @Test
  void anEntryTellsOfTheConnectionToTheHost() throws Exception {
    try (Upstream up = new Upstream(wire -> wire.send(wire.read(5)))) {
      try (EngineUnderTest proxy = proxy(up.port())) {
        int port =
            proxy.bind(logging("access_log_options: {flush_access_log_on_connected: true}, ", ""));
        try (Wire wire = Wire.connect(port)) {
          EngineUnderTest.await(() -> !lines().isEmpty());
          wire.send("hello");
          assertThat(wire.rest()).isEqualTo("hello");
        }
      }
      String host = "127.0.0.1:" + up.port();
      assertThat(lines())
          .containsExactly(
              "TcpUpstreamConnected " + host + " 0", "TcpConnectionEnd " + host + " 5");
    }
  }

  @Test
  void thereIsNoneOfAConnectionThatNeverStood() throws Exception {
    try (RefusedPort up = new RefusedPort()) {
      try (EngineUnderTest proxy = proxy(up.port())) {
        int port = proxy.bind(logging("flush_access_log_on_connected: true, ", ""));
        try (Wire wire = Wire.connect(port)) {
          assertThat(wire.rest()).isEmpty();
        }
      }
      assertThat(lines()).containsExactly("TcpConnectionEnd 127.0.0.1:" + up.port() + " 0");
    }
  }

  @Test
  void entriesAreWrittenAgainAndAgainUntilTheEnd() throws Exception {
    try (Upstream up = new Upstream(wire -> wire.send(wire.rest()))) {
      try (EngineUnderTest proxy = proxy(up.port())) {
        int port = proxy.bind(logging("access_log_flush_interval: 0.001s, ", ""));
        try (Wire wire = Wire.connect(port)) {
          wire.send("hello");
          EngineUnderTest.await(() -> lines().stream().filter(l -> l.endsWith(" 5")).count() > 1);
          wire.socket.shutdownOutput();
          assertThat(wire.rest()).isEqualTo("hello");
        }
        EngineUnderTest.await(() -> proxy.gauge("tcp.t.downstream_cx_active") == 0);
        EngineUnderTest.await(() -> lines().getLast().startsWith("TcpConnectionEnd"));
      }
      assertThat(lines().getLast()).isEqualTo("TcpConnectionEnd 127.0.0.1:" + up.port() + " 5");
      assertThat(lines().subList(0, lines().size() - 1))
          .allMatch(line -> line.startsWith("TcpPeriodic "));
    }
  }

  @Test
  void kindsOfEntriesCanBeFiltered() throws Exception {
    try (Upstream up = new Upstream(wire -> wire.send(wire.read(5)))) {
      try (EngineUnderTest proxy = proxy(up.port())) {
        int port =
            proxy.bind(
                logging(
                    "access_log_options: {flush_access_log_on_connected: true}, ",
                    "filter: {log_type_filter: {types: [TcpUpstreamConnected]}}, "));
        try (Wire wire = Wire.connect(port)) {
          wire.send("hello");
          assertThat(wire.rest()).isEqualTo("hello");
        }
      }
      assertThat(lines()).containsExactly("TcpUpstreamConnected 127.0.0.1:" + up.port() + " 0");
    }
  }

  @Test
  void anIntervalOfNothingIsRefused() {
    assertThat(parse("access_log_options: {access_log_flush_interval: 0.0001s}").message())
        .contains("access_log_options.access_log_flush_interval");
    assertThat(parse("access_log_flush_interval: 0s").message())
        .contains("typed_config.access_log_flush_interval");
  }
}
