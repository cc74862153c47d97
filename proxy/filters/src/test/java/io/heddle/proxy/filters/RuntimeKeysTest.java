package io.heddle.proxy.filters;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import io.envoyproxy.envoy.extensions.filters.http.compressor.v3.Compressor;
import io.envoyproxy.envoy.extensions.filters.http.cors.v3.Cors;
import io.envoyproxy.envoy.extensions.filters.http.cors.v3.CorsPolicy;
import io.envoyproxy.envoy.extensions.filters.http.decompressor.v3.Decompressor;
import io.envoyproxy.envoy.extensions.filters.http.fault.v3.HTTPFault;
import io.envoyproxy.envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.HttpFilterConfig;
import io.heddle.proxy.api.HttpFilterFactory;
import io.heddle.proxy.api.LocalReply;
import io.heddle.proxy.filters.compressor.CompressorFilterFactory;
import io.heddle.proxy.filters.cors.CorsFilterFactory;
import io.heddle.proxy.filters.decompressor.DecompressorFilterFactory;
import io.heddle.proxy.filters.fault.FaultFilterFactory;
import io.heddle.proxy.filters.harness.FakeFactoryContext;
import io.heddle.proxy.filters.harness.FilterHarness;
import io.heddle.proxy.filters.localratelimit.LocalRateLimitFilterFactory;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Operators change what filters do while they run. */
class RuntimeKeysTest {
  private static final HeaderName CONTENT_ENCODING = HeaderName.of("content-encoding");
  private static final String GZIP =
      "_library { name: 'gzip' typed_config { type_url:"
          + " 'type.googleapis.com/envoy.extensions.compression.gzip.";

  private final FakeFactoryContext context = new FakeFactoryContext();

  private <M extends Message> HttpFilterConfig config(
      HttpFilterFactory factory, String text, Class<M> type) throws Exception {
    return factory.parse(Any.pack(TextFormat.parse(text, type)), context);
  }

  private static Optional<Integer> status(FilterHarness harness, String... headers) {
    try (harness) {
      harness.request("GET", "/", true, headers);
      return harness.reply().map(LocalReply::status);
    }
  }

  @Test
  void faultsComeAndGoAndChange() throws Exception {
    HttpFilterConfig config =
        config(
            new FaultFilterFactory(),
            "abort { http_status: 418 percentage { numerator: 100 } }"
                + " delay { fixed_delay { seconds: 5 } percentage { } }"
                + " abort_http_status_runtime: 'mine'",
            HTTPFault.class);
    assertThat(status(FilterHarness.of(config))).contains(418);
    context.runtime().set("mine", 503);
    assertThat(status(FilterHarness.of(config))).contains(503);
    context.runtime().set("mine", 99);
    assertThat(status(FilterHarness.of(config))).contains(418);
    context.runtime().set("fault.http.max_active_faults", 0);
    assertThat(status(FilterHarness.of(config))).isEmpty();
    context.runtime().set("fault.http.max_active_faults", 5);
    context.runtime().set("fault.http.abort.abort_percent", 0);
    assertThat(status(FilterHarness.of(config))).isEmpty();
    context.runtime().set("fault.http.delay.fixed_delay_percent", 100);
    context.runtime().set("fault.http.delay.fixed_duration_ms", 20);
    try (FilterHarness harness = FilterHarness.of(config)) {
      harness.request("GET", "/", true);
      assertThat(harness.forwarded()).isFalse();
      harness.advance(Duration.ofMillis(20));
      assertThat(harness.forwarded()).isTrue();
    }
    context.runtime().set("fault.http.delay.fixed_duration_ms", 0);
    try (FilterHarness harness = FilterHarness.of(config)) {
      harness.request("GET", "/", true);
      assertThat(harness.forwarded()).isTrue();
    }
  }

  @Test
  void limitsAreSwitchedOnAndEnforced() throws Exception {
    HttpFilterConfig config =
        config(
            new LocalRateLimitFilterFactory(),
            "stat_prefix: 'p' token_bucket { max_tokens: 1 fill_interval { seconds: 3600 } }"
                + " filter_enabled { default_value { } runtime_key: 'on' }"
                + " filter_enforced { default_value { } runtime_key: 'enforced' }",
            LocalRateLimit.class);
    assertThat(status(FilterHarness.of(config))).isEmpty();
    context.runtime().set("on", 100);
    assertThat(status(FilterHarness.of(config))).isEmpty();
    assertThat(status(FilterHarness.of(config))).isEmpty();
    assertThat(context.stats().value("server.p.http_local_rate_limit.rate_limited")).isOne();
    context.runtime().set("enforced", 100);
    assertThat(status(FilterHarness.of(config))).contains(429);
  }

  @Test
  void policiesOfOriginsAreSwitchedOff() throws Exception {
    CorsFilterFactory factory = new CorsFilterFactory();
    HttpFilterConfig config = config(factory, "", Cors.class);
    var policy =
        factory.parseRoute(
            Any.pack(
                TextFormat.parse(
                    "allow_origin_string_match { exact: 'http://a' } filter_enabled { default_value"
                        + " { numerator: 100 } runtime_key: 'cors' }",
                    CorsPolicy.class)),
            context);
    String[] preflight = {"origin", "http://a", "access-control-request-method", "GET"};
    try (FilterHarness harness = FilterHarness.of(config, policy)) {
      harness.request("OPTIONS", "/", true, preflight);
      assertThat(harness.reply()).isPresent();
    }
    context.runtime().set("cors", 0);
    try (FilterHarness harness = FilterHarness.of(config, policy)) {
      harness.request("OPTIONS", "/", true, preflight);
      assertThat(harness.reply()).isEmpty();
    }
  }

  @Test
  void compressionIsSwitchedOff() throws Exception {
    HttpFilterConfig config =
        config(
            new CompressorFilterFactory(),
            "compressor"
                + GZIP
                + "compressor.v3.Gzip' } } response_direction_config { common_config { enabled {"
                + " default_value { value: true } runtime_key: 'gzip' } } }",
            Compressor.class);
    for (boolean on : new boolean[] {true, false}) {
      context.runtime().set("gzip", on ? 1 : 0);
      try (FilterHarness harness = FilterHarness.of(config)) {
        harness.request("GET", "/", true, "accept-encoding", "gzip");
        harness.response(200, "content-type", "text/plain");
        assertThat(harness.responseHead().orElseThrow().contains(CONTENT_ENCODING)).isEqualTo(on);
        harness.responseData("x".repeat(100), true);
      }
    }
  }

  @Test
  void decompressionIsSwitchedOff() throws Exception {
    HttpFilterConfig config =
        config(
            new DecompressorFilterFactory(),
            "decompressor"
                + GZIP
                + "decompressor.v3.Gzip' } } request_direction_config { common_config { enabled {"
                + " default_value { value: true } runtime_key: 'gunzip' } } }",
            Decompressor.class);
    for (boolean on : new boolean[] {true, false}) {
      context.runtime().set("gunzip", on ? 1 : 0);
      try (FilterHarness harness = FilterHarness.of(config)) {
        harness.request("POST", "/", "content-encoding", "gzip");
        assertThat(harness.requestHead().contains(CONTENT_ENCODING)).isNotEqualTo(on);
      }
    }
  }
}
