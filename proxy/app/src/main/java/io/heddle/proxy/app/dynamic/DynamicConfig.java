package io.heddle.proxy.app.dynamic;

import io.heddle.proxy.app.runtime.RuntimeSources;
import io.heddle.proxy.engine.Engine;
import io.heddle.xds.client.ReceivedResource;
import io.heddle.xds.client.ResourceSink;
import io.heddle.xds.client.ResourceUpdate;
import io.heddle.xds.client.XdsClient;
import io.heddle.xds.client.XdsScheduler;
import io.heddle.xds.client.XdsStats;
import io.heddle.xds.model.BootstrapConfig;
import io.heddle.xds.model.ConfigWarning;
import io.heddle.xds.model.ParseOptions;
import io.heddle.xds.model.Parsed;
import io.heddle.xds.model.ResourceType;
import io.heddle.xds.model.RuntimeLayerConfig;
import io.heddle.xds.model.RuntimeTable;
import io.heddle.xds.model.SourceConfig;
import io.heddle.xds.model.parse.ResourceParser;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the engine in step with the control plane.
 *
 * <p>Order at start, as Envoy has it: clusters, their endpoints, then listeners, each with its
 * routes. All are asked for at once; what arrives early waits. Belongs to the scheduler's thread.
 */
public final class DynamicConfig {
  private static final Logger LOG = LoggerFactory.getLogger(DynamicConfig.class);
  private static final String NAMELESS = "?";

  private final Engine engine;
  private final BootstrapConfig bootstrap;
  private final RuntimeSources runtime;
  private final ResourceParser parser;
  private final Set<String> runtimeAwaited = new HashSet<>();
  private final XdsScheduler scheduler;
  private final InstantSource clock;
  private final Subscriber subscriber;
  private final Consumer<Progress> progressed;
  private final UpdateCounts counts;
  private final SecretSet secrets;
  private final ExtensionSet extensions;
  private final ClusterSet clusters;
  private final ListenerSet listeners;
  private final Map<ResourceType, Map<String, Rejected>> rejected =
      new EnumMap<>(ResourceType.class);
  private boolean clustersCame;
  private boolean listenersCame;
  private boolean started;
  private Progress progress = Progress.WAITING_FOR_CLUSTERS;

  /**
   * Makes the driver; {@link #start} begins.
   *
   * @param progressed told on the scheduler's thread whenever start-up has come further
   * @param listenersChanged run on the scheduler's thread after a listener was put in force or
   *     removed
   */
  public DynamicConfig(
      Engine engine,
      BootstrapConfig bootstrap,
      RuntimeSources runtime,
      ParseOptions options,
      XdsScheduler scheduler,
      InstantSource clock,
      Subscriber subscriber,
      Consumer<Progress> progressed,
      Runnable listenersChanged) {
    this.engine = engine;
    this.bootstrap = bootstrap;
    this.runtime = runtime;
    this.scheduler = scheduler;
    this.clock = clock;
    this.subscriber = subscriber;
    this.progressed = progressed;
    this.parser = new ResourceParser(options);
    this.counts = new UpdateCounts(engine, scheduler, clock);
    this.secrets =
        new SecretSet(engine, scheduler, parser, subscriber, counts, this::secretsSettled);
    this.extensions =
        new ExtensionSet(engine, scheduler, parser, subscriber, counts, this::extensionsSettled);
    this.listeners =
        new ListenerSet(
            engine,
            scheduler,
            parser,
            subscriber,
            secrets,
            extensions,
            counts,
            this::advance,
            listenersChanged);
    this.clusters =
        new ClusterSet(
            engine,
            scheduler,
            parser,
            subscriber,
            secrets,
            counts,
            listeners::clustersInUse,
            this::advance);
  }

  /** Subscribes, and takes over the listeners of the bootstrap. On the scheduler's thread. */
  public void start() {
    expectClusters();
    startRuntime();
    secrets.addStatic(bootstrap.secrets());
    clusters.addStatic(bootstrap.clusters());
    listeners.addStatic(bootstrap.listeners());
    clustersCame =
        bootstrap.dynamic().clusters().map(source -> ask(ResourceType.CLUSTER, source)).isEmpty();
    listenersCame =
        bootstrap.dynamic().listeners().map(source -> ask(ResourceType.LISTENER, source)).isEmpty();
    started = true;
    advance();
  }

