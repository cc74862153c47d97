package io.heddle.proxy.app;

import com.google.protobuf.Duration;
import io.envoyproxy.envoy.config.core.v3.Locality;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterStats;
import io.envoyproxy.envoy.config.endpoint.v3.EndpointLoadMetricStats;
import io.envoyproxy.envoy.config.endpoint.v3.UpstreamLocalityStats;
import io.heddle.proxy.engine.ClusterView;
import io.heddle.proxy.engine.ClusterView.HostView;
import io.heddle.proxy.engine.stats.StatsSnapshot;
import io.heddle.xds.model.ClusterConfig;
import io.heddle.xds.model.EndpointsConfig;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** What was counted since the last time, as load reports say it. Owned by one thread. */
final class LoadCounts {
  /** LRS has no field for times: their sum goes as a load metric of the first locality. */
  static final String REQUEST_MILLIS = "heddle.request_ms";

  private record HostKey(String cluster, String address, int priority) {}

  private record Place(EndpointsConfig.Locality locality, int priority) {}

  /** Sums of a host, or times of a cluster, since the process began. */
  private record Counted(long issued, long succeeded, long failed) {
    static final Counted NONE = new Counted(0, 0, 0);

    /** A host that counts less than before is another one at the same address. */
    Counted since(Counted before) {
      return issued < before.issued || succeeded < before.succeeded || failed < before.failed
          ? this
          : new Counted(
              issued - before.issued, succeeded - before.succeeded, failed - before.failed);
    }

    Counted plus(Counted other) {
      return new Counted(issued + other.issued, succeeded + other.succeeded, failed + other.failed);
    }

    boolean nothing() {
      return issued == 0 && succeeded == 0 && failed == 0;
    }
  }

  private record Timed(long count, long millis) {
    static final Timed NONE = new Timed(0, 0);
  }

  /** One locality's part. */
  private static final class Sum {
    private Counted counted = Counted.NONE;
    private long inProgress;
  }

  private Map<HostKey, Counted> hosts = Map.of();
  private Map<String, Timed> times = Map.of();

  /**
   * Of the clusters that are wanted those with anything to say.
   *
   * @param nanos since the last time
   */
  List<ClusterStats> take(
      List<ClusterView> clusters, StatsSnapshot stats, Predicate<String> wanted, long nanos) {
    Map<HostKey, Counted> nowHosts = new HashMap<>();
    Map<String, Timed> nowTimes = times(stats);
    List<ClusterStats> told = new ArrayList<>();
    for (ClusterView cluster : clusters) {
      Map<Place, Sum> places = new LinkedHashMap<>();
      for (HostView host : cluster.hosts()) {
        HostKey key = new HostKey(cluster.name(), host.address(), host.priority());
        Counted now =
            new Counted(
                host.requestsTotal(),
                host.requestsSuccess(),
                host.requestsError() + host.requestsTimeout());
        nowHosts.put(key, now);
        Sum sum =
            places.computeIfAbsent(new Place(host.locality(), host.priority()), p -> new Sum());
        sum.counted = sum.counted.plus(now.since(hosts.getOrDefault(key, Counted.NONE)));
        sum.inProgress += host.requestsActive();
      }
      places.values().removeIf(sum -> sum.counted.nothing() && sum.inProgress == 0);
      if (!places.isEmpty() && wanted.test(cluster.name())) {
        told.add(stats(cluster, places, timed(cluster, nowTimes), nanos));
      }
    }
    hosts = nowHosts;
    times = nowTimes;
    return told;
  }

  private static Map<String, Timed> times(StatsSnapshot stats) {
    Map<String, Timed> times = new HashMap<>();
    String before = "cluster.";
    String after = ".upstream_rq_time";
    for (StatsSnapshot.Distribution one : stats.histograms()) {
      String name = one.name().full();
      if (name.startsWith(before) && name.endsWith(after)) {
        times.put(
            name.substring(before.length(), name.length() - after.length()),
            new Timed(one.count(), one.sum()));
      }
    }
    return times;
  }

  private Timed timed(ClusterView cluster, Map<String, Timed> now) {
    String name = cluster.config().altStatName();
    Timed sum = now.getOrDefault(name, Timed.NONE);
    Timed before = times.getOrDefault(name, Timed.NONE);
    return sum.count() < before.count()
        ? sum
        : new Timed(sum.count() - before.count(), Math.max(0, sum.millis() - before.millis()));
  }

  private static ClusterStats stats(
      ClusterView cluster, Map<Place, Sum> places, Timed timed, long nanos) {
    ClusterStats.Builder out =
        ClusterStats.newBuilder()
            .setClusterName(cluster.name())
            .setLoadReportInterval(
                Duration.newBuilder()
                    .setSeconds(nanos / 1_000_000_000)
                    .setNanos((int) (nanos % 1_000_000_000)));
    if (cluster.config().discovery() instanceof ClusterConfig.Discovery.Eds eds) {
      out.setClusterServiceName(eds.serviceName());
    }
    places.forEach((place, sum) -> {
      UpstreamLocalityStats.Builder locality =
          out.addUpstreamLocalityStatsBuilder()
              .setPriority(place.priority())
              .setTotalIssuedRequests(sum.counted.issued())
              .setTotalSuccessfulRequests(sum.counted.succeeded())
              .setTotalErrorRequests(sum.counted.failed())
              .setTotalRequestsInProgress(sum.inProgress);
      locality.setLocality(
          Locality.newBuilder()
              .setRegion(place.locality().region())
              .setZone(place.locality().zone())
              .setSubZone(place.locality().subZone()));
      if (timed.count() > 0 && out.getUpstreamLocalityStatsCount() == 1) {
        locality.addLoadMetricStats(
            EndpointLoadMetricStats.newBuilder()
                .setMetricName(REQUEST_MILLIS)
                .setNumRequestsFinishedWithMetric(timed.count())
                .setTotalMetricValue((double) timed.millis()));
      }
    });
    return out.build();
  }
}
