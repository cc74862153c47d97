package io.heddle.proxy.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import io.heddle.proxy.api.AccessLogger;
import io.heddle.proxy.api.AccessLoggerFactory;
import io.heddle.proxy.api.BodyWhileSuspended;
import io.heddle.proxy.api.DataDecision;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.HeadersDecision;
import io.heddle.proxy.api.HttpFilter;
import io.heddle.proxy.api.HttpFilterConfig;
import io.heddle.proxy.api.ListenerFilter;
import io.heddle.proxy.api.ListenerFilterFactory;
import io.heddle.proxy.api.LoadBalancerFactory;
import io.heddle.proxy.api.NetworkFilter;
import io.heddle.proxy.api.NetworkFilterFactory;
import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.api.ResponseHeaders;
import io.heddle.proxy.api.UpstreamHttpFilterFactory;
import io.heddle.proxy.engine.Upstream.Wire;
import io.heddle.xds.model.ClusterConfig;
import io.heddle.xds.model.ExtensionConfig;
import io.heddle.xds.model.HttpConnectionManagerConfig;
import io.heddle.xds.model.ListenerConfig;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** The seams below and behind HTTP: listener, network and upstream filters, balancers, loggers. */
class SeamTest {
  private static final String GET = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";

  private static Set<String> urls(String name) {
    return Set.of("type.googleapis.com/" + name);
  }

  /** Holds the first bytes until a timer, and closes at a word. */
  private record Gate(AtomicInteger closed) implements NetworkFilterFactory {
    @Override
    public String name() {
      return "test.gate";
    }

    @Override
    public Set<String> typeUrls() {
      return urls(name());
    }

    @Override
    public NetworkFilterFactory.NetworkFilterConfig parse(
        Any config, FilterFactoryContext context) {
      return connection ->
          new NetworkFilter() {
            private boolean held;

            @Override
            public NetworkDecision onRead(ByteBuf data, boolean endOfInput) {
              if (data.toString(StandardCharsets.US_ASCII).startsWith("CLOSE")) {
                return NetworkDecision.CLOSE;
              }
              if (held) {
                return NetworkDecision.CONTINUE;
              }
              held = true;
              var _ = connection.schedule(Duration.ofMillis(2), connection::resume);
              return NetworkDecision.SUSPEND;
            }

            @Override
            public void onClosed() {
              closed.incrementAndGet();
            }
          };
    }
  }

  @Test
  void networkFiltersHoldPassAndClose() throws Exception {
    Gate gate = new Gate(new AtomicInteger());
    try (Upstream up = Upstream.answering("x");
        EngineUnderTest proxy =
            new EngineUnderTest(Engine.builder().concurrency(1).networkFilters(List.of(gate)))) {
      proxy.cluster(Configs.cluster("up", up.port()));
      io.heddle.xds.model.NetworkFilterConfig http =
          new Configs.Http().listener().filterChains().getFirst().filters().getFirst();
      assertThat(http).isInstanceOf(HttpConnectionManagerConfig.class);
      proxy.bind(Configs.listener("in", 0, List.of(Configs.extension("test.gate"), http), 1 << 20));
      try (Wire wire = proxy.connect()) {
        assertThat(wire.roundTrip(GET)).endsWith("x");
        assertThat(wire.roundTrip(GET)).endsWith("x");
        wire.send("CLOSE");
        assertThat(wire.rest()).isEmpty();
      }
      EngineUnderTest.await(() -> gate.closed().get() == 1);
    }
  }

  /** Takes a line {@code NAME:…;} from the front, as a PROXY header would be. */
  private static final class Prefix implements ListenerFilterFactory {
    @Override
    public String name() {
      return "test.prefix";
    }

    @Override
    public Set<String> typeUrls() {
      return urls(name());
    }

    @Override
    public ListenerFilterConfig parse(Any config, FilterFactoryContext context) {
      return () ->
          new ListenerFilter() {
            @Override
            public int bytesNeeded() {
              return 6;
            }

            @Override
            public PeekDecision onPeek(ByteBuf peeked, ListenerConnection connection) {
              String text = peeked.toString(StandardCharsets.US_ASCII);
              if (!text.startsWith("NAME:")) {
                return new PeekDecision.Close("no name");
              }
              int end = text.indexOf(';');
              if (end < 0) {
                return new PeekDecision.NeedMore(text.length() + 1);
              }
              connection.serverName(text.substring(5, end));
              return new PeekDecision.Continue(end + 1);
            }
          };
    }
  }

