package io.heddle.control.api.document;

import io.heddle.control.api.resource.BackendTrafficPolicySpec.Connection;
import io.heddle.control.api.resource.BackendTrafficPolicySpec.Faults;
import io.heddle.control.api.resource.BackendTrafficPolicySpec.Keepalive;
import io.heddle.control.api.resource.BackendTrafficPolicySpec.Retry;
import io.heddle.control.api.resource.BackendTrafficPolicySpec.RetryBudget;
import io.heddle.control.api.resource.RouteTimeout;
import java.time.Duration;
import java.util.List;

/** Reads what a {@code BackendTrafficPolicy} says of retries, faults and connections. */
final class GovernanceReader {
  private static final int ALL = 1_000_000;
  private static final int DENOMINATOR = 100;
  private static final int LAST_GRPC_STATUS = 16;
  private static final int MOST_PROBES = 127;
  private static final int MOST_SECONDS = 32_767;
  private static final String CODES = "retriable-status-codes";
  private static final Syntax TRIGGER =
      Syntax.matching(
          "one of 5xx, gateway-error, reset, reset-before-request, connect-failure, retriable-4xx,"
              + " refused-stream, retriable-status-codes, cancelled, deadline-exceeded, internal,"
              + " resource-exhausted, unavailable",
          "5xx|gateway-error|reset|reset-before-request|connect-failure|retriable-4xx"
              + "|refused-stream|retriable-status-codes|cancelled|deadline-exceeded|internal"
              + "|resource-exhausted|unavailable",
          32);

  private GovernanceReader() {}

  static Retry retry(Fields spec) {
    boolean stated = spec.states("retry");
    Fields retry = spec.mapping("retry");
    int retries = retry.integer("numRetries", 0, Retry.MOST_RETRIES, Retry.DEFAULT_RETRIES);
    Fields on = retry.mapping("retryOn");
    List<String> triggers = on.texts("triggers", 16, TRIGGER);
    List<Integer> statuses = on.integers("httpStatusCodes", 64, 400, 599);
    on.end();
    if (triggers.stream().distinct().count() < triggers.size()) {
      on.wrong("triggers", "one that stands twice", "each once");
    }
    if (statuses.stream().distinct().count() < statuses.size()) {
      on.wrong("httpStatusCodes", "a status that stands twice", "each once");
    }
    // Without triggers the default ones count, of which it is one.
    if (!triggers.isEmpty() && triggers.contains(CODES) == statuses.isEmpty()) {
      on.wrong(
          statuses.isEmpty() ? "triggers" : "httpStatusCodes",
          statuses.isEmpty() ? CODES + " without httpStatusCodes" : "without the trigger " + CODES,
          "both or neither");
    }
    Fields each = retry.mapping("perRetry");
    RouteTimeout attempt = HttpRouteReader.timeout(each, "timeout");
    Fields wait = each.mapping("backOff");
    RouteTimeout base = positive(wait, "baseInterval");
    RouteTimeout most = positive(wait, "maxInterval");
    wait.end();
    each.end();
    retry.notYet("numAttemptsPerPriority");
    retry.end();
    if (most instanceof RouteTimeout.After(Duration longest)
        && (!(base instanceof RouteTimeout.After(Duration shortest))
            || longest.compareTo(shortest) < 0)) {
      wait.wrong("maxInterval", "without a baseInterval, or shorter", "at least baseInterval");
    }
    return stated ? new Retry(true, retries, triggers, statuses, attempt, base, most) : Retry.NONE;
  }

  private static RouteTimeout positive(Fields fields, String field) {
    RouteTimeout read = HttpRouteReader.timeout(fields, field);
    if (read instanceof RouteTimeout.Disabled) {
      fields.wrong(field, "0s", "at least 1ms");
    }
    return read;
  }

