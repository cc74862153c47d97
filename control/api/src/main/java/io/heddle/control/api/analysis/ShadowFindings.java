package io.heddle.control.api.analysis;

import io.heddle.control.api.resource.GatewaySpec;
import io.heddle.control.api.resource.HttpMatch;
import io.heddle.control.api.resource.HttpMatch.PathMatchType;
import io.heddle.control.api.resource.HttpMatch.ValueMatch;
import io.heddle.control.api.resource.HttpRouteSpec;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ParentRef;
import io.heddle.control.api.resource.ResourceObject;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Finds matches that are never asked.
 *
 * <p>The Gateway API puts the match that demands more before the one that demands less. So a match
 * is hidden by one that demands the very same and is older, and, as regular expressions go before
 * prefixes, by one whose expression takes every path. It is told only where it is hidden in every
 * place that its route is attached to.
 */
final class ShadowFindings {
  private static final Set<String> EVERY_PATH = Set.of(".*", "/.*");

  /** Where routes compete: a Service's callers, or one hostname of a Gateway's listener. */
  private record Place(ObjectKey parent, String part) {}

  /** What a match demands, however it is written. */
  private record Demand(
      PathMatchType type,
      String path,
      String method,
      Map<String, ValueMatch> headers,
      Map<String, ValueMatch> parameters) {
    static Demand of(HttpMatch match) {
      String path = match.path().value();
      if (match.path().type() == PathMatchType.PATH_PREFIX) {
        while (path.endsWith("/")) {
          path = path.substring(0, path.length() - 1);
        }
      }
      Map<String, ValueMatch> headers = new TreeMap<>();
      for (ValueMatch header : match.headers()) {
        String name = header.name().toLowerCase(Locale.ROOT);
        // Of several for one name the first counts.
        headers.putIfAbsent(name, new ValueMatch(header.type(), name, header.value()));
      }
      Map<String, ValueMatch> parameters = new TreeMap<>();
      for (ValueMatch parameter : match.queryParams()) {
        parameters.putIfAbsent(parameter.name(), parameter);
      }
      return new Demand(match.path().type(), path, match.method(), headers, parameters);
    }

    boolean everything() {
      return type == PathMatchType.REGULAR_EXPRESSION
          && EVERY_PATH.contains(path)
          && method.isEmpty()
          && headers.isEmpty()
          && parameters.isEmpty();
    }
  }

  private record Entry(ObjectKey route, Instant created, int rule, int match, Demand demand) {
    static final Comparator<Entry> AGE =
        Comparator.comparing(Entry::created)
            .thenComparing(Entry::route)
            .thenComparingInt(Entry::rule)
            .thenComparingInt(Entry::match);

    String field() {
      return "spec.rules[" + rule + "].matches[" + match + "]";
    }
  }

  private ShadowFindings() {}

  static void of(Map<ObjectKey, ResourceObject> objects, List<Finding> out) {
    Map<Place, List<Entry>> places = new LinkedHashMap<>();
    Map<Entry, Integer> standing = new LinkedHashMap<>();
    for (ResourceObject object : objects.values()) {
      if (object.spec() instanceof HttpRouteSpec route) {
        Set<String> parts = new TreeSet<>();
        List<Place> own = places(object, route, objects);
        own.removeIf(place -> !parts.add(place.toString()));
        for (Entry entry : entries(object, route)) {
          standing.put(entry, own.size());
          own.forEach(place -> places.computeIfAbsent(place, p -> new ArrayList<>()).add(entry));
        }
      }
    }
    Map<Entry, Entry> hiddenBy = new HashMap<>();
    places.values().forEach(entries -> hide(entries, standing, hiddenBy));
    standing.forEach((entry, left) -> {
      Entry other = hiddenBy.get(entry);
      if (left == 0 && other != null) {
        out.add(
            new Finding(
                FindingCode.ROUTE_SHADOWED,
                entry.route(),
                entry.field(),
                "is never asked: "
                    + (other.route().equals(entry.route()) ? "" : other.route() + " ")
                    + other.field()
                    + " takes the same requests before"));
      }
    });
  }

  /** Takes one from what is left of every entry that is hidden in a place. */
  private static void hide(
      List<Entry> entries, Map<Entry, Integer> standing, Map<Entry, Entry> hiddenBy) {
    Map<Demand, Entry> first = new HashMap<>();
    Entry everything = null;
    entries.sort(Entry.AGE);
    for (Entry entry : entries) {
      if (everything == null && entry.demand().everything()) {
        everything = entry;
      }
      Entry earlier = first.putIfAbsent(entry.demand(), entry);
      if (earlier != null) {
        hiddenBy.put(entry, earlier);
        standing.merge(entry, -1, Integer::sum);
      }
    }
    if (everything != null) {
      for (Entry entry : first.values()) {
        if (entry.demand().type() == PathMatchType.PATH_PREFIX) {
          hiddenBy.put(entry, everything);
          standing.merge(entry, -1, Integer::sum);
        }
      }
    }
  }

  private static List<Entry> entries(ResourceObject object, HttpRouteSpec route) {
    List<Entry> entries = new ArrayList<>();
    Instant created = createdAt(object);
    for (int i = 0; i < route.rules().size(); i++) {
      List<HttpMatch> matches = route.rules().get(i).matches();
      for (int j = 0; j < matches.size(); j++) {
        entries.add(new Entry(object.key(), created, i, j, Demand.of(matches.get(j))));
      }
    }
    return entries;
  }

  private static List<Place> places(
      ResourceObject object, HttpRouteSpec route, Map<ObjectKey, ResourceObject> objects) {
    List<Place> places = new ArrayList<>();
    String namespace = object.metadata().namespace();
    for (ParentRef parent : route.parentRefs()) {
      ObjectKey key = parent.target(namespace);
      ResourceObject target = objects.get(key);
      if (target == null) {
        continue;
      }
      if (target.spec() instanceof GatewaySpec gateway) {
        for (GatewaySpec.Listener listener : gateway.listeners()) {
          String host = Hosts.normal(listener.hostname());
          if (RouteFindings.names(parent, listener)
              && listener.routes().admits(key.namespace(), namespace)) {
            Hosts.common(host, route.hostnames())
                .forEach(
                    name -> places.add(new Place(key, listener.port() + " " + host + " " + name)));
          }
        }
      } else {
        // Routes of the caller's namespace take the place of those of the service's own.
        places.add(new Place(key, namespace));
      }
    }
    return places;
  }

  /** An object that is not stored yet is the youngest. */
  private static Instant createdAt(ResourceObject object) {
    try {
      return Instant.parse(object.metadata().creationTimestamp());
    } catch (DateTimeException e) {
      return Instant.MAX;
    }
  }
}
