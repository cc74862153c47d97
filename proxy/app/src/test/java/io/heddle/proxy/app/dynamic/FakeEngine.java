package io.heddle.proxy.app.dynamic;

import io.heddle.proxy.api.StatsScope;
import io.heddle.proxy.engine.ClusterView;
import io.heddle.proxy.engine.DrainPlan;
import io.heddle.proxy.engine.Engine;
import io.heddle.proxy.engine.ListenerResult;
import io.heddle.proxy.engine.ListenerView;
import io.heddle.proxy.engine.TlsView;
import io.heddle.proxy.engine.stats.StatsSnapshot;
import io.heddle.xds.model.ClusterConfig;
import io.heddle.xds.model.ConfigError;
import io.heddle.xds.model.EndpointsConfig;
import io.heddle.xds.model.ListenerConfig;
import io.heddle.xds.model.RouteTable;
import io.heddle.xds.model.ScopedRoute;
import io.heddle.xds.model.SecretConfig;
import io.heddle.xds.model.UpstreamTlsConfig;
import io.heddle.xds.model.VirtualHostConfig;
import io.netty.handler.ssl.SslContext;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;

/** Writes down what is asked of it. */
final class FakeEngine implements Engine {
  final List<String> calls = new ArrayList<>();
  final Set<String> warming = new TreeSet<>();
  final Map<String, String> refuse = new HashMap<>();
  final Set<String> bindFails = new HashSet<>();
  final Map<String, CompletableFuture<Void>> warm = new HashMap<>();
  Predicate<String> expected = _ -> false;
  final List<String> hidden = new ArrayList<>();
  private final Map<String, Long> numbers = new HashMap<>();
  private final Map<String, String> texts = new HashMap<>();
  private final Map<String, ClusterConfig> clusters = new HashMap<>();
  private final Set<String> endpoints = new HashSet<>();
  private final Set<String> routes = new HashSet<>();

  private List<ConfigError> errors(String resource) {
    String field = refuse.get(resource);
    return field == null
        ? List.of()
        : List.of(new ConfigError(resource, field, "something", "something else"));
  }

  @Override
  public List<ConfigError> checkListener(ListenerConfig config) {
    return errors("Listener " + config.name());
  }

  @Override
  public List<ConfigError> checkRoutes(RouteTable table) {
    return errors("RouteConfiguration " + table.name());
  }

  @Override
  public List<ConfigError> checkCluster(ClusterConfig config) {
    return errors("Cluster " + config.name());
  }

  @Override
  public void expectClusters(Predicate<String> names) {
    expected = names;
  }

  @Override
  public List<ConfigError> applyCluster(ClusterConfig config) {
    List<ConfigError> errors = checkCluster(config);
    if (errors.isEmpty()) {
      calls.add("cluster " + config.name());
      clusters.put(config.name(), config);
      if (config.discovery() instanceof ClusterConfig.Discovery.Eds eds
          && !endpoints.contains(eds.serviceName())) {
        warming.add(config.name());
      }
    }
    return errors;
  }

  @Override
  public boolean removeCluster(String name) {
    calls.add("-cluster " + name);
    finishWarming(name);
    return clusters.remove(name) != null;
  }

  @Override
  public void applyEndpoints(EndpointsConfig config) {
    calls.add("endpoints " + config.clusterName());
    endpoints.add(config.clusterName());
    for (ClusterConfig cluster : clusters.values()) {
      if (cluster.discovery() instanceof ClusterConfig.Discovery.Eds eds
          && eds.serviceName().equals(config.clusterName())) {
        finishWarming(cluster.name());
      }
    }
  }

  @Override
  public void removeEndpoints(String serviceName) {
    calls.add("-endpoints " + serviceName);
    endpoints.remove(serviceName);
  }

  @Override
  public void endWarming(String clusterName) {
    calls.add("end-warming " + clusterName);
    finishWarming(clusterName);
  }

  private void finishWarming(String name) {
    warming.remove(name);
    CompletableFuture<Void> stage = warm.remove(name);
    if (stage != null) {
      stage.complete(null);
    }
  }

  @Override
  public List<ConfigError> applyVirtualHosts(
      String table, Collection<VirtualHostConfig> changed, Set<String> removed) {
    calls.add("virtual hosts " + table);
    return List.of();
  }

  @Override
  public List<ConfigError> applyScopes(String name, Collection<ScopedRoute> scopes) {
    calls.add("scopes " + name);
    return List.of();
  }

  @Override
  public boolean removeScopes(String name) {
    calls.add("-scopes " + name);
    return true;
  }

  @Override
  public boolean hasScopes(String name) {
    return calls.contains("scopes " + name);
  }

  @Override
  public List<ConfigError> applyRoutes(RouteTable table) {
    List<ConfigError> errors = checkRoutes(table);
    if (errors.isEmpty()) {
      calls.add("routes " + table.name());
      routes.add(table.name());
    }
    return errors;
  }

  @Override
  public boolean removeRoutes(String name) {
    calls.add("-routes " + name);
    return routes.remove(name);
  }

  @Override
  public boolean hasRoutes(String name) {
    return routes.contains(name);
  }

