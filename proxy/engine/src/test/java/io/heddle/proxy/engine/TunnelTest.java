package io.heddle.proxy.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.proxy.engine.Http2Peer.Stream;
import io.heddle.proxy.engine.Upstream.Wire;
import io.heddle.xds.model.ClusterConfig;
import io.heddle.xds.model.ClusterConfig.UpstreamProtocol;
import io.heddle.xds.model.ConfigError;
import io.heddle.xds.model.HeaderMutations;
import io.heddle.xds.model.HeaderMutations.Addition;
import io.heddle.xds.model.HeaderMutations.AppendAction;
import io.heddle.xds.model.TcpProxyConfig;
import io.heddle.xds.model.TcpProxyConfig.WeightedTarget;
import io.heddle.xds.model.TunnelConfig;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A TCP proxy whose connections are carried by requests. */
class TunnelTest {
  private static final HeaderMutations HEADERS =
      new HeaderMutations(
          List.of(
              new Addition("x-from", "%PROTOCOL%y", AppendAction.APPEND_IF_EXISTS_OR_ADD, false)),
          List.of());

  private static EngineUnderTest proxy(int port, UpstreamProtocol protocol, String post) {
    TcpProxyConfig tcp =
        new TcpProxyConfig(
            "tcp",
            "t",
            List.of(new WeightedTarget("up", 1)),
            Duration.ofHours(1),
            2,
            List.of(),
            Optional.of(new TunnelConfig("far.example:443", post, HEADERS)),
            TcpProxyConfig.Moments.END);
    ClusterConfig cluster = Configs.cluster("up", port).toBuilder().protocol(protocol).build();
    return EngineUnderTest.of(Configs.listener("tcp", tcp, 65_536), cluster);
  }

  private static void echo(Wire wire) throws IOException {
    byte[] piece = new byte[4 << 10];
    for (int n = wire.in.read(piece); n >= 0; n = wire.in.read(piece)) {
      wire.out.write(piece, 0, n);
    }
  }

  private static Stream next(BlockingQueue<Stream> streams) throws InterruptedException {
    Stream stream = streams.poll(10, TimeUnit.SECONDS);
    if (stream == null) {
      throw new AssertionError("no request came");
    }
    return stream;
  }

  @Test
  void bytesGoThroughAConnectOfHttp1() throws Exception {
    try (Upstream up =
            new Upstream(wire -> {
              var _ = wire.request();
              wire.send("HTTP/1.1 200 OK\r\n\r\nhello ");
              echo(wire);
            });
        EngineUnderTest proxy = proxy(up.port(), UpstreamProtocol.HTTP1, "");
        Wire wire = proxy.connect()) {
      wire.send("bytes");
      assertThat(wire.read(11)).isEqualTo("hello bytes");
      assertThat(up.heads.getFirst())
          .startsWith("CONNECT far.example:443 HTTP/1.1\r\nhost: far.example:443\r\n")
          .contains("x-from: ");
      // The end goes through, too, and what comes after it.
      wire.send("last");
      wire.socket.shutdownOutput();
      assertThat(wire.rest()).isEqualTo("last");
      EngineUnderTest.await(() -> proxy.gauge("tcp.t.downstream_cx_active") == 0);
      EngineUnderTest.await(() -> proxy.gauge("cluster.up.upstream_cx_active") == 0);
      assertThat(proxy.gauge("cluster.up.upstream_rq_active")).isZero();
    }
  }

  @Test
  void connectionsAreStreamsOfOneConnectionOfHttp2() throws Exception {
    BlockingQueue<Stream> streams = new LinkedBlockingQueue<>();
    try (Http2Peer up = new Http2Peer(streams::add, false);
        EngineUnderTest proxy = proxy(up.port(), UpstreamProtocol.HTTP2, "");
        Wire one = proxy.connect()) {
      one.send("early");
      Stream first = next(streams);
      assertThat(first.next()).startsWith("headers :method=CONNECT :authority=far.example:443");
      first.headers(false, ":status", "200").data("welcome", false);
      assertThat(one.read(7)).isEqualTo("welcome");
      assertThat(first.next()).isEqualTo("data early");
      one.socket.shutdownOutput();
      assertThat(first.next()).isEqualTo("data  end");
      first.data("bye", true);
      assertThat(one.rest()).isEqualTo("bye");
      EngineUnderTest.await(() -> proxy.gauge("tcp.t.downstream_cx_active") == 0);
      assertThat(proxy.gauge("cluster.up.upstream_rq_active")).isZero();
    }
  }

  @Test
  void aClientThatGoesResetsItsStream() throws Exception {
    BlockingQueue<Stream> streams = new LinkedBlockingQueue<>();
    try (Http2Peer up = new Http2Peer(streams::add, false);
        EngineUnderTest proxy = proxy(up.port(), UpstreamProtocol.HTTP2, "/carry")) {
      try (Wire wire = proxy.connect()) {
        Stream stream = next(streams);
        assertThat(stream.next())
            .startsWith("headers :method=POST :path=/carry :scheme=http")
            .contains(":authority=far.example:443");
        stream.headers(false, ":status", "200").data("x", false);
        assertThat(wire.read(1)).isEqualTo("x");
        stream.reset(io.netty.handler.codec.http2.Http2Error.INTERNAL_ERROR);
        assertThat(wire.rest()).isEmpty();
      }
      EngineUnderTest.await(() -> proxy.gauge("cluster.up.upstream_rq_active") == 0);
    }
  }

  @Test
  void aRefusalIsTriedAgainAndEndsTheConnection() throws Exception {
    try (Upstream up =
            new Upstream(wire -> {
              while (wire.request() != null) {
                wire.send("HTTP/1.1 403 No\r\ncontent-length: 0\r\n\r\n");
              }
            });
        EngineUnderTest proxy = proxy(up.port(), UpstreamProtocol.HTTP1, "");
        Wire wire = proxy.connect()) {
      wire.send("bytes");
      assertThat(wire.rest()).isEmpty();
      assertThat(up.heads).hasSize(2);
      EngineUnderTest.await(() -> proxy.gauge("cluster.up.upstream_cx_active") == 0);
    }
  }

  @Test
  void operatorsThatAreNoneAreFoundBeforeAnythingIsOpened() {
    try (EngineUnderTest proxy = new EngineUnderTest(Engine.builder().concurrency(1))) {
      assertThat(
              proxy.engine.checkListener(
                  Yaml.tcp(
                      "tunneling_config: {hostname: 'a%NOSUCH%:1', headers_to_add: [{header: {key:"
                          + " x, value: '%NOSUCH%'}}]}")))
          .extracting(ConfigError::field)
          .containsExactly(
              "filter_chains[0].filters[0].typed_config.tunneling_config.hostname",
              "filter_chains[0].filters[0].typed_config.tunneling_config.headers_to_add");
    }
  }
}
