package io.heddle.proxy.engine.balance;

import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.proxy.api.LoadBalancerFactory.Host;
import io.heddle.proxy.api.RequestHeaders;
import io.heddle.xds.model.RouteAction.RoutingPriority;
import java.net.InetSocketAddress;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What is known about one attempt when its host is chosen.
 *
 * <p>Each event loop has one ({@code Worker.balanceContext()}): it is cleared, filled and used
 * within one call, so that choosing allocates nothing. Owned by its loop.
 */
// Hosts are compared by identity.
@SuppressWarnings("ReferenceEquality")
public final class BalanceContext {
  private boolean hashPresent;
  private long hash;
  private MetadataCriteria metadata = MetadataCriteria.NONE;
  private @Nullable String overrideHost;
  private boolean overrideStrict;
  private @Nullable InetSocketAddress downstreamSource;
  private @Nullable InetSocketAddress downstreamDestination;
  private @Nullable String serverName;
  private RoutingPriority priority = RoutingPriority.DEFAULT;
  private @Nullable HttpFilterContext exchange;
  private @Nullable RequestHeaders request;
  private boolean restored;
  private @Nullable Host[] tried = new @Nullable Host[4];
  private int triedCount;
  private int selectionAttempts;

  /** Forgets the attempt before; returns itself. */
  public BalanceContext clear() {
    hashPresent = false;
    hash = 0;
    metadata = MetadataCriteria.NONE;
    overrideHost = null;
    overrideStrict = false;
    downstreamSource = null;
    downstreamDestination = null;
    serverName = null;
    priority = RoutingPriority.DEFAULT;
    exchange = null;
    request = null;
    restored = false;
    if (triedCount > 0) {
      Arrays.fill(tried, 0, triedCount, null);
      triedCount = 0;
    }
    selectionAttempts = 0;
    return this;
  }

  /** The hash that the route's hash policies gave. */
  public BalanceContext hash(long value) {
    hash = value;
    hashPresent = true;
    return this;
  }

  /** Whether a hash was given; where none was a hashing balancer chooses at random. */
  public boolean hashPresent() {
    return hashPresent;
  }

  /** The hash; all 64 bits count. */
  public long hash() {
    return hash;
  }

  /** What the route asks of the host's metadata. */
  public BalanceContext metadata(MetadataCriteria value) {
    metadata = value;
    return this;
  }

  /** What the route asks of the host's metadata. */
  public MetadataCriteria metadata() {
    return metadata;
  }

  /**
   * A host that is to be used if it can be.
   *
   * @param address {@code ip:port}
   * @param strict whether no other host may be used in its place
   */
  public BalanceContext overrideHost(String address, boolean strict) {
    overrideHost = address;
    overrideStrict = strict;
    return this;
  }

  /** The host that is asked for, {@code ip:port}; null where none is. */
  public @Nullable String overrideHost() {
    return overrideHost;
  }

  /** Whether no other than the override host may be used. */
  public boolean overrideStrict() {
    return overrideStrict;
  }

  /** The downstream connection's addresses, and the name that its TLS asked for, if any. */
  public BalanceContext downstream(
      InetSocketAddress source, InetSocketAddress destination, @Nullable String name) {
    downstreamSource = source;
    downstreamDestination = destination;
    serverName = name;
    return this;
  }

  /** Where the client is; null where there is none. */
  public @Nullable InetSocketAddress downstreamSource() {
    return downstreamSource;
  }

  /**
   * Where the client's connection was going, before any redirection that is known of; null where
   * there is no client.
   */
  public @Nullable InetSocketAddress downstreamDestination() {
    return downstreamDestination;
  }

  /** The server name of the client's TLS; null where there is none. */
  public @Nullable String serverName() {
    return serverName;
  }

  /** The route's priority. */
  public BalanceContext priority(RoutingPriority value) {
    priority = value;
    return this;
  }

  /** The route's priority. */
  public RoutingPriority priority() {
    return priority;
  }

  /** Whether {@link #downstreamDestination} is where the client was going before redirection. */
  public BalanceContext restored(boolean value) {
    restored = value;
    return this;
  }

  /** Whether {@link #downstreamDestination} is where the client was going before redirection. */
  public boolean restored() {
    return restored;
  }

  /** The request that is sent. */
  public BalanceContext request(RequestHeaders value) {
    request = value;
    return this;
  }

  /** The request that is sent; null for connections. */
  public @Nullable RequestHeaders request() {
    return request;
  }

  /** The exchange whose attempt it is. */
  public BalanceContext exchange(@Nullable HttpFilterContext value) {
    exchange = value;
    return this;
  }

  /** The exchange whose attempt it is; null for connections, and where no policy looks at it. */
  public @Nullable HttpFilterContext exchange() {
    return exchange;
  }

  /** A host that an attempt before was sent to. */
  public BalanceContext tried(Host host) {
    if (triedCount == tried.length) {
      tried = Arrays.copyOf(tried, triedCount * 2);
    }
    tried[triedCount++] = host;
    return this;
  }

  /** Whether an attempt before was sent to this host. */
  public boolean wasTried(Host host) {
    for (int i = 0; i < triedCount; i++) {
      if (tried[i] == host) {
        return true;
      }
    }
    return false;
  }

  /** How many attempts were made before. */
  public int triedCount() {
    return triedCount;
  }

  /**
   * How often a choice is repeated at most because it fell on a host that was tried ({@code
   * host_selection_retry_max_attempts} with the predicate {@code previous_hosts}); 0 by default.
   */
  public BalanceContext selectionAttempts(int value) {
    selectionAttempts = value;
    return this;
  }

  /** How often a choice is repeated at most. */
  public int selectionAttempts() {
    return selectionAttempts;
  }
}
