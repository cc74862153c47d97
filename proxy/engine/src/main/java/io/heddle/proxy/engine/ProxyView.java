package io.heddle.proxy.engine;

import io.heddle.proxy.api.ProcessLoad;
import io.heddle.proxy.api.ServerView;
import io.heddle.proxy.engine.cluster.Cluster;
import io.heddle.proxy.engine.cluster.Host;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What extensions may know of the proxy. Safe on every thread. */
final class ProxyView implements ServerView {
  private final BooleanSupplier failed;
  private final Node node;
  private final Function<String, @Nullable Cluster> clusters;
  private final Supplier<ProcessLoad> load;
  private final String localCluster;

  ProxyView(
      EngineBuilder settings,
      Function<String, @Nullable Cluster> clusters,
      Supplier<ProcessLoad> load) {
    this.load = load;
    this.failed = settings.healthCheckFailed;
    this.node = settings.node;
    this.clusters = clusters;
    this.localCluster = settings.localCluster;
  }

  @Override
  public boolean healthCheckFailed() {
    return failed.getAsBoolean();
  }

  @Override
  public ProcessLoad load() {
    return load.get();
  }

  @Override
  public Node node() {
    return node;
  }

  @Override
  public String localCluster() {
    return localCluster;
  }

  @Override
  public OptionalInt forwardPort(String name) {
    Cluster cluster = clusters.apply(name);
    return cluster == null ? OptionalInt.empty() : cluster.forwardPort();
  }

  @Override
  public Optional<Membership> membership(String name) {
    Cluster cluster = clusters.apply(name);
    if (cluster == null) {
      return Optional.empty();
    }
    List<Host> hosts = cluster.hosts();
    int healthy = 0;
    for (Host host : hosts) {
      if (host.healthy()) {
        healthy++;
      }
    }
    return Optional.of(new Membership(hosts.size(), healthy, 0));
  }
}
