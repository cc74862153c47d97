package io.heddle.xds.server;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterStats;
import io.envoyproxy.envoy.config.endpoint.v3.EndpointLoadMetricStats;
import io.envoyproxy.envoy.config.endpoint.v3.UpstreamLocalityStats;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The load that proxies report of the clusters they call, summed over the proxies by cluster and
 * locality of the endpoints. For any thread: a proxy reports every few seconds, so that one lock
 * round the sums costs nothing.
 */
public final class LoadReports {
  private static final Duration BETWEEN_SWEEPS = Duration.ofMinutes(1);

  /**
   * One cluster's load.
   *
   * @param service the name of its endpoints, empty where it is the cluster's
   * @param dropped requests that were shed before an endpoint was chosen, since the server started
   */
  public record ClusterLoad(
      String cluster, String service, long dropped, List<LocalityLoad> localities) {
    /** Copies the list. */
    public ClusterLoad {
      localities = List.copyOf(localities);
    }
  }

  /**
   * What the endpoints of one locality and priority are sent.
   *
   * @param issued requests that were begun, since the server started; likewise those that ended
   * @param inProgress of the proxies that are connected, as each reported last
   * @param perSecond likewise, begun over the proxy's last interval
   * @param reporters proxies that reported it last
   */
  public record LocalityLoad(
      NodeInfo.Locality locality,
      int priority,
      long issued,
      long succeeded,
      long failed,
      long inProgress,
      double perSecond,
      int reporters) {}

  /**
   * What one proxy says of one cluster, since the proxy or the server started.
   *
   * @param timed requests whose time is in {@code millis}: those of proxies that report it
   * @param millis their times together
   */
  public record Outcomes(long succeeded, long failed, long timed, double millis) {
    /** Nothing reported. */
    public static final Outcomes NONE = new Outcomes(0, 0, 0, 0);

    /** Both together. */
    public Outcomes plus(Outcomes other) {
      return new Outcomes(
          succeeded + other.succeeded,
          failed + other.failed,
          timed + other.timed,
          millis + other.millis);
    }
  }

  /**
   * The name of the load metric in which a proxy reports the time of its requests, in milliseconds:
   * LRS itself knows no latency.
   */
  public static final String REQUEST_MILLIS = "heddle.request_ms";

  private static final Comparator<ClusterLoad> BY_NAME =
      Comparator.comparing(ClusterLoad::cluster).thenComparing(ClusterLoad::service);
  private static final Comparator<LocalityLoad> BY_PLACE =
      Comparator.comparing((LocalityLoad load) -> load.locality().region())
          .thenComparing(load -> load.locality().zone())
          .thenComparing(load -> load.locality().subZone())
          .thenComparingInt(LocalityLoad::priority);

  private record ClusterKey(String cluster, String service) {}

  private record Place(NodeInfo.Locality locality, int priority) {}

  private static final class Cluster {
    private final Map<Place, Sum> places = new HashMap<>(4);
    private long dropped;
    private Instant last = Instant.MIN;
  }

  private static final class Sum {
    private long issued;
    private long succeeded;
    private long failed;
    private long inProgress;
    private double perSecond;
    private int reporters;
    private Instant last = Instant.MIN;
  }

  /** What one proxy's last report added to a sum and takes away again with its next. */
  private record Share(Sum sum, long inProgress, double perSecond) {}

  /** What one proxy has said, by cluster. */
  private static final class Reporter {
    private final Map<String, Outcomes> clusters = new HashMap<>(4);
    private Instant last = Instant.MIN;
  }

  private final Limits.Reports limits;
  private final Clock clock;
  private final ReentrantLock lock = new ReentrantLock();

  @GuardedBy("lock")
  private final Map<ClusterKey, Cluster> clusters = new HashMap<>();

  /** By stream. */
  @GuardedBy("lock")
  private final Map<Object, List<Share>> shares = new HashMap<>();

  /** By node id; nodes without one are not told apart. */
  @GuardedBy("lock")
  private final Map<String, Reporter> reporters = new HashMap<>();

