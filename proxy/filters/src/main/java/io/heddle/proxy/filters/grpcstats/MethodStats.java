package io.heddle.proxy.filters.grpcstats;

import io.heddle.proxy.api.StatsScope;

/**
 * The numbers of one method of a cluster, or of all that have none of their own: {@code
 * cluster.<name>.grpc.[<service>.<method>.]*}. Safe on every thread.
 */
final class MethodStats {
  /** As gRPC knows them: OK to UNAUTHENTICATED. */
  private static final int STATUSES = 17;

  private final StatsScope scope;
  private final StatsScope.Counter success;
  private final StatsScope.Counter failure;
  private final StatsScope.Counter total;
  private final StatsScope.Counter requests;
  private final StatsScope.Counter responses;

  MethodStats(StatsScope scope) {
    this.scope = scope;
    this.success = scope.counter("success");
    this.failure = scope.counter("failure");
    this.total = scope.counter("total");
    this.requests = scope.counter("request_message_count");
    this.responses = scope.counter("response_message_count");
  }

  /** A call has ended with this {@code grpc-status}, which may be any text. */
  void ended(String status) {
    (status.equals("0") ? success : failure).increment();
    total.increment();
    int number = number(status);
    if (number >= 0) {
      // Few of them ever occur: a counter is made when it is needed.
      scope.counter(Integer.toString(number)).increment();
    }
  }

  private static int number(String status) {
    try {
      int number = status.length() <= 2 ? Integer.parseUnsignedInt(status) : -1;
      return number < STATUSES ? number : -1;
    } catch (NumberFormatException notANumber) {
      return -1;
    }
  }

  void requests(int messages) {
    requests.add(messages);
  }

  void responses(int messages) {
    responses.add(messages);
  }

  /** How long the upstream took, in milliseconds. */
  void upstreamTime(long millis) {
    scope.histogram("upstream_rq_time").record(millis);
  }
}
