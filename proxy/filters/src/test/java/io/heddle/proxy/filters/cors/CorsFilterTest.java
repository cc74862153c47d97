package io.heddle.proxy.filters.cors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.BoolValue;
import io.envoyproxy.envoy.config.core.v3.RuntimeFractionalPercent;
import io.envoyproxy.envoy.extensions.filters.http.cors.v3.Cors;
import io.envoyproxy.envoy.extensions.filters.http.cors.v3.CorsPolicy;
import io.envoyproxy.envoy.type.matcher.v3.StringMatcher;
import io.envoyproxy.envoy.type.v3.FractionalPercent;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.HttpFilterConfig;
import io.heddle.proxy.api.HttpFilterFactory.RouteFilterConfig;
import io.heddle.proxy.api.LocalReply;
import io.heddle.proxy.filters.harness.FakeFactoryContext;
import io.heddle.proxy.filters.harness.FilterHarness;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class CorsFilterTest {
  private static final HeaderName ALLOW_ORIGIN = HeaderName.of("access-control-allow-origin");
  private static final HeaderName ALLOW_METHODS = HeaderName.of("access-control-allow-methods");
  private static final HeaderName EXPOSE = HeaderName.of("access-control-expose-headers");
  private static final HeaderName CREDENTIALS = HeaderName.of("access-control-allow-credentials");

  private final FakeFactoryContext context = new FakeFactoryContext();
  private final CorsFilterFactory factory = new CorsFilterFactory();

  @Test
  void answersAPreflightFromAnAllowedOrigin() throws Exception {
    CorsPolicy policy =
        allowing("https://a.example")
            .setAllowMethods("GET,PUT")
            .setAllowHeaders("x-a")
            .setMaxAge("600")
            .setExposeHeaders("x-b")
            .setAllowCredentials(BoolValue.of(true))
            .setAllowPrivateNetworkAccess(BoolValue.of(true))
            .build();
    try (FilterHarness harness = harness(policy)) {
      harness.request(
          "OPTIONS",
          "/",
          true,
          "origin",
          "https://a.example",
          "access-control-request-method",
          "PUT",
          "access-control-request-private-network",
          "true");
      assertThat(harness.reply()).map(LocalReply::status).contains(200);
      assertThat(harness.reply()).map(LocalReply::detail).contains("cors_response");
      List<String> lines = new ArrayList<>();
      harness.responseHead().orElseThrow().forEach((name, value) -> lines.add(name + "=" + value));
      assertThat(lines)
          .containsExactlyInAnyOrder(
              "access-control-allow-origin=https://a.example",
              "access-control-allow-credentials=true",
              "access-control-allow-methods=GET,PUT",
              "access-control-allow-headers=x-a",
              "access-control-max-age=600",
              "access-control-allow-private-network=true",
              "access-control-expose-headers=x-b");
    }
    assertThat(context.stats().value("cors.origin_valid")).isEqualTo(1);
  }

  @Test
  void marksTheResponseOfASimpleRequest() throws Exception {
    try (FilterHarness harness =
        harness(allowing("https://a.example").setExposeHeaders("x-b").build())) {
      harness.request("GET", "/", true, "origin", "https://a.example");
      assertThat(harness.forwarded()).isTrue();
      harness.response(200, "access-control-allow-origin", "*");
      assertThat(harness.responseHead().orElseThrow().all(ALLOW_ORIGIN))
          .containsExactly("https://a.example");
      assertThat(harness.responseHead().orElseThrow().first(EXPOSE)).contains("x-b");
      assertThat(harness.responseHead().orElseThrow().contains(CREDENTIALS)).isFalse();
    }
  }

  @Test
  void leavesOtherOriginsUnmarkedAndForwardsTheirPreflights() throws Exception {
    try (FilterHarness harness = harness(allowing("https://a.example").build())) {
      preflight(harness, "https://b.example");
      assertThat(harness.forwarded()).isTrue();
      harness.response(200);
      assertThat(harness.responseHead().orElseThrow().contains(ALLOW_ORIGIN)).isFalse();
    }
    assertThat(context.stats().value("cors.origin_invalid")).isEqualTo(1);
    CorsPolicy keep =
        allowing("https://a.example").setForwardNotMatchingPreflights(BoolValue.of(false)).build();
    try (FilterHarness harness = harness(keep)) {
      preflight(harness, "https://b.example");
      assertThat(harness.reply()).map(LocalReply::status).contains(200);
      assertThat(harness.responseHead().orElseThrow().contains(ALLOW_ORIGIN)).isFalse();
    }
  }

  @Test
  void theMostSpecificLevelThatSaysSomethingHasTheWord() throws Exception {
    RouteFilterConfig host =
        parse(allowing("https://a.example").setAllowMethods("GET").setExposeHeaders("x").build());
    RouteFilterConfig route = parse(CorsPolicy.newBuilder().setAllowMethods("PUT").build());
    try (FilterHarness harness = FilterHarness.of(filter(), List.of(host, route))) {
      preflight(harness, "https://a.example");
      assertThat(harness.responseHead().orElseThrow().first(ALLOW_METHODS)).contains("PUT");
      assertThat(harness.responseHead().orElseThrow().first(EXPOSE)).contains("x");
    }
  }

  @Test
  void aStarAllowsEveryOrigin() throws Exception {
    try (FilterHarness harness = harness(allowing("*").build())) {
      harness.request("GET", "/", true, "origin", "https://any.example");
      harness.response(200);
      assertThat(harness.responseHead().orElseThrow().first(ALLOW_ORIGIN))
          .contains("https://any.example");
    }
  }

  @Test
  void aShadowOnlyCounts() throws Exception {
    CorsPolicy shadow =
        allowing("https://a.example")
            .setFilterEnabled(share(0))
            .setShadowEnabled(share(100))
            .build();
    try (FilterHarness harness = harness(shadow)) {
      preflight(harness, "https://a.example");
      assertThat(harness.reply()).isEmpty();
      harness.response(200);
      assertThat(harness.responseHead().orElseThrow().contains(ALLOW_ORIGIN)).isFalse();
    }
    assertThat(context.stats().value("cors.origin_valid")).isEqualTo(1);
    try (FilterHarness harness =
        harness(allowing("https://a.example").setFilterEnabled(share(0)).build())) {
      preflight(harness, "https://a.example");
      assertThat(harness.reply()).isEmpty();
    }
    assertThat(context.stats().value("cors.origin_valid")).isEqualTo(1);
  }

  @Test
  void withoutAPolicyOrAnOriginNothingHappens() throws Exception {
    try (FilterHarness harness = FilterHarness.of(filter())) {
      preflight(harness, "https://a.example");
      assertThat(harness.forwarded()).isTrue();
    }
    try (FilterHarness harness = harness(allowing("*").build())) {
      harness.request("OPTIONS", "/", true, "access-control-request-method", "PUT");
      assertThat(harness.forwarded()).isTrue();
    }
    assertThat(context.stats().value("cors.origin_valid")).isZero();
  }

  @Test
  void refusesAHeaderThatCannotBeSent() {
    assertThatThrownBy(() -> parse(CorsPolicy.newBuilder().setMaxAge("1\r\nx: y").build()))
        .isInstanceOf(FilterConfigException.class)
        .hasMessageContaining("max_age");
  }

  private static void preflight(FilterHarness harness, String origin) {
    harness.request("OPTIONS", "/", true, "origin", origin, "access-control-request-method", "PUT");
  }

  private static CorsPolicy.Builder allowing(String origin) {
    return CorsPolicy.newBuilder()
        .addAllowOriginStringMatch(StringMatcher.newBuilder().setExact(origin));
  }

  private static RuntimeFractionalPercent share(int percent) {
    return RuntimeFractionalPercent.newBuilder()
        .setDefaultValue(FractionalPercent.newBuilder().setNumerator(percent))
        .build();
  }

  private HttpFilterConfig filter() throws FilterConfigException {
    return factory.parse(Any.pack(Cors.getDefaultInstance()), context);
  }

  private RouteFilterConfig parse(CorsPolicy policy) throws FilterConfigException {
    return factory.parseRoute(Any.pack(policy), context);
  }

  private FilterHarness harness(CorsPolicy policy) throws FilterConfigException {
    return FilterHarness.of(filter(), parse(policy));
  }
}
