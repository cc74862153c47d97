package io.heddle.proxy.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import io.heddle.proxy.api.AsyncHttpClient;
import io.heddle.proxy.api.BodyWhileSuspended;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.api.HeaderMap;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.HeadersDecision;
import io.heddle.proxy.api.HttpFilter;
import io.heddle.proxy.api.HttpFilterConfig;
import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.proxy.api.HttpFilterFactory.RouteFilterConfig;
import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.api.ResetReason;
import io.heddle.proxy.api.ResponseHeaders;
import io.heddle.proxy.api.StreamInfo;
import io.heddle.proxy.api.UpstreamHttpFilterFactory;
import io.heddle.proxy.engine.Upstream.Wire;
import io.heddle.xds.model.ClusterConfig;
import io.heddle.xds.model.ClusterTarget;
import io.heddle.xds.model.ExtensionConfig;
import io.heddle.xds.model.HeaderMutations;
import io.heddle.xds.model.RouteAction;
import io.heddle.xds.model.RouteConfig;
import io.heddle.xds.model.RouteSource;
import io.heddle.xds.model.RouteTable;
import io.heddle.xds.model.VirtualHostConfig;
import io.netty.buffer.ByteBuf;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** How long what a filter was given lives: configurations, attempts, timers and calls. */
class FilterLifeTest {
  /** A busy machine lets a filter's timer fire before the end; never after it. */
  private static boolean notTimer(String event) {
    return !event.equals("timer");
  }

  private static final HeaderName X = HeaderName.of("x-f");
  private static final String GET = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";

  /** A configuration of a route that must be closed. */
  private record Held(int number, String text, Counted owner)
      implements RouteFilterConfig, AutoCloseable {
    @Override
    public void close() {
      owner.routesOpen.decrementAndGet();
    }
  }

  /** Counts what is parsed and what is closed; runs on both sides. */
  private static final class Counted implements UpstreamHttpFilterFactory {
    private final Function<HttpFilterContext, HttpFilter> maker;
    final AtomicInteger open = new AtomicInteger();
    final AtomicInteger parsed = new AtomicInteger();
    final AtomicInteger routesOpen = new AtomicInteger();
    final AtomicInteger routesParsed = new AtomicInteger();

    Counted(Function<HttpFilterContext, HttpFilter> maker) {
      this.maker = maker;
    }

    @Override
    public String name() {
      return "test.counted";
    }

    @Override
    public Set<String> typeUrls() {
      return Set.of("type.googleapis.com/" + name());
    }

    @Override
    public HttpFilterConfig parse(Any config, FilterFactoryContext context) {
      open.incrementAndGet();
      parsed.incrementAndGet();
      return new HttpFilterConfig() {
        @Override
        public HttpFilter newFilter(HttpFilterContext exchange) {
          return maker.apply(exchange);
        }

        @Override
        public void close() {
          open.decrementAndGet();
        }
      };
    }

    @Override
    public RouteFilterConfig parseRoute(Any config, FilterFactoryContext context) {
      routesOpen.incrementAndGet();
      return new Held(routesParsed.incrementAndGet(), config.getValue().toStringUtf8(), this);
    }
  }

  private static Map<String, ExtensionConfig> level(String text) {
    return Map.of(
        "test.counted",
        new ExtensionConfig(
            "test.counted",
            "type.googleapis.com/test.counted",
            Any.newBuilder().setValue(ByteString.copyFromUtf8(text)).build(),
            false,
            false));
  }

  private static RouteConfig route(
      String prefix, RouteAction action, Map<String, ExtensionConfig> filters) {
    return Configs.route(
        Configs.match(prefix), action, HeaderMutations.NONE, HeaderMutations.NONE, filters);
  }

  private static RouteTable table(
      Map<String, ExtensionConfig> ofTable,
      Map<String, ExtensionConfig> ofHost,
      RouteConfig... routes) {
    return new RouteTable(
        "routes",
        List.of(
            new VirtualHostConfig(
                "all",
                List.of("*"),
                List.of(routes),
                HeaderMutations.NONE,
                HeaderMutations.NONE,
                ofHost)),
        false,
        false,
        false,
        HeaderMutations.NONE,
        HeaderMutations.NONE,
        List.of(),
        ofTable);
  }

