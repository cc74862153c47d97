package io.heddle.proxy.filters.harness;

import com.google.protobuf.Struct;
import io.heddle.proxy.api.ProcessLoad;
import io.heddle.proxy.api.ServerView;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** The proxy around a filter, as the test sets it. */
public final class FakeServer implements ServerView {
  private final Map<String, Membership> clusters = new HashMap<>();
  private boolean failed;
  private volatile double cpu;
  private volatile long loopDelayNanos;
  private String nodeCluster = "";
  private String localCluster = "";

  /** A proxy that is well, without clusters. */
  public FakeServer() {}

  /** What an operator says. */
  public void healthCheckFailed(boolean value) {
    failed = value;
  }

  /** How busy it is. */
  public void load(double cpuShare, Duration loopDelay) {
    cpu = cpuShare;
    loopDelayNanos = loopDelay.toNanos();
  }

  @Override
  public ProcessLoad load() {
    return new ProcessLoad() {
      @Override
      public double cpu() {
        return cpu;
      }

      @Override
      public long loopDelayNanos() {
        return loopDelayNanos;
      }
    };
  }

  /** The cluster that the proxy says it is of. */
  public void nodeCluster(String name) {
    nodeCluster = name;
  }

  /** The cluster of the proxies of its kind. */
  public void localCluster(String name) {
    localCluster = name;
  }

  /** Adds or changes a cluster. */
  public void membership(String cluster, Membership hosts) {
    clusters.put(cluster, hosts);
  }

  @Override
  public boolean healthCheckFailed() {
    return failed;
  }

  @Override
  public String localCluster() {
    return localCluster;
  }

  @Override
  public Node node() {
    return new Node("id", nodeCluster, "", "", "", Struct.getDefaultInstance());
  }

  @Override
  public Optional<Membership> membership(String cluster) {
    return Optional.ofNullable(clusters.get(cluster));
  }
}
