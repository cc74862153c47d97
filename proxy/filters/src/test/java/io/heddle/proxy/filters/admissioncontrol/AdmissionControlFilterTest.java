package io.heddle.proxy.filters.admissioncontrol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.protobuf.Any;
import com.google.protobuf.TextFormat;
import io.envoyproxy.envoy.extensions.filters.http.admission_control.v3.AdmissionControl;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.HttpFilterConfig;
import io.heddle.proxy.api.LocalReply;
import io.heddle.proxy.filters.harness.FakeFactoryContext;
import io.heddle.proxy.filters.harness.FilterHarness;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class AdmissionControlFilterTest {
  private static final String ANY = "success_criteria { } ";

  /** Refuses all but the first, once that has failed. */
  private static final String SURE =
      "sr_threshold { default_value { value: 100 } } aggression { default_value: 1000000 }"
          + " max_rejection_probability { default_value { value: 100 } } ";

  private final FakeFactoryContext context = new FakeFactoryContext();
  private final AdmissionControlFilterFactory factory = new AdmissionControlFilterFactory();

  /** Whether a request was let go, and answered with this. */
  private boolean goes(HttpFilterConfig config, int status) {
    try (FilterHarness harness = FilterHarness.of(config, Optional.empty(), context.time())) {
      harness.request("GET", "/", true);
      if (harness.reply().isPresent()) {
        return false;
      }
      harness.wholeResponse(status);
      return true;
    }
  }

  private long counter(String name) {
    return context.stats().value("admission_control." + name);
  }

  @Test
  void refusesOnceRequestsFailAndSaysWhenToComeAgain() throws Exception {
    HttpFilterConfig config = config(ANY + SURE);
    assertThat(goes(config, 503)).isTrue();
    try (FilterHarness harness = FilterHarness.of(config, Optional.empty(), context.time())) {
      harness.request("GET", "/", true);
      LocalReply reply = harness.reply().orElseThrow();
      assertThat(reply.status()).isEqualTo(503);
      assertThat(reply.detail()).isEqualTo("denied_by_admission_control");
      assertThat(reply.headers()).containsKey(HeaderName.of("retry-after"));
    }
    assertThat(counter("rq_rejected")).isEqualTo(1);
    assertThat(counter("rq_failure")).isEqualTo(1);
    // What was refused is no failure that would go on and on.
    context.time().advance(Duration.ofSeconds(31));
    assertThat(goes(config, 200)).isTrue();
    assertThat(goes(config, 200)).isTrue();
    assertThat(counter("rq_success")).isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource({
    // Successes of 100, aggression, threshold, most; then what the formula says.
    "100, 1, 95, 80, 0",
    "95, 1, 95, 80, 0",
    "50, 1, 95, 80, 0.469",
    "0, 1, 95, 80, 0.8",
    "0, 1, 95, 100, 0.990",
    "50, 2, 95, 80, 0.685",
    "50, 0.5, 95, 80, 0.469",
    "50, 1, 60, 80, 0.165",
  })
  void theMoreFailTheMoreAreRefused(
      int successes, double aggression, double threshold, double most, double refusal)
      throws Exception {
    AdmissionControlConfig config =
        AdmissionControlConfig.of(
            message(
                ANY
                    + "aggression { default_value: "
                    + aggression
                    + " } sr_threshold { default_value { value: "
                    + threshold
                    + " } } max_rejection_probability { default_value { value: "
                    + most
                    + " } }"),
            context);
    for (int i = 0; i < 100; i++) {
      config.count(i < successes, 0);
    }
    assertThat(config.refusal(0)).isCloseTo(refusal, within(0.001));
  }

  @Test
  void fewRequestsAreNeverRefused() throws Exception {
    HttpFilterConfig config = config(ANY + SURE + "rps_threshold { default_value: 5 }");
    for (int i = 0; i < 5; i++) {
      assertThat(goes(config, 500)).isTrue();
    }
    assertThat(goes(config, 500)).isFalse();
    context.time().advance(Duration.ofSeconds(2));
    assertThat(goes(config, 500)).isTrue();
  }

  @ParameterizedTest
  @CsvSource({"200,,0", "404,,0", "500,,1", "200,14,1", "200,5,0", "200,99,1", "200,x,1"})
  void countsWhatFailed(int status, String grpc, int failures) throws Exception {
    HttpFilterConfig config = config(ANY);
    for (boolean inTrailers : new boolean[] {true, false}) {
      long before = counter("rq_failure");
      try (FilterHarness harness = FilterHarness.of(config)) {
        harness.request("POST", "/", true);
        if (grpc == null) {
          harness.response(status).responseData("x", true);
        } else if (inTrailers) {
          harness.response(status, "content-type", "application/grpc").responseData("x", false);
          var _ = harness.responseTrailers("grpc-status", grpc);
        } else {
          harness.wholeResponse(status, "content-type", "application/grpc", "grpc-status", grpc);
        }
      }
      assertThat(counter("rq_failure") - before).isEqualTo(failures);
    }
    assertThat(counter("rq_failure") + counter("rq_success")).isEqualTo(2);
  }

  @Test
  void criteriaAreTheirOwn() throws Exception {
    HttpFilterConfig config =
        config(
            "success_criteria { http_criteria { http_success_status { start: 200 end: 300 } }"
                + " grpc_criteria { grpc_success_status: 14 } }");
    var _ = goes(config, 404);
    assertThat(counter("rq_failure")).isEqualTo(1);
    try (FilterHarness harness = FilterHarness.of(config)) {
      harness.request("POST", "/", true);
      harness.wholeResponse(200, "grpc-status", "14");
    }
    assertThat(counter("rq_success")).isEqualTo(1);
  }

  @Test
  void healthChecksAreNeitherRefusedNorCounted() throws Exception {
    HttpFilterConfig config = config(ANY + SURE);
    assertThat(goes(config, 503)).isTrue();
    try (FilterHarness harness = FilterHarness.of(config)) {
      harness.context().markHealthCheck();
      harness.request("GET", "/", true);
      assertThat(harness.reply()).isEmpty();
      harness.wholeResponse(503);
    }
    assertThat(counter("rq_failure")).isEqualTo(1);
  }

  @Test
  void anOperatorMayTurnItOff() throws Exception {
    HttpFilterConfig config =
        config(ANY + SURE + "enabled { default_value { value: true } runtime_key: 'on' }");
    assertThat(goes(config, 503)).isTrue();
    assertThat(goes(config, 503)).isFalse();
    context.runtime().set("on", 0);
    assertThat(goes(config, 503)).isTrue();
    assertThat(counter("rq_failure")).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "|success_criteria",
        "success_criteria { http_criteria { } }|success_criteria.http_criteria.http_success_status",
        "success_criteria { http_criteria { http_success_status { start: 99 end: 200 } } }"
            + "|success_criteria.http_criteria.http_success_status[0]",
        "success_criteria { grpc_criteria { grpc_success_status: 17 } }"
            + "|success_criteria.grpc_criteria.grpc_success_status[0]",
        "success_criteria { } sampling_window { nanos: 1 }|sampling_window",
        "success_criteria { } sr_threshold { default_value { value: 0.5 } }"
            + "|sr_threshold.default_value.value",
        "success_criteria { } max_rejection_probability { default_value { value: 101 } }"
            + "|max_rejection_probability.default_value.value",
      })
  void refusesByPath(String text, String field) {
    assertThatThrownBy(() -> config(text == null ? "" : text))
        .isInstanceOfSatisfying(
            FilterConfigException.class, e -> assertThat(e.field()).isEqualTo(field));
  }

  private HttpFilterConfig config(String text) throws FilterConfigException {
    return factory.parse(Any.pack(message(text)), context);
  }

  private static AdmissionControl message(String text) {
    AdmissionControl.Builder builder = AdmissionControl.newBuilder();
    try {
      TextFormat.merge(text, builder);
    } catch (TextFormat.ParseException e) {
      throw new IllegalArgumentException(text, e);
    }
    return builder.build();
  }
}
