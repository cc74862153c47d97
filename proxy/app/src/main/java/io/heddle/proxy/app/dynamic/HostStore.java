package io.heddle.proxy.app.dynamic;

import io.heddle.proxy.engine.Engine;
import io.heddle.xds.client.ReceivedResource;
import io.heddle.xds.client.ResourceUpdate;
import io.heddle.xds.model.ConfigError;
import io.heddle.xds.model.Parsed;
import io.heddle.xds.model.RouteConfig;
import io.heddle.xds.model.SourceConfig.Origin;
import io.heddle.xds.model.VirtualHostConfig;
import io.heddle.xds.model.parse.ResourceParser;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The virtual hosts that VHDS brought, by source and name; {@code TABLE/HOST} belongs to the table.
 * Belongs to the scheduler's thread.
 */
final class HostStore {
  private final Engine engine;
  private final ResourceParser parser;
  private final Map<Origin, Map<String, VirtualHostConfig>> hosts = new HashMap<>();

  HostStore(Engine engine, ResourceParser parser) {
    this.engine = engine;
    this.parser = parser;
  }

  /** Whether this source has answered. */
  boolean answered(Origin origin) {
    return hosts.containsKey(origin);
  }

  /** Forgets all other sources. */
  void retain(Set<Origin> origins) {
    hosts.keySet().retainAll(origins);
  }

  /** Gives a table the hosts that came before it. */
  void give(Origin origin, String table) {
    Map<String, VirtualHostConfig> mine = new TreeMap<>();
    hosts
        .getOrDefault(origin, Map.of())
        .forEach((name, host) -> {
          if (belongs(name, table)) {
            mine.put(name, host);
          }
        });
    if (!mine.isEmpty()) {
      var _ = engine.applyVirtualHosts(table, mine.values(), Set.of());
    }
  }

  /** Applies an update; {@code tables} are those that have hosts of this source. */
  Map<String, String> apply(Origin from, ResourceUpdate update, Set<String> tables) {
    Map<String, String> refused = new TreeMap<>();
    Map<String, VirtualHostConfig> known = hosts.computeIfAbsent(from, _ -> new TreeMap<>());
    for (String name : update.removed()) {
      VirtualHostConfig gone = known.remove(name);
      if (gone != null) {
        for (String table : tables) {
          if (belongs(name, table)) {
            var _ = engine.applyVirtualHosts(table, List.of(), Set.of(gone.name()));
          }
        }
      }
    }
    for (ReceivedResource resource : update.resources()) {
      Parsed<VirtualHostConfig> parsed = parser.virtualHost(resource.body());
      switch (parsed) {
        case Parsed.Refused<VirtualHostConfig> bad -> refused.put(resource.name(), bad.message());
        case Parsed.Ok<VirtualHostConfig> good -> {
          DynamicConfig.warn(good);
          String why = put(resource.name(), good.value(), known, tables);
          if (!why.isEmpty()) {
            refused.put(resource.name(), why);
          }
        }
      }
    }
    return refused;
  }

  private String put(
      String name,
      VirtualHostConfig host,
      Map<String, VirtualHostConfig> known,
      Set<String> tables) {
    VirtualHostConfig before = known.get(name);
    Set<String> replaced =
        before == null || before.name().equals(host.name()) ? Set.of() : Set.of(before.name());
    for (String table : tables) {
      if (belongs(name, table)) {
        List<ConfigError> errors = engine.applyVirtualHosts(table, List.of(host), replaced);
        if (!errors.isEmpty()) {
          return Refusals.text(errors);
        }
      }
    }
    known.put(name, host);
    return "";
  }

  private static boolean belongs(String host, String table) {
    return host.length() > table.length()
        && host.startsWith(table)
        && host.charAt(table.length()) == '/';
  }

  /** The clusters that the hosts' routes name. */
  void addClusters(Set<String> names) {
    for (Map<String, VirtualHostConfig> known : hosts.values()) {
      for (VirtualHostConfig host : known.values()) {
        for (RouteConfig route : host.routes()) {
          ListenerReferences.addClusters(route, names);
        }
      }
    }
  }
}