  @Override
  public List<ConfigError> checkSecret(SecretConfig secret) {
    return errors("Secret " + secret.name());
  }

  @Override
  public List<ConfigError> applySecret(SecretConfig secret) {
    List<ConfigError> errors = checkSecret(secret);
    if (errors.isEmpty()) {
      calls.add("secret " + secret.name());
    }
    return errors;
  }

  @Override
  public boolean removeSecret(String name) {
    calls.add("-secret " + name);
    return true;
  }

  @Override
  public boolean hasSecret(String name) {
    return calls.contains("secret " + name);
  }

  @Override
  public List<ConfigError> checkExtension(
      io.heddle.xds.model.ExtensionKind kind, io.heddle.xds.model.ExtensionConfig extension) {
    return errors("TypedExtensionConfig " + extension.name());
  }

  @Override
  public List<ConfigError> applyExtension(
      String key, io.heddle.xds.model.ExtensionConfig extension) {
    calls.add("extension " + key);
    return List.of();
  }

  @Override
  public boolean removeExtension(String key) {
    calls.add("-extension " + key);
    return true;
  }

  @Override
  public List<TlsView> certificates() {
    return List.of();
  }

  @Override
  public CompletionStage<ListenerResult> applyListener(ListenerConfig config) {
    if (bindFails.contains(config.name())) {
      return CompletableFuture.completedFuture(
          new ListenerResult.BindFailed("cannot bind 127.0.0.1:1: in use"));
    }
    calls.add("listener " + config.name());
    return CompletableFuture.completedFuture(
        new ListenerResult.Serving(new InetSocketAddress(InetAddress.getLoopbackAddress(), 1)));
  }

  @Override
  public CompletionStage<Void> removeListener(String name) {
    calls.add("-listener " + name);
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public List<ClusterView> clusters() {
    return List.of();
  }

  @Override
  public List<String> warmingClusters() {
    return List.copyOf(warming);
  }

  @Override
  public CompletionStage<Void> clusterWarm(String name) {
    return warming.contains(name)
        ? warm.computeIfAbsent(name, _ -> new CompletableFuture<>())
        : CompletableFuture.completedFuture(null);
  }

  @Override
  public List<ListenerView> listeners() {
    return List.of();
  }

  @Override
  public StatsSnapshot stats() {
    return new StatsSnapshot(List.of(), List.of(), List.of(), List.of());
  }

  @Override
  public void resetStats() {
    throw new UnsupportedOperationException("resetStats");
  }

  @Override
  public StatsScope statsScope(String prefix) {
    return new Numbers(prefix + ".");
  }

  @Override
  public StatsScope statsRoot() {
    return new Numbers("");
  }

  @Override
  public void hideStats(String prefix) {
    hidden.add(prefix);
  }

  /** A text by its whole name; empty where there is none. */
  String text(String name) {
    return texts.getOrDefault(name, "");
  }

  /** A statistic by its whole name; 0 where there is none. */
  long stat(String name) {
    return numbers.getOrDefault(name, 0L);
  }

  @Override
  public void send(
      io.heddle.proxy.api.AsyncHttpClient.Request request,
      io.heddle.proxy.api.AsyncHttpClient.ResponseHandler handler) {
    handler.onFailure(io.heddle.proxy.api.AsyncHttpClient.Failure.NO_CLUSTER);
  }

  @Override
  public io.heddle.proxy.engine.runtime.LayeredRuntime runtime() {
    return new io.heddle.proxy.engine.runtime.LayeredRuntime(java.util.List.of(""), statsScope(""));
  }

  @Override
  public void reopenAccessLogs() {}

  @Override
  public long activeConnections() {
    return 0;
  }

  @Override
  public int concurrency() {
    return 1;
  }

  @Override
  public CompletionStage<Void> drain(DrainPlan plan, boolean inboundOnly) {
    calls.add("drain");
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public void close() {}

  private final class Numbers implements StatsScope {
    private final String prefix;

    Numbers(String prefix) {
      this.prefix = prefix;
    }

    @Override
    public StatsScope scope(String name) {
      return new Numbers(prefix + name + ".");
    }

    @Override
    public Counter counter(String name) {
      return new Counter() {
        @Override
        public void add(long amount) {
          numbers.merge(prefix + name, amount, Long::sum);
        }

        @Override
        public long value() {
          return stat(prefix + name);
        }
      };
    }

    @Override
    public Gauge gauge(String name) {
      return new Gauge() {
        @Override
        public void add(long amount) {
          numbers.merge(prefix + name, amount, Long::sum);
        }

        @Override
        public long value() {
          return stat(prefix + name);
        }
      };
    }

    @Override
    public Text text(String name) {
      texts.putIfAbsent(prefix + name, "");
      return new Text() {
        @Override
        public void set(String value) {
          texts.put(prefix + name, value);
        }

        @Override
        public String value() {
          return texts.getOrDefault(prefix + name, "");
        }
      };
    }

    @Override
    public Histogram histogram(String name) {
      return value -> numbers.put(prefix + name, value);
    }
  }

  @Override
  public SslContext channelTls(UpstreamTlsConfig config, String cluster) {
    throw new AssertionError("TLS of channels was not asked for: " + cluster);
  }
}
