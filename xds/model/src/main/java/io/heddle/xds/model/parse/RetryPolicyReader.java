package io.heddle.xds.model.parse;

import io.envoyproxy.envoy.config.route.v3.RetryPolicy.RetryBackOff;
import io.envoyproxy.envoy.config.route.v3.RetryPolicy.RetryHostPredicate;
import io.heddle.xds.model.RetryPolicy;
import io.heddle.xds.model.RetryPolicy.BackOff;
import io.heddle.xds.model.RetryPolicy.On;
import io.heddle.xds.model.RetryPolicy.ResetHeader;
import io.heddle.xds.model.RouteMatch.HeaderMatch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Reads which requests are sent again. */
final class RetryPolicyReader {
  private static final String PREVIOUS_HOSTS =
      "envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate";

  /** A word of Envoy's that means nothing here: there is no HTTP/3. */
  private static final String HTTP3 = "http3-post-connect-failure";

  private static final Duration SHORTEST = Duration.ofMillis(1);
  private static final int MOST_RETRIES = 1_000;
  private static final int MOST_HOSTS = 1_000;

  private final Findings findings;
  private final MatchReader matches;

  RetryPolicyReader(Findings findings, MatchReader matches) {
    this.findings = findings;
    this.matches = matches;
  }

  RetryPolicy read(io.envoyproxy.envoy.config.route.v3.RetryPolicy policy, Path path) {
    List<ResetHeader> resets = resets(policy, path.field("rate_limited_retry_back_off"));
    return new RetryPolicy(
        on(policy.getRetryOn(), path.field("retry_on")),
        findings.bounded(
            policy.hasNumRetries(),
            policy.getNumRetries().getValue(),
            1,
            0,
            MOST_RETRIES,
            path.field("num_retries")),
        findings.duration(
            policy.hasPerTryTimeout(),
            policy.getPerTryTimeout(),
            Duration.ZERO,
            path.field("per_try_timeout")),
        findings.bounded(
            policy.getHostSelectionRetryMaxAttempts() != 0,
            Math.clamp(policy.getHostSelectionRetryMaxAttempts(), -1, Integer.MAX_VALUE),
            1,
            1,
            MOST_HOSTS,
            path.field("host_selection_retry_max_attempts")),
        predicates(policy.getRetryHostPredicateList(), path),
        statuses(policy.getRetriableStatusCodesList(), path),
        headers(policy.getRetriableHeadersList(), "retriable_headers", path),
        headers(policy.getRetriableRequestHeadersList(), "retriable_request_headers", path),
        policy.hasRetryBackOff()
            ? backOff(policy.getRetryBackOff(), path.field("retry_back_off"))
            : BackOff.DEFAULT,
        resets,
        findings.duration(
            policy.getRateLimitedRetryBackOff().hasMaxInterval(),
            policy.getRateLimitedRetryBackOff().getMaxInterval(),
            RetryPolicy.BY_HEADERS.longestReset(),
            path.field("rate_limited_retry_back_off").field("max_interval")),
        findings.duration(
            policy.hasPerTryIdleTimeout(),
            policy.getPerTryIdleTimeout(),
            Duration.ZERO,
            path.field("per_try_idle_timeout")));
  }

  private Set<On> on(String words, Path path) {
    Set<On> on = EnumSet.noneOf(On.class);
    if (words.isEmpty()) {
      return on;
    }
    for (String each : words.split(",", -1)) {
      String word = each.strip();
      if (word.equals(HTTP3)) {
        continue;
      }
      On.of(word)
          .ifPresentOrElse(
              on::add,
              () ->
                  findings.error(
                      path,
                      word.isEmpty() ? "an empty word" : word,
                      "words of Envoy's x-envoy-retry-on and x-envoy-retry-grpc-on"));
    }
    return on;
  }

