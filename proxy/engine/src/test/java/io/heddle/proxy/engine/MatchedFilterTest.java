package io.heddle.proxy.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.HeadersDecision;
import io.heddle.proxy.api.HttpFilter;
import io.heddle.proxy.api.LocalReply;
import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.api.ResponseHeaders;
import io.heddle.proxy.api.StreamInfo;
import io.heddle.xds.model.ConfigError;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Filters behind decisions: skipped, executed, or decided on by routes. */
class MatchedFilterTest {
  private static final String TYPE = "typed_config: {'@type': type.googleapis.com/";

  /** Types of messages for filters that the engine by itself does not have. */
  private static final String A = "envoy.extensions.filters.http.cors.v3.Cors";

  private static final String B = "envoy.extensions.filters.http.grpc_web.v3.GrpcWeb";
  private static final String REPLY = "envoy.extensions.filters.http.grpc_stats.v3.FilterConfig";
  private static final String UNKNOWN = "envoy.extensions.filters.http.lua.v3.Lua";

  private static final String REQUEST_HEADER = "envoy.type.matcher.v3.HttpRequestHeaderMatchInput";
  private static final String SKIP =
      "{name: s, " + TYPE + "envoy.extensions.filters.common.matcher.action.v3.SkipFilter}}";
  private static final HeaderName STAMP = HeaderName.of("x-stamp");
  private static final String ROUTES =
      Yaml.table("routes: [{match: {prefix: /}, route: {cluster: up}}]");

  private final AtomicInteger completed = new AtomicInteger();

  /** Stamps request and response. */
  private TestFilter stamp(String type, String name) {
    return new TestFilter(
        type,
        _ ->
            new HttpFilter() {
              @Override
              public HeadersDecision onRequestHeaders(RequestHeaders headers, boolean end) {
                headers.add(STAMP, name);
                return HeadersDecision.CONTINUE;
              }

              @Override
              public HeadersDecision onResponseHeaders(ResponseHeaders headers, boolean end) {
                headers.add(STAMP, name);
                return HeadersDecision.CONTINUE;
              }

              @Override
              public void onComplete(StreamInfo info) {
                completed.incrementAndGet();
              }
            });
  }

  /** Answers everything. */
  private static TestFilter replying() {
    return new TestFilter(
        REPLY,
        _ ->
            new HttpFilter() {
              @Override
              public HeadersDecision onRequestHeaders(RequestHeaders headers, boolean end) {
                return new HeadersDecision.Reply(LocalReply.of(418, "test", "no"));
              }
            });
  }

  private static String byHeader(String name, String value, String action) {
    return "{matcher_list: {matchers: [{predicate: {single_predicate: {input: {name: i, "
        + TYPE
        + REQUEST_HEADER
        + ", header_name: "
        + name
        + "}}, value_match: {exact: '"
        + value
        + "'}}}, on_match: {action: "
        + action
        + "}}]}}";
  }

  private static String execute(String filter, String more) {
    return "{name: e, "
        + TYPE
        + "envoy.extensions.filters.http.composite.v3.ExecuteFilterAction, typed_config: {name: f, "
        + TYPE
        + filter
        + "}}"
        + more
        + "}}";
  }

  private static String matched(String filter, String matcher) {
    return "{name: m, "
        + TYPE
        + "envoy.extensions.common.matching.v3.ExtensionWithMatcher, extension_config: {name: f, "
        + TYPE
        + filter
        + "}}, xds_matcher: "
        + matcher
        + "}}, ";
  }

  private static String composite(String matcher) {
    return matched("envoy.extensions.filters.http.composite.v3.Composite", matcher);
  }

  private EngineUnderTest proxy(Upstream up, String fields, String filters) {
    EngineUnderTest proxy =
        new EngineUnderTest(
            Engine.builder()
                .concurrency(1)
                .httpFilters(List.of(stamp(A, "a"), stamp(B, "b"), replying())));
    proxy.cluster(Configs.cluster("up", up.port()));
    proxy.bind(Yaml.http(fields, filters));
    return proxy;
  }

  private static String get(EngineUnderTest proxy, String... headers) throws Exception {
    try (Upstream.Wire wire = proxy.connect()) {
      StringBuilder request = new StringBuilder("GET / HTTP/1.1\r\nhost: a\r\n");
      for (String header : headers) {
        request.append(header).append("\r\n");
      }
      return wire.roundTrip(request + "\r\n");
    }
  }

  @Test
  void aSkippedFilterSeesNeitherRequestNorResponse() throws Exception {
    try (Upstream up = Upstream.answering("x")) {
      try (EngineUnderTest proxy = proxy(up, ROUTES, matched(A, byHeader("x-skip", "yes", SKIP)))) {
        assertThat(get(proxy)).contains("x-stamp: a\r\n");
        assertThat(get(proxy, "x-skip: yes")).doesNotContain("x-stamp");
        assertThat(get(proxy, "x-skip: no")).contains("x-stamp: a\r\n");
      }
      assertThat(up.heads.get(0)).contains("x-stamp: a\r\n");
      assertThat(up.heads.get(1)).doesNotContain("x-stamp");
    }
    assertThat(completed).hasValue(2);
  }

