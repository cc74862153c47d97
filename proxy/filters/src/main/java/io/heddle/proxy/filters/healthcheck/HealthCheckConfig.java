package io.heddle.proxy.filters.healthcheck;

import com.google.protobuf.Duration;
import com.google.protobuf.util.Durations;
import io.envoyproxy.envoy.extensions.filters.http.health_check.v3.HealthCheck;
import io.envoyproxy.envoy.type.v3.Percent;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.filters.config.HeaderMatcher;
import io.heddle.proxy.filters.config.SetFields;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What is a health check, and who answers it.
 *
 * @param passThrough whether the service answers
 * @param cacheNanos how long its answer is kept; 0 for not at all
 * @param minHealthy least percentage of hosts that are healthy or degraded, by cluster
 * @param headers all of them have to match
 */
record HealthCheckConfig(
    boolean passThrough,
    long cacheNanos,
    Map<String, Integer> minHealthy,
    List<HeaderMatcher> headers) {
  private static final Set<String> FIELDS =
      Set.of("pass_through_mode", "cache_time", "cluster_min_healthy_percentages", "headers");
  private static final long MAX_CACHE_SECONDS = 365L * 24 * 3600;

  HealthCheckConfig {
    minHealthy = Map.copyOf(minHealthy);
    headers = List.copyOf(headers);
  }

  static HealthCheckConfig of(HealthCheck message) throws FilterConfigException {
    SetFields.allow(message, "", FIELDS);
    if (!message.hasPassThroughMode()) {
      throw new FilterConfigException("pass_through_mode", "not set", "true or false");
    }
    boolean passThrough = message.getPassThroughMode().getValue();
    if (message.hasCacheTime() && !passThrough) {
      throw new FilterConfigException("cache_time", "set", "not set without pass_through_mode");
    }
    if (passThrough && message.getClusterMinHealthyPercentagesCount() > 0) {
      throw new FilterConfigException(
          "cluster_min_healthy_percentages", "set", "not set with pass_through_mode");
    }
    Map<String, Integer> minHealthy = new TreeMap<>();
    for (Map.Entry<String, Percent> entry :
        message.getClusterMinHealthyPercentagesMap().entrySet()) {
      double percent = entry.getValue().getValue();
      if (!(percent >= 0 && percent <= 100)) {
        throw new FilterConfigException(
            "cluster_min_healthy_percentages[\"" + entry.getKey() + "\"]",
            Double.toString(percent),
            "0 to 100");
      }
      minHealthy.put(entry.getKey(), (int) percent);
    }
    List<HeaderMatcher> headers = new ArrayList<>();
    for (int i = 0; i < message.getHeadersCount(); i++) {
      headers.add(HeaderMatcher.of(message.getHeaders(i), SetFields.at("", "headers", i)));
    }
    return new HealthCheckConfig(
        passThrough,
        message.hasCacheTime() ? nanos(message.getCacheTime()) : 0,
        minHealthy,
        headers);
  }

  private static long nanos(Duration duration) throws FilterConfigException {
    if (!Durations.isValid(duration)
        || Durations.isNegative(duration)
        || duration.getSeconds() > MAX_CACHE_SECONDS) {
      throw new FilterConfigException(
          "cache_time", duration.getSeconds() + " s", "0 to " + MAX_CACHE_SECONDS + " s");
    }
    return Durations.toNanos(duration);
  }

  boolean isHealthCheck(RequestHeaders request) {
    for (int i = 0; i < headers.size(); i++) {
      if (!headers.get(i).matches(request)) {
        return false;
      }
    }
    return true;
  }
}
