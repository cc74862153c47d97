package io.heddle.proxy.engine.cluster;

import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.api.LoadBalancerFactory;
import io.heddle.proxy.api.LoadBalancerFactory.LoadBalancerConfig;
import io.heddle.proxy.api.UpstreamHttpFilterFactory;
import io.heddle.proxy.engine.ClusterView;
import io.heddle.proxy.engine.TlsView;
import io.heddle.proxy.engine.balance.HostSet;
import io.heddle.proxy.engine.chain.FilterEntry;
import io.heddle.proxy.engine.chain.SharedFilters;
import io.heddle.proxy.engine.dns.HostResolver;
import io.heddle.proxy.engine.dns.SharedNames;
import io.heddle.proxy.engine.health.EventLogs;
import io.heddle.proxy.engine.health.EventSink;
import io.heddle.proxy.engine.loop.Worker;
import io.heddle.proxy.engine.route.FactoryCall;
import io.heddle.proxy.engine.stats.ScalarStat;
import io.heddle.proxy.engine.stats.Scope;
import io.heddle.xds.model.ClusterConfig;
import io.heddle.xds.model.ClusterConfig.Discovery;
import io.heddle.xds.model.ConfigError;
import io.heddle.xds.model.EndpointsConfig;
import io.heddle.xds.model.EndpointsConfig.Locality;
import io.heddle.xds.model.ExtensionConfig;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The clusters of the process by name. Changed under its lock; looked up by every event loop. */
public final class Clusters implements ClusterSettings {
  private static final String HTTP_FILTERS =
      "typed_extension_protocol_options"
          + "[envoy.extensions.upstreams.http.v3.HttpProtocolOptions].http_filters";

  private final List<Worker> workers;
  private final Scope root;
  private final UpstreamTransport transport;
  private final HostResolver resolver;
  private final SharedNames names;
  private final ScheduledExecutorService scheduler;
  private final List<LoadBalancerFactory> balancers;
  private final List<UpstreamHttpFilterFactory> upstreamFilters;
  private final FilterFactoryContext factoryContext;
  private final Map<String, Cluster> byName = new ConcurrentHashMap<>();
  private volatile Predicate<String> expected = _ -> false;
  private final Map<String, EndpointsConfig> edsEndpoints = new HashMap<>();
  private final Map<String, ScheduledFuture<?>> stale = new HashMap<>();
  private final Map<String, DnsDiscovery> dns = new HashMap<>();
  private final Locality own;
  private final String localCluster;
  private final HealthTools health;
  private final EventLogs eventLogs;
  private volatile @Nullable HostSet localHosts;
  private final ScalarStat active;
  private final ScalarStat added;
  private final ScalarStat modified;
  private final ScalarStat removed;

  /** No clusters yet. */
  public Clusters(
      List<Worker> workers,
      Scope root,
      UpstreamTransport transport,
      HostResolver resolver,
      SharedNames names,
      ScheduledExecutorService scheduler,
      List<LoadBalancerFactory> balancers,
      List<UpstreamHttpFilterFactory> upstreamFilters,
      FilterFactoryContext factoryContext,
      Locality own,
      String localCluster,
      EventSink outlierEvents,
      EventLogs eventLogs) {
    this.own = own;
    this.eventLogs = eventLogs;
    this.health =
        new HealthTools(
            factoryContext.runtime(),
            factoryContext.clock(),
            scheduler,
            outlierEvents,
            root.unseen());
    this.localCluster = localCluster;
    this.workers = List.copyOf(workers);
    this.root = root;
    this.transport = transport;
    this.resolver = resolver;
    this.names = names;
    this.scheduler = scheduler;
    this.balancers = List.copyOf(balancers);
    this.upstreamFilters = List.copyOf(upstreamFilters);
    this.factoryContext = factoryContext;
    Scope manager = root.scope("cluster_manager");
    active = manager.gauge("active_clusters");
    added = manager.counter("cluster_added");
    modified = manager.counter("cluster_modified");
    removed = manager.counter("cluster_removed");
  }

  /** The cluster of this name. Safe on every thread. */
  public @Nullable Cluster get(String name) {
    return byName.get(name);
  }