  @GuardedBy("lock")
  private int outcomes;

  @GuardedBy("lock")
  private int entries;

  @GuardedBy("lock")
  private long leftOut;

  @GuardedBy("lock")
  private Instant nextSweep = Instant.MIN;

  LoadReports(Limits.Reports limits, Clock clock) {
    this.limits = limits;
    this.clock = clock;
  }

  /** Every cluster of which there is a report, in the order of their names. */
  public List<ClusterLoad> clusters() {
    lock.lock();
    try {
      sweep(clock.instant());
      List<ClusterLoad> found = new ArrayList<>();
      clusters.forEach((key, cluster) -> {
        List<LocalityLoad> localities = new ArrayList<>();
        cluster.places.forEach((place, sum) ->
            localities.add(
                new LocalityLoad(
                    place.locality(),
                    place.priority(),
                    sum.issued,
                    sum.succeeded,
                    sum.failed,
                    sum.inProgress,
                    sum.perSecond,
                    sum.reporters)));
        localities.sort(BY_PLACE);
        found.add(new ClusterLoad(key.cluster(), key.service(), cluster.dropped, localities));
      });
      found.sort(BY_NAME);
      return found;
    } finally {
      lock.unlock();
    }
  }

  /** What each proxy says of each cluster that it calls, by node id. */
  public Map<String, Map<String, Outcomes>> byProxy() {
    lock.lock();
    try {
      sweep(clock.instant());
      Map<String, Map<String, Outcomes>> found = new HashMap<>();
      reporters.forEach((node, reporter) -> found.put(node, Map.copyOf(reporter.clusters)));
      return found;
    } finally {
      lock.unlock();
    }
  }

  /** How many loads were not kept because there were too many, since the server started. */
  public long leftOut() {
    lock.lock();
    try {
      return leftOut;
    } finally {
      lock.unlock();
    }
  }

  /** A stream reports what has happened since its last report. */
  void report(Object stream, String node, List<ClusterStats> stats) {
    lock.lock();
    try {
      Instant now = clock.instant();
      sweep(now);
      withdraw(stream);
      List<Share> taken = new ArrayList<>();
      for (ClusterStats each : stats) {
        report(each, taken, now);
        outcomes(node, each, now);
      }
      shares.put(stream, taken);
    } finally {
      lock.unlock();
    }
  }

