package io.heddle.proxy.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.proxy.engine.Http2Peer.Stream;
import io.heddle.testkit.TestAuthority;
import io.heddle.testkit.TestAuthority.Issued;
import io.heddle.testkit.TestAuthority.Wish;
import io.heddle.xds.model.ClusterConfig;
import io.heddle.xds.model.ClusterConfig.UpstreamProtocol;
import io.heddle.xds.model.PoolingConfig;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Connections to hosts: how many there are, how old they grow, and what is spoken on them. */
class PoolTest {
  private static final TestAuthority CA = TestAuthority.create("ca");
  private static final Issued SERVER = CA.issue(Wish.dns("a.example"));
  private final AtomicLong now = new AtomicLong(1);

  private EngineUnderTest proxy(ClusterConfig cluster) {
    EngineUnderTest under = new EngineUnderTest(Engine.builder().concurrency(1).nanoTime(now::get));
    under.cluster(cluster);
    under.bind(new Configs.Http().listener());
    return under;
  }

  private static ClusterConfig cluster(int port, UpstreamProtocol protocol, PoolingConfig pooling) {
    return Configs.cluster("up", port).toBuilder().protocol(protocol).pooling(pooling).build();
  }

  private void awaitWhileTimePasses(java.util.function.BooleanSupplier condition) {
    EngineUnderTest.await(() -> {
      now.addAndGet(Duration.ofMillis(5).toNanos());
      return condition.getAsBoolean();
    });
  }

  private static Stream next(BlockingQueue<Stream> streams) throws InterruptedException {
    Stream stream = streams.poll(10, TimeUnit.SECONDS);
    if (stream == null) {
      throw new AssertionError("no request came");
    }
    return stream;
  }

  private static final PoolingConfig AGEING = new PoolingConfig(Duration.ofSeconds(5), 1);

  @Test
  void anIdleConnectionClosesAtItsMaximumAge() throws Exception {
    try (Upstream up = Upstream.answering("x");
        EngineUnderTest proxy = proxy(cluster(up.port(), UpstreamProtocol.HTTP1, AGEING))) {
      assertThat(proxy.get("/")).endsWith("x");
      assertThat(proxy.get("/")).endsWith("x");
      assertThat(up.connections).hasValue(1);
      now.addAndGet(Duration.ofSeconds(6).toNanos());
      awaitWhileTimePasses(() -> proxy.gauge("cluster.up.upstream_cx_active") == 0);
      assertThat(proxy.counter("cluster.up.upstream_cx_max_duration_reached")).isEqualTo(1);
      assertThat(proxy.get("/")).endsWith("x");
      assertThat(up.connections).hasValue(2);
    }
  }

  @Test
  void aBusyConnectionEndsAfterItsResponse() throws Exception {
    CountDownLatch answer = new CountDownLatch(1);
    try (Upstream up =
            new Upstream(wire -> {
              while (wire.request() != null) {
                try {
                  answer.await();
                } catch (InterruptedException interrupted) {
                  throw new AssertionError(interrupted);
                }
                wire.send("HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx");
              }
            });
        EngineUnderTest proxy = proxy(cluster(up.port(), UpstreamProtocol.HTTP1, AGEING));
        Upstream.Wire wire = proxy.connect()) {
      wire.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
      EngineUnderTest.await(() -> up.heads.size() == 1);
      now.addAndGet(Duration.ofSeconds(6).toNanos());
      awaitWhileTimePasses(() -> proxy.counter("cluster.up.upstream_cx_max_duration_reached") == 1);
      answer.countDown();
      assertThat(wire.response()).endsWith("x");
      EngineUnderTest.await(() -> proxy.gauge("cluster.up.upstream_cx_active") == 0);
    }
  }

  @Test
  void anHttp2ConnectionTakesNoStreamsAfterItsMaximumAge() throws Exception {
    BlockingQueue<Stream> streams = new LinkedBlockingQueue<>();
    try (Http2Peer up = new Http2Peer(streams::add, false);
        EngineUnderTest proxy = proxy(cluster(up.port(), UpstreamProtocol.HTTP2, AGEING));
        Http2Peer client = Http2Peer.client(proxy)) {
      Stream first = client.get("/1");
      Stream there = next(streams);
      now.addAndGet(Duration.ofSeconds(6).toNanos());
      awaitWhileTimePasses(() -> proxy.counter("cluster.up.upstream_cx_max_duration_reached") == 1);
      Stream second = client.get("/2");
      next(streams).headers(true, ":status", "204");
      assertThat(second.next()).startsWith("headers :status=204");
      assertThat(proxy.gauge("cluster.up.upstream_cx_active")).isEqualTo(2);
      there.headers(true, ":status", "204");
      assertThat(first.next()).startsWith("headers :status=204");
      EngineUnderTest.await(() -> proxy.gauge("cluster.up.upstream_cx_active") == 1);
    }
  }

