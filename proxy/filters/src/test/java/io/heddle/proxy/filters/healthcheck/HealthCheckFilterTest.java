package io.heddle.proxy.filters.healthcheck;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.BoolValue;
import com.google.protobuf.Duration;
import io.envoyproxy.envoy.config.route.v3.HeaderMatcher;
import io.envoyproxy.envoy.extensions.filters.http.health_check.v3.HealthCheck;
import io.envoyproxy.envoy.type.matcher.v3.StringMatcher;
import io.envoyproxy.envoy.type.v3.Percent;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.HttpFilterConfig;
import io.heddle.proxy.api.LocalReply;
import io.heddle.proxy.api.ResponseFlag;
import io.heddle.proxy.api.ServerView.Membership;
import io.heddle.proxy.filters.harness.FakeFactoryContext;
import io.heddle.proxy.filters.harness.FilterHarness;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class HealthCheckFilterTest {
  private static final HeaderName CLUSTER = HeaderName.of("x-envoy-upstream-healthchecked-cluster");
  private static final HeaderName FAIL = HeaderName.of("x-envoy-immediate-health-check-fail");

  private final FakeFactoryContext context = new FakeFactoryContext();

  @Test
  void answersByItself() throws Exception {
    HttpFilterConfig config = config(false).build(this);
    try (FilterHarness harness = FilterHarness.of(config)) {
      harness.request("GET", "/healthz", true);
      assertThat(harness.reply()).map(LocalReply::status).contains(200);
      assertThat(harness.reply()).map(LocalReply::detail).contains("health_check_ok");
      assertThat(harness.responseHead().orElseThrow().first(CLUSTER)).contains("here");
      assertThat(harness.context().healthCheck()).isTrue();
    }
    try (FilterHarness harness = FilterHarness.of(config)) {
      harness.request("GET", "/other", true);
      assertThat(harness.forwarded()).isTrue();
      assertThat(harness.context().healthCheck()).isFalse();
    }
  }

  @Test
  void waitsForTheBody() throws Exception {
    try (FilterHarness harness = FilterHarness.of(config(false).build(this))) {
      harness.request("POST", "/healthz");
      harness.requestData("a", false);
      assertThat(harness.reply()).isEmpty();
      harness.requestData("b", true);
      assertThat(harness.reply()).map(LocalReply::status).contains(200);
      assertThat(harness.forwardedBody()).isEmpty();
    }
  }

  @Test
  void anOperatorsWordComesFirst() throws Exception {
    context.server().healthCheckFailed(true);
    for (boolean passThrough : new boolean[] {true, false}) {
      HttpFilterConfig config = config(passThrough).build(this);
      try (FilterHarness harness = FilterHarness.of(config)) {
        harness.request("GET", "/healthz", true);
        assertThat(harness.reply()).map(LocalReply::status).contains(503);
        assertThat(harness.flags()).containsExactly(ResponseFlag.FAILED_LOCAL_HEALTH_CHECK);
      }
      try (FilterHarness harness = FilterHarness.of(config)) {
        harness.request("GET", "/other", true);
        harness.response(200);
        assertThat(harness.responseHead().orElseThrow().first(FAIL)).contains("true");
      }
    }
  }

  @Test
  void countsTheHostsOfClusters() throws Exception {
    Builder half = config(false).min("up", 50.9);
    assertThat(detail(half)).isEqualTo("health_check_failed_no_cluster_found");
    context.server().membership("up", new Membership(0, 0, 0));
    assertThat(detail(half)).isEqualTo("health_check_failed_cluster_empty");
    context.server().membership("up", new Membership(4, 1, 0));
    assertThat(detail(half)).isEqualTo("health_check_failed_cluster_unhealthy");
    context.server().membership("up", new Membership(4, 1, 1));
    assertThat(detail(half)).isEqualTo("health_check_ok");
  }

  private String detail(Builder builder) throws Exception {
    try (FilterHarness harness = FilterHarness.of(builder.build(this))) {
      harness.request("GET", "/healthz", true);
      return harness.reply().map(LocalReply::detail).orElse("");
    }
  }

  @Test
  void keepsTheServicesAnswerForAWhile() throws Exception {
    HttpFilterConfig config = config(true).cache(10).build(this);
    try (FilterHarness harness = FilterHarness.of(config, Optional.empty(), context.time())) {
      harness.request("GET", "/healthz", true);
      assertThat(harness.forwarded()).isTrue();
      harness.response(503, "x-envoy-degraded", "");
    }
    try (FilterHarness harness = FilterHarness.of(config, Optional.empty(), context.time())) {
      harness.request("GET", "/healthz", true);
      assertThat(harness.reply()).map(LocalReply::status).contains(503);
      assertThat(harness.reply()).map(LocalReply::detail).contains("health_check_cached");
      assertThat(harness.reply().orElseThrow().headers())
          .containsKey(HeaderName.of("x-envoy-degraded"));
    }
    try (FilterHarness harness = FilterHarness.of(config, Optional.empty(), context.time())) {
      harness.advance(java.time.Duration.ofSeconds(10));
      harness.request("GET", "/healthz", true);
      assertThat(harness.forwarded()).isTrue();
    }
  }

  @Test
  void refusesWhatContradictsItself() {
    assertThatThrownBy(() -> config(false).cache(1).build(this))
        .isInstanceOf(FilterConfigException.class)
        .hasMessageContaining("cache_time");
    assertThatThrownBy(() -> config(true).min("up", 1).build(this))
        .isInstanceOf(FilterConfigException.class)
        .hasMessageContaining("cluster_min_healthy_percentages");
    assertThatThrownBy(() ->
            new HealthCheckFilterFactory()
                .parse(Any.pack(HealthCheck.getDefaultInstance()), context))
        .isInstanceOf(FilterConfigException.class)
        .hasMessageContaining("pass_through_mode");
  }

  private static Builder config(boolean passThrough) {
    return new Builder(
        HealthCheck.newBuilder()
            .setPassThroughMode(BoolValue.of(passThrough))
            .addHeaders(
                HeaderMatcher.newBuilder()
                    .setName(":path")
                    .setStringMatch(StringMatcher.newBuilder().setExact("/healthz"))));
  }

  private record Builder(HealthCheck.Builder message) {
    Builder min(String cluster, double percent) {
      message.putClusterMinHealthyPercentages(
          cluster, Percent.newBuilder().setValue(percent).build());
      return this;
    }

    Builder cache(long seconds) {
      message.setCacheTime(Duration.newBuilder().setSeconds(seconds));
      return this;
    }

    HttpFilterConfig build(HealthCheckFilterTest test) throws FilterConfigException {
      test.context.server().nodeCluster("here");
      return new HealthCheckFilterFactory().parse(Any.pack(message.build()), test.context);
    }
  }
}
