package io.heddle.proxy.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.HeadersDecision;
import io.heddle.proxy.api.HttpFilter;
import io.heddle.proxy.api.HttpFilterConfig;
import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.proxy.api.HttpFilterFactory;
import io.heddle.proxy.api.ListenerFilter;
import io.heddle.proxy.api.ListenerFilterFactory;
import io.heddle.proxy.api.NetworkFilter;
import io.heddle.proxy.api.NetworkFilterFactory;
import io.heddle.proxy.api.ResponseHeaders;
import io.heddle.proxy.engine.Upstream.Wire;
import io.heddle.xds.model.ConfigError;
import io.heddle.xds.model.ExtensionConfig;
import io.heddle.xds.model.ExtensionKind;
import io.heddle.xds.model.ExtensionSource;
import io.heddle.xds.model.FilterChainConfig;
import io.heddle.xds.model.ListenerConfig;
import io.heddle.xds.model.NetworkFilterConfig;
import io.heddle.xds.model.SourceConfig;
import io.netty.buffer.ByteBuf;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Filters whose configuration is fetched, over sockets. */
class DiscoveredFilterTest {
  private static final String GET = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
  private static final String TYPE = "type.googleapis.com/test.stamp";
  private static final HeaderName X = HeaderName.of("x-stamp");

  /** Stamps responses with its configuration, and counts configurations that are open. */
  private static final class Stamp implements HttpFilterFactory {
    final AtomicInteger open = new AtomicInteger();

    @Override
    public String name() {
      return "test.stamp";
    }

    @Override
    public Set<String> typeUrls() {
      return Set.of(TYPE);
    }

    @Override
    public HttpFilterConfig parse(Any config, FilterFactoryContext context)
        throws FilterConfigException {
      String text = config.getValue().toStringUtf8();
      if (text.equals("bad")) {
        throw new FilterConfigException("text", "bad", "good");
      }
      open.incrementAndGet();
      return new HttpFilterConfig() {
        @Override
        public HttpFilter newFilter(HttpFilterContext exchange) {
          return new HttpFilter() {
            @Override
            public HeadersDecision onResponseHeaders(ResponseHeaders headers, boolean endStream) {
              headers.add(X, text);
              return HeadersDecision.CONTINUE;
            }
          };
        }

        @Override
        public void close() {
          open.decrementAndGet();
        }
      };
    }

    @Override
    public RouteFilterConfig parseRoute(Any config, FilterFactoryContext context) {
      return new TestFilter.RouteConfig("");
    }
  }

  private final Stamp stamp = new Stamp();

  private static Any any(String text) {
    return Any.newBuilder().setTypeUrl(TYPE).setValue(ByteString.copyFromUtf8(text)).build();
  }

  private static ExtensionConfig fetched(String text) {
    return new ExtensionConfig("f", TYPE, any(text), false, false);
  }

  private static ExtensionConfig place(Optional<Any> byDefault) {
    return new ExtensionConfig(
        "f",
        "",
        Any.getDefaultInstance(),
        false,
        false,
        Optional.of(new ExtensionSource(SourceConfig.ADS, byDefault, false, Set.of(TYPE))));
  }

  private static ListenerConfig listener(Optional<Any> byDefault) {
    Configs.Http http = new Configs.Http();
    http.filters = List.of(place(byDefault));
    return http.listener();
  }

  private EngineUnderTest proxy(Upstream up, ListenerConfig listener) {
    EngineUnderTest proxy =
        new EngineUnderTest(Engine.builder().concurrency(1).httpFilters(List.of(stamp)));
    proxy.cluster(Configs.cluster("up", up.port()));
    proxy.bind(listener);
    return proxy;
  }

  @Test
  void withoutAConfigurationRequestsGet500AndAChangeKeepsConnections() throws Exception {
    try (Upstream up = Upstream.answering("x");
        EngineUnderTest proxy = proxy(up, listener(Optional.empty()));
        Wire wire = proxy.connect()) {
      assertThat(wire.roundTrip(GET)).startsWith("HTTP/1.1 500");
      assertThat(proxy.engine.applyExtension("f", fetched("one"))).isEmpty();
      assertThat(wire.roundTrip(GET)).contains("x-stamp: one\r\n");
      assertThat(proxy.engine.applyExtension("f", fetched("two"))).isEmpty();
      assertThat(wire.roundTrip(GET)).contains("x-stamp: two\r\n");
      assertThat(stamp.open).hasValue(1);
      assertThat(proxy.engine.removeExtension("f")).isTrue();
      assertThat(wire.roundTrip(GET)).startsWith("HTTP/1.1 500");
      EngineUnderTest.await(() -> stamp.open.get() == 0);
      assertThat(proxy.counter("listener.in.downstream_cx_total")).isLessThanOrEqualTo(1);
    }
  }

