package io.heddle.proxy.filters.localratelimit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.TextFormat;
import io.envoyproxy.envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.HttpFilterConfig;
import io.heddle.proxy.api.HttpFilterFactory.RouteFilterConfig;
import io.heddle.proxy.api.LocalReply;
import io.heddle.proxy.api.ResponseFlag;
import io.heddle.proxy.filters.harness.FakeFactoryContext;
import io.heddle.proxy.filters.harness.FilterHarness;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class LocalRateLimitFilterTest {
  private static final String BUCKET =
      "stat_prefix: 'p' token_bucket { max_tokens: 1 fill_interval { seconds: 1 } } ";
  private static final String ENABLED = "filter_enabled { default_value { numerator: 100 } } ";
  private static final String ENFORCED = "filter_enforced { default_value { numerator: 100 } } ";

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
        "stat_prefix: 'p' descriptors { }|descriptors",
        "stat_prefix: 'p' rate_limits { }|rate_limits",
        "stat_prefix: 'p' local_rate_limit_per_downstream_connection:"
            + " true|local_rate_limit_per_downstream_connection",
        "stat_prefix: 'p' enable_x_ratelimit_headers: DRAFT_VERSION_03|enable_x_ratelimit_headers",
        "stat_prefix: 'p' rate_limited_as_resource_exhausted:"
            + " true|rate_limited_as_resource_exhausted",
        "stat_prefix: 'p' local_cluster_rate_limit { }|local_cluster_rate_limit",
        "stat_prefix: 'p' response_headers_to_add { header { key: 'te' value: 'x' }"
            + " }|response_headers_to_add[0].header.key"
      })
  void refusesByPath(String text, String field) {
    assertThatThrownBy(() -> config(text))
        .isInstanceOfSatisfying(
            FilterConfigException.class, e -> assertThat(e.field()).isEqualTo(field));
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
    LocalRateLimit.Builder builder = LocalRateLimit.newBuilder();
    try {
      TextFormat.merge(text, builder);
    } catch (TextFormat.ParseException e) {
      throw new IllegalArgumentException(text, e);
    }
    return Any.pack(builder.build());
  }
}