  static RetryBudget budget(Fields breaker) {
    boolean stated = breaker.states("retryBudget");
    Fields budget = breaker.mapping("retryBudget");
    boolean share = budget.states("percent");
    Fields percent = budget.mapping("percent");
    int numerator = percent.integer("numerator", 0, Integer.MAX_VALUE, -1);
    int denominator = percent.integer("denominator", 1, Integer.MAX_VALUE, DENOMINATOR);
    percent.end();
    int least = budget.integer("minRetryConcurrency", 0, Integer.MAX_VALUE, -1);
    budget.end();
    if (!stated) {
      return RetryBudget.UNSET;
    }
    if (!share || numerator < 0) {
      budget.wrong("percent", "missing", "a numerator, of 100 or of a denominator");
      return RetryBudget.UNSET;
    }
    if (numerator > denominator) {
      percent.wrong("numerator", String.valueOf(numerator), "at most " + denominator);
      return RetryBudget.UNSET;
    }
    return new RetryBudget((int) Math.round((double) ALL * numerator / denominator), least);
  }

  static Faults faults(Fields spec) {
    boolean stated = spec.states("faultInjection");
    Fields faults = spec.mapping("faultInjection");
    boolean delays = faults.states("delay");
    Fields delay = faults.mapping("delay");
    RouteTimeout fixed = HttpRouteReader.timeout(delay, "fixedDelay");
    int delayed = delay.percentage("percentage", ALL);
    delay.end();
    boolean aborts = faults.states("abort");
    Fields abort = faults.mapping("abort");
    int http = abort.integer("httpStatus", 200, 599, 0);
    int grpc = abort.integer("grpcStatus", 0, LAST_GRPC_STATUS, -1);
    int aborted = abort.percentage("percentage", ALL);
    if (grpc >= 0) {
      // Heddle's own proxies refuse it.
      abort.wrong("grpcStatus", "not supported yet", "left out");
    }
    abort.end();
    faults.end();
    if (stated && !delays && !aborts) {
      spec.wrong("faultInjection", "neither delay nor abort", "one of them, or both");
    }
    if (delays && !(fixed instanceof RouteTimeout.After)) {
      delay.wrong("fixedDelay", "missing or 0s", "at least 1ms");
    }
    if (aborts && (http > 0) == (grpc >= 0)) {
      abort.wrong(
          "httpStatus",
          http > 0 ? "beside grpcStatus" : "missing, as grpcStatus is",
          "one of httpStatus and grpcStatus");
    }
    return new Faults(fixed, delays ? delayed : 0, http, grpc, aborts ? aborted : 0);
  }

  static Connection connection(Fields spec) {
    Fields connection = spec.mapping("connection");
    int buffer = ClientTrafficPolicyReader.bytes(connection, "bufferLimit");
    Fields early = connection.mapping("preconnect");
    int each = early.integer("perEndpointPercent", 100, 300, 0);
    early.notYet("predictivePercent");
    early.end();
    connection.notYet("socketBufferLimit");
    connection.end();
    boolean stated = spec.states("tcpKeepalive");
    Fields keepalive = spec.mapping("tcpKeepalive");
    int probes = keepalive.integer("probes", 1, MOST_PROBES, 0);
    int idle = seconds(keepalive, "idleTime");
    int interval = seconds(keepalive, "interval");
    keepalive.end();
    boolean whole = spec.states("requestBuffer");
    Fields request = spec.mapping("requestBuffer");
    int limit = ClientTrafficPolicyReader.bytes(request, "limit");
    request.end();
    if (whole && limit == 0) {
      request.wrong("limit", "missing", "bytes such as 32Ki or 1Mi");
    }
    return new Connection(buffer, each, new Keepalive(stated, probes, idle, interval), limit);
  }

  /** The system counts them in whole seconds. */
  private static int seconds(Fields fields, String field) {
    RouteTimeout read = HttpRouteReader.timeout(fields, field);
    return switch (read) {
      case RouteTimeout.Absent _ -> 0;
      case RouteTimeout.Disabled _ -> {
        fields.wrong(field, "0s", "1s to " + MOST_SECONDS + "s");
        yield 0;
      }
      case RouteTimeout.After(Duration time) -> {
        if (time.toNanosPart() != 0 || time.toSeconds() > MOST_SECONDS) {
          fields.wrong(field, time.toMillis() + "ms", "whole seconds, 1s to " + MOST_SECONDS + "s");
          yield 0;
        }
        yield (int) time.toSeconds();
      }
    };
  }
}
