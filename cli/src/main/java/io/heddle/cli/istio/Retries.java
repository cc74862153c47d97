package io.heddle.cli.istio;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Set;
import java.util.TreeSet;

/** Turns {@code retries} into a rule's {@code retry}, and the time of one try. */
final class Retries {
  private static final int MOST = 10;
  private static final int ISTIO_ATTEMPTS = 2;

  private Retries() {}

  static void read(Source retries, ObjectNode timeouts, ObjectNode rule) {
    ObjectNode retry = rule.putObject("retry");
    int attempts = retries.number("attempts", ISTIO_ATTEMPTS);
    if (attempts > MOST) {
      retries.changed("attempts", attempts + " (expected: at most " + MOST + "): " + MOST);
    }
    retry.put("attempts", Math.min(attempts, MOST));
    Times.put(retries, "perTryTimeout", timeouts, "backendRequest");
    Times.put(retries, "backoff", retry, "backoff");
    retries.leave("retryRemoteLocalities", "every healthy instance may get the next try");
    retries.leave("retryIgnorePreviousHosts", "the proxy avoids hosts that were tried by itself");
    Set<Integer> codes = new TreeSet<>();
    for (String word : retries.text("retryOn").split(",", -1)) {
      on(retries, word.trim(), codes);
    }
    codes.forEach(retry.withArray("codes")::add);
    if (codes.isEmpty()) {
      retry.remove("codes");
    }
    retries.end();
  }

  private static void on(Source retries, String word, Set<Integer> codes) {
    if (word.matches("[45][0-9][0-9]")) {
      codes.add(Integer.parseInt(word));
      return;
    }
    switch (word) {
      case "",
          "connect-failure",
          "refused-stream",
          "reset",
          "reset-before-request",
          "retriable-status-codes" -> {
        // Of the connection, not the answer; and the codes stand beside it.
      }
      case "gateway-error" -> codes.addAll(Set.of(502, 503, 504));
      case "5xx" -> {
        codes.addAll(Set.of(500, 502, 503, 504));
        retries.changed("retryOn", "5xx: 500, 502, 503 and 504");
      }
      case "unavailable" -> codes.add(503);
      default -> retries.changed("retryOn", word + " is no status: it is not tried again for it");
    }
  }
}
