package io.heddle.control.core.translate;

import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.core.translate.BoundRoute.Attachment;
import io.heddle.control.core.translate.Verdict.Problem;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Keeps HTTPRoutes and GRPCRoutes apart.
 *
 * <p>At a listener no HTTPRoute and GRPCRoute may share a hostname: of two that do the older one
 * stays, then the one that comes first by name (Gateway API, {@code GRPCRoute}). At a Service the
 * GRPCRoutes of a namespace take the place of its HTTPRoutes (GEP-1426, "Route types").
 */
final class RouteConflicts {
  static final String REASON = "Conflicted";
  private static final Comparator<BoundRoute> AGE =
      Comparator.comparing(BoundRoute::created)
          .thenComparing(route -> route.key().namespace())
          .thenComparing(route -> route.key().name())
          .thenComparing(BoundRoute::key);

  /** A listener of a Gateway or ListenerSet. */
  private record Listener(ObjectKey holder, String name) {}

  /** The routes of a namespace that steer the calls to a Service. */
  private record Steered(ObjectKey service, String namespace) {}

  private record Taken(boolean grpc, ObjectKey route, List<String> hostnames) {}

  private RouteConflicts() {}

  /** The routes as they are in force; those without a conflict are the same as before. */
  static Map<ObjectKey, BoundRoute> resolve(Map<ObjectKey, BoundRoute> routes) {
    if (routes.values().stream().noneMatch(BoundRoute::grpc)) {
      return routes;
    }
    Map<ObjectKey, BoundRoute> out = new TreeMap<>(routes);
    List<BoundRoute> oldestFirst =
        new ArrayList<>(routes.values().stream().filter(BoundRoute::http).toList());
    oldestFirst.sort(AGE);
    Map<Listener, List<Taken>> taken = new HashMap<>();
    Set<Steered> byGrpc = steeredByGrpc(oldestFirst);
    for (BoundRoute route : oldestFirst) {
      Set<Attachment> lost = new HashSet<>();
      List<String> winners = new ArrayList<>();
      for (Attachment place : route.gateways()) {
        List<Taken> here =
            taken.computeIfAbsent(
                new Listener(place.holder(), place.listener()), _ -> new ArrayList<>());
        List<ObjectKey> others = others(route, place, here);
        if (others.isEmpty()) {
          here.add(new Taken(route.grpc(), route.key(), place.hostnames()));
        } else {
          lost.add(place);
          others.forEach(other -> winners.add(other + " at listener " + place.listener()));
        }
      }
      Set<ObjectKey> lostServices = new HashSet<>();
      if (!route.grpc()) {
        for (ObjectKey service : route.services()) {
          if (byGrpc.contains(new Steered(service, route.key().namespace()))) {
            lostServices.add(service);
            winners.add("a GRPCRoute of " + service);
          }
        }
      }
      if (!lost.isEmpty() || !lostServices.isEmpty()) {
        Problem why =
            new Problem(
                REASON,
                "the place is taken by "
                    + String.join(", ", winners)
                    + " (expected: routes of one kind for a hostname)");
        out.put(route.key(), route.without(lost, lostServices, why));
      }
    }
    return out;
  }

  private static Set<Steered> steeredByGrpc(Collection<BoundRoute> routes) {
    Set<Steered> steered = new HashSet<>();
    for (BoundRoute route : routes) {
      if (route.grpc()) {
        route
            .services()
            .forEach(service -> steered.add(new Steered(service, route.key().namespace())));
      }
    }
    return steered;
  }

  private static List<ObjectKey> others(BoundRoute route, Attachment place, List<Taken> here) {
    List<ObjectKey> others = new ArrayList<>();
    for (Taken other : here) {
      if (other.grpc() != route.grpc() && meet(place.hostnames(), other.hostnames())) {
        others.add(other.route());
      }
    }
    return others;
  }

  private static boolean meet(List<String> some, List<String> others) {
    return some.stream()
        .anyMatch(one ->
            others.stream().anyMatch(other -> !Hostnames.intersection(one, other).isEmpty()));
  }
}
