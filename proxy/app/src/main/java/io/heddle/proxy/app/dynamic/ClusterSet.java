package io.heddle.proxy.app.dynamic;

import io.heddle.proxy.engine.Engine;
import io.heddle.xds.client.ReceivedResource;
import io.heddle.xds.client.ResourceUpdate;
import io.heddle.xds.client.XdsScheduler;
import io.heddle.xds.model.ClusterConfig;
import io.heddle.xds.model.ConfigError;
import io.heddle.xds.model.EndpointsConfig;
import io.heddle.xds.model.Parsed;
import io.heddle.xds.model.ResourceType;
import io.heddle.xds.model.SourceConfig;
import io.heddle.xds.model.parse.ResourceParser;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The clusters of the control plane and the endpoints of all EDS clusters, static ones included.
 *
 * <p>A removed cluster that a route still names stays until the route is gone, {@link #LINGER} at
 * the longest, whatever order the control plane sends in.
 */
final class ClusterSet {
  static final Duration LINGER = Duration.ofSeconds(5);
  private static final Logger LOG = LoggerFactory.getLogger(ClusterSet.class);

  private final Engine engine;
  private final XdsScheduler scheduler;
  private final ResourceParser parser;
  private final Subscriber subscriber;
  private final SecretSet secrets;
  private final UpdateCounts counts;
  private final Supplier<Set<String>> inUse;
  private final Runnable changed;
  private final Set<String> statics = new HashSet<>();
  private final Map<String, ClusterConfig> clusters = new HashMap<>();

  /** Accepted and not in force, as their secrets are not there yet; by name. */
  private final Map<String, Waiting> waiting = new HashMap<>();

  /** What each cluster in force is made with. */
  private final Map<String, List<SecretNeed>> needs = new HashMap<>();

  /** Where the endpoints of each EDS cluster come from. */
  private final Map<String, SourceConfig.Origin> origins = new HashMap<>();

  private final Map<String, XdsScheduler.Timer> fetchTimers = new HashMap<>();
  private final Map<String, XdsScheduler.Timer> lingering = new HashMap<>();

  private record Waiting(ClusterConfig config, SourceConfig.Origin from, List<SecretNeed> needs) {}

  /**
   * Makes an empty set.
   *
   * @param inUse names of the clusters that routes and filters name now
   * @param changed called when a cluster has become warm
   */
  ClusterSet(
      Engine engine,
      XdsScheduler scheduler,
      ResourceParser parser,
      Subscriber subscriber,
      SecretSet secrets,
      UpdateCounts counts,
      Supplier<Set<String>> inUse,
      Runnable changed) {
    this.engine = engine;
    this.scheduler = scheduler;
    this.parser = parser;
    this.subscriber = subscriber;
    this.secrets = secrets;
    this.counts = counts;
    this.inUse = inUse;
    this.changed = changed;
  }

  /** Takes note of the clusters of the bootstrap, which the engine already has. */
  void addStatic(Collection<ClusterConfig> configs) {
    for (ClusterConfig config : configs) {
      statics.add(config.name());
      clusters.put(config.name(), config);
      noteOrigin(config, SourceConfig.Origin.Ads.ADS);
      needs.put(config.name(), SecretNeed.of(config.secrets(), SourceConfig.Origin.Ads.ADS));
      awaitEndpoints(config);
    }
    useSecrets();
    subscribeEndpoints();
  }

  /** Applies an update of CDS. */
  Map<String, String> applyClusters(SourceConfig.Origin from, ResourceUpdate update) {
    Map<String, String> refused = new TreeMap<>();
    for (ReceivedResource resource : update.resources()) {
      String name = resource.name();
      if (statics.contains(name)) {
        refused.put(name, Refusals.takenByStatic("Cluster", name));
        continue;
      }
      Parsed<ClusterConfig> parsed = parser.cluster(resource.body());
      switch (parsed) {
        case Parsed.Refused<ClusterConfig> bad -> refused.put(name, bad.message());
        case Parsed.Ok<ClusterConfig> good -> {
          DynamicConfig.warn(good);
          take(good.value(), from).ifPresent(why -> refused.put(name, why));
        }
      }
    }
    for (String name : update.removed()) {
      remove(name);
    }
    useSecrets();
    subscribeEndpoints();
    return refused;
  }

  private Optional<String> take(ClusterConfig config, SourceConfig.Origin from) {
    List<SecretNeed> needed = SecretNeed.of(config.secrets(), from);
    Optional<String> unreachable =
        unreachable(config, from)
            .or(() -> secrets.refusal(needed).map(why -> "Cluster " + config.name() + ": " + why));
    if (unreachable.isPresent()) {
      return unreachable;
    }
    Waiting taken = new Waiting(config, from, needed);
    if (secrets.ready(needed)) {
      waiting.remove(config.name());
      return putInForce(taken);
    }
    List<ConfigError> errors = engine.checkCluster(config);
    if (!errors.isEmpty()) {
      return Optional.of(Refusals.text(errors));
    }
    waiting.put(config.name(), taken);
    return Optional.empty();
  }

  private Optional<String> putInForce(Waiting ready) {
    List<ConfigError> errors = engine.applyCluster(ready.config());
    if (!errors.isEmpty()) {
      return Optional.of(Refusals.text(errors));
    }
    noteOrigin(ready.config(), ready.from());
    needs.put(ready.config().name(), ready.needs());
    put(ready.config());
    return Optional.empty();
  }

  /** Puts the clusters in force whose secrets are there, or are waited for no longer. */
  void applyReady() {
    boolean some = false;
    for (Waiting one : List.copyOf(waiting.values())) {
      if (secrets.ready(one.needs())) {
        waiting.remove(one.config().name());
        some = true;
        // Its response was acknowledged, so that nobody can be told by a NACK.
        putInForce(one).ifPresent(why -> LOG.error("{}", why));
      }
    }
    if (some) {
      useSecrets();
      subscribeEndpoints();
    }
    changed.run();
  }

  /** Those whose newest version waits for its secrets. */
  Set<String> waiting() {
    return Set.copyOf(waiting.keySet());
  }

  private void useSecrets() {
    List<List<SecretNeed>> all = new ArrayList<>(needs.values());
    waiting.values().forEach(one -> all.add(one.needs()));
    secrets.useForClusters(all);
  }

  /** Applies an update of EDS. */
  Map<String, String> applyEndpoints(ResourceUpdate update) {
    Map<String, String> refused = new TreeMap<>();
    for (ReceivedResource resource : update.resources()) {
      Parsed<EndpointsConfig> parsed = parser.endpoints(resource.body());
      switch (parsed) {
        case Parsed.Refused<EndpointsConfig> bad -> refused.put(resource.name(), bad.message());
        case Parsed.Ok<EndpointsConfig> good -> {
          DynamicConfig.warn(good);
          engine.applyEndpoints(good.value());
        }
      }
    }
    for (String service : update.absent()) {
      for (ClusterConfig config : clusters.values()) {
        if (service.equals(serviceName(config))) {
          endWarming(config.name());
        }
      }
    }
    return refused;
  }

  /** Whether every cluster has its secrets and endpoints, or waits for them no longer. */
  boolean warm() {
    if (!waiting.isEmpty()) {
      return false;
    }
    for (String name : statics) {
      if (!secrets.ready(needs.getOrDefault(name, List.of()))) {
        return false;
      }
    }
    for (String name : engine.warmingClusters()) {
      if (clusters.containsKey(name)) {
        return false;
      }
    }
    return true;
  }

  /** Lets go of the removed clusters that no route names any more. */
  void dropUnused() {
    if (lingering.isEmpty()) {
      return;
    }
    Set<String> used = inUse.get();
    for (String name : List.copyOf(lingering.keySet())) {
      if (!used.contains(name)) {
        drop(name);
      }
    }
  }

  private Optional<String> unreachable(ClusterConfig config, SourceConfig.Origin from) {
    if (!(config.discovery() instanceof ClusterConfig.Discovery.Eds eds)) {
      return Optional.empty();
    }
    return subscriber
        .refusal(ResourceType.ENDPOINTS, ListenerNeeds.resolve(eds.origin(), from))
        .map(why -> "Cluster " + config.name() + ": eds_cluster_config.eds_config: " + why);
  }

  private void noteOrigin(ClusterConfig config, SourceConfig.Origin from) {
    if (config.discovery() instanceof ClusterConfig.Discovery.Eds eds) {
      origins.put(config.name(), ListenerNeeds.resolve(eds.origin(), from));
    } else {
      origins.remove(config.name());
    }
  }

  private void put(ClusterConfig config) {
    XdsScheduler.Timer leaving = lingering.remove(config.name());
    if (leaving != null) {
      leaving.cancel();
    }
    clusters.put(config.name(), config);
    awaitEndpoints(config);
  }

  private void awaitEndpoints(ClusterConfig config) {
    if (!engine.warmingClusters().contains(config.name())) {
      return;
    }
    var _ =
        engine
            .clusterWarm(config.name())
            .thenRun(() -> scheduler.execute(() -> warmed(config.name())));
    if (config.discovery() instanceof ClusterConfig.Discovery.Eds eds
        && !eds.initialFetchTimeout().isZero()
        && !fetchTimers.containsKey(config.name())) {
      String name = config.name();
      fetchTimers.put(
          name,
          scheduler.schedule(
              () -> {
                LOG.warn(
                    "Cluster {}: no endpoints within {} ms, serving without",
                    name,
                    eds.initialFetchTimeout().toMillis());
                counts.timedOut(
                    ResourceType.ENDPOINTS,
                    origins.getOrDefault(name, SourceConfig.Origin.Ads.ADS),
                    eds.serviceName());
                endWarming(name);
              },
              eds.initialFetchTimeout()));
    }
  }

  private void endWarming(String name) {
    stopTimer(name);
    engine.endWarming(name);
    changed.run();
  }

  private void warmed(String name) {
    if (!engine.warmingClusters().contains(name)) {
      stopTimer(name);
    }
    changed.run();
  }

  private void stopTimer(String name) {
    XdsScheduler.Timer timer = fetchTimers.remove(name);
    if (timer != null) {
      timer.cancel();
    }
  }

  private void remove(String name) {
    waiting.remove(name);
    if (statics.contains(name) || !clusters.containsKey(name) || lingering.containsKey(name)) {
      return;
    }
    if (inUse.get().contains(name)) {
      LOG.debug("Cluster {} is removed and still named by a route: it stays a while", name);
      lingering.put(name, scheduler.schedule(() -> drop(name), LINGER));
    } else {
      drop(name);
    }
  }

  private void drop(String name) {
    XdsScheduler.Timer leaving = lingering.remove(name);
    if (leaving != null) {
      leaving.cancel();
    }
    stopTimer(name);
    ClusterConfig config = clusters.remove(name);
    origins.remove(name);
    needs.remove(name);
    if (config == null) {
      return;
    }
    useSecrets();
    engine.removeCluster(name);
    subscribeEndpoints();
    String service = serviceName(config);
    if (!service.isEmpty() && !serviceNames().contains(service)) {
      engine.removeEndpoints(service);
    }
    changed.run();
  }

  private void subscribeEndpoints() {
    Map<SourceConfig.Origin, Set<String>> wanted = new HashMap<>();
    List<Subscription> counted = new ArrayList<>();
    for (ClusterConfig config : clusters.values()) {
      SourceConfig.Origin origin = origins.get(config.name());
      if (origin != null) {
        String service = serviceName(config);
        wanted.computeIfAbsent(origin, _ -> new HashSet<>()).add(service);
        counted.add(
            new Subscription(ResourceType.ENDPOINTS, origin, service, "", config.altStatName()));
      }
    }
    counts.want(ResourceType.ENDPOINTS, counted);
    subscriber.subscribe(ResourceType.ENDPOINTS, wanted);
  }

  private Set<String> serviceNames() {
    Set<String> names = new HashSet<>();
    for (ClusterConfig config : clusters.values()) {
      String service = serviceName(config);
      if (!service.isEmpty()) {
        names.add(service);
      }
    }
    return names;
  }

  private static String serviceName(ClusterConfig config) {
    return config.discovery() instanceof ClusterConfig.Discovery.Eds eds ? eds.serviceName() : "";
  }
}
