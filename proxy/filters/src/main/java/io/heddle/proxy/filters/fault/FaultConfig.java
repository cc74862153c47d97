package io.heddle.proxy.filters.fault;

import com.google.protobuf.Duration;
import com.google.protobuf.Value;
import com.google.protobuf.util.Durations;
import io.envoyproxy.envoy.extensions.filters.common.fault.v3.FaultDelay;
import io.envoyproxy.envoy.extensions.filters.common.fault.v3.FaultRateLimit;
import io.envoyproxy.envoy.extensions.filters.http.fault.v3.FaultAbort;
import io.envoyproxy.envoy.extensions.filters.http.fault.v3.HTTPFault;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.proxy.api.HttpFilterFactory.RouteFilterConfig;
import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.api.RouteView;
import io.heddle.proxy.api.RuntimeView;
import io.heddle.proxy.filters.config.HeaderMatcher;
import io.heddle.proxy.filters.config.Percentages;
import io.heddle.proxy.filters.config.RuntimeShare;
import io.heddle.proxy.filters.config.SetFields;
import io.heddle.xds.model.Fraction;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;

/**
 * What is injected and into which requests ({@code fault.v3.HTTPFault}).
 *
 * @param cluster only requests to this cluster; any when empty
 * @param nodes only requests from these downstream nodes; any when empty
 * @param maxActive faults at the same time, at most
 * @param active faults now, shared by the event loops
 * @param keys of the runtime
 * @param metadata put under the filter's name when a fault is injected
 * @param throttle of responses
 */
