package io.heddle.proxy.engine.exchange;

import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.codec.RequestHead;
import io.heddle.proxy.codec.ResponseHead;
import io.heddle.proxy.engine.route.CompiledRetry;
import io.heddle.xds.model.RetryPolicy.On;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * Why a request may be sent again: what its route says and what it asks for itself
 * (x-envoy-retry-on and its like, which go no further). Owned by the exchange's loop.
 */
final class RetryReasons {
  private static final HeaderName ON = HeaderName.of("x-envoy-retry-on");
  private static final HeaderName GRPC_ON = HeaderName.of("x-envoy-retry-grpc-on");
  private static final HeaderName MOST = HeaderName.of("x-envoy-max-retries");
  private static final HeaderName STATUSES = HeaderName.of("x-envoy-retriable-status-codes");
  private static final HeaderName NAMES = HeaderName.of("x-envoy-retriable-header-names");
  private static final HeaderName PER_TRY = HeaderName.of("x-envoy-upstream-rq-per-try-timeout-ms");
  static final HeaderName HEDGE = HeaderName.of("x-envoy-hedge-on-per-try-timeout");
  private static final HeaderName RATE_LIMITED = HeaderName.of("x-envoy-ratelimited");
  private static final HeaderName GRPC_STATUS = HeaderName.of("grpc-status");
  private static final int MOST_WORDS = 64;

  /** How an attempt ended without a response. */
  enum Failure {
    /** There was no connection. */
    CONNECT,
    /** The host has certainly not looked at the request. */
    REFUSED,
    /** The connection or the stream ended. */
    RESET,
    /** The time of one attempt has passed. */
    TIMEOUT
  }

  private final CompiledRetry policy;
  private final Set<On> on;
  private final Set<Integer> statuses;
  private final Set<HeaderName> names;
  private final int retries;
  private final long perTryNanos;

  /** Whether a request asks for it by itself. */
  static boolean asked(RequestHead request) {
    return request.contains(ON) || request.contains(GRPC_ON);
  }

  /** Whether an attempt goes on when its time has passed, as the request has it or its route. */
  static boolean hedges(RequestHead request, boolean ofRoute) {
    if (!request.contains(HEDGE)) {
      return ofRoute;
    }
    return request.valueEquals(HEDGE, "true") || (ofRoute && !request.valueEquals(HEDGE, "false"));
  }

  /** Of this request; {@code routeNanos} is the time for all attempts, zero where there is none. */
  RetryReasons(CompiledRetry policy, RequestHead request, long routeNanos) {
    this.policy = policy;
    Set<On> on = policy.policy().on();
    if (asked(request)) {
      on = on.isEmpty() ? EnumSet.noneOf(On.class) : EnumSet.copyOf(on);
      words(request, ON, on);
      words(request, GRPC_ON, on);
    }
    this.on = policy.takes(request) ? on : Set.of();
    this.retries = (int) number(request, MOST, policy.policy().retries(), Integer.MAX_VALUE);
    this.statuses = statuses(request, policy.policy().statuses());
    this.names = names(request);
    long perTry =
        1_000_000 * number(request, PER_TRY, policy.policy().perTryTimeout().toMillis(), 1L << 40);
    // One that is not shorter than the time for all means nothing.
    this.perTryNanos = routeNanos > 0 && perTry >= routeNanos ? 0 : perTry;
  }

  private static String[] list(RequestHead request, HeaderName name) {
    String text = request.first(name).orElse("");
    request.remove(name);
    return text.split(",", MOST_WORDS);
  }

  private static void words(RequestHead request, HeaderName name, Set<On> into) {
    if (request.contains(name)) {
      for (String word : list(request, name)) {
        // As with Envoy, a word that nobody knows is passed over: it is a request's.
        On.of(word.strip()).ifPresent(into::add);
      }
    }
  }

  private static long number(RequestHead request, HeaderName name, long absent, long most) {
    if (!request.contains(name)) {
      return absent;
    }
    Optional<String> text = request.first(name);
    request.remove(name);
    return text.isPresent() && text.get().matches("[0-9]{1,12}")
        ? Math.min(Long.parseLong(text.get()), most)
        : absent;
  }

  private static Set<Integer> statuses(RequestHead request, Set<Integer> ofRoute) {
    if (!request.contains(STATUSES)) {
      return ofRoute;
    }
    Set<Integer> statuses = new HashSet<>(ofRoute);
    for (String word : list(request, STATUSES)) {
      String code = word.strip();
      if (code.matches("[1-5][0-9]{2}")) {
        statuses.add(Integer.parseInt(code));
      }
    }
    return statuses;
  }

  private static Set<HeaderName> names(RequestHead request) {
    if (!request.contains(NAMES)) {
      return Set.of();
    }
    Set<HeaderName> names = new HashSet<>();
    for (String word : list(request, NAMES)) {
      String name = word.strip();
      if (!name.isEmpty() && name.chars().allMatch(c -> HeaderName.isToken((char) c))) {
        names.add(HeaderName.of(name));
      }
    }
    return names;
  }

  /** Whether there are none. */
  boolean none() {
    return on.isEmpty();
  }

  CompiledRetry policy() {
    return policy;
  }

  /** Attempts after the first. */
  int retries() {
    return retries;
  }

  /** The time of one attempt; zero where it has none of its own. */
  long perTryNanos() {
    return perTryNanos;
  }

  /** How long one attempt may be silent; zero for ever. */
  long perTryIdleNanos() {
    return policy.policy().perTryIdleTimeout().toNanos();
  }

  /** Whether a response with this head is worth waiting for another attempt's. */
  boolean bad(ResponseHead response) {
    return on.isEmpty() ? response.status() >= 500 : after(response);
  }

  /** Whether an attempt that ended like this is a reason. */
  boolean after(Failure failure) {
    if (on.contains(On.RESET) || on.contains(On.SERVER_ERROR) || on.contains(On.GATEWAY_ERROR)) {
      return true;
    }
    return switch (failure) {
      case CONNECT -> on.contains(On.CONNECT_FAILURE) || on.contains(On.RESET_BEFORE_REQUEST);
      case REFUSED -> on.contains(On.REFUSED_STREAM);
      case RESET, TIMEOUT -> false;
    };
  }

  /** Whether a response with this head is one. */
  boolean after(ResponseHead response) {
    if (response.contains(RATE_LIMITED)) {
      return on.contains(On.ENVOY_RATELIMITED);
    }
    int status = response.status();
    if (status >= 500 && on.contains(On.SERVER_ERROR)) {
      return true;
    }
    if (status >= 502 && status <= 504 && on.contains(On.GATEWAY_ERROR)) {
      return true;
    }
    if (status == 409 && on.contains(On.RETRIABLE_4XX)) {
      return true;
    }
    if (on.contains(On.RETRIABLE_STATUS_CODES) && statuses.contains(status)) {
      return true;
    }
    if (on.contains(On.RETRIABLE_HEADERS)
        && (policy.retriable(response) || names.stream().anyMatch(response::contains))) {
      return true;
    }
    return ofGrpc(response);
  }

  private boolean ofGrpc(ResponseHead response) {
    if (!response.contains(GRPC_STATUS)) {
      return false;
    }
    return switch (response.first(GRPC_STATUS).orElse("")) {
      case "1" -> on.contains(On.CANCELLED);
      case "4" -> on.contains(On.DEADLINE_EXCEEDED);
      case "8" -> on.contains(On.RESOURCE_EXHAUSTED);
      case "13" -> on.contains(On.INTERNAL);
      case "14" -> on.contains(On.UNAVAILABLE);
      default -> false;
    };
  }
}