  @Test
  void listenerFiltersPeekAndAccessLoggersSeeWhatTheyFound() throws Exception {
    List<String> logged = new CopyOnWriteArrayList<>();
    AccessLoggerFactory logger =
        new AccessLoggerFactory() {
          @Override
          public String name() {
            return "test.logger";
          }

          @Override
          public Set<String> typeUrls() {
            return urls(name());
          }

          @Override
          public AccessLogger parse(Any config, FilterFactoryContext context) {
            return exchange ->
                logged.add(
                    exchange.connection().serverName().orElse("-")
                        + " "
                        + exchange.streamInfo().responseCode());
          }
        };
    try (Upstream up = Upstream.answering("x");
        EngineUnderTest proxy =
            new EngineUnderTest(
                Engine.builder()
                    .concurrency(1)
                    .listenerFilters(List.of(new Prefix()))
                    .accessLoggers(List.of(logger)))) {
      proxy.cluster(Configs.cluster("up", up.port()));
      Configs.Http http = new Configs.Http();
      http.logs = List.of(Configs.extension("test.logger"));
      proxy.bind(
          Configs.behind(
              http.listener(), Duration.ofSeconds(5), false, Configs.extension("test.prefix")));
      try (Wire wire = proxy.connect()) {
        wire.send("NAM");
        wire.send("E:sni.example;" + GET);
        assertThat(wire.response()).endsWith("x");
      }
      try (Wire wire = proxy.connect()) {
        wire.send("OTHER BYTES");
        assertThat(wire.rest()).isEmpty();
      }
      assertThat(logged).containsExactly("sni.example 200");
      EngineUnderTest.await(() -> proxy.engine.activeConnections() == 0);
    }
  }

  /** Never has enough. */
  private static final class Insatiable implements ListenerFilterFactory {
    @Override
    public String name() {
      return "test.insatiable";
    }

    @Override
    public Set<String> typeUrls() {
      return urls(name());
    }

    @Override
    public ListenerFilterConfig parse(Any config, FilterFactoryContext context) {
      return () ->
          new ListenerFilter() {
            @Override
            public int bytesNeeded() {
              return 1;
            }

            @Override
            public PeekDecision onPeek(ByteBuf peeked, ListenerConnection connection) {
              return new PeekDecision.NeedMore(peeked.readableBytes() + 1);
            }
          };
    }
  }

  @Test
  void listenerFiltersThatTakeTooLongAreClosedOrPassedBy() throws Exception {
    try (Upstream up = Upstream.answering("x");
        EngineUnderTest proxy =
            new EngineUnderTest(
                Engine.builder().concurrency(1).listenerFilters(List.of(new Insatiable())))) {
      proxy.cluster(Configs.cluster("up", up.port()));
      for (boolean goOn : List.of(true, false)) {
        proxy.bind(
            Configs.behind(
                new Configs.Http().listener(),
                Duration.ofMillis(20),
                goOn,
                Configs.extension("test.insatiable")));
        try (Wire wire = proxy.connect()) {
          wire.send(GET);
          if (goOn) {
            assertThat(wire.response()).endsWith("x");
          } else {
            assertThat(wire.rest()).isEmpty();
          }
        }
      }
      EngineUnderTest.await(() -> proxy.engine.activeConnections() == 0);
    }
  }

  @Test
  void unknownListenerFiltersAndLoggersAreRefusedByName() {
    try (EngineUnderTest proxy = new EngineUnderTest(Engine.builder().concurrency(1))) {
      Configs.Http http = new Configs.Http();
      http.logs = List.of(Configs.extension("test.logger"));
      ListenerConfig listener =
          Configs.behind(http.listener(), Duration.ZERO, false, Configs.extension("test.prefix"));
      assertThat(proxy.engine.checkListener(listener))
          .extracting(error -> error.field() + " " + error.offending())
          .containsExactlyInAnyOrder(
              "listener_filters[0] type.googleapis.com/test.prefix",
              "filter_chains[0].filters[0].typed_config.access_log[0]"
                  + " type.googleapis.com/test.logger");
    }
  }

  /** Stamps each attempt with its host, on both ways. */
  private static final class Stamp implements UpstreamHttpFilterFactory {
    private static final HeaderName HOST = HeaderName.of("x-attempt");

    @Override
    public String name() {
      return "test.stamp";
    }

