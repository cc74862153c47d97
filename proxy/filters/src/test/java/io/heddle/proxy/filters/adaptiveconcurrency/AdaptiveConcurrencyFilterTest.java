package io.heddle.proxy.filters.adaptiveconcurrency;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.TextFormat;
import io.envoyproxy.envoy.extensions.filters.http.adaptive_concurrency.v3.AdaptiveConcurrency;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.HttpFilterConfig;
import io.heddle.proxy.api.LocalReply;
import io.heddle.proxy.filters.harness.FakeFactoryContext;
import io.heddle.proxy.filters.harness.FilterHarness;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class AdaptiveConcurrencyFilterTest {
  private static final String WINDOWS =
      "concurrency_limit_params { concurrency_update_interval { nanos: 100000000 } } ";
  private static final String MIN_RTT =
      "min_rtt_calc_params { interval { seconds: 60 } request_count { value: 10 }"
          + " min_concurrency { value: 3 } jitter { value: 0 } buffer { value: 25 } } ";

  private final FakeFactoryContext context = new FakeFactoryContext();
  private final AdaptiveConcurrencyFilterFactory factory = new AdaptiveConcurrencyFilterFactory();

  /** Many requests at once, as many as may be, each of which takes this long. */
  private int answered(HttpFilterConfig config, int asked, Duration each) {
    List<FilterHarness> under = new ArrayList<>();
    for (int i = 0; i < asked; i++) {
      FilterHarness harness = FilterHarness.of(config, Optional.empty(), context.time());
      harness.request("GET", "/", true);
      if (harness.reply().isPresent()) {
        harness.close();
      } else {
        under.add(harness);
      }
    }
    context.time().advance(each);
    for (FilterHarness harness : under) {
      harness.wholeResponse(200);
      harness.close();
    }
    return under.size();
  }

  private long gauge(String name) {
    return context.stats().value("adaptive_concurrency.gradient_controller." + name);
  }

  @Test
  void theLimitGrowsWhileTheTimeStaysAndFallsWhenItGrows() throws Exception {
    HttpFilterConfig config = config(WINDOWS + MIN_RTT);
    assertThat(gauge("concurrency_limit")).isEqualTo(3);
    assertThat(gauge("min_rtt_calculation_active")).isEqualTo(1);
    int rounds = 0;
    while (gauge("min_rtt_calculation_active") == 1) {
      assertThat(answered(config, 50, Duration.ofMillis(20))).isEqualTo(3);
      rounds++;
    }
    assertThat(rounds).isEqualTo(4);
    assertThat(gauge("rq_blocked")).isEqualTo(4 * 47);
    assertThat(gauge("min_rtt_msecs")).isBetween(19L, 20L);
    for (int i = 0; i < 60; i++) {
      answered(config, 50, Duration.ofMillis(20));
    }
    long grown = gauge("concurrency_limit");
    assertThat(grown).isGreaterThan(30);
    assertThat(gauge("gradient")).isBetween(1_200L, 1_300L);
    assertThat(gauge("sample_rtt_msecs")).isBetween(19L, 20L);
    for (int i = 0; i < 8; i++) {
      answered(config, 50, Duration.ofMillis(200));
    }
    assertThat(gauge("gradient")).isEqualTo(500);
    assertThat(gauge("concurrency_limit")).isLessThan(grown / 4).isGreaterThanOrEqualTo(3);
  }

  @Test
  void theLeastTimeIsMeasuredAgain() throws Exception {
    HttpFilterConfig config = config(WINDOWS + MIN_RTT);
    for (int i = 0; i < 4; i++) {
      answered(config, 50, Duration.ofMillis(20));
    }
    assertThat(gauge("min_rtt_calculation_active")).isZero();
    for (int i = 0; i < 10; i++) {
      answered(config, 50, Duration.ofMillis(20));
    }
    long before = gauge("concurrency_limit");
    assertThat(before).isGreaterThan(3);
    context.time().advance(Duration.ofSeconds(60));
    assertThat(answered(config, 50, Duration.ofMillis(40))).isEqualTo(3);
    assertThat(gauge("min_rtt_calculation_active")).isEqualTo(1);
    for (int i = 0; i < 3; i++) {
      answered(config, 50, Duration.ofMillis(40));
    }
    assertThat(gauge("min_rtt_msecs")).isBetween(38L, 40L);
    assertThat(gauge("concurrency_limit")).isEqualTo(before);
  }

  @Test
  void theLeastTimeIsMeasuredAgainWhenTheLimitStaysAtItsLeast() throws Exception {
    HttpFilterConfig config = config(WINDOWS + MIN_RTT);
    for (int i = 0; i < 4; i++) {
      answered(config, 50, Duration.ofMillis(20));
    }
    // What takes ten times as long for good keeps the limit down, window after window.
    int windows = 0;
    while (gauge("min_rtt_calculation_active") == 0 && windows < 20) {
      answered(config, 50, Duration.ofMillis(200));
      windows++;
    }
    assertThat(windows).isBetween(5, 9);
  }

  @Test
  void aFixedTimeIsNotMeasured() throws Exception {
    HttpFilterConfig config =
        config(
            WINDOWS
                + "min_rtt_calc_params { fixed_value { nanos: 20000000 }"
                + " min_concurrency { value: 5 } }");
    assertThat(gauge("min_rtt_calculation_active")).isZero();
    assertThat(gauge("min_rtt_msecs")).isEqualTo(20);
    assertThat(answered(config, 50, Duration.ofMillis(20))).isEqualTo(5);
    for (int i = 0; i < 20; i++) {
      answered(config, 50, Duration.ofMillis(20));
    }
    assertThat(gauge("concurrency_limit")).isGreaterThan(5);
  }

  @Test
  void refusesWithItsStatusAndSaysWhenToComeAgain() throws Exception {
    HttpFilterConfig config =
        factory.parse(
            any(
                "concurrency_limit_exceeded_status { code: TooManyRequests }"
                    + " gradient_controller_config { "
                    + WINDOWS
                    + "min_rtt_calc_params { interval { seconds: 60 } min_concurrency { value: 1 }"
                    + " } }"),
            context);
    try (FilterHarness first = FilterHarness.of(config);
        FilterHarness second = FilterHarness.of(config)) {
      first.request("GET", "/", true);
      second.request("GET", "/", true);
      assertThat(first.reply()).isEmpty();
      LocalReply reply = second.reply().orElseThrow();
      assertThat(reply.status()).isEqualTo(429);
      assertThat(reply.detail()).isEqualTo("reached_concurrency_limit");
      assertThat(reply.headers()).containsKey(HeaderName.of("retry-after"));
    }
  }

  @Test
  void whatIsResetGivesItsPlaceBackAndHealthChecksTakeNone() throws Exception {
    HttpFilterConfig config =
        config(
            WINDOWS
                + "min_rtt_calc_params { interval { seconds: 60 } min_concurrency { value: 1 } }");
    for (int i = 0; i < 3; i++) {
      try (FilterHarness harness = FilterHarness.of(config)) {
        harness.request("GET", "/", true);
        assertThat(harness.reply()).isEmpty();
        harness.reset();
      }
    }
    try (FilterHarness first = FilterHarness.of(config);
        FilterHarness check = FilterHarness.of(config)) {
      first.request("GET", "/", true);
      check.context().markHealthCheck();
      check.request("GET", "/", true);
      assertThat(check.reply()).isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "|gradient_controller_config",
        "gradient_controller_config { }|gradient_controller_config.concurrency_limit_params",
        "gradient_controller_config { concurrency_limit_params { } min_rtt_calc_params { interval {"
            + " seconds: 1 } } }"
            + "|gradient_controller_config.concurrency_limit_params.concurrency_update_interval",
        "gradient_controller_config { concurrency_limit_params { concurrency_update_interval {"
            + " seconds: 1 } } min_rtt_calc_params { } }"
            + "|gradient_controller_config.min_rtt_calc_params",
        "gradient_controller_config { concurrency_limit_params { concurrency_update_interval {"
            + " seconds: 1 } } min_rtt_calc_params { interval { seconds: 1 } jitter { value: 101 }"
            + " } }|gradient_controller_config.min_rtt_calc_params.jitter.value",
        "gradient_controller_config { concurrency_limit_params { max_concurrency_limit { value: 2 }"
            + " concurrency_update_interval { seconds: 1 } } min_rtt_calc_params { interval {"
            + " seconds: 1 } } }|gradient_controller_config.min_rtt_calc_params.min_concurrency"
      })
  void refusesByPath(String text, String field) {
    assertThatThrownBy(() -> factory.parse(any(text == null ? "" : text), context))
        .isInstanceOfSatisfying(
            FilterConfigException.class, e -> assertThat(e.field()).isEqualTo(field));
  }

  private HttpFilterConfig config(String gradient) throws FilterConfigException {
    return factory.parse(any("gradient_controller_config { " + gradient + " }"), context);
  }

  private static Any any(String text) {
    AdaptiveConcurrency.Builder builder = AdaptiveConcurrency.newBuilder();
    try {
      TextFormat.merge(text, builder);
    } catch (TextFormat.ParseException e) {
      throw new IllegalArgumentException(text, e);
    }
    return Any.pack(builder.build());
  }
}
