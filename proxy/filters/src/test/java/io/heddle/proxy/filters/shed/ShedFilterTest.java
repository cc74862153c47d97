package io.heddle.proxy.filters.shed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Struct;
import com.google.protobuf.util.JsonFormat;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.HttpFilterConfig;
import io.heddle.proxy.api.HttpFilterFactory.RouteFilterConfig;
import io.heddle.proxy.api.LocalReply;
import io.heddle.proxy.api.ResponseFlag;
import io.heddle.proxy.filters.harness.FakeFactoryContext;
import io.heddle.proxy.filters.harness.FilterHarness;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ShedFilterTest {
  private static final String PRIORITIES =
      "'priority': {'header': 'x-priority', 'values': {'high': ['gold'], 'low': ['batch']}}";

  private final FakeFactoryContext context = new FakeFactoryContext();
  private final ShedFilterFactory factory = new ShedFilterFactory();
  private final List<FilterHarness> open = new ArrayList<>();

  @AfterEach
  void close() {
    open.forEach(FilterHarness::close);
  }

  private FilterHarness ask(HttpFilterConfig config, String... headers) {
    return ask(config, Optional.empty(), "/", headers);
  }

  private FilterHarness ask(
      HttpFilterConfig config, Optional<RouteFilterConfig> route, String path, String... headers) {
    FilterHarness harness = FilterHarness.of(config, route, context.time());
    open.add(harness);
    harness.request("GET", path, true, headers);
    return harness;
  }

  /** So many requests go at once and are answered after 10 ms; then there are as many open. */
  private void learn(HttpFilterConfig config, int many) {
    List<FilterHarness> all = new ArrayList<>();
    for (int i = 0; i < many; i++) {
      all.add(ask(config));
    }
    context.time().advance(Duration.ofMillis(10));
    for (FilterHarness harness : all) {
      assertThat(harness.reply()).isEmpty();
      harness.wholeResponse(200);
      open.remove(harness);
      harness.close();
    }
    context.time().advance(Duration.ofMillis(200));
  }

  private void busy() {
    context.server().load(0.95, Duration.ZERO);
  }

  @Test
  void nothingIsRefusedWhileNobodyIsBusy() throws Exception {
    HttpFilterConfig config = config("");
    learn(config, 100);
    for (int i = 0; i < 500; i++) {
      assertThat(ask(config).reply()).isEmpty();
    }
    assertThat(context.stats().value("shed.rq_active")).isEqualTo(500);
  }

  @Test
  void whatIsBeyondTheCapacityIsRefusedWhileTheProcessorsAreBusy() throws Exception {
    HttpFilterConfig config = config("");
    // 1,000 a second of 10 ms are 10 at once, of which ordinary requests may have 8.
    learn(config, 100);
    busy();
    for (int i = 0; i < 8; i++) {
      assertThat(ask(config).reply()).isEmpty();
    }
    FilterHarness refused = ask(config);
    LocalReply reply = refused.reply().orElseThrow();
    assertThat(reply.status()).isEqualTo(503);
    assertThat(reply.detail()).isEqualTo("load_shed");
    assertThat(reply.headers().get(HeaderName.of("retry-after"))).isEqualTo("1");
    assertThat(refused.flags()).containsExactly(ResponseFlag.OVERLOAD_MANAGER);
    assertThat(context.stats().value("shed.rq_shed")).isEqualTo(1);
    assertThat(context.stats().value("shed.rq_shed_normal")).isEqualTo(1);
    assertThat(context.stats().value("shed.rq_active")).isEqualTo(8);
  }

  @Test
  void lateEventLoopsAreAReasonToo() throws Exception {
    HttpFilterConfig config = config("'loop_delay_threshold': '0.05s'");
    learn(config, 100);
    context.server().load(0, Duration.ofMillis(60));
    for (int i = 0; i < 8; i++) {
      assertThat(ask(config).reply()).isEmpty();
    }
    assertThat(ask(config).reply()).isPresent();
  }

  @Test
  void itCoolsOffBeforeAllAreLetGo() throws Exception {
    HttpFilterConfig config = config("'cool_off': '2s'");
    learn(config, 100);
    busy();
    for (int i = 0; i < 8; i++) {
      var _ = ask(config);
    }
    assertThat(ask(config).reply()).isPresent();
    context.server().load(0, Duration.ZERO);
    context.time().advance(Duration.ofMillis(1_900));
    assertThat(ask(config).reply()).isPresent();
    context.time().advance(Duration.ofMillis(2_100));
    assertThat(ask(config).reply()).isEmpty();
  }

  @Test
  void theLeastImportantGoFirstAndHealthChecksAlways() throws Exception {
    HttpFilterConfig config = config(PRIORITIES + ", 'health_check_paths': ['/healthz']");
    learn(config, 100);
    busy();
    for (int i = 0; i < 5; i++) {
      assertThat(ask(config, "x-priority", "batch").reply()).isEmpty();
    }
    assertThat(ask(config, "x-priority", "batch").reply()).isPresent();
    for (int i = 0; i < 3; i++) {
      assertThat(ask(config).reply()).isEmpty();
    }
    assertThat(ask(config).reply()).isPresent();
    assertThat(ask(config, "x-priority", "nonsense").reply()).isPresent();
    for (int i = 0; i < 4; i++) {
      assertThat(ask(config, "x-priority", "gold").reply()).isEmpty();
    }
    assertThat(ask(config, "x-priority", "high").reply()).isPresent();
    assertThat(ask(config, "x-priority", "critical").reply()).isEmpty();
    assertThat(ask(config, Optional.empty(), "/healthz?deep=1").reply()).isEmpty();
    assertThat(ask(config, Optional.empty(), "/grpc.health.v1.Health/Check").reply()).isEmpty();
    assertThat(context.stats().value("shed.rq_health_check")).isEqualTo(2);
    assertThat(context.stats().value("shed.rq_shed_low")).isEqualTo(1);
  }

  @Test
  void aRouteSaysWhatItsRequestsAreWorth() throws Exception {
    HttpFilterConfig config = config("");
    Optional<RouteFilterConfig> low =
        Optional.of(factory.parseRoute(any("{'priority': 'LOW'}"), context));
    learn(config, 100);
    busy();
    for (int i = 0; i < 5; i++) {
      assertThat(ask(config).reply()).isEmpty();
    }
    assertThat(ask(config, low, "/").reply()).isPresent();
    assertThat(ask(config).reply()).isEmpty();
  }

  @Test
  void aLimitOfOnesOwnHoldsWhoeverIsBusy() throws Exception {
    HttpFilterConfig config =
        config("'max_active_requests': 10, 'status': 429, 'retry_after_seconds': 3");
    for (int i = 0; i < 8; i++) {
      assertThat(ask(config).reply()).isEmpty();
    }
    LocalReply reply = ask(config).reply().orElseThrow();
    assertThat(reply.status()).isEqualTo(429);
    assertThat(reply.headers().get(HeaderName.of("retry-after"))).isEqualTo("3");
  }

  @Test
  void inTheShadowItOnlyCounts() throws Exception {
    HttpFilterConfig config = config("'shadow': true");
    learn(config, 100);
    busy();
    for (int i = 0; i < 20; i++) {
      assertThat(ask(config).reply()).isEmpty();
    }
    assertThat(context.stats().value("shed.rq_would_shed")).isEqualTo(12);
    assertThat(context.stats().value("shed.rq_shed")).isZero();
  }

  @Test
  void failuresShowNothingOfWhatTheServiceCanDo() throws Exception {
    HttpFilterConfig config = config("");
    learn(config, 100);
    busy();
    for (int i = 0; i < 8; i++) {
      FilterHarness harness = ask(config);
      harness.wholeResponse(503);
      open.remove(harness);
      harness.close();
    }
    context.time().advance(Duration.ofMillis(200));
    for (int i = 0; i < 8; i++) {
      assertThat(ask(config).reply()).isEmpty();
    }
    assertThat(ask(config).reply()).isPresent();
    open.getFirst().reset();
    assertThat(ask(config).reply()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'cpu_threshold': 2|cpu_threshold",
        "'loop_delay_threshold': 'soon'|loop_delay_threshold",
        "'window': 5|window",
        "'status': 200|status",
        "'priority': {'default': 'urgent'}|priority.default",
        "'priority': {'header': 'a b'}|priority.header",
        "'priority': {'values': {'low': ['a'], 'high': ['a']}}|priority.values.high",
        "'priority': {'values': {'best': ['a']}}|priority.values.best",
        "'priority': {'callers': {'low': 'a'}}|priority.callers.low",
        "'speed': 3|speed",
      })
  void refusesByPath(String fields, String field) {
    assertThatThrownBy(() -> config(fields))
        .isInstanceOfSatisfying(
            FilterConfigException.class, e -> assertThat(e.field()).isEqualTo(field));
  }

  private HttpFilterConfig config(String fields) throws FilterConfigException {
    return factory.parse(any("{" + fields + "}"), context);
  }

  private static Any any(String json) {
    Struct.Builder struct = Struct.newBuilder();
    try {
      JsonFormat.parser().merge(json.replace('\'', '"'), struct);
    } catch (InvalidProtocolBufferException malformed) {
      throw new IllegalArgumentException(json, malformed);
    }
    return Any.newBuilder()
        .setTypeUrl("heddle.filters.http.shed/google.protobuf.Struct")
        .setValue(struct.build().toByteString())
        .build();
  }
}
