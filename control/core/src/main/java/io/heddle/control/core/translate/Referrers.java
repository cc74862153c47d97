package io.heddle.control.core.translate;

import io.heddle.control.api.resource.GatewaySpec;
import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.ListenerSetSpec;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.PolicySpec;
import io.heddle.control.api.resource.ResourceObject;
import io.heddle.control.api.resource.RouteSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiPredicate;

/** Who refers to whom, for a change to find what it touches. Owned by its translator's thread. */
final class Referrers {
  private static final List<Kind> ROUTES =
      List.of(Kind.HTTP_ROUTE, Kind.GRPC_ROUTE, Kind.TLS_ROUTE, Kind.TCP_ROUTE);
  private static final List<Kind> POLICIES =
      List.of(Kind.CLIENT_TRAFFIC_POLICY, Kind.BACKEND_TRAFFIC_POLICY, Kind.TELEMETRY_POLICY);

  private final World world;

  Referrers(World world) {
    this.world = world;
  }

  /** Routes that name a Gateway, ListenerSet or Service as a parent. */
  List<ObjectKey> attachedTo(ObjectKey parent) {
    return routes((route, namespace) ->
        route.parentRefs().stream().anyMatch(ref -> ref.target(namespace).equals(parent)));
  }

  /** Routes that send to a Service, copies included. */
  List<ObjectKey> sendingTo(ObjectKey service) {
    return routes((route, namespace) ->
        route.allBackends().stream().anyMatch(ref -> ref.target(namespace).equals(service)));
  }

  /** Routes of other namespaces that send into this one. */
  List<ObjectKey> sendingInto(String namespace) {
    return routes((route, own) ->
        !own.equals(namespace)
            && route.allBackends().stream()
                .anyMatch(ref -> ref.target(own).namespace().equals(namespace)));
  }

  private List<ObjectKey> routes(BiPredicate<RouteSpec, String> wanted) {
    List<ObjectKey> found = new ArrayList<>();
    for (Kind kind : ROUTES) {
      for (ResourceObject route : world.ofKind(kind)) {
        if (wanted.test((RouteSpec) route.spec(), route.metadata().namespace())) {
          found.add(route.key());
        }
      }
    }
    return found;
  }

  /** ListenerSets that name a Gateway, whether it admits them or not. */
  List<ResourceObject> setsOf(ObjectKey gateway) {
    List<ResourceObject> found = new ArrayList<>();
    for (ResourceObject set : world.ofKind(Kind.LISTENER_SET)) {
      if (((ListenerSetSpec) set.spec()).gateway(set.metadata().namespace()).equals(gateway)) {
        found.add(set);
      }
    }
    return found;
  }

  /** Gateways that name a Secret, or have a ListenerSet that does. */
  List<ObjectKey> showing(ObjectKey secret) {
    List<ObjectKey> found = new ArrayList<>();
    for (ResourceObject gateway : world.ofKind(Kind.GATEWAY)) {
      boolean own = names(((GatewaySpec) gateway.spec()).listeners(), gateway.key(), secret);
      if (own
          || setsOf(gateway.key()).stream()
              .anyMatch(
                  set -> names(((ListenerSetSpec) set.spec()).listeners(), set.key(), secret))) {
        found.add(gateway.key());
      }
    }
    return found;
  }

  private static boolean names(
      List<GatewaySpec.Listener> listeners, ObjectKey holder, ObjectKey secret) {
    return listeners.stream()
        .flatMap(listener -> listener.tls().certificates().stream())
        .anyMatch(ref -> ref.target(holder.namespace()).equals(secret));
  }

  /** Policies that have an object, or a part of it, among their targets. */
  List<ObjectKey> policiesFor(ObjectKey target) {
    List<ObjectKey> found = new ArrayList<>();
    for (Kind kind : POLICIES) {
      for (ResourceObject policy : world.inNamespace(kind, target.namespace())) {
        if (((PolicySpec) policy.spec())
            .targets().stream().anyMatch(one -> one.key(target.namespace()).equals(target))) {
          found.add(policy.key());
        }
      }
    }
    return found;
  }
}