  private boolean predicates(List<RetryHostPredicate> predicates, Path path) {
    boolean previous = false;
    for (int i = 0; i < predicates.size(); i++) {
      RetryHostPredicate predicate = predicates.get(i);
      Path here = path.at("retry_host_predicate", i);
      String type =
          predicate.hasTypedConfig() ? ExtensionReader.typeName(predicate.getTypedConfig()) : "";
      // Envoy finds it by its name where there is no configuration.
      if (type.equals(PREVIOUS_HOSTS)
          || (type.isEmpty()
              && predicate.getName().equals("envoy.retry_host_predicates.previous_hosts"))) {
        previous = true;
      } else {
        findings.refuse(
            type.isEmpty() ? here.field("name") : here.field("typed_config"),
            type.isEmpty() ? predicate.getName() : predicate.getTypedConfig().getTypeUrl());
      }
    }
    return previous;
  }

  private Set<Integer> statuses(List<Integer> codes, Path path) {
    Set<Integer> statuses = new HashSet<>();
    for (int i = 0; i < codes.size(); i++) {
      int code = codes.get(i);
      if (code < 100 || code > 599) {
        findings.error(
            path.at("retriable_status_codes", i), Integer.toUnsignedString(code), "100 to 599");
      }
      statuses.add(code);
    }
    return statuses;
  }

  private List<HeaderMatch> headers(
      List<io.envoyproxy.envoy.config.route.v3.HeaderMatcher> matchers, String field, Path path) {
    List<HeaderMatch> headers = new ArrayList<>();
    for (int i = 0; i < matchers.size(); i++) {
      headers.add(matches.header(matchers.get(i), path.at(field, i)));
    }
    return headers;
  }

  private BackOff backOff(RetryBackOff backOff, Path path) {
    Duration base =
        findings.duration(
            backOff.hasBaseInterval(),
            backOff.getBaseInterval(),
            Duration.ZERO,
            path.field("base_interval"));
    if (base.isZero()) {
      findings.error(
          path.field("base_interval"),
          backOff.hasBaseInterval() ? "0 s" : "none",
          "a time that is longer");
      return BackOff.DEFAULT;
    }
    Duration longest =
        findings.duration(
            backOff.hasMaxInterval(),
            backOff.getMaxInterval(),
            base.multipliedBy(10),
            path.field("max_interval"));
    if (longest.compareTo(base) < 0) {
      findings.error(
          path.field("max_interval"), longest.toMillis() + " ms", "at least base_interval");
      return BackOff.DEFAULT;
    }
    // As Envoy, whose timers know nothing shorter.
    return new BackOff(longer(base), longer(longest));
  }

  private static Duration longer(Duration time) {
    return time.compareTo(SHORTEST) < 0 ? SHORTEST : time;
  }

  private List<ResetHeader> resets(
      io.envoyproxy.envoy.config.route.v3.RetryPolicy policy, Path path) {
    List<ResetHeader> resets = new ArrayList<>();
    if (!policy.hasRateLimitedRetryBackOff()) {
      return resets;
    }
    var headers = policy.getRateLimitedRetryBackOff().getResetHeadersList();
    if (headers.isEmpty()) {
      findings.error(path.field("reset_headers"), "none", "one at least");
    }
    for (int i = 0; i < headers.size(); i++) {
      Path here = path.at("reset_headers", i);
      ResetHeader.Format format =
          switch (headers.get(i).getFormat()) {
            case SECONDS -> ResetHeader.Format.SECONDS;
            case UNIX_TIMESTAMP -> ResetHeader.Format.UNIX_TIMESTAMP;
            case UNRECOGNIZED -> {
              findings.error(
                  here.field("format"),
                  Integer.toString(headers.get(i).getFormatValue()),
                  "SECONDS or UNIX_TIMESTAMP");
              yield ResetHeader.Format.SECONDS;
            }
          };
      resets.add(
          new ResetHeader(
              HeaderReader.name(headers.get(i).getName(), here.field("name"), findings), format));
    }
    return resets;
  }
}
