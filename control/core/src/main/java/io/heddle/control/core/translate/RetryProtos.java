package io.heddle.control.core.translate;

import com.google.protobuf.Any;
import com.google.protobuf.UInt32Value;
import io.envoyproxy.envoy.config.route.v3.RetryPolicy;
import io.envoyproxy.envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate;
import io.heddle.control.api.resource.BackendTrafficPolicySpec.Retry;
import io.heddle.control.api.resource.HttpRouteSpec;
import io.heddle.control.api.resource.RouteRetry;
import io.heddle.control.api.resource.RouteTimeout;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Writes what is tried again, and how often.
 *
 * <p>What got no answer (no connection, one that broke, a stream refused or reset, or the time of
 * an attempt over) is always tried again, statuses as the rule names them. Attempts go to another
 * instance where there is one, and wait 25 ms doubled each time unless the rule says otherwise, ten
 * times that at most.
 *
 * @see <a href="https://gateway-api.sigs.k8s.io/geps/gep-1731/">Gateway API, GEP-1731</a>
 */
final class RetryProtos {
  /** What never reached an instance may be sent again whatever it is. */
  private static final String UNREACHED = "connect-failure,refused-stream,reset-before-request";

  private static final String RETRY_ON =
      "connect-failure,refused-stream,reset,retriable-status-codes";
  static final List<Integer> CODES = List.of(503);
  static final Duration BASE = Duration.ofMillis(25);
  private static final int MOST_OF_BASE = 10;
  private static final int OTHER_HOST_ATTEMPTS = 5;
  private static final String PREVIOUS_HOSTS = "envoy.retry_host_predicates.previous_hosts";

  private RetryProtos() {}

  static RetryPolicy of(HttpRouteSpec.Rule rule) {
    RouteRetry retry = rule.retry();
    RetryPolicy.Builder out =
        elsewhere(RETRY_ON, retry.attempts())
            .addAllRetriableStatusCodes(retry.codes().isEmpty() ? CODES : retry.codes())
            .setRetryBackOff(backOff(retry));
    if (rule.timeouts().backendRequest() instanceof RouteTimeout.After(Duration attempt)) {
      out.setPerTryTimeout(RouteProtos.duration(attempt));
    }
    return out.build();
  }

  /**
   * What a policy says; where none says anything, what never reached an instance is tried again.
   *
   * @return empty where nothing ever is
   */
  static Optional<RetryPolicy> of(Retry retry) {
    if (!retry.stated()) {
      return Optional.of(
          elsewhere(UNREACHED, Retry.DEFAULT_RETRIES)
              .setRetryBackOff(backOff(RouteRetry.NONE))
              .build());
    }
    if (retry.retries() == 0) {
      return Optional.empty();
    }
    List<String> triggers = retry.triggers().isEmpty() ? Retry.DEFAULT_TRIGGERS : retry.triggers();
    RetryPolicy.Builder out = elsewhere(String.join(",", triggers), retry.retries());
    if (triggers.contains("retriable-status-codes")) {
      out.addAllRetriableStatusCodes(
          retry.statuses().isEmpty() ? Retry.DEFAULT_STATUSES : retry.statuses());
    }
    Duration base = RouteProtos.limit(retry.base(), BASE);
    Duration most = RouteProtos.limit(retry.most(), base.multipliedBy(MOST_OF_BASE));
    out.setRetryBackOff(
        RetryPolicy.RetryBackOff.newBuilder()
            .setBaseInterval(RouteProtos.duration(base))
            .setMaxInterval(RouteProtos.duration(most)));
    if (retry.attempt() instanceof RouteTimeout.After(Duration attempt)) {
      out.setPerTryTimeout(RouteProtos.duration(attempt));
    }
    return Optional.of(out.build());
  }

  /** Attempts that go to another instance where there is one. */
  private static RetryPolicy.Builder elsewhere(String reasons, int retries) {
    return RetryPolicy.newBuilder()
        .setRetryOn(reasons)
        .setNumRetries(UInt32Value.of(retries))
        .addRetryHostPredicate(
            RetryPolicy.RetryHostPredicate.newBuilder()
                .setName(PREVIOUS_HOSTS)
                .setTypedConfig(Any.pack(PreviousHostsPredicate.getDefaultInstance())))
        .setHostSelectionRetryMaxAttempts(OTHER_HOST_ATTEMPTS);
  }

  /** As Envoy spells them. */
  static String reasons(Retry retry) {
    if (!retry.stated()) {
      return UNREACHED;
    }
    return String.join(",", retry.triggers().isEmpty() ? Retry.DEFAULT_TRIGGERS : retry.triggers());
  }

  /** The longest wait where only the first one is known. */
  static Duration most(Duration base) {
    return base.multipliedBy(MOST_OF_BASE);
  }

  static RetryPolicy.RetryBackOff backOff(RouteRetry retry) {
    Duration base = retry.backoff() instanceof RouteTimeout.After(Duration stated) ? stated : BASE;
    return RetryPolicy.RetryBackOff.newBuilder()
        .setBaseInterval(RouteProtos.duration(base))
        .setMaxInterval(RouteProtos.duration(base.multipliedBy(MOST_OF_BASE)))
        .build();
  }
}