record FaultConfig(
    Optional<Delay> delay,
    Optional<Abort> abort,
    String cluster,
    List<HeaderMatcher> headers,
    Set<String> nodes,
    int maxActive,
    AtomicInteger active,
    Map<String, Value> metadata,
    Keys keys,
    Optional<Throttle> throttle)
    implements RouteFilterConfig {

  /**
   * Fields read, and one without effect: {@code disable_downstream_cluster_stats}, as no statistic
   * is named after what a client sends.
   */
  private static final Set<String> FIELDS =
      Set.of(
          "delay",
          "abort",
          "upstream_cluster",
          "headers",
          "downstream_nodes",
          "max_active_faults",
          "filter_metadata",
          "delay_percent_runtime",
          "abort_percent_runtime",
          "delay_duration_runtime",
          "abort_http_status_runtime",
          "max_active_faults_runtime",
          "response_rate_limit",
          "response_rate_limit_percent_runtime",
          "abort_grpc_status_runtime",
          "disable_downstream_cluster_stats");

  private static final long MAX_DELAY_SECONDS = 24 * 3600;

  /** So many KiB a second and more are no limit that anything would notice: 1 TiB. */
  static final long MAX_KBPS = 1L << 30;

  /**
   * How long to hold a request.
   *
   * @param fixedMillis empty where the request's header says
   */
  record Delay(Optional<Long> fixedMillis, Fraction share) {}

  /** What to reply. */
  record Abort(Answer answer, Fraction share) {}

  /** Where the status of a reply comes from. */
  sealed interface Answer {
    record Http(int status) implements Answer {}

    /** To clients of gRPC; others get 200. */
    record Grpc(long status) implements Answer {}

    /** The request's headers say. */
    enum ByHeader implements Answer {
      BY_HEADER
    }
  }

  /**
   * How slowly the response goes.
   *
   * @param fixedKbps KiB a second; empty where the request's header says
   */
  record Throttle(OptionalLong fixedKbps, Fraction share) {}

  /** Where operators may change what is injected; as Envoy names it unless told otherwise. */
  record Keys(
      RuntimeView runtime,
      String delayPercent,
      String delayMillis,
      String abortPercent,
      String abortStatus,
      String abortGrpcStatus,
      String throttlePercent,
      String maxActive) {
    static Keys of(HTTPFault message, RuntimeView runtime) {
      return new Keys(
          runtime,
          or(message.getDelayPercentRuntime(), "fault.http.delay.fixed_delay_percent"),
          or(message.getDelayDurationRuntime(), "fault.http.delay.fixed_duration_ms"),
          or(message.getAbortPercentRuntime(), "fault.http.abort.abort_percent"),
          or(message.getAbortHttpStatusRuntime(), "fault.http.abort.http_status"),
          or(message.getAbortGrpcStatusRuntime(), "fault.http.abort.grpc_status"),
          or(
              message.getResponseRateLimitPercentRuntime(),
              "fault.http.rate_limit.response_percent"),
          or(message.getMaxActiveFaultsRuntime(), "fault.http.max_active_faults"));
    }

    private static String or(String key, String otherwise) {
      return key.isEmpty() ? otherwise : key;
    }
  }

  /** Whether to delay, where the request or the configuration says this share. */
  boolean delays(Fraction share, RandomGenerator random) {
    return new RuntimeShare(keys.runtime(), keys.delayPercent(), share).hit(random);
  }

  /** Whether to abort, where the request or the configuration says this share. */
  boolean aborts(Fraction share, RandomGenerator random) {
    return new RuntimeShare(keys.runtime(), keys.abortPercent(), share).hit(random);
  }

  /** Whether to slow the response down, where the request or the configuration says this share. */
  boolean throttles(Fraction share, RandomGenerator random) {
    return new RuntimeShare(keys.runtime(), keys.throttlePercent(), share).hit(random);
  }

  /** The fixed delay of this moment; none where operators have set it to zero. */
  OptionalLong delayMillis(long configured) {
    long millis =
        Math.min(keys.runtime().integer(keys.delayMillis(), configured), MAX_DELAY_SECONDS * 1000);
    return millis > 0 ? OptionalLong.of(millis) : OptionalLong.empty();
  }

  /** The fixed status of this moment. */
  int abortStatus(int configured) {
    long status = keys.runtime().integer(keys.abortStatus(), configured);
    return status >= 200 && status <= 599 ? (int) status : configured;
  }

  /** The fixed gRPC status of this moment. */
  long abortGrpcStatus(long configured) {
    return Math.min(
        keys.runtime().integer(keys.abortGrpcStatus(), configured), FaultHeaders.UINT32);
  }

  static FaultConfig of(HTTPFault message, RuntimeView runtime) throws FilterConfigException {
    SetFields.allow(message, "", FIELDS);
    List<HeaderMatcher> headers = new ArrayList<>();
    for (int i = 0; i < message.getHeadersCount(); i++) {
      headers.add(HeaderMatcher.of(message.getHeaders(i), SetFields.at("", "headers", i)));
    }
    int maxActive =
        message.hasMaxActiveFaults()
            ? (int)
                Math.min(
                    Integer.MAX_VALUE,
                    Integer.toUnsignedLong(message.getMaxActiveFaults().getValue()))
            : Integer.MAX_VALUE;
    return new FaultConfig(
        message.hasDelay() ? Optional.of(delay(message.getDelay())) : Optional.empty(),
        message.hasAbort() ? Optional.of(abort(message.getAbort())) : Optional.empty(),
        message.getUpstreamCluster(),
        List.copyOf(headers),
        Set.copyOf(message.getDownstreamNodesList()),
        maxActive,
        new AtomicInteger(),
        Map.copyOf(message.getFilterMetadata().getFieldsMap()),
        Keys.of(message, runtime),
        message.hasResponseRateLimit()
            ? Optional.of(throttle(message.getResponseRateLimit()))
            : Optional.empty());
  }

  private static Delay delay(FaultDelay delay) throws FilterConfigException {
    SetFields.allow(delay, "delay", Set.of("fixed_delay", "header_delay", "percentage"));
    Fraction share =
        delay.hasPercentage()
            ? Percentages.of(delay.getPercentage(), "delay.percentage")
            : Percentages.NONE;
    return switch (delay.getFaultDelaySecifierCase()) {
      case FIXED_DELAY -> {
        Duration fixed = delay.getFixedDelay();
        if (!Durations.isValid(fixed)
            || !Durations.isPositive(fixed)
            || fixed.getSeconds() > MAX_DELAY_SECONDS) {
          throw new FilterConfigException(
              "delay.fixed_delay",
              fixed.getSeconds() + " s " + fixed.getNanos() + " ns",
              "above 0 and at most 24 h");
        }
        yield new Delay(Optional.of(Math.max(1, Durations.toMillis(fixed))), share);
      }
      case HEADER_DELAY -> new Delay(Optional.empty(), share);
      case FAULTDELAYSECIFIER_NOT_SET ->
          throw new FilterConfigException("delay", "no delay", "fixed_delay or header_delay");
    };
  }

  private static Abort abort(FaultAbort abort) throws FilterConfigException {
    SetFields.allow(
        abort, "abort", Set.of("http_status", "grpc_status", "header_abort", "percentage"));
    Fraction share =
        abort.hasPercentage()
            ? Percentages.of(abort.getPercentage(), "abort.percentage")
            : Percentages.NONE;
    return switch (abort.getErrorTypeCase()) {
      case HTTP_STATUS -> {
        long status = Integer.toUnsignedLong(abort.getHttpStatus());
        if (status < 200 || status > 599) {
          throw new FilterConfigException("abort.http_status", Long.toString(status), "200 to 599");
        }
        yield new Abort(new Answer.Http((int) status), share);
      }
      case GRPC_STATUS ->
          new Abort(new Answer.Grpc(Integer.toUnsignedLong(abort.getGrpcStatus())), share);
      case HEADER_ABORT -> new Abort(Answer.ByHeader.BY_HEADER, share);
      case ERRORTYPE_NOT_SET ->
          throw new FilterConfigException(
              "abort", "no status", "http_status, grpc_status or header_abort");
    };
  }

  private static Throttle throttle(FaultRateLimit limit) throws FilterConfigException {
    String path = "response_rate_limit";
    SetFields.allow(limit, path, Set.of("fixed_limit", "header_limit", "percentage"));
    Fraction share =
        limit.hasPercentage()
            ? Percentages.of(limit.getPercentage(), SetFields.at(path, "percentage"))
            : Percentages.NONE;
    return switch (limit.getLimitTypeCase()) {
      case FIXED_LIMIT -> {
        long kbps = limit.getFixedLimit().getLimitKbps();
        if (kbps == 0) {
          throw new FilterConfigException(
              SetFields.at(path, "fixed_limit.limit_kbps"), "0", "at least 1");
        }
        yield new Throttle(OptionalLong.of(kbps < 0 ? MAX_KBPS : Math.min(kbps, MAX_KBPS)), share);
      }
      case HEADER_LIMIT -> new Throttle(OptionalLong.empty(), share);
      case LIMITTYPE_NOT_SET ->
          throw new FilterConfigException(path, "no limit", "fixed_limit or header_limit");
    };
  }

  /** Whether faults may go into this request. */
  boolean matches(RequestHeaders request, HttpFilterContext context) {
    if (!cluster.isEmpty()
        && !context.route().flatMap(RouteView::cluster).orElse("").equals(cluster)) {
      return false;
    }
    if (!nodes.isEmpty()
        && !nodes.contains(request.first(FaultHeaders.DOWNSTREAM_NODE).orElse(""))) {
      return false;
    }
    for (int i = 0; i < headers.size(); i++) {
      if (!headers.get(i).matches(request)) {
        return false;
      }
    }
    return true;
  }

  /** Counts one more active fault, unless there are too many. */
  boolean tryBegin() {
    long most = keys.runtime().integer(keys.maxActive(), maxActive);
    int now = active.get();
    while (now < most) {
      if (active.compareAndSet(now, now + 1)) {
        return true;
      }
      now = active.get();
    }
    return false;
  }
}
