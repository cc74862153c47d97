package io.heddle.proxy.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.Value;
import io.heddle.proxy.api.BodyWhileSuspended;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.api.FilterState;
import io.heddle.proxy.api.HeadersDecision;
import io.heddle.proxy.api.HttpFilter;
import io.heddle.proxy.api.HttpFilterConfig;
import io.heddle.proxy.api.HttpFilterFactory;
import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.engine.Upstream.Wire;
import io.heddle.xds.model.ClusterTarget;
import io.heddle.xds.model.ConfigError;
import io.heddle.xds.model.ExtensionConfig;
import io.heddle.xds.model.HeaderMutations;
import io.heddle.xds.model.RouteConfig;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What filters are configured with and may ask for, and factories that are at fault. */
@SuppressWarnings("StringConcatToTextBlock") // The line ends matter.
class FilterContextTest {
  @Test
  void perRouteConfigurationIsFoundAndSwitchesFiltersOff() throws Exception {
    ExtensionConfig special =
        new ExtensionConfig(
            "test.f",
            "type.googleapis.com/test.f",
            Any.newBuilder().setValue(ByteString.copyFromUtf8("special")).build(),
            false,
            false);
    ExtensionConfig off = new ExtensionConfig("test.f", "", Any.getDefaultInstance(), false, true);
    RouteConfig plain = Configs.forward("/", "up");
    Configs.Http http =
        new Configs.Http()
            .routes(
                Configs.route(
                    Configs.match("/special"),
                    plain.action(),
                    HeaderMutations.NONE,
                    HeaderMutations.NONE,
                    Map.of("test.f", special)),
                Configs.route(
                    Configs.match("/off"),
                    plain.action(),
                    HeaderMutations.NONE,
                    HeaderMutations.NONE,
                    Map.of("test.f", off)),
                plain);
    TestFilter filter =
        new TestFilter(
            "test.f",
            context ->
                new HttpFilter() {
                  @Override
                  public HeadersDecision onRequestHeaders(RequestHeaders headers, boolean end) {
                    headers.set(
                        FilterTest.X,
                        context
                            .routeConfig(TestFilter.RouteConfig.class)
                            .map(TestFilter.RouteConfig::text)
                            .orElse("none"));
                    if (headers.path().equals("/moved")) {
                      headers.path("/special");
                      context.clearRouteCache();
                      headers.set(
                          FilterTest.X,
                          context
                              .routeConfig(TestFilter.RouteConfig.class)
                              .map(TestFilter.RouteConfig::text)
                              .orElse("none"));
                    }
                    return HeadersDecision.CONTINUE;
                  }
                });
    try (Upstream up = Upstream.answering("x");
        EngineUnderTest proxy =
            FilterTest.with(http, List.of(filter), Configs.cluster("up", up.port()));
        Wire wire = proxy.connect()) {
      for (String path : List.of("/special", "/off", "/else", "/moved")) {
        var _ = wire.roundTrip("GET " + path + " HTTP/1.1\r\nhost: a\r\n\r\n");
      }
      assertThat(up.heads.get(0)).contains("x-f: special\r\n");
      assertThat(up.heads.get(1)).doesNotContain("x-f:");
      assertThat(up.heads.get(2)).contains("x-f: none\r\n");
      assertThat(up.heads.get(3)).contains("x-f: special\r\n");
    }
  }

