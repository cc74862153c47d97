package io.heddle.proxy.app.dynamic;

import io.heddle.proxy.api.StatsScope;
import io.heddle.proxy.engine.Engine;
import io.heddle.proxy.engine.ListenerResult;
import io.heddle.xds.client.ReceivedResource;
import io.heddle.xds.client.ResourceUpdate;
import io.heddle.xds.client.XdsScheduler;
import io.heddle.xds.model.ConfigError;
import io.heddle.xds.model.ListenerConfig;
import io.heddle.xds.model.Parsed;
import io.heddle.xds.model.ResourceType;
import io.heddle.xds.model.RouteTable;
import io.heddle.xds.model.parse.ResourceParser;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The listeners of the control plane and the routes of all listeners, static ones included.
 *
 * <p>A listener is applied when the gate is open (the first clusters are warm) and its routes are
 * there or have not come in time; until then its former version serves on. Routes are let go after
 * the last listener that named them.
 */
final class ListenerSet {
  private static final Logger LOG = LoggerFactory.getLogger(ListenerSet.class);
  private static final long BIND_SECONDS = 2;
  private static final Duration BIND_AGAIN = Duration.ofSeconds(2);

  private final Engine engine;
  private final XdsScheduler scheduler;
  private final ResourceParser parser;
  private final Subscriber subscriber;
  private final Runnable changed;
  private final Runnable served;
  private final StatsScope.Counter created;
  private final Set<String> statics = new HashSet<>();

  /** The newest accepted version of each listener, and what serves now. */
  private final Map<String, ListenerConfig> wanted = new HashMap<>();

  private final Map<String, ListenerConfig> serving = new HashMap<>();
  private final Set<String> failed = new HashSet<>();
  private final Map<String, RouteTable> tables = new HashMap<>();
  private final Set<String> overdueRoutes = new HashSet<>();
  private final Map<String, XdsScheduler.Timer> fetchTimers = new HashMap<>();
  private boolean gateOpen;

  /**
   * Makes an empty set.
   *
   * @param changed run when listeners or routes may have settled
   * @param served run after a listener was put in force or removed
   */
  ListenerSet(
      Engine engine,
      XdsScheduler scheduler,
      ResourceParser parser,
      Subscriber subscriber,
      Runnable changed,
      Runnable served) {
    this.engine = engine;
    this.scheduler = scheduler;
    this.parser = parser;
    this.subscriber = subscriber;
    this.changed = changed;
    this.served = served;
    this.created = engine.statsScope("listener_manager").counter("listener_create_success");
  }

  /** Listeners of the bootstrap, checked already; those without RDS serve already. */
  void addStatic(Collection<ListenerConfig> configs) {
    for (ListenerConfig config : configs) {
      statics.add(config.name());
      want(config);
      if (config.routeConfigNames().isEmpty()) {
        serving.put(config.name(), config);
      }
    }
    subscribeRoutes();
    applyReady();
  }

  /** From now on listeners are applied as soon as they have their routes. */
  void openGate() {
    if (!gateOpen) {
      gateOpen = true;
      applyReady();
    }
  }

  /** Applies an update of LDS. */
  Map<String, String> applyListeners(ResourceUpdate update) {
    Map<String, String> refused = new TreeMap<>();
    for (ReceivedResource resource : update.resources()) {
      String name = resource.name();
      if (statics.contains(name)) {
        refused.put(name, Refusals.takenByStatic("Listener", name));
        continue;
      }
      Parsed<ListenerConfig> parsed = parser.listener(resource.body());
      switch (parsed) {
        case Parsed.Refused<ListenerConfig> bad -> refused.put(name, bad.message());
        case Parsed.Ok<ListenerConfig> good -> {
          DynamicConfig.warn(good);
          take(good.value()).ifPresent(why -> refused.put(name, why));
        }
      }
    }
    for (String name : update.removed()) {
      remove(name);
    }
    subscribeRoutes();
    return refused;
  }

  /** Applies an update of RDS. */
  Map<String, String> applyRoutes(ResourceUpdate update) {
    Map<String, String> refused = new TreeMap<>();
    for (ReceivedResource resource : update.resources()) {
      String name = resource.name();
      Parsed<RouteTable> parsed = parser.routes(resource.body());
      switch (parsed) {
        case Parsed.Refused<RouteTable> bad -> refused.put(name, bad.message());
        case Parsed.Ok<RouteTable> good -> {
          DynamicConfig.warn(good);
          List<ConfigError> errors = engine.applyRoutes(good.value());
          if (errors.isEmpty()) {
            tables.put(name, good.value());
            stopTimer(name);
          } else {
            refused.put(name, Refusals.text(errors));
          }
        }
      }
    }
    for (String name : update.absent()) {
      overdue(name, "the control plane has none");
    }
    applyReady();
    return refused;
  }

  /** Whether every listener serves or has failed. */
  boolean settled() {
    for (Map.Entry<String, ListenerConfig> entry : wanted.entrySet()) {
      if (!entry.getValue().equals(serving.get(entry.getKey()))
          && !failed.contains(entry.getKey())) {
        return false;
      }
    }
    return true;
  }

  /** Listeners whose newest version does not serve yet. */
  Set<String> warming() {
    Set<String> names = new HashSet<>();
    for (Map.Entry<String, ListenerConfig> entry : wanted.entrySet()) {
      if (!entry.getValue().equals(serving.get(entry.getKey()))) {
        names.add(entry.getKey());
      }
    }
    return names;
  }