  @Test
  void defaultServesUntilThereIsAnotherAndAfterIt() throws Exception {
    try (Upstream up = Upstream.answering("x");
        EngineUnderTest proxy = proxy(up, listener(Optional.of(any("default"))));
        Wire wire = proxy.connect()) {
      assertThat(wire.roundTrip(GET)).contains("x-stamp: default\r\n");
      assertThat(proxy.engine.applyExtension("f", fetched("one"))).isEmpty();
      assertThat(wire.roundTrip(GET)).contains("x-stamp: one\r\n");
      proxy.engine.removeExtension("f");
      assertThat(wire.roundTrip(GET)).contains("x-stamp: default\r\n");
    }
    assertThat(stamp.open).hasValue(0);
  }

  @Test
  void badOneIsRefusedByFieldAndTheFormerStays() throws Exception {
    try (Upstream up = Upstream.answering("x");
        EngineUnderTest proxy = proxy(up, listener(Optional.of(any("default"))))) {
      List<ConfigError> errors = proxy.engine.applyExtension("f", fetched("bad"));
      assertThat(errors).hasSize(1);
      assertThat(errors.getFirst().message())
          .isEqualTo("TypedExtensionConfig f: typed_config.text: found bad, expected good");
      assertThat(proxy.engine.checkExtension(ExtensionKind.HTTP_FILTER, fetched("bad")))
          .isEqualTo(errors);
      assertThat(proxy.engine.checkExtension(ExtensionKind.NETWORK_FILTER, fetched("one")))
          .hasSize(1);
      assertThat(proxy.get("/")).contains("x-stamp: default\r\n");
      assertThat(proxy.engine.checkListener(listener(Optional.of(any("bad"))))).hasSize(1);
    }
  }

  @Test
  void listenerThatComesLaterBeginsWithWhatIsThere() throws Exception {
    try (Upstream up = Upstream.answering("x");
        EngineUnderTest proxy =
            new EngineUnderTest(Engine.builder().concurrency(1).httpFilters(List.of(stamp)))) {
      proxy.cluster(Configs.cluster("up", up.port()));
      assertThat(proxy.engine.applyExtension("f", fetched("one"))).isEmpty();
      proxy.bind(listener(Optional.of(any("default"))));
      assertThat(proxy.get("/")).contains("x-stamp: one\r\n");
    }
    assertThat(stamp.open).hasValue(0);
  }

  /** Lets everything pass. */
  private record Passing() implements NetworkFilterFactory {
    @Override
    public String name() {
      return "test.stamp";
    }

    @Override
    public Set<String> typeUrls() {
      return Set.of(TYPE);
    }

    @Override
    public NetworkFilterFactory.NetworkFilterConfig parse(
        Any config, FilterFactoryContext context) {
      return connection -> new NetworkFilter() {};
    }
  }

  /** The same of the first bytes. */
  private record Looking() implements ListenerFilterFactory {
    @Override
    public String name() {
      return "test.stamp";
    }

    @Override
    public Set<String> typeUrls() {
      return Set.of(TYPE);
    }

    @Override
    public ListenerFilterConfig parse(Any config, FilterFactoryContext context) {
      return () ->
          new ListenerFilter() {
            @Override
            public int bytesNeeded() {
              return 0;
            }

            @Override
            public PeekDecision onPeek(ByteBuf peeked, ListenerConnection connection) {
              return new PeekDecision.Continue(0);
            }
          };
    }
  }

  @Test
  void connectionsAreClosedUntilTheirFilterIsThere() throws Exception {
    ListenerConfig plain = new Configs.Http().listener();
    FilterChainConfig chain = plain.filterChains().getFirst();
    List<NetworkFilterConfig> filters = new ArrayList<>(chain.filters());
    filters.addFirst(place(Optional.empty()));
    for (ListenerConfig listener :
        List.of(
            plain.toBuilder().filterChains(List.of(FilterChainConfig.of("", filters))).build(),
            Configs.behind(plain, Duration.ofSeconds(5), false, place(Optional.empty())))) {
      try (Upstream up = Upstream.answering("x");
          EngineUnderTest proxy =
              new EngineUnderTest(
                  Engine.builder()
                      .concurrency(1)
                      .networkFilters(List.of(new Passing()))
                      .listenerFilters(List.of(new Looking())))) {
        proxy.cluster(Configs.cluster("up", up.port()));
        proxy.bind(listener);
        try (Wire wire = proxy.connect()) {
          assertThat(wire.rest()).isEmpty();
        }
        assertThat(proxy.engine.applyExtension("f", fetched("one"))).isEmpty();
        assertThat(proxy.get("/")).startsWith("HTTP/1.1 200");
      }
    }
  }
}
