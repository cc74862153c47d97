package io.heddle.control.api.document;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.heddle.control.api.resource.BackendTrafficPolicySpec;
import io.heddle.control.api.resource.BackendTrafficPolicySpec.Connection;
import io.heddle.control.api.resource.BackendTrafficPolicySpec.Faults;
import io.heddle.control.api.resource.BackendTrafficPolicySpec.Keepalive;
import io.heddle.control.api.resource.BackendTrafficPolicySpec.Retry;
import io.heddle.control.api.resource.BackendTrafficPolicySpec.RetryBudget;
import java.math.BigDecimal;

/** Writes what {@link GovernanceReader} reads. */
final class GovernanceWriter {
  private static final int ALL = 1_000_000;

  private GovernanceWriter() {}

  static void write(ObjectNode tree, BackendTrafficPolicySpec policy) {
    retry(tree, policy.retry());
    budget(tree, policy.breaker().budget());
    faults(tree, policy.faults());
    connection(tree, policy.connection());
  }

  private static void retry(ObjectNode tree, Retry retry) {
    if (!retry.stated()) {
      return;
    }
    ObjectNode out = tree.putObject("retry").put("numRetries", retry.retries());
    if (!retry.triggers().isEmpty()) {
      ArrayNode triggers = out.withObject("/retryOn").putArray("triggers");
      retry.triggers().forEach(triggers::add);
    }
    if (!retry.statuses().isEmpty()) {
      ArrayNode statuses = out.withObject("/retryOn").putArray("httpStatusCodes");
      retry.statuses().forEach(statuses::add);
    }
    RouteWriter.timeout(out, "/perRetry", "timeout", retry.attempt());
    RouteWriter.timeout(out, "/perRetry/backOff", "baseInterval", retry.base());
    RouteWriter.timeout(out, "/perRetry/backOff", "maxInterval", retry.most());
  }

  private static void budget(ObjectNode tree, RetryBudget budget) {
    if (!budget.stated()) {
      return;
    }
    ObjectNode out = tree.withObject("/circuitBreaker").putObject("retryBudget");
    int tenThousandths = ALL / 100;
    if (budget.millionths() % tenThousandths == 0) {
      out.putObject("percent").put("numerator", budget.millionths() / tenThousandths);
    } else {
      out.putObject("percent").put("numerator", budget.millionths()).put("denominator", ALL);
    }
    if (budget.least() >= 0) {
      out.put("minRetryConcurrency", budget.least());
    }
  }

  private static void faults(ObjectNode tree, Faults faults) {
    RouteWriter.timeout(tree, "/faultInjection/delay", "fixedDelay", faults.delay());
    if (tree.at("/faultInjection/delay").isObject()) {
      share(tree.withObject("/faultInjection/delay"), faults.delayed());
    }
    if (faults.httpStatus() > 0) {
      tree.withObject("/faultInjection/abort").put("httpStatus", faults.httpStatus());
    }
    if (faults.grpcStatus() >= 0) {
      tree.withObject("/faultInjection/abort").put("grpcStatus", faults.grpcStatus());
    }
    if (tree.at("/faultInjection/abort").isObject()) {
      share(tree.withObject("/faultInjection/abort"), faults.aborted());
    }
  }

  private static void share(ObjectNode out, int millionths) {
    if (millionths % 10_000 == 0) {
      out.put("percentage", millionths / 10_000);
    } else {
      out.put("percentage", BigDecimal.valueOf(millionths, 4).stripTrailingZeros());
    }
  }

  private static void connection(ObjectNode tree, Connection connection) {
    if (connection.bufferLimit() > 0) {
      tree.withObject("/connection").put("bufferLimit", String.valueOf(connection.bufferLimit()));
    }
    if (connection.preconnectPercent() > 0) {
      tree.withObject("/connection/preconnect")
          .put("perEndpointPercent", connection.preconnectPercent());
    }
    Keepalive keepalive = connection.keepalive();
    if (keepalive.stated()) {
      ObjectNode out = tree.putObject("tcpKeepalive");
      if (keepalive.probes() > 0) {
        out.put("probes", keepalive.probes());
      }
      if (keepalive.idleSeconds() > 0) {
        out.put("idleTime", keepalive.idleSeconds() + "s");
      }
      if (keepalive.intervalSeconds() > 0) {
        out.put("interval", keepalive.intervalSeconds() + "s");
      }
    }
    if (connection.requestBuffer() > 0) {
      tree.putObject("requestBuffer").put("limit", String.valueOf(connection.requestBuffer()));
    }
  }
}
