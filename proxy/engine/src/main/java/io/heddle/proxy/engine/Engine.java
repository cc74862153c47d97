package io.heddle.proxy.engine;

import io.heddle.proxy.api.AsyncHttpClient;
import io.heddle.proxy.api.StatsScope;
import io.heddle.proxy.engine.runtime.LayeredRuntime;
import io.heddle.proxy.engine.stats.StatsRegistry;
import io.heddle.proxy.engine.stats.StatsSnapshot;
import io.heddle.xds.model.ClusterConfig;
import io.heddle.xds.model.ConfigError;
import io.heddle.xds.model.EndpointsConfig;
import io.heddle.xds.model.ExtensionConfig;
import io.heddle.xds.model.ExtensionKind;
import io.heddle.xds.model.ListenerConfig;
import io.heddle.xds.model.RouteTable;
import io.heddle.xds.model.ScopedRoute;
import io.heddle.xds.model.SecretConfig;
import io.heddle.xds.model.UpstreamTlsConfig;
import io.heddle.xds.model.VirtualHostConfig;
import io.netty.handler.ssl.SslContext;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.IntConsumer;
import java.util.function.Predicate;

/**
 * Serves traffic as it is configured, and takes new configuration while it does.
 *
 * <p>Every method is safe on every thread and none waits for traffic. A {@code check…} says what
 * {@code apply…} would refuse and changes nothing; an empty list means that it is accepted.
 */
public interface Engine extends AutoCloseable {
  /** Settings of a new engine. */
  static EngineBuilder builder() {
    return new EngineBuilder();
  }

  /** What of this listener, its filters and inline routes included, would be refused. */
  List<ConfigError> checkListener(ListenerConfig config);

  /** What of these routes, per-route filter configuration included, would be refused. */
  List<ConfigError> checkRoutes(RouteTable routes);

  /** What of this cluster would be refused. */
  List<ConfigError> checkCluster(ClusterConfig config);

  /**
   * Says which clusters routes may name although they are not there yet: those that were accepted
   * and wait for their secrets, or any while the first have not come. Asked on any thread.
   */
  void expectClusters(Predicate<String> names);

  /**
   * Adds or updates a cluster; an update keeps pools, statistics and active counts, and for EDS the
   * endpoints where the service name is the same.
   *
   * @return why it was refused; empty when it was applied
   */
  List<ConfigError> applyCluster(ClusterConfig config);

  /** Removes a cluster; requests under way to it go on. False where there is none. */
  boolean removeCluster(String name);

  /**
   * Gives the EDS clusters of this service name ({@link EndpointsConfig#clusterName}) their
   * endpoints; kept for clusters that come later.
   */
  void applyEndpoints(EndpointsConfig endpoints);

  /** Forgets the endpoints of a service name; clusters that use it have none. */
  void removeEndpoints(String serviceName);

  /**
   * Ends the warming of an EDS cluster whose endpoints did not come in time: it serves with none.
   */
  void endWarming(String clusterName);

  /**
   * Gives the routes of this name to all listeners that name them; kept for listeners that come
   * later. Exchanges under way keep the routes they began with.
   *
   * @return why they were refused; empty when they were applied
   */
  List<ConfigError> applyRoutes(RouteTable routes);

  /** Forgets the routes of a name: requests find no route. False where there are none. */
  boolean removeRoutes(String name);

  /** Whether routes of this name have been applied. */
  boolean hasRoutes(String name);

  /**
   * Changes the virtual hosts that came by VHDS for the routes of this name; the others stay as
   * they are, and so do those that stand in the table itself. Kept for a table that comes later.
   *
   * @param changed added, or in the place of the one of the same name
   * @param removed names; unknown ones are ignored
   * @return why they were refused, for example because two have the same domain; empty when they
   *     were applied
   */
  List<ConfigError> applyVirtualHosts(
      String routes, Collection<VirtualHostConfig> changed, Set<String> removed);

  /**
   * Gives the scopes of this name ({@code scoped_routes.name}) to all listeners that name them, in
   * the place of those before; kept for listeners that come later. Tables that scopes name come by
   * {@link #applyRoutes}.
   *
   * @return why they were refused, for example because two have the same key; empty when they were
   *     applied
   */
  List<ConfigError> applyScopes(String name, Collection<ScopedRoute> scopes);

  /** Forgets the scopes of a name: requests find no route. False where there are none. */
  boolean removeScopes(String name);

  /** Whether scopes of this name have been applied. */
  boolean hasScopes(String name);

  /** What of this secret would be refused. */
  List<ConfigError> checkSecret(SecretConfig secret);

  /**
   * Adds or updates a secret; listeners and clusters whose {@link
   * io.heddle.xds.model.SecretRef#key} is its name use it for new connections. A listener that
   * names a secret by SDS should be applied after it ({@link #hasSecret}); until the secret is
   * there, its connections are closed.
   *
   * @return why it was refused; empty when it was applied
   */
  List<ConfigError> applySecret(SecretConfig secret);