  private static ClusterConfig withFilter(ClusterConfig plain) {
    return plain.toBuilder().httpFilters(List.of(Configs.extension("test.counted"))).build();
  }

  private static Configs.Http http(RouteTable routes) {
    Configs.Http http = new Configs.Http();
    http.routes = new RouteSource.Inline(routes);
    http.filters = List.of(Configs.extension("test.counted"));
    return http;
  }

  private static HttpFilter telling(HttpFilterContext context) {
    return new HttpFilter() {
      @Override
      public HeadersDecision onRequestHeaders(RequestHeaders headers, boolean end) {
        StringBuilder told = new StringBuilder();
        for (Held level : context.routeConfigs(Held.class)) {
          told.append(level.text()).append(level.number()).append(' ');
        }
        headers.set(X, told + context.routeConfig(Held.class).map(Held::text).orElse("none"));
        return HeadersDecision.CONTINUE;
      }
    };
  }

  @Test
  void aConfigurationIsParsedOnceWhereItIsWritten() throws Exception {
    Counted counted = new Counted(FilterLifeTest::telling);
    RouteAction plain = Configs.forward("/", "up").action();
    RouteAction weighted =
        Configs.forwardTo(
            new ClusterTarget.Weighted(
                List.of(
                    new ClusterTarget.WeightedCluster(
                        "up", 1, HeaderMutations.NONE, HeaderMutations.NONE, "", Map.of()),
                    new ClusterTarget.WeightedCluster(
                        "up", 1, HeaderMutations.NONE, HeaderMutations.NONE, "", Map.of())),
                2),
            Duration.ofSeconds(15));
    RouteTable routes =
        table(
            level("table"),
            level("host"),
            route("/a", plain, Map.of()),
            route("/b", weighted, Map.of()),
            route("/c", plain, level("route")));
    try (Upstream up = Upstream.answering("x");
        EngineUnderTest proxy =
            new EngineUnderTest(Engine.builder().concurrency(1).httpFilters(List.of(counted)))) {
      proxy.cluster(Configs.cluster("up", up.port()));
      assertThat(proxy.engine.checkRoutes(routes)).isEmpty();
      assertThat(counted.routesParsed).hasValue(3);
      proxy.bind(http(routes).listener());
      Set<String> told = new java.util.TreeSet<>();
      for (String path : List.of("/a", "/b", "/b", "/b", "/c")) {
        assertThat(proxy.get(path)).endsWith("x");
      }
      for (String head : up.heads) {
        told.add(head.lines().filter(line -> line.startsWith("x-f: ")).findFirst().orElseThrow());
      }
      // Two kinds of route, whatever their number: all see the same table and the same host.
      assertThat(told).hasSize(2);
      List<String> both = new ArrayList<>(told);
      assertThat(both.get(0)).matches("x-f: table\\d+ host\\d+ host");
      assertThat(both.get(1))
          .startsWith(both.get(0).substring(0, both.get(0).lastIndexOf(' ')))
          .matches("x-f: table\\d+ host\\d+ route\\d+ route");
    }
  }

  @Test
  void everythingParsedIsClosedOnce() throws Exception {
    Counted counted = new Counted(_ -> new HttpFilter() {});
    RouteAction plain = Configs.forward("/", "up").action();
    try (Upstream up = Upstream.answering("x")) {
      try (EngineUnderTest proxy =
          new EngineUnderTest(Engine.builder().concurrency(1).httpFilters(List.of(counted)))) {
        ClusterConfig cluster = withFilter(Configs.cluster("up", up.port()));
        assertThat(proxy.engine.checkCluster(cluster)).isEmpty();
        assertThat(counted.open).hasValue(0);
        proxy.cluster(cluster);
        proxy.cluster(cluster);
        assertThat(counted.open).hasValue(1);
        proxy.cluster(withFilter(Configs.cluster("up", up.port(), up.port() == 1 ? 2 : 1)));
        assertThat(counted.open).hasValue(1);

        Configs.Http http = http(table(Map.of(), level("one"), route("/", plain, Map.of())));
        assertThat(proxy.engine.checkListener(http.listener())).isEmpty();
        assertThat(counted.open).hasValue(1);
        assertThat(counted.routesOpen).hasValue(0);
        proxy.bind(http.listener());
        assertThat(counted.open).hasValue(2);
        assertThat(counted.routesOpen).hasValue(1);
        Configs.Http next = http(table(Map.of(), level("two"), route("/", plain, Map.of())));
        proxy.bind(next.listener());
        EngineUnderTest.await(() -> counted.open.get() == 2 && counted.routesOpen.get() == 1);

        next.filters =
            List.of(Configs.extension("test.counted"), Configs.extension("test.unknown"));
        assertThat(proxy.engine.checkListener(next.listener())).hasSize(1);
        assertThat(counted.open).hasValue(2);
        assertThat(proxy.engine.applyRoutes(table(level("rds"), Map.of()))).isEmpty();
        // Parsed although the table has no route yet: virtual hosts may come one by one.
        assertThat(counted.routesOpen).hasValue(2);
      }
      assertThat(counted.open).hasValue(0);
      assertThat(counted.routesOpen).hasValue(0);
      assertThat(counted.parsed).hasValueGreaterThan(5);
    }
  }