  /** Whether a route may name it: it is there, or is known to come. Safe on every thread. */
  public boolean nameable(String name) {
    return byName.containsKey(name) || expected.test(name);
  }

  /** Which clusters are known to come. */
  public void expect(Predicate<String> names) {
    expected = names;
  }

  @Override
  public Locality own() {
    return own;
  }

  @Override
  public LongSupplier nanoTime() {
    return factoryContext::nanoTime;
  }

  @Override
  public HealthTools health() {
    return health;
  }

  @Override
  public @Nullable HostSet localHosts(String asking) {
    return asking.equals(localCluster) ? null : localHosts;
  }

  @Override
  public @Nullable Cluster named(String name) {
    return byName.get(name);
  }

  @Override
  public void endpointsChanged(String name) {
    if (name.equals(localCluster)) {
      localChanged();
    }
  }

  private synchronized void localChanged() {
    Cluster local = byName.get(localCluster);
    List<HostSet> sets = local == null ? List.of() : local.hostSets();
    localHosts = sets.isEmpty() ? null : sets.getFirst();
    for (Cluster cluster : byName.values()) {
      if (!cluster.name().equals(localCluster)) {
        cluster.localHostsChanged();
      }
    }
  }

  /** What would be refused. */
  public List<ConfigError> check(ClusterConfig config) {
    List<ConfigError> errors = new ArrayList<>();
    extensions(config, errors).close();
    return errors;
  }

  /** Adds or updates a cluster that {@link #check} accepts; returns what it refused. */
  public synchronized List<ConfigError> apply(ClusterConfig config) {
    List<ConfigError> errors = new ArrayList<>();
    ClusterExtensions extension = extensions(config, errors);
    if (!errors.isEmpty()) {
      extension.close();
      return errors;
    }
    Cluster cluster = byName.get(config.name());
    if (cluster == null) {
      cluster = new Cluster(config, extension, workers, root, transport, this);
      byName.put(config.name(), cluster);
      waitForSecrets(cluster);
      added.increment();
      active.add(1);
    } else if (cluster.config().equals(config)) {
      extension.close();
      return errors;
    } else {
      cluster.update(config, extension);
      modified.increment();
    }
    DnsDiscovery before = dns.get(config.name());
    if (before != null && !before.config().equals(config.discovery())) {
      before.stop();
      dns.remove(config.name());
    }
    if (!(config.discovery() instanceof Discovery.OriginalDst
        || config.discovery() instanceof Discovery.DynamicForward)) {
      cluster.endOnDemand();
    }
    switch (config.discovery()) {
      case Discovery.Static given -> cluster.endpoints(given.endpoints());
      case Discovery.Aggregate _ -> cluster.waitForEndpointsNoMore();
      case Discovery.DynamicForward wanted -> onDemand(cluster, wanted, extension.names());
      case Discovery.OriginalDst wanted ->
          cluster.onDemand(wanted, to -> new OriginalDestinationHosts(to, wanted, scheduler));
      case Discovery.Eds eds -> {
        EndpointsConfig endpoints = edsEndpoints.get(eds.serviceName());
        if (endpoints != null) {
          cluster.endpoints(endpoints);
        }
      }
      case Discovery.StrictDns names -> {
        if (!dns.containsKey(config.name())) {
          DnsDiscovery discovery = new DnsDiscovery(cluster, names, resolver, scheduler);
          dns.put(config.name(), discovery);
          discovery.start();
        }
      }
    }
    return errors;
  }

  /** As long as the configuration says, as in Envoy. */
  private void waitForSecrets(Cluster cluster) {
    long millis = cluster.sockets().patience().toMillis();
    if (millis > 0 && !cluster.sockets().ready().isDone()) {
      var _ = scheduler.schedule(cluster::waitForSecretsNoMore, millis, TimeUnit.MILLISECONDS);
    }
  }

