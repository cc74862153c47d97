package io.heddle.proxy.api;

import com.google.protobuf.Struct;
import java.util.Optional;
import java.util.OptionalInt;

/** What an extension may know of the proxy that it runs in. Safe on every thread. */
public interface ServerView {
  /** A proxy that is well and has no cluster. */
  ServerView NOTHING = new ServerView() {};

  /** Whether an operator has declared this proxy unhealthy ({@code /healthcheck/fail}). */
  default boolean healthCheckFailed() {
    return false;
  }

  /** Who this proxy is. */
  default Node node() {
    return Node.NOBODY;
  }

  /** The cluster of the proxies of this one's kind; empty where the bootstrap names none. */
  default String localCluster() {
    return "";
  }

  /** How many hosts a cluster has; empty where there is no cluster of this name. */
  default Optional<Membership> membership(String cluster) {
    return Optional.empty();
  }

  /** How busy the process is; watched from the first call on, which a factory makes. */
  default ProcessLoad load() {
    return ProcessLoad.IDLE;
  }

  /**
   * The port of hosts that are named without one, where this cluster goes wherever its requests
   * name a host (a dynamic forward proxy); empty for every other cluster.
   */
  default OptionalInt forwardPort(String cluster) {
    return OptionalInt.empty();
  }

  /**
   * The hosts of a cluster.
   *
   * @param total all of them
   * @param healthy those that are healthy
   * @param degraded those that are degraded: served only where healthy ones do not suffice
   */
  record Membership(long total, long healthy, long degraded) {}

  /**
   * A proxy as it calls itself ({@code envoy.config.core.v3.Node}); texts are empty where unset.
   *
   * @param cluster the cluster that it belongs to
   */
  record Node(
      String id, String cluster, String region, String zone, String subZone, Struct metadata) {
    /** No name at all. */
    public static final Node NOBODY = new Node("", "", "", "", "", Struct.getDefaultInstance());
  }
}
