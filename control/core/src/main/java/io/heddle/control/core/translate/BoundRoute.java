package io.heddle.control.core.translate;

import io.heddle.control.api.resource.HttpRouteFilter;
import io.heddle.control.api.resource.HttpRouteSpec;
import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ParentRef;
import io.heddle.control.api.resource.ResourceObject;
import io.heddle.control.api.resource.RouteSpec;
import io.heddle.control.core.translate.Verdict.Claim;
import io.heddle.control.core.translate.Verdict.ParentPart;
import io.heddle.control.core.translate.Verdict.Problem;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * A route of any kind with its references resolved.
 *
 * @param rules of an HTTPRoute, or what a GRPCRoute means in the words of one; of TLS and TCP
 *     routes one that says nothing
 * @param services the Services whose clients it steers
 * @param gateways the listeners it is attached to
 * @param targets for each rule, what its references mean to the sidecars of consumers
 * @param gatewayTargets the same for the listeners of Gateways, which may lead to less
 * @param parentProblems for each parent why it is not attached there, or nothing
 * @param missing references that lead nowhere
 */
record BoundRoute(
    ResourceObject object,
    Instant created,
    List<HttpRouteSpec.Rule> rules,
    List<ObjectKey> services,
    List<Attachment> gateways,
    List<Targets> targets,
    List<Targets> gatewayTargets,
    List<List<Problem>> parentProblems,
    List<Problem> missing) {
  BoundRoute {
    rules = List.copyOf(rules);
    services = List.copyOf(services);
    gateways = List.copyOf(gateways);
    targets = List.copyOf(targets);
    gatewayTargets = List.copyOf(gatewayTargets);
    parentProblems = List.copyOf(parentProblems);
    missing = List.copyOf(missing);
  }

  /**
   * A place at a Gateway.
   *
   * @param parent the number of the parent reference that it comes from
   * @param holder the Gateway or ListenerSet that the listener stands in
   * @param listener its name
   * @param port of the listener
   * @param listenerHostname the listener's own, in normal form
   * @param hostnames what listener and route both match, in normal form; never empty
   */
  record Attachment(
      int parent,
      ObjectKey gateway,
      ObjectKey holder,
      String listener,
      int port,
      String listenerHostname,
      List<String> hostnames) {
    Attachment {
      hostnames = List.copyOf(hostnames);
    }
  }

  /** Where the requests of a rule go, and where copies of them go. */
  record Targets(List<Backend> backends, List<Mirror> mirrors) {
    Targets {
      backends = List.copyOf(backends);
      mirrors = List.copyOf(mirrors);
    }

    boolean anyResolved() {
      return backends.stream().anyMatch(Backend::resolved);
    }
  }

  /**
   * A backend's share.
   *
   * @param cluster {@link Names#UNRESOLVED} where the reference leads nowhere
   * @param weight above zero
   */
  record Backend(String cluster, int weight, List<HttpRouteFilter> filters) {
    Backend {
      filters = List.copyOf(filters);
    }

    boolean resolved() {
      return !cluster.equals(Names.UNRESOLVED);
    }
  }

  /** A cluster that gets copies of {@code numerator} in {@code denominator} requests. */
  record Mirror(String cluster, int numerator, int denominator) {}

  /** The route as a Gateway's listeners see it. */
  BoundRoute atGateway() {
    return new BoundRoute(
        object,
        created,
        rules,
        services,
        gateways,
        gatewayTargets,
        gatewayTargets,
        parentProblems,
        missing);
  }

  /** The route without some of its places, and why. */
  BoundRoute without(Set<Attachment> lost, Set<ObjectKey> lostServices, Problem why) {
    List<Attachment> left = gateways.stream().filter(place -> !lost.contains(place)).toList();
    List<List<Problem>> problems = new ArrayList<>();
    List<ParentRef> parents = spec().parentRefs();
    for (int i = 0; i < parents.size(); i++) {
      int parent = i;
      boolean was = gateways.stream().anyMatch(place -> place.parent() == parent);
      boolean is = left.stream().anyMatch(place -> place.parent() == parent);
      boolean gone =
          (was && !is) || lostServices.contains(parents.get(i).target(key().namespace()));
      problems.add(gone ? List.of(why) : parentProblems.get(i));
    }
    return new BoundRoute(
        object,
        created,
        rules,
        services.stream().filter(service -> !lostServices.contains(service)).toList(),
        left,
        targets,
        gatewayTargets,
        problems,
        missing);
  }

  Verdict verdict() {
    List<Problem> all = new ArrayList<>();
    parentProblems.forEach(all::addAll);
    Claim resolved =
        Verdict.claim(Verdict.RESOLVED_REFS, missing, "all backends exist and may be used");
    List<ParentPart> parts = new ArrayList<>();
    List<ParentRef> parents = spec().parentRefs();
    for (int i = 0; i < parents.size(); i++) {
      parts.add(
          new ParentPart(
              parents.get(i),
              List.of(
                  Verdict.claim(Verdict.ACCEPTED, parentProblems.get(i), "attached"), resolved)));
    }
    int attached = parents.size() - all.size();
    return new Verdict(
        object.metadata().generation(),
        List.of(
            Verdict.claim(Verdict.ACCEPTED, all, "attached to " + attached + " of its parents"),
            resolved),
        List.copyOf(parts));
  }

  ObjectKey key() {
    return object.key();
  }

  RouteSpec spec() {
    return (RouteSpec) object.spec();
  }

  boolean grpc() {
    return object.kind() == Kind.GRPC_ROUTE;
  }

  /** Whether it goes into tables of HTTP routes. */
  boolean http() {
    return object.kind() == Kind.HTTP_ROUTE || object.kind() == Kind.GRPC_ROUTE;
  }

  /** When the object was created; one without a time counts as the newest. */
  static Instant createdAt(ResourceObject object) {
    try {
      return Instant.parse(object.metadata().creationTimestamp());
    } catch (DateTimeException e) {
      return Instant.MAX;
    }
  }
}
