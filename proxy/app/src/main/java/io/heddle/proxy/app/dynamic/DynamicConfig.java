package io.heddle.proxy.app.dynamic;

import io.heddle.proxy.engine.Engine;
import io.heddle.xds.client.ReceivedResource;
import io.heddle.xds.client.ResourceSink;
import io.heddle.xds.client.ResourceUpdate;
import io.heddle.xds.client.XdsClient;
import io.heddle.xds.client.XdsScheduler;
import io.heddle.xds.model.BootstrapConfig;
import io.heddle.xds.model.ConfigWarning;
import io.heddle.xds.model.ParseOptions;
import io.heddle.xds.model.Parsed;
import io.heddle.xds.model.ResourceType;
import io.heddle.xds.model.parse.ResourceParser;
import java.time.Duration;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
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
public final class DynamicConfig implements ResourceSink {
  private static final Logger LOG = LoggerFactory.getLogger(DynamicConfig.class);

  private final BootstrapConfig bootstrap;
  private final BootstrapConfig.DynamicSource.Ads ads;
  private final XdsScheduler scheduler;
  private final InstantSource clock;
  private final Subscriber subscriber;
  private final Consumer<Progress> progressed;
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
      BootstrapConfig.DynamicSource.Ads ads,
      ParseOptions options,
      XdsScheduler scheduler,
      InstantSource clock,
      Subscriber subscriber,
      Consumer<Progress> progressed,
      Runnable listenersChanged) {
    this.bootstrap = bootstrap;
    this.ads = ads;
    this.scheduler = scheduler;
    this.clock = clock;
    this.subscriber = subscriber;
    this.progressed = progressed;
    ResourceParser parser = new ResourceParser(options);
    this.listeners =
        new ListenerSet(engine, scheduler, parser, subscriber, this::advance, listenersChanged);
    this.clusters =
        new ClusterSet(
            engine, scheduler, parser, subscriber, listeners::clustersInUse, this::advance);
  }

  /** Subscribes, and takes over the listeners of the bootstrap. On the scheduler's thread. */
  public void start() {
    clusters.addStatic(bootstrap.clusters());
    listeners.addStatic(bootstrap.listeners());
    if (ads.clusters()) {
      subscriber.subscribe(ResourceType.CLUSTER, Set.of(XdsClient.WILDCARD));
      limit(ads.clustersFetchTimeout(), "clusters", () -> clustersCame = true);
    } else {
      clustersCame = true;
    }
    if (ads.listeners()) {
      subscriber.subscribe(ResourceType.LISTENER, Set.of(XdsClient.WILDCARD));
      limit(ads.listenersFetchTimeout(), "listeners", () -> listenersCame = true);
    } else {
      listenersCame = true;
    }
    started = true;
    advance();
  }

  @Override
  public Map<String, String> apply(ResourceUpdate update) {
    Map<String, String> refused =
        switch (update.type()) {
          case CLUSTER -> clusters.applyClusters(update);
          case ENDPOINTS -> clusters.applyEndpoints(update);
          case LISTENER -> listeners.applyListeners(update);
          case ROUTES -> listeners.applyRoutes(update);
        };
    remember(update, refused);
    if (update.type() == ResourceType.CLUSTER) {
      clustersCame = true;
    }
    if (update.type() == ResourceType.LISTENER) {
      listenersCame = true;
    }
    advance();
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
        standing.put(resource.name(), new Rejected(resource.version(), why, clock.instant()));
      }
    }
    standing.keySet().removeAll(update.removed());
  }

  private void advance() {
    if (!started) {
      return;
    }
    if (progress == Progress.WAITING_FOR_CLUSTERS && clustersCame && clusters.warm()) {
      progress = Progress.WAITING_FOR_LISTENERS;
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
