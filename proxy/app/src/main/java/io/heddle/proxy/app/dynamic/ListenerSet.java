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
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The listeners of the control plane, and what all listeners need, static ones included.
 *
 * <p>A listener is applied when the gate is open (the first clusters are warm) and its routes,
 * secrets and extensions are there or have not come in time; until then its former version serves
 * on.
 */
final class ListenerSet {
  private static final Logger LOG = LoggerFactory.getLogger(ListenerSet.class);
  private static final long BIND_SECONDS = 2;
  private static final Duration BIND_AGAIN = Duration.ofSeconds(2);

  private final Engine engine;
  private final XdsScheduler scheduler;
  private final ResourceParser parser;
  private final RouteSet routes;
  private final SecretSet secrets;
  private final ExtensionSet extensions;
  private final Runnable changed;
  private final Runnable served;
  private final StatsScope.Counter created;
  private final Set<String> statics = new HashSet<>();

  /** The newest accepted version of each listener, and what serves now. */
  private final Map<String, ListenerConfig> wanted = new HashMap<>();

  private final Map<String, ListenerConfig> serving = new HashMap<>();
  private final Set<String> failed = new HashSet<>();
  private final Map<String, ListenerNeeds> needs = new HashMap<>();
  private final Map<String, ListenerNeeds> servingNeeds = new HashMap<>();
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
      SecretSet secrets,
      ExtensionSet extensions,
      UpdateCounts counts,
      Runnable changed,
      Runnable served) {
    this.engine = engine;
    this.scheduler = scheduler;
    this.parser = parser;
    this.secrets = secrets;
    this.extensions = extensions;
    this.routes = new RouteSet(engine, scheduler, parser, subscriber, counts, this::applyReady);
    this.changed = changed;
    this.served = served;
    this.created = engine.statsScope("listener_manager").counter("listener_create_success");
  }

  /** Listeners of the bootstrap, checked already; those without RDS serve already. */
  void addStatic(Collection<ListenerConfig> configs) {
    for (ListenerConfig config : configs) {
      statics.add(config.name());
      want(config, ListenerNeeds.of(config, SourceConfig.Origin.Ads.ADS));
      if (config.origins().isEmpty()) {
        serving.put(config.name(), config);
      }
    }
    useRoutes();
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
  Map<String, String> applyListeners(SourceConfig.Origin from, ResourceUpdate update) {
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
          take(good.value(), from).ifPresent(why -> refused.put(name, why));
        }
      }
    }
    for (String name : update.removed()) {
      remove(name);
    }
    useRoutes();
    return refused;
  }

  /** What listeners name by RDS, SRDS and VHDS. */
  RouteSet routes() {
    return routes;
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
    routes.addClusters(names);
    for (ListenerConfig config : serving.values()) {
      ListenerReferences.addClusters(config, names);
    }
    for (ListenerConfig config : wanted.values()) {
      ListenerReferences.addClusters(config, names);
    }
    return names;
  }

  private Optional<String> take(ListenerConfig config, SourceConfig.Origin from) {
    List<ConfigError> errors = engine.checkListener(config);
    if (!errors.isEmpty()) {
      return Optional.of(Refusals.text(errors));
    }
    ListenerNeeds needed = ListenerNeeds.of(config, from);
    Optional<String> unreachable =
        routes
            .refusal(needed)
            .or(() -> secrets.refusal(needed.secrets()))
            .or(() -> extensions.refusal(needed.extensions()));
    if (unreachable.isPresent()) {
      return unreachable.map(why -> "Listener " + config.name() + ": " + why);
    }
    ListenerConfig before = wanted.get(config.name());
    ListenerNeeds neededBefore = needs.get(config.name());
    want(config, needed);
    if (!ready(config)) {
      return Optional.empty();
    }
    Optional<String> why = applyAndWait(config);
    if (why.isPresent()) {
      if (before == null || neededBefore == null) {
        wanted.remove(config.name());
        needs.remove(config.name());
      } else {
        wanted.put(config.name(), before);
        needs.put(config.name(), neededBefore);
      }
      failed.remove(config.name());
    }
    return why;
  }

  private void want(ListenerConfig config, ListenerNeeds needed) {
    wanted.put(config.name(), config);
    needs.put(config.name(), needed);
    failed.remove(config.name());
  }

  private boolean ready(ListenerConfig config) {
    ListenerNeeds needed = needs.get(config.name());
    return gateOpen
        && needed != null
        && routes.ready(needed)
        && secrets.ready(needed.secrets())
        && extensions.ready(needed.extensions());
  }

  /** Applies the listeners that wait for nothing any more. */
  void applyReady() {
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
    return at.address().isUnresolved()
        ? at.address().getHostString()
        : at.address().getAddress().getHostAddress() + ":" + at.address().getPort();
  }

  private void serves(ListenerConfig config) {
    serving.put(config.name(), config);
    ListenerNeeds needed = needs.get(config.name());
    if (needed != null) {
      servingNeeds.put(config.name(), needed);
    }
    created.increment();
    useRoutes();
    served.run();
  }

  private void remove(String name) {
    if (statics.contains(name)) {
      return;
    }
    wanted.remove(name);
    needs.remove(name);
    servingNeeds.remove(name);
    failed.remove(name);
    if (serving.remove(name) != null) {
      LOG.info("Listener {} is removed", name);
      var _ = engine.removeListener(name);
      served.run();
    }
    useRoutes();
  }

  /** Routes, secrets and extensions are kept for what serves and fetched for what will. */
  private void useRoutes() {
    List<ListenerNeeds> all = new ArrayList<>(servingNeeds.values());
    all.addAll(needs.values());
    routes.use(all);
    secrets.useForListeners(all.stream().map(ListenerNeeds::secrets).toList());
    extensions.use(all.stream().map(ListenerNeeds::extensions).toList());
  }
}