  @Test
  void theCompositeFilterIsTheOneThatWasDecidedOn() throws Exception {
    String tree =
        "{matcher_tree: {input: {name: i, "
            + TYPE
            + REQUEST_HEADER
            + ", header_name: x-do}}, exact_match_map: {map: {a: {action: "
            + execute(A, "")
            + "}, b: {action: "
            + execute(B, "")
            + "}, reply: {action: "
            + execute(REPLY, "")
            + "}, never: {action: "
            + execute(A, ", sample_percent: {default_value: {numerator: 0}}")
            + "}, skip: {action: "
            + SKIP
            + "}}}}}";
    try (Upstream up = Upstream.answering("x");
        EngineUnderTest proxy = proxy(up, ROUTES, composite(tree))) {
      assertThat(get(proxy, "x-do: a")).contains("x-stamp: a\r\n");
      assertThat(get(proxy, "x-do: b")).contains("x-stamp: b\r\n");
      assertThat(get(proxy, "x-do: reply")).startsWith("HTTP/1.1 418 ");
      for (String other : List.of("never", "skip", "else")) {
        assertThat(get(proxy, "x-do: " + other)).doesNotContain("x-stamp");
      }
      assertThat(get(proxy)).doesNotContain("x-stamp");
      assertThat(proxy.counter("http.in.composite.filter_delegation_success")).isEqualTo(3);
    }
  }

  @Test
  void aRouteDecidesInThePlaceOfTheFilter() throws Exception {
    String routes =
        Yaml.table(
            "typed_per_filter_config: {m: {'@type':"
                + " type.googleapis.com/envoy.extensions.common.matching.v3.ExtensionWithMatcherPerRoute,"
                + " xds_matcher: "
                + byHeader("x-do", "b", execute(B, ""))
                + "}}, routes: [{match: {prefix: /}, route: {cluster: up}}]");
    try (Upstream up = Upstream.answering("x");
        EngineUnderTest proxy =
            proxy(up, routes, composite(byHeader("x-do", "a", execute(A, ""))))) {
      assertThat(get(proxy, "x-do: a")).doesNotContain("x-stamp");
      assertThat(get(proxy, "x-do: b")).contains("x-stamp: b\r\n");
    }
  }

  @Test
  void aFilterThatDidNotSeeTheRequestIsAskedAboutTheResponse() throws Exception {
    String filters =
        "{name: r, " + TYPE + REPLY + "}}, " + matched(A, byHeader("x-skip", "yes", SKIP));
    try (Upstream up = Upstream.answering("x");
        EngineUnderTest proxy = proxy(up, ROUTES, filters)) {
      assertThat(get(proxy, "x-skip: yes")).startsWith("HTTP/1.1 418 ").contains("x-stamp: a\r\n");
    }
  }

  private ConfigError refused(String filter) {
    try (EngineUnderTest proxy =
        new EngineUnderTest(Engine.builder().concurrency(1).httpFilters(List.of(stamp(A, "a"))))) {
      List<ConfigError> errors = proxy.engine.checkListener(Yaml.http(ROUTES, filter));
      assertThat(errors).hasSize(1);
      return errors.getFirst();
    }
  }

  @Test
  void whatCannotBeDecidedInTimeIsRefusedByItsField() {
    String late = "envoy.type.matcher.v3.HttpResponseHeaderMatchInput";
    ConfigError error = refused(matched(A, byHeader("x", "y", SKIP).replace(REQUEST_HEADER, late)));
    assertThat(error.field())
        .endsWith(
            "typed_config.xds_matcher.matcher_list.matchers[0].predicate.single_predicate"
                + ".input.typed_config");
    assertThat(error.offending()).isEqualTo(late);
  }

  @Test
  void actionsAndFiltersThatAreNoneHereAreRefusedByTheirField() {
    String action =
        "typed_config.xds_matcher.matcher_list.matchers[0].on_match.action.typed_config";
    assertThat(refused(matched(A, byHeader("x", "y", execute(A, "")))).field()).endsWith(action);
    assertThat(refused(composite(byHeader("x", "y", execute(UNKNOWN, "")))).field())
        .endsWith(action + ".typed_config.typed_config");
    assertThat(refused(matched(UNKNOWN, byHeader("x", "y", SKIP))).field())
        .endsWith("typed_config.extension_config.typed_config");
    String delegate = "envoy.extensions.common.matching.v3.ExtensionWithMatcher";
    String within =
        delegate
            + ", extension_config: {name: f, "
            + TYPE
            + A
            + "}}, xds_matcher: "
            + byHeader("x", "y", SKIP);
    assertThat(refused(matched(within, byHeader("x", "y", SKIP))).offending()).isEqualTo(delegate);
  }
}