  /**
   * Balancer, which a cluster names in its {@code typed_extension_protocol_options}, and upstream
   * filters, which stand in its HTTP protocol options.
   */
  private ClusterExtensions extensions(ClusterConfig config, List<ConfigError> errors) {
    LoadBalancerConfig balancer = null;
    List<FilterEntry> filters = new ArrayList<>();
    for (ExtensionConfig option : new TreeMap<>(config.typedExtensionProtocolOptions()).values()) {
      boolean known = false;
      try {
        for (LoadBalancerFactory factory : balancers) {
          if (factory.typeUrls().contains(option.typeUrl())) {
            balancer =
                FactoryCall.guarded(
                    option.name(), () -> factory.parse(option.config(), factoryContext));
            known = true;
          }
        }
        if (!known && !option.optional()) {
          errors.add(
              new ConfigError(
                  "Cluster " + config.name(),
                  "typed_extension_protocol_options[" + option.name() + "]",
                  option.typeUrl(),
                  "a balancer that is known here"));
        }
      } catch (FilterConfigException refused) {
        String path = "typed_extension_protocol_options[" + option.name() + "]";
        errors.add(
            new ConfigError(
                "Cluster " + config.name(),
                refused.field().isEmpty() ? path : path + "." + refused.field(),
                refused.offending(),
                refused.expected()));
      }
    }
    HostSockets.check(config.transports(), config.name()).ifPresent(errors::add);
    for (int i = 0; i < config.httpFilters().size(); i++) {
      upstreamFilter(config, i, errors).ifPresent(filters::add);
    }
    return new ClusterExtensions(
        Optional.ofNullable(balancer),
        new SharedFilters(filters),
        names(config, errors),
        checkEvents(config, errors));
  }

  /** The files that checks write to. */
  private EventSink checkEvents(ClusterConfig config, List<ConfigError> errors) {
    List<String> paths =
        config.health().check().map(check -> check.events().paths()).orElse(List.of());
    EventSink all = EventSink.NONE;
    for (String path : paths) {
      try {
        all = EventSink.both(all, eventLogs.open(path));
      } catch (IOException closed) {
        errors.add(
            new ConfigError(
                "Cluster " + config.name(),
                "health_checks[0].event_log_path",
                path + " (" + closed.getMessage() + ")",
                "a file that can be written"));
      }
    }
    return all;
  }

  private static void onDemand(
      Cluster cluster, Discovery.DynamicForward wanted, Optional<SharedNames.Use> names) {
    names.ifPresent(use -> cluster.onDemand(wanted, to -> new NamedHosts(to, use.table())));
  }

  /** The name cache of a dynamic forward proxy. */
  private Optional<SharedNames.Use> names(ClusterConfig config, List<ConfigError> errors) {
    if (config.discovery() instanceof Discovery.DynamicForward forward) {
      try {
        return Optional.of(names.open(NamedHosts.settings(forward.names())));
      } catch (FilterConfigException refused) {
        errors.add(
            new ConfigError(
                "Cluster " + config.name(),
                "cluster_type.typed_config.dns_cache_config." + refused.field(),
                refused.offending(),
                refused.expected()));
      }
    }
    return Optional.empty();
  }

  private Optional<FilterEntry> upstreamFilter(
      ClusterConfig config, int index, List<ConfigError> errors) {
    ExtensionConfig filter = config.httpFilters().get(index);
    String resource = "Cluster " + config.name();
    String path = HTTP_FILTERS + "[" + index + "].typed_config";
    for (UpstreamHttpFilterFactory factory : upstreamFilters) {
      if (factory.typeUrls().contains(filter.typeUrl())) {
        try {
          return Optional.of(
              FilterEntry.of(
                  filter.name(),
                  FactoryCall.guarded(
                      filter.name(), () -> factory.parse(filter.config(), factoryContext)),
                  false));
        } catch (FilterConfigException refused) {
          errors.add(
              new ConfigError(
                  resource,
                  refused.field().isEmpty() ? path : path + "." + refused.field(),
                  refused.offending(),
                  refused.expected()));
          return Optional.empty();
        }
      }
    }
    if (!filter.optional()) {
      errors.add(
          new ConfigError(
              resource, path, filter.typeUrl(), "an upstream filter that is known here"));
    }
    return Optional.empty();
  }

