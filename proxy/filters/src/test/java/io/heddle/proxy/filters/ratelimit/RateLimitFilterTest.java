package io.heddle.proxy.filters.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import io.envoyproxy.envoy.extensions.filters.http.ratelimit.v3.RateLimit;
import io.envoyproxy.envoy.extensions.filters.http.ratelimit.v3.RateLimitPerRoute;
import io.envoyproxy.envoy.service.ratelimit.v3.RateLimitRequest;
import io.envoyproxy.envoy.service.ratelimit.v3.RateLimitResponse;
import io.heddle.proxy.api.AsyncHttpClient.Failure;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.FilterState;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.HttpFilterConfig;
import io.heddle.proxy.api.HttpFilterFactory.RouteFilterConfig;
import io.heddle.proxy.api.LocalReply;
import io.heddle.proxy.api.RateLimitRules;
import io.heddle.proxy.api.ResponseFlag;
import io.heddle.proxy.api.ServerView;
import io.heddle.proxy.filters.harness.FakeCall;
import io.heddle.proxy.filters.harness.FakeFactoryContext;
import io.heddle.proxy.filters.harness.FilterHarness;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class RateLimitFilterTest {
  private static final String SERVICE =
      "domain: 'd' rate_limit_service { transport_api_version: V3 grpc_service { envoy_grpc {"
          + " cluster_name: 'limits' } } } ";
  private static final String USER =
      "rate_limits { actions { request_headers { header_name: 'x-user' descriptor_key: 'user' } } }"
          + " ";

  private final FakeFactoryContext context = new FakeFactoryContext();
  private final RateLimitFilterFactory factory = new RateLimitFilterFactory();

  @BeforeEach
  void aClusterToGoTo() {
    context.server().membership("service", new ServerView.Membership(1, 1, 0));
  }

  @Test
  void aRequestWaitsForTheServiceAndGoesOn() throws Exception {
    try (FilterHarness harness = FilterHarness.of(config(USER))) {
      harness.request("GET", "/", true, "x-user", "ann");
      assertThat(harness.forwarded()).isFalse();
      FakeCall call = harness.calls().getFirst();
      assertThat(call.request().cluster()).isEqualTo("limits");
      assertThat(call.request().timeout()).isEqualTo(Duration.ofMillis(20));
      assertThat(call.request().headers())
          .containsEntry(
              HeaderName.of(":path"),
              "/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit")
          .containsEntry(HeaderName.of(":authority"), "limits")
          .containsEntry(HeaderName.of("content-type"), "application/grpc");
      assertThat(asked(call))
          .isEqualTo(
              merged(
                      RateLimitRequest.newBuilder(),
                      "domain: 'd' descriptors { entries { key: 'user' value: 'ann' } }")
                  .build());
      call.respondGrpc(
          0,
          response(
              "overall_code: OK response_headers_to_add { key: 'x-a' value: '1' }"
                  + " request_headers_to_add { key: 'x-b' value: '2' } dynamic_metadata { fields {"
                  + " key: 'm' value { string_value: 'v' } } }"));
      assertThat(harness.forwardedWhole()).isTrue();
      assertThat(harness.requestHead().first(HeaderName.of("x-b"))).contains("2");
      harness.wholeResponse(200);
      assertThat(responseHeader(harness, "x-a")).contains("1");
      assertThat(responseHeader(harness, "x-envoy-ratelimited")).isEmpty();
      assertThat(harness.context().dynamicMetadata().get("envoy.filters.http.ratelimit"))
          .hasValueSatisfying(fields -> assertThat(fields.getFieldsMap()).containsKey("m"));
    }
    assertThat(context.stats().value("server.cluster.service.ratelimit.ok")).isEqualTo(1);
  }

  @Test
  void aRequestBeyondTheLimitIsRefused() throws Exception {
    HttpFilterConfig config =
        config(
            USER
                + "stat_prefix: 'p' rate_limited_status { code: ServiceUnavailable }"
                + " response_headers_to_add { header { key: 'x-mine' value: '%REQ(x-user)%' } }");
    try (FilterHarness harness = FilterHarness.of(config)) {
      harness.request("GET", "/", true, "x-user", "ann");
      harness
          .calls()
          .getFirst()
          .respondGrpc(
              0,
              response(
                  "overall_code: OVER_LIMIT raw_body: '{}' response_headers_to_add { key:"
                      + " 'content-type' value: 'application/json' } response_headers_to_add { key:"
                      + " 'x-a' value: '1' } response_headers_to_add { key: 'connection' value:"
                      + " 'close' } response_headers_to_add { key: 'x-bad' value: 'a\\r\\nb' }"));
      LocalReply reply = harness.reply().orElseThrow();
      assertThat(reply.status()).isEqualTo(503);
      assertThat(reply.detail()).isEqualTo("request_rate_limited");
      assertThat(reply.flags()).containsExactly(ResponseFlag.RATE_LIMITED);
      assertThat(reply.body()).isEqualTo("{}");
      assertThat(responseHeader(harness, "content-type")).contains("application/json");
      assertThat(responseHeader(harness, "x-a")).contains("1");
      assertThat(responseHeader(harness, "x-mine")).contains("ann");
      assertThat(responseHeader(harness, "x-envoy-ratelimited")).contains("true");
      assertThat(responseHeader(harness, "connection")).isEmpty();
      assertThat(responseHeader(harness, "x-bad")).isEmpty();
      assertThat(harness.forwarded()).isFalse();
    }
    assertThat(context.stats().value("server.cluster.service.ratelimit.p.over_limit")).isEqualTo(1);
  }

  @Test
  void whatIsNotEnforcedIsCountedAndGoesOn() throws Exception {
    HttpFilterConfig config =
        config(USER + "filter_enforced { default_value { } runtime_key: 'enforced' }");
    try (FilterHarness harness = FilterHarness.of(config)) {
      harness.request("GET", "/", true, "x-user", "ann");
      harness.calls().getFirst().respondGrpc(0, response("overall_code: OVER_LIMIT"));
      assertThat(harness.forwardedWhole()).isTrue();
      harness.wholeResponse(200);
      assertThat(responseHeader(harness, "x-envoy-ratelimited")).contains("true");
    }
    assertThat(context.stats().value("server.cluster.service.ratelimit.over_limit")).isEqualTo(1);
  }

  @Test
  void aServiceThatFailsLetsRequestsPassUnlessTold() throws Exception {
    for (int how = 0; how < 5; how++) {
      try (FilterHarness harness = FilterHarness.of(config(USER))) {
        harness.request("GET", "/", true, "x-user", "ann");
        fail(harness.calls().getFirst(), how);
        assertThat(harness.forwardedWhole()).isTrue();
      }
      try (FilterHarness harness =
          FilterHarness.of(
              config(
                  USER + "failure_mode_deny: true status_on_error { code: ServiceUnavailable }"))) {
        harness.request("GET", "/", true, "x-user", "ann");
        fail(harness.calls().getFirst(), how);
        LocalReply reply = harness.reply().orElseThrow();
        assertThat(reply.status()).isEqualTo(503);
        assertThat(reply.detail()).isEqualTo("rate_limiter_error");
        assertThat(reply.flags()).containsExactly(ResponseFlag.RATE_LIMIT_SERVICE_ERROR);
      }
    }
    assertThat(context.stats().all())
        .containsEntry("server.cluster.service.ratelimit.error", 10L)
        .containsEntry("server.cluster.service.ratelimit.failure_mode_allowed", 5L);
  }

  private static void fail(FakeCall call, int how) throws Exception {
    switch (how) {
      case 0 -> call.fail(Failure.TIMEOUT);
      case 1 -> call.respond(200, "not gRPC");
      case 2 -> call.respondGrpc(14, response("overall_code: OK"));
      case 3 -> call.respondGrpc(0, response(""));
      default -> call.respondGrpc(0, com.google.protobuf.StringValue.of("not an answer"));
    }
  }

  @Test
  void aShareOfRequestsMayBeDeniedWhereTheServiceFails() throws Exception {
    HttpFilterConfig config =
        config(
            USER
                + "failure_mode_deny: true failure_mode_deny_percent { default_value { numerator:"
                + " 100 } runtime_key: 'deny' }");
    context.runtime().set("deny", 0);
    try (FilterHarness harness = FilterHarness.of(config)) {
      harness.request("GET", "/", true, "x-user", "ann");
      harness.calls().getFirst().fail(Failure.UNAVAILABLE);
      assertThat(harness.forwardedWhole()).isTrue();
    }
  }

  @Test
  void headersTellOfTheLimitThatIsNearest() throws Exception {
    HttpFilterConfig config =
        config(
            USER
                + "enable_x_ratelimit_headers: DRAFT_VERSION_03"
                + " disable_x_envoy_ratelimited_header: true");
    try (FilterHarness harness = FilterHarness.of(config)) {
      harness.request("GET", "/", true, "x-user", "ann");
      harness
          .calls()
          .getFirst()
          .respondGrpc(
              0,
              response(
                  "overall_code: OVER_LIMIT statuses { current_limit { requests_per_unit: 10 unit:"
                      + " MINUTE name: 'first' } limit_remaining: 5 duration_until_reset { seconds:"
                      + " 9 } } statuses { current_limit { requests_per_unit: 4 unit: HOUR }"
                      + " limit_remaining: 2 duration_until_reset { seconds: 7 } } statuses { }"));
      assertThat(responseHeader(harness, "x-ratelimit-limit"))
          .contains("4, 10;w=60;name=\"first\", 4;w=3600");
      assertThat(responseHeader(harness, "x-ratelimit-remaining")).contains("2");
      assertThat(responseHeader(harness, "x-ratelimit-reset")).contains("7");
      assertThat(responseHeader(harness, "x-envoy-ratelimited")).isEmpty();
    }
  }

  @Test
  void nothingIsAskedWithoutADescriptorOrACluster() throws Exception {
    HttpFilterConfig config = config(USER);
    try (FilterHarness harness = FilterHarness.of(config)) {
      harness.request("GET", "/", true);
      assertThat(harness.forwardedWhole()).isTrue();
    }
    try (FilterHarness harness = FilterHarness.of(config)) {
      harness.context().cluster("gone");
      harness.request("GET", "/", true, "x-user", "ann");
      assertThat(harness.forwardedWhole()).isTrue();
      assertThat(harness.calls()).isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "internal, true, true", "internal, false, false", "external, true, false",
    "external, false, true", "both, true, true", "'', false, true"
  })
  void requestsFromWithinAndFromOutsideAreToldApart(String type, boolean internal, boolean asked)
      throws Exception {
    try (FilterHarness harness = FilterHarness.of(config(USER + "request_type: '" + type + "'"))) {
      harness.request("GET", "/", true, "x-user", "ann", "x-envoy-internal", "" + internal);
      assertThat(harness.calls()).hasSize(asked ? 1 : 0);
    }
  }

  @Test
  void theRuntimeSwitchesItOff() throws Exception {
    context.runtime().set("ratelimit.http_filter_enabled", 0);
    try (FilterHarness harness = FilterHarness.of(config(USER))) {
      harness.request("GET", "/", true, "x-user", "ann");
      assertThat(harness.calls()).isEmpty();
    }
  }

  @Test
  void aRouteHasRulesAndADomainOfItsOwn() throws Exception {
    RouteFilterConfig route =
        factory.parseRoute(
            any(
                RateLimitPerRoute.newBuilder(),
                "domain: 'other' rate_limits { actions { generic_key { descriptor_value: 'r' } }"
                    + " hits_addend { number { value: 4 } } }"),
            context);
    try (FilterHarness harness = FilterHarness.of(config(USER), route)) {
      FilterState.Key<String> hits =
          new FilterState.Key<>("envoy.ratelimit.hits_addend", String.class);
      harness.context().filterState().put(hits, "3");
      harness.request("GET", "/", true, "x-user", "ann");
      assertThat(asked(harness.calls().getFirst()))
          .isEqualTo(
              merged(
                      RateLimitRequest.newBuilder(),
                      "domain: 'other' hits_addend: 3 descriptors { entries { key: 'generic_key'"
                          + " value: 'r' } hits_addend { value: 4 } }")
                  .build());
    }
  }

  @Test
  void theRouteTableHasTheRulesOtherwise() throws Exception {
    RateLimitRules rules =
        factory.compileRateLimits(
            List.of(
                any(
                    io.envoyproxy.envoy.config.route.v3.RateLimit.newBuilder(),
                    "actions { generic_key { descriptor_value: 'r' } }")),
            context);
    RouteFilterConfig ignore =
        factory.parseRoute(any(RateLimitPerRoute.newBuilder(), "vh_rate_limits: IGNORE"), context);
    for (boolean ignored : new boolean[] {false, true}) {
      try (FilterHarness harness =
          FilterHarness.of(config(""), ignored ? List.of(ignore) : List.of())) {
        harness
            .context()
            .rateLimits(new RateLimitRules.OfRoute(Optional.empty(), Optional.of(rules), false));
        harness.request("GET", "/", true);
        assertThat(harness.calls()).hasSize(ignored ? 0 : 1);
      }
    }
  }

  @Test
  void whatCountsAtTheEndIsToldThenAndRefusesNothing() throws Exception {
    HttpFilterConfig config =
        config(
            "rate_limits { actions { generic_key { descriptor_value: 'end' } } hits_addend {"
                + " format: '%RESP(x-cost)%' } apply_on_stream_done: true }");
    try (FilterHarness harness = FilterHarness.of(config)) {
      harness.request("GET", "/", true);
      assertThat(harness.forwardedWhole()).isTrue();
      harness.wholeResponse(200, "x-cost", "5");
    }
    FakeCall call = context.httpClient().calls().getFirst();
    assertThat(asked(call).getDescriptors(0).getHitsAddend().getValue()).isEqualTo(5);
    call.respondGrpc(0, response("overall_code: OVER_LIMIT"));
  }

  @Test
  void aClientThatGoesTakesTheQuestionAlong() throws Exception {
    try (FilterHarness harness = FilterHarness.of(config(USER))) {
      harness.request("GET", "/", true, "x-user", "ann");
      harness.reset();
      assertThat(harness.calls().getFirst().cancelled()).isTrue();
    }
  }

  @Test
  void grpcClientsHearThatAResourceIsExhausted() throws Exception {
    try (FilterHarness harness =
        FilterHarness.of(config(USER + "rate_limited_as_resource_exhausted: true"))) {
      harness.request("POST", "/", true, "x-user", "ann", "content-type", "application/grpc");
      harness.calls().getFirst().respondGrpc(0, response("overall_code: OVER_LIMIT"));
      assertThat(responseHeader(harness, "grpc-status")).contains("8");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "domain: 'd'|rate_limit_service.grpc_service",
        "rate_limit_service { }|domain",
        "domain: 'd' rate_limit_service { grpc_service { }"
            + " }|rate_limit_service.transport_api_version",
        "domain: 'd' rate_limit_service { transport_api_version: V3 grpc_service { google_grpc { }"
            + " } }|rate_limit_service.grpc_service.google_grpc",
        "domain: 'd' rate_limit_service { transport_api_version: V3 grpc_service { envoy_grpc { } }"
            + " }|rate_limit_service.grpc_service.envoy_grpc.cluster_name",
        "domain: 'd' stage: 11|stage",
      })
  void refusesByPath(String text, String field) {
    assertThatThrownBy(() -> factory.parse(any(RateLimit.newBuilder(), text), context))
        .isInstanceOfSatisfying(
            FilterConfigException.class, e -> assertThat(e.field()).isEqualTo(field));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "request_type: 'some'|request_type",
        "timeout { seconds: 3600 }|timeout",
        "status_on_error { code: Continue }|status_on_error.code",
        "rate_limits { }|rate_limits[0].actions"
      })
  void refusesByPathWhatIsBesideTheService(String text, String field) {
    assertThatThrownBy(() -> config(text))
        .isInstanceOfSatisfying(
            FilterConfigException.class, e -> assertThat(e.field()).isEqualTo(field));
  }

  private static Optional<String> responseHeader(FilterHarness harness, String name) {
    return harness.responseHead().orElseThrow().first(HeaderName.of(name));
  }

  private static RateLimitRequest asked(FakeCall call) throws InvalidProtocolBufferException {
    return RateLimitRequest.parseFrom(call.request().body().substring(5));
  }

  private static RateLimitResponse response(String text) {
    return merged(RateLimitResponse.newBuilder(), text).build();
  }

  private HttpFilterConfig config(String text) throws FilterConfigException {
    return factory.parse(any(RateLimit.newBuilder(), SERVICE + text), context);
  }

  private static Any any(Message.Builder builder, String text) {
    return Any.pack(merged(builder, text).build());
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