  /** A stream has ended: it no longer counts for what is going on. */
  void gone(Object stream) {
    lock.lock();
    try {
      withdraw(stream);
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private void withdraw(Object stream) {
    List<Share> before = shares.remove(stream);
    if (before != null) {
      for (Share share : before) {
        share.sum().inProgress -= share.inProgress();
        share.sum().perSecond -= share.perSecond();
        share.sum().reporters--;
        if (share.sum().reporters == 0) {
          share.sum().perSecond = 0; // also what rounding has left
        }
      }
    }
  }

  @GuardedBy("lock")
  private void report(ClusterStats stats, List<Share> taken, Instant now) {
    Cluster cluster = cluster(stats);
    if (cluster == null) {
      leftOut += Math.max(1, stats.getUpstreamLocalityStatsCount());
      return;
    }
    cluster.last = now;
    cluster.dropped += Math.max(0, stats.getTotalDroppedRequests());
    double seconds =
        stats.getLoadReportInterval().getSeconds() + stats.getLoadReportInterval().getNanos() / 1e9;
    for (UpstreamLocalityStats locality : stats.getUpstreamLocalityStatsList()) {
      Place place = place(locality);
      Sum sum = cluster.places.get(place);
      if (taken.size() >= limits.maxLoadsPerStream()
          || (sum == null && entries >= limits.maxLoads())) {
        leftOut++;
        continue;
      }
      if (sum == null) {
        sum = new Sum();
        cluster.places.put(place, sum);
        entries++;
      }
      add(locality, seconds, sum, now, taken);
    }
  }

  private static void add(
      UpstreamLocalityStats stats, double seconds, Sum sum, Instant now, List<Share> taken) {
    long succeeded = Math.max(0, stats.getTotalSuccessfulRequests());
    long failed = Math.max(0, stats.getTotalErrorRequests());
    // Not every client counts what it begins.
    long issued =
        stats.getTotalIssuedRequests() > 0 ? stats.getTotalIssuedRequests() : succeeded + failed;
    long inProgress = Math.max(0, stats.getTotalRequestsInProgress());
    double perSecond = seconds > 0 ? issued / seconds : 0;
    sum.issued += issued;
    sum.succeeded += succeeded;
    sum.failed += failed;
    sum.inProgress += inProgress;
    sum.perSecond += perSecond;
    sum.reporters++;
    sum.last = now;
    taken.add(new Share(sum, inProgress, perSecond));
  }

  @GuardedBy("lock")
  private void outcomes(String node, ClusterStats stats, Instant now) {
    Reporter reporter = reporters.get(node);
    String cluster = stats.getClusterName();
    if (reporter == null || !reporter.clusters.containsKey(cluster)) {
      if (node.isEmpty()
          || outcomes >= limits.maxLoads()
          || (reporter != null && reporter.clusters.size() >= limits.maxLoadsPerStream())) {
        return;
      }
      if (reporter == null) {
        reporter = new Reporter();
        reporters.put(node, reporter);
      }
      outcomes++;
    }
    reporter.last = now;
    Outcomes sum = reporter.clusters.getOrDefault(cluster, Outcomes.NONE);
    for (UpstreamLocalityStats locality : stats.getUpstreamLocalityStatsList()) {
      long timed = 0;
      double millis = 0;
      for (EndpointLoadMetricStats metric : locality.getLoadMetricStatsList()) {
        if (metric.getMetricName().equals(REQUEST_MILLIS)
            && metric.getTotalMetricValue() >= 0
            && Double.isFinite(metric.getTotalMetricValue())) {
          timed += Math.max(0, metric.getNumRequestsFinishedWithMetric());
          millis += metric.getTotalMetricValue();
        }
      }
      sum =
          sum.plus(
              new Outcomes(
                  Math.max(0, locality.getTotalSuccessfulRequests()),
                  Math.max(0, locality.getTotalErrorRequests()),
                  timed,
                  millis));
    }
    reporter.clusters.put(cluster, sum);
  }

  @GuardedBy("lock")
  private @Nullable Cluster cluster(ClusterStats stats) {
    ClusterKey key = new ClusterKey(stats.getClusterName(), stats.getClusterServiceName());
    Cluster cluster = clusters.get(key);
    if (cluster == null && entries < limits.maxLoads() && clusters.size() < limits.maxLoads()) {
      cluster = new Cluster();
      clusters.put(key, cluster);
    }
    return cluster;
  }

  private static Place place(UpstreamLocalityStats stats) {
    return new Place(
        new NodeInfo.Locality(
            stats.getLocality().getRegion(),
            stats.getLocality().getZone(),
            stats.getLocality().getSubZone()),
        stats.getPriority());
  }

  @GuardedBy("lock")
  private void sweep(Instant now) {
    if (now.isBefore(nextSweep)) {
      return;
    }
    nextSweep = now.plus(BETWEEN_SWEEPS);
    Instant oldest = now.minus(limits.loadRetention());
    Iterator<Reporter> silent = reporters.values().iterator();
    while (silent.hasNext()) {
      Reporter reporter = silent.next();
      if (reporter.last.isBefore(oldest)) {
        outcomes -= reporter.clusters.size();
        silent.remove();
      }
    }
    Iterator<Cluster> all = clusters.values().iterator();
    while (all.hasNext()) {
      Cluster cluster = all.next();
      int before = cluster.places.size();
      cluster.places.values().removeIf(sum -> sum.reporters == 0 && sum.last.isBefore(oldest));
      entries -= before - cluster.places.size();
      if (cluster.places.isEmpty() && cluster.last.isBefore(oldest)) {
        all.remove();
      }
    }
  }
}