    @Override
    public Set<String> typeUrls() {
      return urls(name());
    }

    @Override
    public HttpFilterConfig parse(Any config, FilterFactoryContext context) {
      return exchange ->
          new HttpFilter() {
            @Override
            public HeadersDecision onRequestHeaders(RequestHeaders headers, boolean end) {
              headers.set(HOST, exchange.streamInfo().upstreamHost().orElse("none"));
              return HeadersDecision.CONTINUE;
            }

            @Override
            public HeadersDecision onResponseHeaders(ResponseHeaders headers, boolean end) {
              headers.set(HOST, "back");
              return HeadersDecision.CONTINUE;
            }
          };
    }
  }

  /** Always the last host. */
  private static final class Last implements LoadBalancerFactory {
    @Override
    public String name() {
      return "test.last";
    }

    @Override
    public Set<String> typeUrls() {
      return urls(name());
    }

    @Override
    public LoadBalancerConfig parse(Any config, FilterFactoryContext context) {
      return hosts -> exchange -> OptionalInt.of(hosts.size() - 1);
    }
  }

  @Test
  void upstreamFiltersAndBalancersOfAClusterRunForEachAttempt() throws Exception {
    try (Upstream first = Upstream.answering("first");
        Upstream last = Upstream.answering("last");
        EngineUnderTest proxy =
            new EngineUnderTest(
                Engine.builder()
                    .concurrency(1)
                    .httpFilters(List.of(new Stamp()))
                    .loadBalancers(List.of(new Last())))) {
      proxy.cluster(
          with(
              Configs.cluster("up", first.port(), last.port()),
              Map.of("test.last", Configs.extension("test.last")),
              "test.stamp"));
      proxy.bind(new Configs.Http().listener());
      for (int i = 0; i < 3; i++) {
        assertThat(proxy.get("/")).contains("x-attempt: back\r\n").endsWith("last");
      }
      assertThat(last.heads.getFirst()).contains("x-attempt: 127.0.0.1:" + last.port() + "\r\n");
    }
  }

  /** Gathers the body of its attempt and keeps it. */
  private record Keeping(CountDownLatch kept) implements UpstreamHttpFilterFactory {
    @Override
    public String name() {
      return "test.keeping";
    }

    @Override
    public Set<String> typeUrls() {
      return urls(name());
    }

    @Override
    public HttpFilterConfig parse(Any config, FilterFactoryContext context) {
      return exchange ->
          new HttpFilter() {
            @Override
            public HeadersDecision onRequestHeaders(RequestHeaders headers, boolean end) {
              return end
                  ? HeadersDecision.CONTINUE
                  : new HeadersDecision.Suspend(BodyWhileSuspended.DELIVER);
            }

            @Override
            public DataDecision onRequestData(ByteBuf data, boolean end) {
              kept.countDown();
              return DataDecision.BUFFER;
            }
          };
    }
  }

  @Test
  void requestWhoseBodyAnUpstreamFilterHasIsNotRetriedWithoutIt() throws Exception {
    Keeping keeping = new Keeping(new CountDownLatch(1));
    CountDownLatch close = new CountDownLatch(1);
    try (Upstream up =
            new Upstream(wire -> {
              var _ = wire.request();
              wire.send("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
              try {
                close.await();
              } catch (InterruptedException interrupted) {
                throw new AssertionError(interrupted);
              }
            });
        EngineUnderTest proxy =
            new EngineUnderTest(Engine.builder().concurrency(1).httpFilters(List.of(keeping)))) {
      proxy.cluster(with(Configs.cluster("up", up.port()), Map.of(), "test.keeping"));
      proxy.bind(new Configs.Http().listener());
      try (Wire wire = proxy.connect()) {
        assertThat(wire.roundTrip(GET)).startsWith("HTTP/1.1 200");
        wire.send("PUT / HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\nbody");
        keeping.kept().await();
        close.countDown();
        assertThat(wire.response()).startsWith("HTTP/1.1 503 ");
        assertThat(up.heads).hasSize(1);
      }
    }
  }

  /** The same cluster with these options and filters for each attempt. */
  private static ClusterConfig with(
      ClusterConfig plain, Map<String, ExtensionConfig> options, String filter) {
    return plain.toBuilder()
        .typedExtensionProtocolOptions(options)
        .httpFilters(List.of(Configs.extension(filter)))
        .build();
  }
}