  @Test
  void overridesStateMetadataAndTimersWork() throws Exception {
    FilterState.Key<String> key = new FilterState.Key<>("test.key", String.class);
    try (Upstream up = Upstream.answering("one");
        Upstream other = Upstream.answering("two");
        EngineUnderTest proxy =
            FilterTest.with(
                new Configs.Http(),
                List.of(
                    new TestFilter(
                        "test.first",
                        context ->
                            new HttpFilter() {
                              @Override
                              public HeadersDecision onRequestHeaders(
                                  RequestHeaders headers, boolean end) {
                                context.filterState().put(key, "value");
                                context
                                    .dynamicMetadata()
                                    .put("ns", "k", Value.newBuilder().setStringValue("v").build());
                                context.overrideCluster("other");
                                context.overrideTimeout(Duration.ofSeconds(7));
                                var _ =
                                    context.schedule(
                                        Duration.ofMillis(2), () -> context.request().resume());
                                return new HeadersDecision.Suspend(BodyWhileSuspended.PAUSE);
                              }
                            }),
                    new TestFilter(
                        "test.second",
                        context ->
                            new HttpFilter() {
                              @Override
                              public HeadersDecision onRequestHeaders(
                                  RequestHeaders headers, boolean end) {
                                headers.set(
                                    FilterTest.X,
                                    context.filterState().get(key).orElse("")
                                        + context
                                            .dynamicMetadata()
                                            .get("ns")
                                            .map(s -> s.getFieldsOrThrow("k").getStringValue())
                                            .orElse("")
                                        + context.route().orElseThrow().name()
                                        + context.connection().secure());
                                return HeadersDecision.CONTINUE;
                              }
                            })),
                Configs.cluster("up", up.port()),
                Configs.cluster("other", other.port()));
        Wire wire = proxy.connect()) {
      assertThat(wire.roundTrip(FilterTest.GET)).endsWith("two");
      assertThat(other.heads.getFirst())
          .contains("x-f: valuevrfalse\r\n", "x-envoy-expected-rq-timeout-ms: 7000\r\n");
    }
  }

  @Test
  void unknownFilterAndBadConfigurationAreRefusedByPath() {
    try (EngineUnderTest proxy =
        new EngineUnderTest(
            Engine.builder()
                .concurrency(1)
                .httpFilters(List.of(new TestFilter("test.f", _ -> new HttpFilter() {}))))) {
      Configs.Http http = new Configs.Http();
      http.filters =
          List.of(
              Configs.extension("test.unknown"),
              new ExtensionConfig(
                  "bad",
                  "type.googleapis.com/test.f",
                  Any.newBuilder().setValue(ByteString.copyFromUtf8("bad")).build(),
                  false,
                  false));
      assertThat(proxy.engine.checkListener(http.listener()))
          .extracting(error -> error.field() + "=" + error.offending())
          .containsExactly(
              "filter_chains[0].filters[0].typed_config.http_filters[0]=type.googleapis.com/test.unknown",
              "filter_chains[0].filters[0].typed_config.http_filters[1].typed_config.text=bad");
    }
  }

  /** A filter kind whose factory is at fault, each time in another way. */
  private record Faulty(Function<String, HttpFilterConfig> maker) implements HttpFilterFactory {
    @Override
    public String name() {
      return "test.faulty";
    }

    @Override
    public Set<String> typeUrls() {
      return Set.of("type.googleapis.com/test.faulty");
    }

    @Override
    public HttpFilterConfig parse(Any config, FilterFactoryContext context) {
      return maker.apply("parse");
    }

    @Override
    public RouteFilterConfig parseRoute(Any config, FilterFactoryContext context) {
      var _ = maker.apply("parseRoute");
      throw new AssertionError("the maker fails");
    }
  }

  static Stream<Function<String, HttpFilterConfig>> faults() {
    return Stream.of(
        call -> {
          throw new IllegalStateException(call);
        },
        call -> {
          throw new NoClassDefFoundError(call);
        },
        call -> {
          throw new StackOverflowError(call);
        });
  }

  @ParameterizedTest
  @MethodSource("faults")
  void faultOfAFactoryRefusesItsConfigurationByName(Function<String, HttpFilterConfig> fault) {
    try (EngineUnderTest proxy =
        new EngineUnderTest(
            Engine.builder().concurrency(1).httpFilters(List.of(new Faulty(fault))))) {
      Configs.Http http =
          new Configs.Http()
              .routes(
                  Configs.route(
                      Configs.match("/"),
                      Configs.forwardTo(new ClusterTarget.Single("up"), Duration.ofSeconds(15)),
                      HeaderMutations.NONE,
                      HeaderMutations.NONE,
                      Map.of("test.faulty", Configs.extension("test.faulty"))));
      http.filters = List.of(Configs.extension("test.faulty"));
      assertThat(proxy.engine.checkListener(http.listener()))
          .hasSize(2)
          .allSatisfy(error -> assertThat(error.offending()).contains("test.faulty"))
          .extracting(ConfigError::field)
          .first()
          .isEqualTo("filter_chains[0].filters[0].typed_config.http_filters[0].typed_config");
    }
  }
}