  /** Forgets a secret; who uses it keeps what it has. False where there is none. */
  boolean removeSecret(String name);

  /** Whether a secret of this name has been applied. */
  boolean hasSecret(String name);

  /** What of this configuration of an extension, which was fetched, would be refused. */
  List<ConfigError> checkExtension(ExtensionKind kind, ExtensionConfig extension);

  /**
   * Gives all filters that name it another configuration, without touching a connection; what has
   * begun goes on with the former. Kept for listeners that come later.
   *
   * @param key {@link io.heddle.xds.model.ExtensionSource#key} of those filters
   * @return why it was refused; empty when it was applied
   */
  List<ConfigError> applyExtension(String key, ExtensionConfig extension);

  /**
   * Forgets a configuration: the filters that name it go back to their default, and without one
   * they let nothing pass. False where there is none.
   */
  boolean removeExtension(String key);

  /**
   * TLS to hosts for connections that someone else makes and speaks HTTP/2 on, with the secrets
   * that are here.
   *
   * @param cluster for the log and the statistics
   */
  SslContext channelTls(UpstreamTlsConfig config, String cluster);

  /** The certificates in use, for {@code /certs}. */
  List<TlsView> certificates();

  /**
   * Adds or updates a listener. Where address and socket options stay the same the socket stays
   * open, new connections get the new configuration and those of the old one are drained. Routes
   * that it names by RDS should be there before ({@link #hasRoutes}); until they are, its requests
   * get 404.
   */
  CompletionStage<ListenerResult> applyListener(ListenerConfig config);

  /** Closes a listener's socket and drains its connections; completes when the last one is gone. */
  CompletionStage<Void> removeListener(String name);

  /** The clusters, by name. */
  List<ClusterView> clusters();

  /** Clusters that wait for their first endpoints or name look-up. */
  List<String> warmingClusters();

  /** Completes when this cluster is warm, or gone. */
  CompletionStage<Void> clusterWarm(String name);

  /** The listeners, by name. */
  List<ListenerView> listeners();

  /** Statistics as they are now. */
  StatsSnapshot stats();

  /** Counters and histograms count from here on ({@code /reset_counters}). */
  void resetStats();

  /** Where others put statistics of their own: {@code prefix} ends without a dot. */
  StatsScope statsScope(String prefix);

  /** The scope without a prefix, for names some of whose parts are tags. */
  StatsScope statsRoot();

  /** Takes all statistics under a prefix out of view, until one of them is asked for again. */
  void hideStats(String prefix);

  /**
   * Sends a request through a cluster, for no exchange. The handler is told on an event loop, once.
   */
  void send(AsyncHttpClient.Request request, AsyncHttpClient.ResponseHandler handler);

  /** The values that may be changed while requests run, in the layers of the builder. */
  LayeredRuntime runtime();

  /** Opens the files of access logs anew, after a rotation. */
  void reopenAccessLogs();

  /** Downstream connections open now. */
  long activeConnections();

  /** How the downstream connections are spread over the loops. */
  default List<Integer> connectionsByLoop() {
    return List.of();
  }

  /** Clients' requests under way on each of the loops. */
  default List<Long> requestsByLoop() {
    return List.of();
  }

  /** Threads that serve traffic. */
  int concurrency();

  /**
   * Drains all listeners as the plan says. Completes when no connection is left. Listeners applied
   * later serve again.
   *
   * @param inboundOnly whether only listeners with traffic direction INBOUND are drained
   */
  CompletionStage<Void> drain(DrainPlan plan, boolean inboundOnly);

  /** The same, {@link DrainPlan#over gradually over} this time; sockets are closed first. */
  default CompletionStage<Void> drain(Duration over, boolean inboundOnly) {
    return drain(DrainPlan.over(over), inboundOnly);
  }

  /**
   * Takes connections: on sockets that were inherited, and after a drain that {@link
   * DrainPlan.Listening#PAUSE paused} them, which is taken back.
   */
  default void accept() {}

  /** The listening sockets that another process could take over; none without epoll. */
  default List<OpenSocket> openSockets() {
    return List.of();
  }

  /**
   * Shows the descriptor of a listening socket, which stays open and ours meanwhile.
   *
   * @return false where that socket is no more
   */
  default boolean lend(OpenSocket socket, IntConsumer use) {
    return false;
  }

  /** Adds what another process has counted. */
  default void carry(List<StatsRegistry.Carried> stats) {}

  /**
   * While health checks are to fail, every response is the last of its connection, so that clients
   * go elsewhere.
   */
  default void failHealth(boolean failed) {}

  /** Ends at once: connections are closed, threads ended, logs flushed. Waits for that. */
  @Override
  void close();
}
