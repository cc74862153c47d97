package io.heddle.control.core.translate;

import io.heddle.control.api.resource.GatewaySpec;
import io.heddle.control.api.resource.HttpRouteSpec;
import io.heddle.control.api.resource.HttpRouteSpec.BackendRef;
import io.heddle.control.api.resource.HttpRouteSpec.ParentRef;
import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ResourceObject;
import io.heddle.control.api.resource.ServiceSpec;
import io.heddle.control.core.translate.Verdict.Problem;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Resolves what an HTTPRoute refers to.
 *
 * <p>Reasons are those of the Gateway API: {@code NoMatchingParent}, {@code NotAllowedByListeners},
 * {@code NoMatchingListenerHostname}, {@code UnsupportedValue}; {@code BackendNotFound}, {@code
 * RefNotPermitted}.
 */
final class RouteBinder {
  private final Map<ObjectKey, ResourceObject> objects;

  /** Reads the map at each call; the caller owns it. */
  RouteBinder(Map<ObjectKey, ResourceObject> objects) {
    this.objects = objects;
  }

  BoundRoute bind(ResourceObject object) {
    HttpRouteSpec spec = (HttpRouteSpec) object.spec();
    List<Problem> parents = new ArrayList<>();
    Set<ObjectKey> services = new LinkedHashSet<>();
    List<BoundRoute.Attachment> gateways = new ArrayList<>();
    for (ParentRef parent : spec.parentRefs()) {
      switch (parent.kind()) {
        case SERVICE -> bindToService(object, parent, services, parents);
        default -> bindToGateway(object, parent, gateways, parents);
      }
    }
    List<Problem> missing = new ArrayList<>();
    List<List<BoundRoute.Backend>> backends = new ArrayList<>();
    List<List<BoundRoute.Backend>> gatewayBackends = new ArrayList<>();
    for (int i = 0; i < spec.rules().size(); i++) {
      List<BoundRoute.Backend> resolved = new ArrayList<>();
      List<BoundRoute.Backend> atGateway = new ArrayList<>();
      List<BackendRef> refs = spec.rules().get(i).backendRefs();
      for (int j = 0; j < refs.size(); j++) {
        BackendRef ref = refs.get(j);
        String field = "spec.rules[" + i + "].backendRefs[" + j + "]";
        Optional<Problem> problem = problem(object, ref, field, services);
        Optional<Problem> gatewayProblem =
            problem.or(() -> gatewayProblem(object, ref, field, gateways));
        gatewayProblem.ifPresent(missing::add);
        if (ref.weight() > 0) {
          resolved.add(backend(object, ref, problem.isEmpty()));
          atGateway.add(backend(object, ref, gatewayProblem.isEmpty()));
        }
      }
      backends.add(resolved);
      gatewayBackends.add(atGateway);
    }
    int attached = spec.parentRefs().size() - parents.size();
    Verdict verdict =
        new Verdict(
            object.metadata().generation(),
            List.of(
                Verdict.claim(
                    Verdict.ACCEPTED, parents, "attached to " + attached + " of its parents"),
                Verdict.claim(
                    Verdict.RESOLVED_REFS, missing, "all backends exist and may be used")));
    return new BoundRoute(
        object,
        BoundRoute.createdAt(object),
        List.copyOf(services),
        gateways,
        backends,
        gatewayBackends,
        verdict);
  }

  private void bindToService(
      ResourceObject route, ParentRef parent, Set<ObjectKey> services, List<Problem> problems) {
    ObjectKey key = parent.target(route.metadata().namespace());
    ResourceObject target = objects.get(key);
    if (target == null) {
      problems.add(new Problem("NoMatchingParent", key + " does not exist"));
      return;
    }
    List<ServiceSpec.Port> ports = ((ServiceSpec) target.spec()).ports();
    boolean portFound =
        ports.stream()
            .anyMatch(port ->
                (parent.port() == 0 || parent.port() == port.port())
                    && (parent.sectionName().isEmpty()
                        || parent.sectionName().equals(port.name())));
    if (!portFound) {
      problems.add(new Problem("NoMatchingParent", key + " has no such port"));
    } else if (ports.size() > 1 && (parent.port() != 0 || !parent.sectionName().isEmpty())) {
      problems.add(
          new Problem(
              "UnsupportedValue",
              key + " has several ports, and a route attaches to all or none (expected: no port)"));
    } else {
      services.add(key);
    }
  }