  @Test
  void whatAnExchangeBeganWithIsClosedAfterItsEnd() throws Exception {
    CountDownLatch holding = new CountDownLatch(1);
    List<HttpFilterContext> held = new CopyOnWriteArrayList<>();
    Counted counted =
        new Counted(context ->
            new HttpFilter() {
              @Override
              public HeadersDecision onRequestHeaders(RequestHeaders headers, boolean end) {
                held.add(context);
                holding.countDown();
                return new HeadersDecision.Suspend(BodyWhileSuspended.PAUSE);
              }
            });
    RouteAction plain = Configs.forward("/", "up").action();
    try (Upstream up = Upstream.answering("x");
        EngineUnderTest proxy =
            new EngineUnderTest(Engine.builder().concurrency(1).httpFilters(List.of(counted)))) {
      proxy.cluster(Configs.cluster("up", up.port()));
      Configs.Http http = new Configs.Http();
      http.routes = new RouteSource.Rds("routes", Duration.ZERO);
      http.filters = List.of(Configs.extension("test.counted"));
      proxy.engine.applyRoutes(table(level("one"), Map.of(), route("/", plain, Map.of())));
      proxy.bind(http.listener());
      try (Wire wire = proxy.connect()) {
        wire.send(GET);
        assertThat(holding.await(10, TimeUnit.SECONDS)).isTrue();
        proxy.engine.applyRoutes(table(level("two"), Map.of(), route("/", plain, Map.of())));
        assertThat(counted.routesOpen).hasValue(2);
        HttpFilterContext context = held.getFirst();
        context.execute(() -> context.request().resume());
        assertThat(wire.response()).endsWith("x");
        EngineUnderTest.await(() -> counted.routesOpen.get() == 1);
      }
    }
  }

  @Test
  void anExceptionInAHandlerOfACallIs500() throws Exception {
    class Careless implements HttpFilter {
      private final HttpFilterContext context;

      Careless(HttpFilterContext context) {
        this.context = context;
      }

      @Override
      public HeadersDecision onRequestHeaders(RequestHeaders headers, boolean end) {
        AsyncHttpClient.Request request =
            new AsyncHttpClient.Request(
                headers.path().equals("/none") ? "none" : "up",
                Map.of(
                    HeaderName.of(":method"), "GET",
                    HeaderName.of(":path"), "/",
                    HeaderName.of(":authority"), "up"),
                ByteString.EMPTY,
                Duration.ofSeconds(5),
                100);
        var _ =
            context
                .httpClient()
                .send(
                    request,
                    new AsyncHttpClient.ResponseHandler() {
                      @Override
                      public void onResponse(
                          ResponseHeaders response, ByteBuf body, Optional<HeaderMap> trailers) {
                        throw new IllegalStateException("planted");
                      }

                      @Override
                      public void onFailure(AsyncHttpClient.Failure failure) {
                        throw new IllegalStateException("planted");
                      }
                    });
        return new HeadersDecision.Suspend(BodyWhileSuspended.PAUSE);
      }
    }
    TestFilter filter = new TestFilter("test.careless", Careless::new);
    try (Upstream up = Upstream.answering("x");
        EngineUnderTest proxy =
            new EngineUnderTest(Engine.builder().concurrency(1).httpFilters(List.of(filter)))) {
      proxy.cluster(Configs.cluster("up", up.port()));
      Configs.Http http = new Configs.Http();
      http.filters = List.of(Configs.extension("test.careless"));
      proxy.bind(http.listener());
      assertThat(proxy.get("/")).startsWith("HTTP/1.1 500 ");
      assertThat(proxy.get("/none")).startsWith("HTTP/1.1 500 ");
      EngineUnderTest.await(() -> proxy.gauge("cluster.up.upstream_rq_active") == 0);
    }
  }