  private boolean ask(ResourceType type, SourceConfig source) {
    counts.want(type, List.of(Subscription.whole(type, source.origin())));
    subscriber.subscribe(type, Map.of(source.origin(), Set.of(XdsClient.WILDCARD)));
    limit(
        source.initialFetchTimeout(),
        XdsStats.serviceName(type),
        () -> {
          boolean came = type == ResourceType.CLUSTER ? clustersCame : listenersCame;
          if (!came) {
            counts.timedOut(type, source.origin(), XdsClient.WILDCARD);
          }
          came(type);
        });
    return true;
  }

  /** What comes before its clusters, or while these wait for secrets, is not wrong for that. */
  private void expectClusters() {
    Set<String> waiting = clusters.waiting();
    engine.expectClusters(
        progress == Progress.WAITING_FOR_CLUSTERS ? _ -> true : waiting::contains);
  }

  private void came(ResourceType type) {
    clustersCame |= type == ResourceType.CLUSTER;
    listenersCame |= type == ResourceType.LISTENER;
  }

  /** The runtime comes first, as clusters and listeners may go by it. */
  private void startRuntime() {
    Map<SourceConfig.Origin, Set<String>> tables = new HashMap<>();
    List<Subscription> counted = new ArrayList<>();
    for (RuntimeLayerConfig layer : bootstrap.runtime()) {
      if (layer.content() instanceof RuntimeLayerConfig.Content.Rtds rtds) {
        String name = rtds.resourceName();
        runtimeAwaited.add(name);
        counted.add(new Subscription(ResourceType.RUNTIME, rtds.source().origin(), name, "", name));
        tables.computeIfAbsent(rtds.source().origin(), _ -> new HashSet<>()).add(name);
        limit(
            rtds.source().initialFetchTimeout(),
            "runtime " + name,
            () -> {
              if (runtimeAwaited.remove(name)) {
                counts.timedOut(ResourceType.RUNTIME, rtds.source().origin(), name);
              }
            });
      }
    }
    if (!tables.isEmpty()) {
      counts.want(ResourceType.RUNTIME, counted);
      subscriber.subscribe(ResourceType.RUNTIME, tables);
    }
  }

  /** What takes the resources of one source. */
  public ResourceSink sink(SourceConfig.Origin from) {
    return new ResourceSink() {
      @Override
      public Map<String, String> apply(ResourceUpdate update) {
        long began = counts.begin();
        Map<String, String> refused;
        try {
          refused = DynamicConfig.this.apply(from, update);
        } catch (RuntimeException e) {
          counts.unreadable(from, update.type()); // It is refused whole.
          throw e;
        }
        counts.applied(from, update, refused, began);
        return refused;
      }

      @Override
      public void failed(ResourceType type) {
        counts.failed(from, type);
      }

      @Override
      public void unreadable(ResourceType type) {
        counts.unreadable(from, type);
      }
    };
  }

  private Map<String, String> apply(SourceConfig.Origin from, ResourceUpdate update) {
    Map<String, String> refused =
        switch (update.type()) {
          case CLUSTER -> clusters.applyClusters(from, update);
          case ENDPOINTS -> clusters.applyEndpoints(update);
          case LISTENER -> listeners.applyListeners(from, update);
          case ROUTES -> listeners.routes().applyRoutes(from, update);
          case SCOPED_ROUTES -> listeners.routes().applyScopes(from, update);
          case VIRTUAL_HOSTS -> listeners.routes().applyHosts(from, update);
          case RUNTIME -> applyRuntime(update);
          case SECRET -> secrets.apply(from, update);
          case EXTENSION_CONFIG -> extensions.apply(from, update);
        };
    remember(update, refused);
    came(update.type());
    expectClusters();
    advance();
    return refused;
  }

  private void extensionsSettled() {
    listeners.applyReady();
  }

  private void secretsSettled() {
    clusters.applyReady();
    listeners.applyReady();
  }