  private void bindToGateway(
      ResourceObject route,
      ParentRef parent,
      List<BoundRoute.Attachment> gateways,
      List<Problem> problems) {
    String namespace = route.metadata().namespace();
    ObjectKey key = parent.target(namespace);
    ResourceObject target = objects.get(key);
    if (target == null) {
      problems.add(new Problem("NoMatchingParent", key + " does not exist"));
      return;
    }
    int before = gateways.size();
    boolean named = false;
    boolean admitted = false;
    for (GatewaySpec.Listener listener : GatewayListeners.of(target).inForce()) {
      if (!names(parent, listener)) {
        continue;
      }
      named = true;
      if (!listener.routesFrom().admits(key.namespace(), namespace)) {
        continue;
      }
      admitted = true;
      String own = Hostnames.normal(listener.hostname());
      List<String> both = common(own, ((HttpRouteSpec) route.spec()).hostnames());
      if (!both.isEmpty()) {
        BoundRoute.Attachment place = new BoundRoute.Attachment(key, listener.port(), own, both);
        if (!gateways.contains(place)) {
          gateways.add(place);
        }
      }
    }
    if (gateways.size() == before && !alreadyAttached(gateways, key)) {
      problems.add(refusal(key, named, admitted));
    }
  }

  private static boolean names(ParentRef parent, GatewaySpec.Listener listener) {
    return (parent.sectionName().isEmpty() || parent.sectionName().equals(listener.name()))
        && (parent.port() == 0 || parent.port() == listener.port());
  }

  private static boolean alreadyAttached(List<BoundRoute.Attachment> gateways, ObjectKey key) {
    return gateways.stream().anyMatch(place -> place.gateway().equals(key));
  }

  private static Problem refusal(ObjectKey gateway, boolean named, boolean admitted) {
    if (!named) {
      return new Problem("NoMatchingParent", gateway + " has no such listener");
    }
    return admitted
        ? new Problem(
            "NoMatchingListenerHostname", gateway + " has no listener for any of the hostnames")
        : new Problem(
            "NotAllowedByListeners", gateway + " does not admit routes of this namespace");
  }

  private static List<String> common(String listener, List<String> hostnames) {
    if (hostnames.isEmpty()) {
      return List.of(listener);
    }
    Set<String> both = new LinkedHashSet<>();
    for (String hostname : hostnames) {
      String common = Hostnames.intersection(listener, Hostnames.normal(hostname));
      if (!common.isEmpty()) {
        both.add(common);
      }
    }
    return List.copyOf(both);
  }

  private static BoundRoute.Backend backend(
      ResourceObject route, BackendRef ref, boolean resolved) {
    String cluster =
        resolved ? Names.cluster(ref.target(route.metadata().namespace())) : Names.UNRESOLVED;
    return new BoundRoute.Backend(cluster, ref.weight(), ref.filters());
  }

  /** Why a reference leads nowhere. */
  private Optional<Problem> problem(
      ResourceObject route, BackendRef ref, String field, Set<ObjectKey> steered) {
    String namespace = route.metadata().namespace();
    ObjectKey key = ref.target(namespace);
    ResourceObject target = objects.get(key);
    if (!key.namespace().equals(namespace) && !steersNamespace(steered, key.namespace())) {
      return Optional.of(
          new Problem(
              "RefNotPermitted",
              field + ": " + key + " (expected: a Service of namespace " + namespace + ")"));
    }
    if (target == null) {
      return Optional.of(new Problem("BackendNotFound", field + ": " + key + " does not exist"));
    }
    if (ref.port() != 0 && !hasPort(target, ref.port())) {
      return Optional.of(
          new Problem("BackendNotFound", field + ".port: " + key + " has no port " + ref.port()));
    }
    return Optional.empty();
  }

  /**
   * Why a reference that leads somewhere from a sidecar leads nowhere from a Gateway: whoever
   * reaches a Gateway could not have called the other namespace by himself.
   */
  private static Optional<Problem> gatewayProblem(
      ResourceObject route, BackendRef ref, String field, List<BoundRoute.Attachment> gateways) {
    String namespace = route.metadata().namespace();
    ObjectKey key = ref.target(namespace);
    if (gateways.isEmpty() || key.namespace().equals(namespace)) {
      return Optional.empty();
    }
    return Optional.of(
        new Problem(
            "RefNotPermitted",
            "%s: %s at a Gateway (expected there: a Service of namespace %s)"
                .formatted(field, key, namespace)));
  }

  /**
   * A consumer's route may send to the namespace whose service it steers: the sidecars that it
   * steers could call it anyway.
   */
  private static boolean steersNamespace(Set<ObjectKey> steered, String namespace) {
    return steered.stream()
        .anyMatch(key -> key.kind() == Kind.SERVICE && key.namespace().equals(namespace));
  }

  private static boolean hasPort(ResourceObject service, int port) {
    return ((ServiceSpec) service.spec()).ports().stream().anyMatch(p -> p.port() == port);
  }
}