  @Test
  void requestsPerConnectionAreBoundedInHttp2Too() throws Exception {
    BlockingQueue<Stream> streams = new LinkedBlockingQueue<>();
    try (Http2Peer up = new Http2Peer(streams::add, false);
        EngineUnderTest proxy =
            proxy(
                cluster(up.port(), UpstreamProtocol.HTTP2, PoolingConfig.DEFAULT).toBuilder()
                    .maxRequestsPerConnection(2)
                    .build());
        Http2Peer client = Http2Peer.client(proxy)) {
      for (int i = 0; i < 5; i++) {
        Stream stream = client.get("/");
        next(streams).headers(true, ":status", "204");
        assertThat(stream.next()).startsWith("headers :status=204");
      }
      assertThat(proxy.counter("cluster.up.upstream_cx_total")).isEqualTo(3);
      assertThat(proxy.counter("cluster.up.upstream_cx_max_requests")).isEqualTo(2);
    }
  }

  @Test
  void connectionsAreMadeAheadOfTheirRequests() throws Exception {
    PoolingConfig twice = new PoolingConfig(Duration.ZERO, 2);
    try (Upstream up = Upstream.answering("x");
        EngineUnderTest proxy = proxy(cluster(up.port(), UpstreamProtocol.HTTP1, twice))) {
      assertThat(proxy.get("/")).endsWith("x");
      EngineUnderTest.await(() -> proxy.gauge("cluster.up.upstream_cx_active") == 2);
      assertThat(proxy.counter("cluster.up.upstream_rq_total")).isEqualTo(1);
      // One has its request, and one more is there already.
      assertThat(proxy.get("/")).endsWith("x");
      assertThat(proxy.counter("cluster.up.upstream_cx_total")).isEqualTo(2);
    }
    BlockingQueue<Stream> streams = new LinkedBlockingQueue<>();
    try (Http2Peer up = new Http2Peer(streams::add, false);
        EngineUnderTest proxy = proxy(cluster(up.port(), UpstreamProtocol.HTTP2, twice));
        Http2Peer client = Http2Peer.client(proxy)) {
      Stream stream = client.get("/");
      next(streams).headers(true, ":status", "204");
      assertThat(stream.next()).startsWith("headers :status=204");
      // It has room for what may follow.
      assertThat(proxy.counter("cluster.up.upstream_cx_total")).isEqualTo(1);
    }
  }

  private static String options(String which) {
    return "'typed_extension_protocol_options':{'envoy.extensions.upstreams.http.v3."
        + "HttpProtocolOptions':{'@type':'type.googleapis.com/envoy.extensions.upstreams.http."
        + "v3.HttpProtocolOptions',"
        + which
        + "}},"
        + Chains.upstreamTls(
            "'sni':'a.example','common_tls_context':{'validation_context':{'trusted_ca':"
                + "{'inline_string':"
                + Chains.json(CA.pem())
                + "}}}");
  }

  private static EngineUnderTest origin(String alpn) {
    String tls =
        "'common_tls_context':{"
            + alpn
            + "'tls_certificates':["
            + DownstreamTlsTest.certificate(SERVER)
            + "]}";
    return EngineUnderTest.of(Chains.listener("", Chains.saying("hello", Chains.tls(tls))));
  }

  @Test
  void tlsAgreesOnTheProtocol() throws Exception {
    for (String alpn : new String[] {"'alpn_protocols':['h2','http/1.1'],", ""}) {
      try (EngineUnderTest origin = origin(alpn);
          EngineUnderTest proxy =
              EngineUnderTest.of(
                  Chains.listener("", Chains.proxying("", "")),
                  Chains.cluster(origin.port(), options("'auto_config':{}")));
          Http2Peer client = Http2Peer.client(proxy)) {
        assertThat(proxy.get("/")).endsWith("hello");
        assertThat(client.get("/").next()).startsWith("headers :status=200");
        boolean two = !alpn.isEmpty();
        assertThat(proxy.counter("cluster.up.upstream_cx_http2_total") > 0).isEqualTo(two);
        assertThat(proxy.counter("cluster.up.upstream_cx_http1_total") > 0).isEqualTo(!two);
      }
    }
  }

  @Test
  void overTlsEachPoolOffersWhatItSpeaks() throws Exception {
    try (EngineUnderTest origin = origin("'alpn_protocols':['h2','http/1.1'],");
        EngineUnderTest proxy =
            EngineUnderTest.of(
                Chains.listener("", Chains.proxying("", "")),
                Chains.cluster(origin.port(), options("'use_downstream_protocol_config':{}")));
        Http2Peer client = Http2Peer.client(proxy)) {
      assertThat(proxy.get("/")).endsWith("hello");
      assertThat(client.get("/").next()).startsWith("headers :status=200");
      assertThat(proxy.counter("cluster.up.upstream_cx_http1_total")).isEqualTo(1);
      assertThat(proxy.counter("cluster.up.upstream_cx_http2_total")).isEqualTo(1);
    }
  }
}
