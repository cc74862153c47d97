package io.heddle.control.core.translate;

import io.heddle.control.api.resource.BackendTrafficPolicySpec;
import io.heddle.control.api.resource.ClientTrafficPolicySpec;
import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.PolicySpec;
import io.heddle.control.api.resource.ResourceObject;
import io.heddle.control.api.resource.TelemetryPolicySpec;
import io.heddle.control.api.resource.TelemetryPolicySpec.AccessLog;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Which policy counts where: of those of a kind the one with the most specific target; of several
 * with the same target the oldest. One in the mode Shadow counts nowhere.
 *
 * @see <a href="https://gateway-api.sigs.k8s.io/geps/gep-713/">Gateway API, GEP-713</a>
 */
final class Policies {
  static final Comparator<ResourceObject> AGE =
      Comparator.comparing(BoundRoute::createdAt).thenComparing(ResourceObject::key);

  private final World world;
  private final Map<ObjectKey, Long> used;

  /** An object or a part of it, as a policy may name it. */
  record Place(ObjectKey object, String section) {}

  /**
   * @param used is filled with the policies that were found
   */
  Policies(World world, Map<ObjectKey, Long> used) {
    this.world = world;
    this.used = used;
  }

  /** Where a listener looks: itself, what it stands in, the Gateway. */
  static List<Place> placesOf(ObjectKey gateway, ObjectKey holder, String listener) {
    List<Place> places = new ArrayList<>();
    if (!listener.isEmpty()) {
      places.add(new Place(holder, listener));
    }
    places.add(new Place(holder, ""));
    if (!holder.equals(gateway)) {
      places.add(new Place(gateway, ""));
    }
    return places;
  }

  /** The policy of a place alone, that counts. */
  static Optional<ResourceObject> at(World world, Kind kind, Place place) {
    return world.inNamespace(kind, place.object().namespace()).stream()
        .filter(policy -> ((PolicySpec) policy.spec()).mode() == PolicySpec.Mode.ENFORCE)
        .filter(policy -> names(policy, place))
        .min(AGE);
  }

  static boolean names(ResourceObject policy, Place place) {
    String namespace = policy.metadata().namespace();
    return ((PolicySpec) policy.spec())
        .targets().stream()
            .anyMatch(target ->
                target.key(namespace).equals(place.object())
                    && target.sectionName().equals(place.section()));
  }

  private Optional<PolicySpec> find(Kind kind, List<Place> places) {
    for (Place place : places) {
      Optional<ResourceObject> found = at(world, kind, place);
      if (found.isPresent()) {
        ResourceObject policy = found.get();
        used.put(policy.key(), policy.metadata().generation());
        return Optional.of((PolicySpec) policy.spec());
      }
    }
    return Optional.empty();
  }

  Optional<ClientTrafficPolicySpec> client(List<Place> places) {
    return find(Kind.CLIENT_TRAFFIC_POLICY, places).map(ClientTrafficPolicySpec.class::cast);
  }

  AccessLog accessLog(List<Place> places) {
    return find(Kind.TELEMETRY_POLICY, places)
        .map(spec -> ((TelemetryPolicySpec) spec).accessLog())
        .orElse(AccessLog.STANDARD);
  }

  Optional<BackendTrafficPolicySpec> ofService(ObjectKey service) {
    return find(Kind.BACKEND_TRAFFIC_POLICY, List.of(new Place(service, "")))
        .map(BackendTrafficPolicySpec.class::cast);
  }

  /**
   * The policies that a rule may take something from, the most specific one first: of the rule, the
   * route, the listener, the Gateway; then of the Services in their order.
   *
   * @param listeners where the route is attached; none at a sidecar
   */
  private List<BackendTrafficPolicySpec> ofRule(RouteEntry entry, List<Place> listeners) {
    List<Place> places = new ArrayList<>();
    ObjectKey route = entry.route().key();
    if (!entry.rule().name().isEmpty()) {
      places.add(new Place(route, entry.rule().name()));
    }
    places.add(new Place(route, ""));
    places.addAll(listeners);
    for (BoundRoute.Backend backend : entry.targets().backends()) {
      Names.serviceOf(backend.cluster()).ifPresent(key -> places.add(new Place(key, "")));
    }
    List<BackendTrafficPolicySpec> found = new ArrayList<>();
    for (Place place : places) {
      find(Kind.BACKEND_TRAFFIC_POLICY, List.of(place))
          .ifPresent(spec -> found.add((BackendTrafficPolicySpec) spec));
    }
    return found;
  }

  /** What a route takes from policies. */
  RouteDefaults defaults(RouteEntry entry, List<Place> listeners) {
    List<BackendTrafficPolicySpec.HashKey> hashes = new ArrayList<>();
    for (BoundRoute.Backend backend : entry.targets().backends()) {
      Names.serviceOf(backend.cluster())
          .flatMap(this::ofService)
          .map(policy -> policy.loadBalancer().hash())
          .filter(hash -> hash.type() != BackendTrafficPolicySpec.HashType.NONE)
          .filter(hash -> !hashes.contains(hash))
          .ifPresent(hashes::add);
    }
    return RouteDefaults.of(ofRule(entry, listeners), hashes);
  }

  /** As {@link #defaults}, of a Service without routes. */
  RouteDefaults defaultsOf(ObjectKey service) {
    Optional<BackendTrafficPolicySpec> policy = ofService(service);
    return RouteDefaults.of(
        policy.map(List::of).orElse(List.of()),
        policy
            .map(spec -> spec.loadBalancer().hash())
            .filter(hash -> hash.type() != BackendTrafficPolicySpec.HashType.NONE)
            .map(List::of)
            .orElse(List.of()));
  }
}
