package io.heddle.xds.server;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterStats;
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

  private final Limits.Reports limits;
  private final Clock clock;
  private final ReentrantLock lock = new ReentrantLock();

  @GuardedBy("lock")
  private final Map<ClusterKey, Cluster> clusters = new HashMap<>();

  /** By stream. */
  @GuardedBy("lock")
  private final Map<Object, List<Share>> shares = new HashMap<>();

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
  void report(Object stream, List<ClusterStats> stats) {
    lock.lock();
    try {
      Instant now = clock.instant();
      sweep(now);
      withdraw(stream);
      List<Share> taken = new ArrayList<>();
      for (ClusterStats each : stats) {
        report(each, taken, now);
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