  private Map<String, String> applyRuntime(ResourceUpdate update) {
    Map<String, String> refused = new TreeMap<>();
    for (ReceivedResource resource : update.resources()) {
      Parsed<RuntimeTable> parsed = parser.runtime(resource.body());
      switch (parsed) {
        case Parsed.Refused<RuntimeTable> bad -> refused.put(resource.name(), bad.message());
        case Parsed.Ok<RuntimeTable> good -> {
          warn(good);
          runtime.put(good.value());
          runtimeAwaited.remove(resource.name());
        }
      }
    }
    update.removed().forEach(name -> runtime.put(new RuntimeTable(name, Map.of())));
    runtimeAwaited.removeAll(update.absent());
    return refused;
  }

  /** How far start-up has come. On the scheduler's thread. */
  public Progress progress() {
    return progress;
  }

  /** The refusals that stand, by name. On the scheduler's thread. */
  public Map<String, Rejected> rejected(ResourceType type) {
    return Map.copyOf(rejected.getOrDefault(type, Map.of()));
  }

  /**
   * When each resource of a type was last put in force, or else first asked for. On the scheduler's
   * thread.
   */
  public Map<String, Instant> updated(ResourceType type) {
    return counts.updated(type);
  }

  /**
   * The names of the scopes in force, by the name of the {@code scoped_routes} that they are for.
   * On the scheduler's thread.
   */
  public Map<String, Set<String>> scopes() {
    return listeners.routes().scopeNames();
  }

  /** Secrets that are named and did not come yet. On the scheduler's thread. */
  public Set<String> warmingSecrets() {
    return secrets.warming();
  }

  /** Clusters whose newest version waits for its secrets. On the scheduler's thread. */
  public Set<String> warmingClusters() {
    return clusters.waiting();
  }

  /** Listeners whose newest version waits for its routes. On the scheduler's thread. */
  public Set<String> warmingListeners() {
    return listeners.warming();
  }

  /** Fields that were set and have no effect are told once each time they come. */
  static void warn(Parsed.Ok<?> good) {
    for (ConfigWarning warning : good.warnings()) {
      LOG.debug("{}", warning);
    }
    // One line a resource: a control plane that sets such a field sets it everywhere.
    List<ConfigWarning> missed = good.warnings().stream().filter(ConfigWarning::missed).toList();
    if (!missed.isEmpty()) {
      LOG.warn(
          "{}: accepted, but without the effect of {}",
          missed.getFirst().resource(),
          missed.stream().map(ConfigWarning::field).collect(Collectors.joining(", ")));
    }
  }

  private void limit(Duration timeout, String what, Runnable over) {
    if (timeout.isZero()) {
      return;
    }
    var _ =
        scheduler.schedule(
            () -> {
              if (progress != Progress.DONE) {
                over.run();
                LOG.debug("Not waiting for {} after {} ms", what, timeout.toMillis());
                advance();
              }
            },
            timeout);
  }

  private void remember(ResourceUpdate update, Map<String, String> refused) {
    Map<String, Rejected> standing = rejected.computeIfAbsent(update.type(), _ -> new TreeMap<>());
    for (ReceivedResource resource : update.resources()) {
      String why = refused.get(resource.name());
      if (why == null) {
        standing.remove(resource.name());
      } else {
        standing.put(
            resource.name(),
            new Rejected(resource.version(), why, clock.instant(), Optional.of(resource.body())));
      }
    }
    // Those without a readable name have no place to stand at.
    update
        .broken()
        .forEach((name, why) -> {
          if (!name.equals(NAMELESS)) {
            standing.put(
                name, new Rejected(update.version(), why, clock.instant(), Optional.empty()));
          }
        });
    update.unchanged().forEach(resource -> standing.remove(resource.name()));
    standing.keySet().removeAll(update.removed());
    standing.keySet().removeIf(name -> !counts.asked(update.type(), name));
  }

  private void advance() {
    if (!started) {
      return;
    }
    if (progress == Progress.WAITING_FOR_CLUSTERS
        && runtimeAwaited.isEmpty()
        && clustersCame
        && clusters.warm()) {
      progress = Progress.WAITING_FOR_LISTENERS;
      expectClusters();
      progressed.accept(progress);
      listeners.openGate();
    }
    if (progress == Progress.WAITING_FOR_LISTENERS && listenersCame && listeners.settled()) {
      progress = Progress.DONE;
      progressed.accept(progress);
    }
    clusters.dropUnused();
  }
}
