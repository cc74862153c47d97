package io.heddle.proxy.engine.cluster;

import io.heddle.proxy.engine.health.HostWatch;
import io.heddle.proxy.engine.health.OutlierDetector;
import io.heddle.proxy.engine.loop.Worker;
import io.heddle.xds.model.ClusterConfig;
import io.heddle.xds.model.HealthCheck;
import io.heddle.xds.model.HealthConfig;
import io.heddle.xds.model.OutlierDetection;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Who judges the hosts of a cluster, as its configuration wants it. Under the cluster's lock; what
 * judges find out is told to the cluster off the loops, many changes at once.
 */
final class ClusterHealth {
  private final Cluster cluster;
  private final ClusterSettings settings;
  private final List<Worker> workers;
  private final CompletableFuture<Void> firstChecks = new CompletableFuture<>();
  private final AtomicBoolean told = new AtomicBoolean();
  private HealthConfig config = HealthConfig.NONE;
  private @Nullable OutlierDetector detector;
  private volatile @Nullable ScheduledFuture<?> sweep;
  private @Nullable HealthChecks checks;
  private boolean begun;

  ClusterHealth(Cluster cluster, ClusterSettings settings, List<Worker> workers) {
    this.cluster = cluster;
    this.settings = settings;
    this.workers = workers;
  }

  /** Completes when each of the first hosts was checked once, where hosts are checked. */
  CompletableFuture<Void> firstChecks() {
    return firstChecks;
  }

  /** This configuration holds from now on, for these hosts too. */
  void configure(ClusterConfig next, Collection<Host> hosts) {
    HealthConfig wanted = next.health();
    if (!config.outliers().equals(wanted.outliers())) {
      endDetection(hosts);
      wanted.outliers().ifPresent(outliers -> detect(outliers, hosts));
    }
    check(wanted.check(), next);
    config = wanted;
    HealthChecks asking = checks;
    if (asking == null) {
      if (begun) {
        firstChecksDone();
      } else {
        firstChecks.complete(null);
      }
    } else if (!hosts.isEmpty()) {
      asking.hosts(hosts);
    }
    begun = true;
  }

  /** Whoever waits for it goes on neither on a loop nor under the cluster's lock. */
  private void firstChecksDone() {
    if (!firstChecks.isDone()) {
      later(() -> firstChecks.complete(null), settings.health());
    }
  }

  // --- by what they answer ---

  private void detect(OutlierDetection outliers, Collection<Host> hosts) {
    HealthTools tools = settings.health();
    OutlierDetector made =
        new OutlierDetector(
            outliers,
            cluster.name(),
            cluster.stats().scope,
            new OutlierDetector.Surroundings(
                tools.runtime(),
                settings.nanoTime(),
                tools.clock(),
                new SplittableRandom(),
                task -> later(task, tools),
                tools.outlierEvents()),
            this::changed);
    detector = made;
    hosts.forEach(host -> host.watch(made.watch(host.address())));
    sweepLater(made, tools);
  }

  private void sweepLater(OutlierDetector of, HealthTools tools) {
    try {
      sweep =
          tools
              .scheduler()
              .schedule(() -> sweep(of, tools), of.interval().toNanos(), TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException over) {
      // The process ends.
      sweep = null;
    }
  }

  private void sweep(OutlierDetector of, HealthTools tools) {
    if (of.closed()) {
      return;
    }
    of.sweep();
    sweepLater(of, tools);
  }

  private static void later(Runnable task, HealthTools tools) {
    try {
      tools.scheduler().execute(task);
    } catch (RejectedExecutionException over) {
      // The process ends, and nobody needs to know.
    }
  }

  private void endDetection(Collection<Host> hosts) {
    OutlierDetector before = detector;
    detector = null;
    if (before != null) {
      before.close();
      hosts.forEach(host -> host.watch(null));
      ScheduledFuture<?> next = sweep;
      if (next != null) {
        next.cancel(false);
      }
    }
  }

  // --- by what they answer when they are asked ---

  private void check(Optional<HealthCheck> wanted, ClusterConfig next) {
    HealthChecks before = checks;
    if (wanted.isEmpty()) {
      checks = null;
      if (before != null) {
        before.close();
      }
      return;
    }
    ClusterConfig connections = HiddenCluster.config(next, wanted.get());
    if (before != null && before.madeFrom(wanted.get(), connections)) {
      return;
    }
    if (before != null) {
      before.handOver();
    }
    checks =
        new HealthChecks(
            cluster,
            wanted.get(),
            connections,
            settings,
            workers,
            this::changed,
            this::firstChecksDone);
  }

  // --- hosts ---

  /** A host is new. */
  void joined(Host host) {
    OutlierDetector by = detector;
    if (by != null) {
      host.watch(by.watch(host.address()));
    }
    HealthChecks asking = checks;
    if (asking != null) {
      asking.joined(host, config.newAreLeftOut());
    }
  }

  /** A host is one no more. */
  void left(Host host) {
    HostWatch watched = host.watch();
    OutlierDetector by = detector;
    if (watched != null && by != null) {
      by.forget(watched);
    }
  }

  /** Whether a host that is not listed any more stays one because its checks succeed. */
  boolean keeps(Host host) {
    HostCheck check = host.check();
    return checks != null
        && !config.forgetAtOnce()
        && check != null
        && !check.state().failed()
        && host.health().usable();
  }

  /** The hosts are these. */
  void hosts(Collection<Host> now) {
    HealthChecks asking = checks;
    if (asking != null) {
      asking.hosts(now);
    }
  }

  /** Hosts are not waited for any more. */
  void nobodyComes() {
    HealthChecks asking = checks;
    if (asking != null) {
      asking.nobodyComes();
    }
  }

  void close(Collection<Host> hosts) {
    endDetection(hosts);
    HealthChecks asking = checks;
    checks = null;
    if (asking != null) {
      asking.close();
    }
    firstChecks.complete(null);
  }

  /** A host is well, or not any more; on any thread. */
  private void changed() {
    if (told.compareAndSet(false, true)) {
      later(
          () -> {
            told.set(false);
            cluster.healthChanged();
          },
          settings.health());
    }
  }
}
