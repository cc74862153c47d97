package io.heddle.proxy.filters.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.TextFormat;
import io.envoyproxy.envoy.extensions.filters.http.fault.v3.HTTPFault;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.HttpFilterConfig;
import io.heddle.proxy.api.LocalReply;
import io.heddle.proxy.api.ResponseFlag;
import io.heddle.proxy.filters.harness.FakeFactoryContext;
import io.heddle.proxy.filters.harness.FilterHarness;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class FaultFilterTest {
  private static final String ALWAYS = " percentage { numerator: 100 } ";
  private static final String DELAY = "delay { fixed_delay { seconds: 2 }" + ALWAYS + "} ";
  private static final String LIMIT =
      "response_rate_limit { fixed_limit { limit_kbps: 64 }" + ALWAYS + "} ";
  private static final String ABORT = "abort { http_status: 503" + ALWAYS + "} ";

  private final FakeFactoryContext context = new FakeFactoryContext();
  private final FaultFilterFactory factory = new FaultFilterFactory();

  @Test
  void abortsAtOnce() throws Exception {
    try (FilterHarness harness =
        FilterHarness.of(
            config(
                ABORT + "filter_metadata { fields { key: 'why' value { string_value: 'x' } } }"))) {
      harness.request("GET", "/", true);
      LocalReply reply = harness.reply().orElseThrow();
      assertThat(reply.status()).isEqualTo(503);
      assertThat(reply.detail()).isEqualTo("fault_filter_abort");
      assertThat(reply.body()).isEqualTo("fault filter abort");
      assertThat(harness.flags()).containsExactly(ResponseFlag.FAULT_INJECTED);
      assertThat(harness.context().dynamicMetadata().get("envoy.filters.http.fault"))
          .hasValueSatisfying(metadata -> assertThat(metadata.containsFields("why")).isTrue());
      assertThat(context.stats().value("fault.active_faults")).isEqualTo(1);
    }
    assertThat(context.stats().value("fault.aborts_injected")).isEqualTo(1);
    assertThat(context.stats().value("fault.active_faults")).isZero();
  }

  @Test
  void delaysThenLetsGo() throws Exception {
    try (FilterHarness harness = FilterHarness.of(config(DELAY))) {
      harness.request("POST", "/");
      harness.requestData("hello", true);
      assertThat(harness.forwarded()).isFalse();
      harness.advance(Duration.ofMillis(1999));
      assertThat(harness.forwarded()).isFalse();
      harness.advance(Duration.ofMillis(1));
      assertThat(harness.forwardedWhole()).isTrue();
      assertThat(harness.forwardedBody()).isEqualTo("hello");
      assertThat(harness.flags()).containsExactly(ResponseFlag.DELAY_INJECTED);
      assertThat(context.stats().value("fault.active_faults")).isZero();
    }
    assertThat(context.stats().value("fault.delays_injected")).isEqualTo(1);
  }

  @Test
  void delaysThenAborts() throws Exception {
    try (FilterHarness harness = FilterHarness.of(config(DELAY + ABORT))) {
      harness.request("GET", "/", true);
      assertThat(harness.reply()).isEmpty();
      harness.advance(Duration.ofSeconds(2));
      assertThat(harness.reply()).isPresent();
      assertThat(harness.flags())
          .containsExactlyInAnyOrder(ResponseFlag.DELAY_INJECTED, ResponseFlag.FAULT_INJECTED);
    }
  }

  @Test
  void isSafeWhenResetWhileDelaying() throws Exception {
    try (FilterHarness harness = FilterHarness.of(config(DELAY + ABORT))) {
      harness.request("GET", "/", true);
      harness.reset();
      assertThat(harness.context().pendingTimers()).isZero();
      harness.advance(Duration.ofSeconds(5));
      assertThat(harness.reply()).isEmpty();
    }
    assertThat(context.stats().value("fault.active_faults")).isZero();
  }

  @Test
  void injectsNoMoreThanAllowedAtATime() throws Exception {
    HttpFilterConfig config = config(DELAY + "max_active_faults { value: 1 }");
    try (FilterHarness first = FilterHarness.of(config);
        FilterHarness second = FilterHarness.of(config)) {
      first.request("GET", "/", true);
      second.request("GET", "/", true);
      assertThat(first.forwarded()).isFalse();
      assertThat(second.forwarded()).isTrue();
      assertThat(context.stats().value("fault.faults_overflow")).isEqualTo(1);
    }
  }

  @Test
  void doesWhatTheRequestAsksWithinTheShare() throws Exception {
    HttpFilterConfig config =
        config("delay { header_delay { }" + ALWAYS + "} abort { header_abort { }" + ALWAYS + "}");
    try (FilterHarness harness = FilterHarness.of(config)) {
      harness.request(
          "GET",
          "/",
          true,
          "x-envoy-fault-delay-request",
          "10",
          "x-envoy-fault-abort-request",
          "418");
      harness.advance(Duration.ofMillis(10));
      assertThat(harness.reply()).map(LocalReply::status).contains(418);
    }
    for (String status : new String[] {"", "199", "600", "x", "-1", "99999999999999"}) {
      try (FilterHarness harness = FilterHarness.of(config)) {
        harness.request("GET", "/", true, "x-envoy-fault-abort-request", status);
        assertThat(harness.reply()).isEmpty();
      }
    }
    try (FilterHarness harness = FilterHarness.of(config)) {
      harness.request(
          "GET",
          "/",
          true,
          "x-envoy-fault-abort-request",
          "503",
          "x-envoy-fault-abort-request-percentage",
          "0");
      assertThat(harness.reply()).isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource({"application/grpc, 14", "application/grpc+proto, 14", "text/plain,"})
  void aGrpcStatusIsForThoseWhoSpeakGrpc(String type, String status) throws Exception {
    try (FilterHarness harness =
        FilterHarness.of(config("abort { grpc_status: 14" + ALWAYS + "}"))) {
      harness.request("POST", "/", true, "content-type", type);
      LocalReply reply = harness.reply().orElseThrow();
      assertThat(reply.status()).isEqualTo(200);
      assertThat(reply.headers().get(HeaderName.of("grpc-status"))).isEqualTo(status);
    }
  }

  @ParameterizedTest
  @CsvSource({"5,,200,5", "4294967295,,200,4294967295", "5,404,404,", "x,,0,", "4294967296,,0,"})
  void aRequestAsksForAGrpcStatusToo(String grpc, String http, int status, String given)
      throws Exception {
    HttpFilterConfig config = config("abort { header_abort { }" + ALWAYS + "}");
    try (FilterHarness harness = FilterHarness.of(config)) {
      harness.request(
          "POST",
          "/",
          true,
          "content-type",
          "application/grpc",
          "x-envoy-fault-abort-grpc-request",
          grpc,
          "x-envoy-fault-abort-request",
          http == null ? "" : http);
      assertThat(harness.reply().map(LocalReply::status).orElse(0)).isEqualTo(status);
      assertThat(
              harness
                  .reply()
                  .map(reply -> reply.headers().get(HeaderName.of("grpc-status")))
                  .orElse(null))
          .isEqualTo(given);
    }
  }

  @Test
  void theResponseGoesAtSoManyBytesASecond() throws Exception {
    // 64 KiB a second are 4 KiB in a sixteenth of one.
    try (FilterHarness harness =
        FilterHarness.of(config(LIMIT + "max_active_faults { value: 1 }"))) {
      harness.request("GET", "/", true);
      harness.response(200).responseData("x".repeat(10 << 10), false);
      assertThat(harness.sentBody()).hasSize(4 << 10);
      harness.responseData("y".repeat(2 << 10), false);
      assertThat(harness.sentBody()).hasSize(4 << 10);
      harness.advance(Duration.ofMillis(63));
      assertThat(harness.sentBody().length()).isBetween(8 << 10, (8 << 10) + 64);
      harness.responseData("", true);
      assertThat(harness.sentWhole()).isFalse();
      harness.advance(Duration.ofMillis(63));
      assertThat(harness.sentBody()).isEqualTo("x".repeat(10 << 10) + "y".repeat(2 << 10));
      assertThat(harness.sentWhole()).isTrue();
      assertThat(context.stats().value("fault.active_faults")).isEqualTo(1);
    }
    assertThat(context.stats().value("fault.response_rl_injected")).isEqualTo(1);
    assertThat(context.stats().value("fault.active_faults")).isZero();
  }

  @Test
  void trailersWaitForTheBodyBeforeThem() throws Exception {
    try (FilterHarness harness = FilterHarness.of(config(LIMIT))) {
      harness.request("GET", "/", true);
      harness.response(200).responseData("x".repeat(6 << 10), false);
      harness.responseTrailers("x-end", "1");
      assertThat(harness.responseTrailersHeld()).isTrue();
      harness.advance(Duration.ofSeconds(1));
      assertThat(harness.sentBody()).hasSize(6 << 10);
      assertThat(harness.responseTrailersHeld()).isFalse();
      assertThat(harness.sentWhole()).isTrue();
    }
  }

  @Test
  void whatWaitsIsBoundedAndASlowClientIsNotPushed() throws Exception {
    try (FilterHarness harness = FilterHarness.of(config(LIMIT))) {
      harness.request("GET", "/", true);
      harness.response(200).slowClient(true).responseData("x".repeat(64 << 10), false);
      assertThat(harness.sentBody()).isEmpty();
      assertThat(harness.responseReadDisabled()).isFalse();
      harness.responseData("x".repeat(1 << 10), false);
      assertThat(harness.responseReadDisabled()).isTrue();
      harness.advance(Duration.ofSeconds(5));
      assertThat(harness.sentBody()).isEmpty();
      harness.slowClient(false).advance(Duration.ofSeconds(1));
      assertThat(harness.sentBody().length()).isGreaterThan(60 << 10);
      assertThat(harness.responseReadDisabled()).isFalse();
      harness.reset();
      assertThat(harness.context().pendingTimers()).isZero();
    }
  }

  @Test
  void aRequestAsksForASlowResponseAndADelayBeforeIt() throws Exception {
    HttpFilterConfig config =
        config("response_rate_limit { header_limit { }" + ALWAYS + "} " + DELAY);
    try (FilterHarness harness = FilterHarness.of(config)) {
      harness.request("GET", "/", true, "x-envoy-fault-throughput-response", "16");
      harness.advance(Duration.ofSeconds(2));
      assertThat(harness.forwardedWhole()).isTrue();
      harness.response(200).responseData("x".repeat(2 << 10), true);
      assertThat(harness.sentBody().length()).isLessThan(2 << 10);
      harness.advance(Duration.ofSeconds(1));
      assertThat(harness.sentWhole()).isTrue();
    }
    for (String kbps : new String[] {"0", "fast", ""}) {
      try (FilterHarness harness = FilterHarness.of(config)) {
        harness.request("GET", "/", true, "x-envoy-fault-throughput-response", kbps);
        harness.advance(Duration.ofSeconds(2));
        harness.response(200).responseData("x".repeat(60 << 10), true);
        assertThat(harness.sentWhole()).isTrue();
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "upstream_cluster: 'service'|true",
        "upstream_cluster: 'other'|false",
        "downstream_nodes: 'n1'|true",
        "downstream_nodes: 'n2'|false",
        "headers { name: 'x-a' exact_match: '5' }|true",
        "headers { name: 'x-a' range_match { start: 5 end: 6 } }|true",
        "headers { name: 'x-a' range_match { start: 6 end: 7 } }|false",
        "headers { name: 'x-a' string_match { safe_regex { regex: '[0-9]' } } }|true",
        "headers { name: 'x-a' present_match: false }|false",
        "headers { name: 'x-a' prefix_match: '6' invert_match: true }|true",
        "headers { name: 'x-no' exact_match: '5' invert_match: true }|false",
        "headers { name: 'x-no' exact_match: '' treat_missing_header_as_empty: true }|true",
        "headers { name: 'x-a' } headers { name: 'x-no' }|false",
        "headers { name: ':method' string_match { contains: 'e' ignore_case: true } }|true"
      })
  void injectsOnlyWhereItMatches(String match, boolean injected) throws Exception {
    try (FilterHarness harness = FilterHarness.of(config(ABORT + match))) {
      harness.request("GET", "/", true, "x-a", "5", "x-envoy-downstream-service-node", "n1");
      assertThat(harness.reply().isPresent()).isEqualTo(injected);
    }
  }

  @Test
  void injectsIntoTheShare() throws Exception {
    HttpFilterConfig config =
        config("abort { http_status: 500 percentage { numerator: 250000 denominator: MILLION } }");
    Random random = new Random(5);
    int injected = 0;
    for (int i = 0; i < 2_000; i++) {
      try (FilterHarness harness = FilterHarness.of(config, random)) {
        harness.request("GET", "/", true);
        injected += harness.reply().isPresent() ? 1 : 0;
      }
    }
    assertThat(injected).isBetween(430, 570);
  }

  @Test
  void aRouteReplacesTheFault() throws Exception {
    try (FilterHarness harness =
        FilterHarness.of(
            config(ABORT),
            factory.parseRoute(any("abort { http_status: 404" + ALWAYS + "}"), context))) {
      harness.request("GET", "/", true);
      assertThat(harness.reply()).map(LocalReply::status).contains(404);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "delay { }|delay",
        "delay { fixed_delay { } }|delay.fixed_delay",
        "delay { fixed_delay { seconds: 100000 } }|delay.fixed_delay",
        "abort { }|abort",
        "abort { http_status: 199 }|abort.http_status",
        "abort { http_status: 600 }|abort.http_status",
        "response_rate_limit { }|response_rate_limit",
        "response_rate_limit { fixed_limit { } }|response_rate_limit.fixed_limit.limit_kbps",
        "headers { name: '' }|headers[0].name"
      })
  void refusesByPath(String text, String field) {
    assertThatThrownBy(() -> config(text))
        .isInstanceOfSatisfying(
            FilterConfigException.class, e -> assertThat(e.field()).isEqualTo(field));
  }

  private HttpFilterConfig config(String text) throws FilterConfigException {
    return factory.parse(any(text), context);
  }

  private static Any any(String text) {
    HTTPFault.Builder builder = HTTPFault.newBuilder();
    try {
      TextFormat.merge(text, builder);
    } catch (TextFormat.ParseException e) {
      throw new IllegalArgumentException(text, e);
    }
    return Any.pack(builder.build());
  }
}