  /** The clusters that routes and network filters name. */
  Set<String> clustersInUse() {
    Set<String> names = new HashSet<>();
    for (RouteTable table : tables.values()) {
      names.addAll(table.clusterNames());
    }
    for (ListenerConfig config : serving.values()) {
      ListenerReferences.addClusters(config, names);
    }
    for (ListenerConfig config : wanted.values()) {
      ListenerReferences.addClusters(config, names);
    }
    return names;
  }

  private Optional<String> take(ListenerConfig config) {
    List<ConfigError> errors = engine.checkListener(config);
    if (!errors.isEmpty()) {
      return Optional.of(Refusals.text(errors));
    }
    ListenerConfig before = wanted.get(config.name());
    want(config);
    if (!ready(config)) {
      return Optional.empty();
    }
    Optional<String> why = applyAndWait(config);
    if (why.isPresent()) {
      if (before == null) {
        wanted.remove(config.name());
      } else {
        wanted.put(config.name(), before);
      }
      failed.remove(config.name());
    }
    return why;
  }

  private void want(ListenerConfig config) {
    wanted.put(config.name(), config);
    failed.remove(config.name());
    ListenerReferences.fetchTimeouts(config)
        .forEach((route, timeout) -> {
          if (!timeout.isZero() && !hasRoutes(route) && !fetchTimers.containsKey(route)) {
            fetchTimers.put(
                route,
                scheduler.schedule(
                    () -> overdue(route, "none within " + timeout.toMillis() + " ms"), timeout));
          }
        });
  }

  private boolean hasRoutes(String route) {
    return tables.containsKey(route) || overdueRoutes.contains(route);
  }

  private boolean ready(ListenerConfig config) {
    if (!gateOpen) {
      return false;
    }
    for (String route : config.routeConfigNames()) {
      if (!hasRoutes(route)) {
        return false;
      }
    }
    return true;
  }

  private void overdue(String route, String why) {
    stopTimer(route);
    if (!tables.containsKey(route) && overdueRoutes.add(route)) {
      LOG.warn("Routes {}: {}; listeners that name them serve without", route, why);
      applyReady();
    }
  }

  private void applyReady() {
    for (ListenerConfig config : List.copyOf(wanted.values())) {
      if (!config.equals(serving.get(config.name()))
          && !failed.contains(config.name())
          && ready(config)) {
        applyAndWait(config).ifPresent(why -> failedLater(config, why));
      }
    }
    changed.run();
  }

  /** Its response was acknowledged before its routes came, so that nobody can be told by a NACK. */
  private void failedLater(ListenerConfig config, String why) {
    LOG.error("{}", why);
    failed.add(config.name());
    var _ =
        scheduler.schedule(
            () -> {
              if (config.equals(wanted.get(config.name())) && failed.remove(config.name())) {
                applyReady();
              }
            },
            BIND_AGAIN);
  }

  /**
   * Binding takes a turn of an event loop, so that it can be waited for: the answer to the control
   * plane says whether it worked.
   */
  private Optional<String> applyAndWait(ListenerConfig config) {
    ListenerResult result;
    try {
      result =
          engine.applyListener(config).toCompletableFuture().get(BIND_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.of("Listener " + config.name() + ": interrupted while binding");
    } catch (ExecutionException e) {
      LOG.error("Listener {} could not be applied", config.name(), e.getCause());
      return Optional.of("Listener " + config.name() + ": internal error: " + e.getCause());
    } catch (TimeoutException _) {
      return Optional.of(
          "Listener " + config.name() + ": address: not bound within " + BIND_SECONDS + " s");
    }
    return switch (result) {
      case ListenerResult.Serving at -> {
        LOG.info("Listener {} serves on {}", config.name(), text(at));
        serves(config);
        yield Optional.empty();
      }
      case ListenerResult.Unbound _ -> {
        serves(config);
        yield Optional.empty();
      }
      case ListenerResult.Refused refused -> Optional.of(Refusals.text(refused.errors()));
      case ListenerResult.BindFailed bind ->
          Optional.of("Listener " + config.name() + ": address: " + bind.message());
    };
  }

  private static String text(ListenerResult.Serving at) {
    return at.address().getAddress().getHostAddress() + ":" + at.address().getPort();
  }

  private void serves(ListenerConfig config) {
    serving.put(config.name(), config);
    created.increment();
    dropUnusedRoutes();
    served.run();
  }

  private void remove(String name) {
    if (statics.contains(name)) {
      return;
    }
    wanted.remove(name);
    failed.remove(name);
    if (serving.remove(name) != null) {
      LOG.info("Listener {} is removed", name);
      var _ = engine.removeListener(name);
      served.run();
    }
    dropUnusedRoutes();
  }

  private Set<String> routeNames() {
    Set<String> names = new HashSet<>();
    for (ListenerConfig config : wanted.values()) {
      names.addAll(config.routeConfigNames());
    }
    for (ListenerConfig config : serving.values()) {
      names.addAll(config.routeConfigNames());
    }
    return names;
  }

  private void dropUnusedRoutes() {
    Set<String> used = routeNames();
    for (String name : List.copyOf(tables.keySet())) {
      if (!used.contains(name)) {
        tables.remove(name);
        engine.removeRoutes(name);
      }
    }
    overdueRoutes.retainAll(used);
    for (String name : List.copyOf(fetchTimers.keySet())) {
      if (!used.contains(name)) {
        stopTimer(name);
      }
    }
    subscribeRoutes();
  }

  private void subscribeRoutes() {
    subscriber.subscribe(ResourceType.ROUTES, routeNames());
  }

  private void stopTimer(String route) {
    XdsScheduler.Timer timer = fetchTimers.remove(route);
    if (timer != null) {
      timer.cancel();
    }
  }
}