  /** Removes a cluster. */
  public synchronized boolean remove(String name) {
    Cluster cluster = byName.remove(name);
    if (cluster == null) {
      return false;
    }
    DnsDiscovery discovery = dns.remove(name);
    if (discovery != null) {
      discovery.stop();
    }
    cluster.close();
    endpointsChanged(name);
    removed.increment();
    active.add(-1);
    return true;
  }

  /** Gives the EDS clusters of a service name their endpoints. */
  public synchronized void endpoints(EndpointsConfig endpoints) {
    String service = endpoints.clusterName();
    edsEndpoints.put(service, endpoints);
    notStale(service);
    Duration after = endpoints.policy().staleAfter();
    if (!after.isZero()) {
      stale.put(
          service,
          scheduler.schedule(
              () -> stale(service, endpoints), after.toMillis(), TimeUnit.MILLISECONDS));
      forEach(service, cluster -> cluster.stats().assignmentTimeoutReceived.increment());
    }
    forService(service, endpoints);
  }

  /** Nothing has been heard of these endpoints for the time that they asked for. */
  // The very same endpoints are meant: those that came since have a time of their own.
  @SuppressWarnings("ReferenceEquality")
  private synchronized void stale(String service, EndpointsConfig endpoints) {
    if (edsEndpoints.get(service) == endpoints) {
      stale.remove(service);
      EndpointsConfig none = new EndpointsConfig(service, List.of());
      edsEndpoints.put(service, none);
      forEach(
          service,
          cluster -> {
            cluster.endpoints(none);
            cluster.stats().assignmentStale.increment();
          });
    }
  }

  private void notStale(String service) {
    ScheduledFuture<?> waiting = stale.remove(service);
    if (waiting != null) {
      waiting.cancel(false);
    }
  }

  /** Takes all endpoints from the EDS clusters of a service name. */
  public synchronized void removeEndpoints(String serviceName) {
    edsEndpoints.remove(serviceName);
    notStale(serviceName);
    forService(serviceName, new EndpointsConfig(serviceName, List.of()));
  }

  private void forService(String serviceName, EndpointsConfig endpoints) {
    forEach(serviceName, cluster -> cluster.endpoints(endpoints));
  }

  private void forEach(String serviceName, Consumer<Cluster> action) {
    for (Cluster cluster : byName.values()) {
      if (cluster.config().discovery() instanceof Discovery.Eds eds
          && eds.serviceName().equals(serviceName)) {
        action.accept(cluster);
      }
    }
  }

  /** Ends the warming of a cluster that has no endpoints yet. */
  public void endWarming(String name) {
    Cluster cluster = byName.get(name);
    if (cluster != null) {
      cluster.waitForEndpointsNoMore();
    }
  }

  /** The certificates of all clusters, by name. */
  public List<TlsView> certificates() {
    List<TlsView> views = new ArrayList<>();
    new TreeMap<>(byName).values().forEach(cluster -> views.addAll(cluster.certificates()));
    return views;
  }

  /** All clusters, by name. */
  public List<ClusterView> views() {
    List<ClusterView> views = new ArrayList<>();
    byName.values().stream()
        .sorted(java.util.Comparator.comparing(Cluster::name))
        .forEach(cluster -> views.add(view(cluster)));
    return views;
  }

  private static ClusterView view(Cluster cluster) {
    List<ClusterView.HostView> hosts = new ArrayList<>();
    for (Host host : cluster.hosts()) {
      hosts.add(
          new ClusterView.HostView(
              host.address(),
              host.hostname(),
              host.health(),
              host.healthy(),
              host.weight(),
              host.locality(),
              host.priority(),
              host.connectionsActive.get(),
              host.connectionsTotal.sum(),
              host.connectFailures.sum(),
              host.activeRequests(),
              host.requestsTotal(),
              host.requestsSuccess(),
              host.requestsError(),
              host.requestsTimeout(),
              host.healthView()));
    }
    Optional<EndpointsConfig> endpoints = cluster.endpointsConfig();
    return new ClusterView(
        cluster.name(), cluster.config(), !cluster.warm().isDone(), endpoints, hosts);
  }
}
