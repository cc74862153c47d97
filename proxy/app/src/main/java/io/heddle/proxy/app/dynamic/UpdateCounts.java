package io.heddle.proxy.app.dynamic;

import io.heddle.proxy.api.StatsScope;
import io.heddle.proxy.engine.Engine;
import io.heddle.xds.client.ReceivedResource;
import io.heddle.xds.client.ResourceUpdate;
import io.heddle.xds.client.XdsClient;
import io.heddle.xds.client.XdsScheduler;
import io.heddle.xds.model.ResourceType;
import io.heddle.xds.model.SourceConfig.Origin;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The statistics of all subscriptions, by what they are to. Belongs to the scheduler's thread.
 *
 * <p>Whoever subscribes says what it wants with {@link #want}; each update is counted once, after
 * it was applied. Statistics of what is let go are hidden.
 */
final class UpdateCounts {
  private static final long NANOS_A_MILLI = 1_000_000;

  private final Engine engine;
  private final XdsScheduler scheduler;
  private final InstantSource clock;
  private final Map<ResourceType, Map<Subscription, UpdateStats>> wanted =
      new EnumMap<>(ResourceType.class);
  private final Map<Key, List<UpdateStats>> byName = new HashMap<>();

  /** When each was last put in force, or else first asked for. */
  private final Map<ResourceType, Map<String, Instant>> updated = new EnumMap<>(ResourceType.class);

  private record Key(ResourceType type, Origin origin, String name) {
    static Key of(Subscription subscription) {
      return new Key(subscription.type(), subscription.origin(), subscription.name());
    }
  }

  UpdateCounts(Engine engine, XdsScheduler scheduler, InstantSource clock) {
    this.engine = engine;
    this.scheduler = scheduler;
    this.clock = clock;
  }

  /** When an update begins. */
  long begin() {
    return scheduler.nanoTime();
  }

  /** Replaces what is subscribed to of a type. */
  void want(ResourceType type, Collection<Subscription> subscriptions) {
    Map<Subscription, UpdateStats> before = wanted.getOrDefault(type, Map.of());
    Set<Subscription> next = new LinkedHashSet<>(subscriptions);
    if (before.keySet().equals(next)) {
      return;
    }
    Map<Subscription, UpdateStats> now = new HashMap<>();
    Set<String> places = new LinkedHashSet<>();
    for (Subscription one : next) {
      places.add(place(one));
    }
    for (Subscription gone : before.keySet()) {
      if (!next.contains(gone)) {
        byName.remove(Key.of(gone));
        times(type).remove(gone.name());
        // A cluster hides its own, and what is for ever in a process is never let go.
        if (!places.contains(place(gone)) && type != ResourceType.ENDPOINTS) {
          engine.hideStats(place(gone));
        }
      }
    }
    for (Subscription one : next) {
      UpdateStats stats = before.get(one);
      now.put(one, stats == null ? UpdateStats.begin(one, scope(one)) : stats);
      times(type).putIfAbsent(one.name(), clock.instant());
    }
    wanted.put(type, now);
    Map<Key, List<UpdateStats>> grouped = new HashMap<>();
    now.forEach(
        (one, stats) -> grouped.computeIfAbsent(Key.of(one), _ -> new ArrayList<>(1)).add(stats));
    byName.putAll(grouped);
  }

  /** Counts an update that was applied, and what of it was refused. */
  void applied(Origin from, ResourceUpdate update, Map<String, String> refused, long began) {
    note(update, refused);
    if (update.origin() != ResourceUpdate.Origin.CONTROL_PLANE) {
      return; // Nobody was asked.
    }
    long now = clock.millis();
    long took = (scheduler.nanoTime() - began) / NANOS_A_MILLI;
    ResourceType type = update.type();
    boolean bad = !refused.isEmpty() || !update.broken().isEmpty();
    for (UpdateStats whole : of(type, from, XdsClient.WILDCARD)) {
      if (bad) {
        whole.refused();
      } else {
        boolean changed = !update.resources().isEmpty() || !update.removed().isEmpty();
        whole.accepted(wholeVersion(update), changed, now, took);
      }
    }
    for (ReceivedResource resource : update.resources()) {
      boolean good = !refused.containsKey(resource.name());
      for (UpdateStats stats : of(type, from, resource.name())) {
        if (good) {
          stats.accepted(update.versionOf(resource), true, now, took);
        } else {
          stats.refused();
        }
      }
    }
    for (ReceivedResource resource : update.unchanged()) {
      for (UpdateStats stats : of(type, from, resource.name())) {
        stats.accepted(update.versionOf(resource), false, now, took);
      }
    }
    for (String name : update.broken().keySet()) {
      of(type, from, name).forEach(UpdateStats::refused);
    }
    for (String name : update.absent()) {
      of(type, from, name).forEach(UpdateStats::empty);
    }
  }

  private void note(ResourceUpdate update, Map<String, String> refused) {
    Map<String, Instant> times = times(update.type());
    for (ReceivedResource resource : update.resources()) {
      if (!refused.containsKey(resource.name())) {
        times.put(resource.name(), clock.instant());
      }
    }
    times.keySet().removeAll(update.removed());
  }

  private Map<String, Instant> times(ResourceType type) {
    return updated.computeIfAbsent(type, _ -> new HashMap<>());
  }

  /** When each resource of a type was last put in force, or else first asked for. */
  Map<String, Instant> updated(ResourceType type) {
    return Map.copyOf(times(type));
  }

  /** Whether somebody asks for this name, or for all of the type. */
  boolean asked(ResourceType type, String name) {
    if (times(type).containsKey(name)) {
      return true;
    }
    for (Subscription one : wanted.getOrDefault(type, Map.of()).keySet()) {
      if (one.name().equals(XdsClient.WILDCARD)) {
        return true;
      }
    }
    return false;
  }

  /** A response without a version still has those of its resources. */
  private static String wholeVersion(ResourceUpdate update) {
    if (!update.version().isEmpty() || update.resources().isEmpty()) {
      return update.version();
    }
    return update.resources().getFirst().version();
  }

  /** What brings this type from there broke. */
  void failed(Origin from, ResourceType type) {
    wanted
        .getOrDefault(type, Map.of())
        .forEach((one, stats) -> {
          if (one.origin().equals(from)) {
            stats.failed();
          }
        });
  }

  /** A response could not be read. */
  void unreadable(Origin from, ResourceType type) {
    wanted
        .getOrDefault(type, Map.of())
        .forEach((one, stats) -> {
          if (one.origin().equals(from)) {
            stats.refused();
          }
        });
  }

  /** It is waited for no longer. */
  void timedOut(ResourceType type, Origin from, String name) {
    of(type, from, name).forEach(UpdateStats::timedOut);
  }

  /** How many scopes a set has. */
  void scopes(Subscription set, int number) {
    StatsScope scope = scope(set);
    for (String name : new String[] {"all_scopes", "active_scopes"}) {
      StatsScope.Gauge gauge = scope.gauge(name);
      gauge.add(number - gauge.value());
    }
    scope.gauge("on_demand_scopes");
  }

  private List<UpdateStats> of(ResourceType type, Origin from, String name) {
    return byName.getOrDefault(new Key(type, from, name), List.of());
  }

  /** Where the statistics of a subscription stand, as a whole name. */
  private static String place(Subscription of) {
    return switch (of.type()) {
      case CLUSTER -> "cluster_manager.cds";
      case LISTENER -> "listener_manager.lds";
      case RUNTIME -> "runtime";
      case ENDPOINTS -> "cluster." + of.label();
      case ROUTES -> "http." + of.group() + ".rds." + of.label();
      case SCOPED_ROUTES -> "http." + of.group() + ".scoped_rds." + of.label();
      case VIRTUAL_HOSTS -> "http." + of.group() + ".vhds." + of.label();
      case SECRET -> "sds." + of.label();
      case EXTENSION_CONFIG -> "extension_config_discovery." + of.group() + "." + of.label();
    };
  }

  private StatsScope scope(Subscription of) {
    StatsScope root = engine.statsRoot();
    return switch (of.type()) {
      case CLUSTER, LISTENER, RUNTIME, EXTENSION_CONFIG -> root.scope(place(of));
      case ENDPOINTS -> root.tagged("cluster", "envoy_cluster_name", of.label());
      case ROUTES -> http(of).tagged("rds", "envoy_rds_route_config", of.label());
      case SCOPED_ROUTES -> http(of).tagged("scoped_rds", "envoy_scoped_rds_config", of.label());
      case VIRTUAL_HOSTS -> http(of).scope("vhds").scope(of.label());
      case SECRET -> root.tagged("sds", "envoy_xds_resource_name", of.label());
    };
  }

  private StatsScope http(Subscription of) {
    return engine.statsRoot().tagged("http", "envoy_http_conn_manager_prefix", of.group());
  }
}