  /** An upstream filter that writes its end down, and sets a timer that must not outlive it. */
  private static final class Watching implements HttpFilter {
    private final HttpFilterContext context;
    private final List<String> ends;

    Watching(HttpFilterContext context, List<String> ends) {
      this.context = context;
      this.ends = ends;
    }

    @Override
    public HeadersDecision onRequestHeaders(RequestHeaders headers, boolean end) {
      var _ = context.schedule(Duration.ofMillis(20), () -> ends.add("timer"));
      return HeadersDecision.CONTINUE;
    }

    @Override
    public void onReset(ResetReason reason) {
      ends.add(reason.name());
    }

    @Override
    public void onComplete(StreamInfo info) {
      ends.add("complete");
    }
  }

  private static List<String> endsOfAttempts(Upstream up, Duration timeout, String status)
      throws Exception {
    List<String> ends = new CopyOnWriteArrayList<>();
    Counted upstream = new Counted(context -> new Watching(context, ends));
    // Holds the reply until the timer of the attempt would have fired.
    TestFilter slow =
        new TestFilter(
            "test.slow",
            context ->
                new HttpFilter() {
                  @Override
                  public HeadersDecision onResponseHeaders(ResponseHeaders headers, boolean end) {
                    var _ =
                        context.schedule(Duration.ofMillis(60), () -> context.response().resume());
                    return new HeadersDecision.Suspend(BodyWhileSuspended.PAUSE);
                  }
                });
    try (EngineUnderTest proxy =
        new EngineUnderTest(Engine.builder().concurrency(1).httpFilters(List.of(upstream, slow)))) {
      proxy.cluster(withFilter(Configs.cluster("up", up.port())));
      Configs.Http http =
          new Configs.Http()
              .routes(
                  route("/", Configs.forwardTo(new ClusterTarget.Single("up"), timeout), Map.of()));
      if (!status.equals("200")) {
        http.filters = List.of(Configs.extension("test.slow"));
      }
      proxy.bind(http.listener());
      assertThat(proxy.get("/")).startsWith("HTTP/1.1 " + status + " ");
      EngineUnderTest.await(() -> ends.contains("complete"));
    }
    return ends;
  }

  @Test
  void anAttemptThatIsResetTellsItsFiltersWhy() throws Exception {
    Duration ample = Duration.ofSeconds(15);
    try (Upstream up = Upstream.answering("x")) {
      assertThat(endsOfAttempts(up, ample, "200"))
          .endsWith("complete")
          .filteredOn(FilterLifeTest::notTimer)
          .containsExactly("complete");
    }
    try (Upstream up = new Upstream(Wire::head)) {
      assertThat(endsOfAttempts(up, ample, "503"))
          .endsWith("complete")
          .filteredOn(FilterLifeTest::notTimer)
          .containsExactly("UPSTREAM_GONE", "complete");
    }
    try (Upstream up =
        new Upstream(wire -> {
          var _ = wire.head();
          var _ = wire.rest();
        })) {
      assertThat(endsOfAttempts(up, Duration.ofMillis(5), "504"))
          .endsWith("complete")
          .filteredOn(FilterLifeTest::notTimer)
          .containsExactly("TIMEOUT", "complete");
    }
  }

  @Test
  void onlyUpstreamFiltersStandOnAClusterAndOthersAreNamed() {
    try (EngineUnderTest proxy =
        new EngineUnderTest(
            Engine.builder()
                .concurrency(1)
                .httpFilters(List.of(new TestFilter("test.counted", _ -> new HttpFilter() {}))))) {
      assertThat(proxy.engine.checkCluster(withFilter(Configs.cluster("up", 1))))
          .extracting(error -> error.field() + "=" + error.offending())
          .containsExactly(
              "typed_extension_protocol_options["
                  + "envoy.extensions.upstreams.http.v3.HttpProtocolOptions]"
                  + ".http_filters[0].typed_config=type.googleapis.com/test.counted");
    }
  }
}
