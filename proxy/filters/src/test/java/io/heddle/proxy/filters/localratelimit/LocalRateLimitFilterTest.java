package io.heddle.proxy.filters.localratelimit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import io.envoyproxy.envoy.config.route.v3.RateLimit;
import io.envoyproxy.envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.HttpFilterConfig;
import io.heddle.proxy.api.HttpFilterFactory.RouteFilterConfig;
import io.heddle.proxy.api.LocalReply;
import io.heddle.proxy.api.RateLimitRules;
import io.heddle.proxy.api.ResponseFlag;
import io.heddle.proxy.api.ServerView;
import io.heddle.proxy.filters.harness.FakeFactoryContext;
import io.heddle.proxy.filters.harness.FakeFilterState;
import io.heddle.proxy.filters.harness.FilterHarness;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class LocalRateLimitFilterTest {
  private static final String BUCKET =
      "stat_prefix: 'p' token_bucket { max_tokens: 1 fill_interval { seconds: 1 } } ";
  private static final String ENABLED = "filter_enabled { default_value { numerator: 100 } } ";
  private static final String ENFORCED = "filter_enforced { default_value { numerator: 100 } } ";

  private static final String USER =
      "rate_limits { actions { request_headers { header_name: 'x-user' descriptor_key: 'user' } } }"
          + " ";

  private final FakeFactoryContext context = new FakeFactoryContext();
  private final LocalRateLimitFilterFactory factory = new LocalRateLimitFilterFactory();

  @Test
  void refusesBeyondTheBucketAndAdmitsAfterAnInterval() throws Exception {
    HttpFilterConfig config =
        config(
            BUCKET
                + ENABLED
                + ENFORCED
                + "status { code: ServiceUnavailable }"
                + " response_headers_to_add { header { key: 'x-limit' value: '%REQ(:PATH)%' } }");
    assertThat(call(config)).isEmpty();
    LocalReply reply = call(config).orElseThrow();
    assertThat(reply.status()).isEqualTo(503);
    assertThat(reply.detail()).isEqualTo("local_rate_limited");
    assertThat(reply.flags()).containsExactly(ResponseFlag.RATE_LIMITED);
    assertThat(reply.headers()).isEmpty();
    try (FilterHarness harness = FilterHarness.of(config, Optional.empty(), context.time())) {
      harness.request("GET", "/p", true);
      assertThat(harness.responseHead().orElseThrow().first(HeaderName.of("x-limit")))
          .contains("/p");
    }
    context.time().advance(Duration.ofSeconds(1));
    assertThat(call(config)).isEmpty();
    assertThat(context.stats().all())
        .containsEntry("server.p.http_local_rate_limit.enabled", 4L)
        .containsEntry("server.p.http_local_rate_limit.ok", 2L)
        .containsEntry("server.p.http_local_rate_limit.rate_limited", 2L)
        .containsEntry("server.p.http_local_rate_limit.enforced", 2L);
  }

  @Test
  void countsNothingUnlessEnabled() throws Exception {
    HttpFilterConfig config = config(BUCKET + ENFORCED);
    for (int i = 0; i < 3; i++) {
      assertThat(call(config)).isEmpty();
    }
    assertThat(context.stats().value("server.p.http_local_rate_limit.enabled")).isZero();
  }

  @Test
  void onlyMarksWhatItDoesNotEnforce() throws Exception {
    HttpFilterConfig config =
        config(
            BUCKET
                + ENABLED
                + "request_headers_to_add_when_not_enforced { header { key: 'x-over' value: 'yes' }"
                + " }");
    assertThat(call(config)).isEmpty();
    try (FilterHarness harness = FilterHarness.of(config, Optional.empty(), context.time())) {
      harness.request("GET", "/", true);
      assertThat(harness.forwardedWhole()).isTrue();
      assertThat(harness.requestHead().first(HeaderName.of("x-over"))).contains("yes");
      harness.response(200);
      assertThat(harness.responseHead().orElseThrow().size()).isZero();
    }
    assertThat(context.stats().value("server.p.http_local_rate_limit.rate_limited")).isEqualTo(1);
    assertThat(context.stats().value("server.p.http_local_rate_limit.enforced")).isZero();
  }

  @Test
  void aRouteHasItsOwnBucket() throws Exception {
    HttpFilterConfig config = config("stat_prefix: 'none'");
    RouteFilterConfig route = factory.parseRoute(any(BUCKET + ENABLED + ENFORCED), context);
    assertThat(call(config)).isEmpty();
    assertThat(call(config)).isEmpty();
    for (int i = 0; i < 2; i++) {
      try (FilterHarness harness = FilterHarness.of(config, Optional.of(route), context.time())) {
        harness.request("GET", "/", true);
        assertThat(harness.reply().map(LocalReply::status))
            .isEqualTo(i == 0 ? Optional.empty() : Optional.of(429));
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "status { code: OK }|stat_prefix",
        "stat_prefix: 'p' token_bucket { fill_interval { seconds: 1 } }|token_bucket.max_tokens",
        "stat_prefix: 'p' token_bucket { max_tokens: 1 fill_interval { nanos: 49999999 }"
            + " }|token_bucket.fill_interval",
        "stat_prefix: 'p' token_bucket { max_tokens: 1 }|token_bucket.fill_interval",
        "stat_prefix: 'p' token_bucket { max_tokens: 1 tokens_per_fill { value: 0 } fill_interval {"
            + " seconds: 1 } }|token_bucket.tokens_per_fill",
        "stat_prefix: 'p' filter_enabled { }|filter_enabled.default_value",
        "stat_prefix: 'p' stage: 11|stage",
        "stat_prefix: 'p' descriptors { }|descriptors[0].entries",
        "stat_prefix: 'p' descriptors { entries { value: 'v' } }|descriptors[0].entries[0].key",
        "stat_prefix: 'p' descriptors { entries { key: 'k' } }|descriptors[0].token_bucket",
        "stat_prefix: 'p' descriptors { entries { key: 'k' } token_bucket { max_tokens: 1 }"
            + " }|descriptors[0].token_bucket.fill_interval",
        "stat_prefix: 'p' rate_limits { }|rate_limits[0].actions",
        "stat_prefix: 'p' rate_limits { stage { } actions { remote_address { } }"
            + " }|rate_limits[0].stage",
        "stat_prefix: 'p' max_dynamic_descriptors { value: 0 }|max_dynamic_descriptors",
        "stat_prefix: 'p' local_cluster_rate_limit { }|local_cluster_rate_limit",
        "stat_prefix: 'p' local_cluster_rate_limit { } local_rate_limit_per_downstream_connection:"
            + " true|local_cluster_rate_limit",
        "stat_prefix: 'p' response_headers_to_add { header { key: 'te' value: 'x' }"
            + " }|response_headers_to_add[0].header.key"
      })
  void refusesByPath(String text, String field) {
    assertThatThrownBy(() -> config(text))
        .isInstanceOfSatisfying(
            FilterConfigException.class, e -> assertThat(e.field()).isEqualTo(field));
  }

  @Test
  void descriptorsThatComeTwiceAreRefused() {
    String one = "descriptors { entries { key: 'k' value: 'v' } " + bucket(1) + " } ";
    assertThatThrownBy(() -> config("stat_prefix: 'p' " + one + one))
        .isInstanceOf(FilterConfigException.class)
        .hasMessageContaining("descriptors[1].entries");
  }

  @Test
  void eachDescriptorHasABucketAndTheDefaultIsConsumedToo() throws Exception {
    HttpFilterConfig config =
        config("stat_prefix: 'p' " + bucket(4) + ENABLED + ENFORCED + USER + user("ann", 2));
    assertThat(statuses(config, "ann", 3)).containsExactly(0, 0, 429);
    // Two of four went with ann's; the third was refused before it came to the default bucket.
    assertThat(statuses(config, "bob", 3)).containsExactly(0, 0, 429);
  }

  @Test
  void theDefaultBucketCanBeThatOfTheOthersOnly() throws Exception {
    HttpFilterConfig config =
        config(
            "stat_prefix: 'p' always_consume_default_token_bucket { value: false } "
                + bucket(1)
                + ENABLED
                + ENFORCED
                + USER
                + user("ann", 2));
    assertThat(statuses(config, "ann", 3)).containsExactly(0, 0, 429);
    assertThat(statuses(config, "bob", 2)).containsExactly(0, 429);
  }

  @Test
  void theBucketThatFillsMostSlowlyIsAskedFirst() throws Exception {
    HttpFilterConfig config =
        config(
            "stat_prefix: 'p' enable_x_ratelimit_headers: DRAFT_VERSION_03 "
                + ENABLED
                + ENFORCED
                + "rate_limits { actions { generic_key { descriptor_value: 'fast' } } } "
                + "rate_limits { actions { generic_key { descriptor_value: 'slow' } } } "
                + "descriptors { entries { key: 'generic_key' value: 'fast' } token_bucket {"
                + " max_tokens: 2 fill_interval { seconds: 10 } } } "
                + "descriptors { entries { key: 'generic_key' value: 'slow' } token_bucket {"
                + " max_tokens: 1 fill_interval { seconds: 20 } } }");
    assertThat(told(config)).isEqualTo("1 0 20");
    assertThat(told(config)).isEqualTo("1 0 20");
  }

  @Test
  void aBucketIsMadeForEachValueOfAWildcardAndTheLongestUnusedForgotten() throws Exception {
    HttpFilterConfig config =
        config(
            "stat_prefix: 'p' max_dynamic_descriptors { value: 2 } "
                + ENABLED
                + ENFORCED
                + USER
                + user("", 1)
                + user("bob", 3));
    assertThat(statuses(config, "ann", 2)).containsExactly(0, 429);
    context.time().advance(Duration.ofMillis(1));
    assertThat(statuses(config, "cid", 2)).containsExactly(0, 429);
    assertThat(statuses(config, "bob", 4)).containsExactly(0, 0, 0, 429);
    context.time().advance(Duration.ofMillis(1));
    assertThat(statuses(config, "ann", 1)).containsExactly(429);
    context.time().advance(Duration.ofMillis(1));
    // Takes the place of cid, who is the longest unused of the two.
    assertThat(statuses(config, "dan", 1)).containsExactly(0);
    context.time().advance(Duration.ofMillis(1));
    assertThat(statuses(config, "ann", 1)).containsExactly(429);
    context.time().advance(Duration.ofMillis(1));
    assertThat(statuses(config, "cid", 1)).containsExactly(0);
  }

  @Test
  void routeAndVirtualHostSayWhatARequestIs() throws Exception {
    HttpFilterConfig config =
        config("stat_prefix: 'p' " + ENABLED + ENFORCED + "stage: 1 " + user("route", 1));
    RateLimitRules rules =
        factory.compileRateLimits(
            List.of(
                Any.pack(
                    merged(
                            RateLimit.newBuilder(),
                            "stage { value: 1 } actions { generic_key { descriptor_key: 'user'"
                                + " descriptor_value: 'route' } }")
                        .build())),
            context);
    for (int wanted : new int[] {0, 429}) {
      try (FilterHarness harness = FilterHarness.of(config, Optional.empty(), context.time())) {
        harness
            .context()
            .rateLimits(new RateLimitRules.OfRoute(Optional.empty(), Optional.of(rules), false));
        harness.request("GET", "/", true);
        assertThat(harness.reply().map(LocalReply::status).orElse(0)).isEqualTo(wanted);
      }
    }
    assertThat(statuses(config, "route", 2)).containsExactly(0, 0);
  }

  @Test
  void hitsCountAsManyTokens() throws Exception {
    HttpFilterConfig config =
        config(
            "stat_prefix: 'p' "
                + ENABLED
                + ENFORCED
                + USER.replace("rate_limits {", "rate_limits { hits_addend { number { value: 3 } }")
                + user("ann", 4));
    assertThat(statuses(config, "ann", 2)).containsExactly(0, 429);
  }

  @Test
  void aConnectionHasItsOwnBuckets() throws Exception {
    HttpFilterConfig config =
        config(
            "stat_prefix: 'p' local_rate_limit_per_downstream_connection: true "
                + bucket(1)
                + ENABLED
                + ENFORCED);
    FakeFilterState first = new FakeFilterState();
    assertThat(status(config, "ann", first)).isZero();
    assertThat(status(config, "ann", first)).isEqualTo(429);
    assertThat(status(config, "ann", new FakeFilterState())).isZero();
  }

  @Test
  void theProxiesOfAClusterShareALimit() throws Exception {
    context.server().localCluster("gateways");
    context.server().membership("gateways", new ServerView.Membership(4, 0, 0));
    HttpFilterConfig config =
        config("stat_prefix: 'p' local_cluster_rate_limit { } " + bucket(8) + ENABLED + ENFORCED);
    assertThat(statuses(config, "ann", 3)).containsExactly(0, 0, 429);
    context.server().membership("gateways", new ServerView.Membership(1, 0, 0));
    context.time().advance(Duration.ofSeconds(80));
    assertThat(statuses(config, "ann", 9)).containsExactly(0, 0, 0, 0, 0, 0, 0, 0, 429);
    // More proxies than tokens: the bucket has to be full, and then one request passes.
    context.server().membership("gateways", new ServerView.Membership(100, 0, 0));
    context.time().advance(Duration.ofSeconds(80));
    assertThat(statuses(config, "ann", 2)).containsExactly(0, 429);
  }

  @Test
  void headersTellOfTheBucket() throws Exception {
    HttpFilterConfig config =
        config(
            "stat_prefix: 'p' enable_x_ratelimit_headers: DRAFT_VERSION_03 "
                + bucket(2)
                + ENABLED
                + ENFORCED);
    assertThat(told(config)).isEqualTo("2 1 0");
    assertThat(told(config)).isEqualTo("2 0 10");
    context.time().advance(Duration.ofSeconds(3));
    assertThat(told(config)).isEqualTo("2 0 7");
  }

  @Test
  void grpcClientsHearThatAResourceIsExhausted() throws Exception {
    HttpFilterConfig config =
        config(BUCKET + ENABLED + ENFORCED + "rate_limited_as_resource_exhausted: true");
    assertThat(call(config)).isEmpty();
    assertThat(call(config).orElseThrow().headers()).isEmpty();
    try (FilterHarness harness = FilterHarness.of(config, Optional.empty(), context.time())) {
      harness.request("POST", "/", true, "content-type", "application/grpc");
      assertThat(harness.reply().orElseThrow().headers())
          .containsEntry(HeaderName.of("grpc-status"), "8");
    }
  }

  private String told(HttpFilterConfig config) {
    try (FilterHarness harness = FilterHarness.of(config, Optional.empty(), context.time())) {
      harness.request("GET", "/", true);
      if (harness.reply().isEmpty()) {
        harness.wholeResponse(200);
      }
      return String.join(
          " ",
          Stream.of("limit", "remaining", "reset")
              .map(name ->
                  harness
                      .responseHead()
                      .orElseThrow()
                      .first(HeaderName.of("x-ratelimit-" + name))
                      .orElse("-"))
              .toList());
    }
  }

  private List<Integer> statuses(HttpFilterConfig config, String user, int requests) {
    FakeFilterState connection = new FakeFilterState();
    return IntStream.range(0, requests).mapToObj(_ -> status(config, user, connection)).toList();
  }

  private int status(HttpFilterConfig config, String user, FakeFilterState connection) {
    try (FilterHarness harness = FilterHarness.of(config, Optional.empty(), context.time())) {
      harness.context().connectionState(connection);
      harness.request("GET", "/", true, "x-user", user);
      return harness.reply().map(LocalReply::status).orElse(0);
    }
  }

  private static String bucket(int tokens) {
    return "token_bucket { max_tokens: " + tokens + " fill_interval { seconds: 10 } } ";
  }

  private static String user(String name, int tokens) {
    return "descriptors { entries { key: 'user' value: '" + name + "' } " + bucket(tokens) + "} ";
  }

  @Test
  void aRouteNeedsABucket() {
    assertThatThrownBy(() -> factory.parseRoute(any("stat_prefix: 'p'"), context))
        .isInstanceOf(FilterConfigException.class)
        .hasMessageContaining("token_bucket");
  }

  private Optional<LocalReply> call(HttpFilterConfig config) {
    try (FilterHarness harness = FilterHarness.of(config, Optional.empty(), context.time())) {
      harness.request("GET", "/", true);
      return harness.reply();
    }
  }

  private HttpFilterConfig config(String text) throws FilterConfigException {
    return factory.parse(any(text), context);
  }

  private static Any any(String text) {
    return Any.pack(merged(LocalRateLimit.newBuilder(), text).build());
  }

  private static <T extends Message.Builder> T merged(T builder, String text) {
    try {
      TextFormat.merge(text, builder);
    } catch (TextFormat.ParseException e) {
      throw new IllegalArgumentException(text, e);
    }
    return builder;
  }
}
