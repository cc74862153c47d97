package io.heddle.control.core.translate;

import io.heddle.control.api.resource.BackendRef;
import io.heddle.control.api.resource.GatewaySpec;
import io.heddle.control.api.resource.GrpcRouteSpec;
import io.heddle.control.api.resource.HttpRouteFilter;
import io.heddle.control.api.resource.HttpRouteSpec;
import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.ListenerSetSpec;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ParentRef;
import io.heddle.control.api.resource.ResourceObject;
import io.heddle.control.api.resource.RouteSpec;
import io.heddle.control.api.resource.ServiceSpec;
import io.heddle.control.api.resource.TcpRouteSpec;
import io.heddle.control.api.resource.TlsRouteSpec;
import io.heddle.control.core.translate.BoundRoute.Targets;
import io.heddle.control.core.translate.Verdict.Problem;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Resolves what a route refers to.
 *
 * <p>Reasons are those of the Gateway API: {@code NoMatchingParent}, {@code NotAllowedByListeners},
 * {@code NoMatchingListenerHostname}, {@code UnsupportedValue}; {@code BackendNotFound}, {@code
 * RefNotPermitted}, {@code UnsupportedProtocol}.
 *
 * @see <a href="https://gateway-api.sigs.k8s.io/reference/spec/#routeconditionreason">Gateway API,
 *     RouteConditionReason</a>
 */
final class RouteBinder {
  private final World world;

  /** Reads the world at each call; the caller owns it. */
  RouteBinder(World world) {
    this.world = world;
  }

  /** One route under way. */
  private static final class Binding {
    private final ResourceObject route;
    private final RouteSpec spec;
    private final Set<ObjectKey> services = new LinkedHashSet<>();
    private final List<BoundRoute.Attachment> gateways = new ArrayList<>();
    private final List<Problem> missing = new ArrayList<>();

    Binding(ResourceObject route) {
      this.route = route;
      this.spec = (RouteSpec) route.spec();
    }

    String namespace() {
      return route.metadata().namespace();
    }
  }

  BoundRoute bind(ResourceObject object) {
    Binding binding = new Binding(object);
    List<ParentRef> parents = binding.spec.parentRefs();
    List<List<Problem>> parentProblems = new ArrayList<>();
    for (int i = 0; i < parents.size(); i++) {
      Optional<Problem> problem =
          parents.get(i).kind() == Kind.SERVICE
              ? bindToService(binding, parents.get(i))
              : bindToListeners(binding, i);
      parentProblems.add(problem.map(List::of).orElse(List.of()));
    }
    List<Targets> targets = new ArrayList<>();
    List<Targets> atGateways = new ArrayList<>();
    List<HttpRouteSpec.Rule> rules = rules(binding.spec);
    for (int i = 0; i < rules.size(); i++) {
      resolve(binding, rules.get(i), "spec.rules[" + i + "]", targets, atGateways);
    }
    return new BoundRoute(
        object,
        BoundRoute.createdAt(object),
        rules,
        List.copyOf(binding.services),
        binding.gateways,
        targets,
        atGateways,
        parentProblems,
        binding.missing);
  }

  private static List<HttpRouteSpec.Rule> rules(RouteSpec spec) {
    return switch (spec) {
      case HttpRouteSpec http -> http.rules();
      case GrpcRouteSpec grpc -> GrpcRules.of(grpc);
      case TlsRouteSpec tls -> List.of(plain(tls.ruleName(), tls.backendRefs()));
      case TcpRouteSpec tcp -> List.of(plain(tcp.ruleName(), tcp.backendRefs()));
    };
  }

  private static HttpRouteSpec.Rule plain(String name, List<BackendRef> backends) {
    HttpRouteSpec.Rule none = HttpRouteSpec.Rule.EMPTY;
    return new HttpRouteSpec.Rule(
        name,
        none.matches(),
        List.of(),
        backends,
        none.timeouts(),
        none.retry(),
        none.sessionPersistence());
  }

  private Optional<Problem> bindToService(Binding binding, ParentRef parent) {
    ObjectKey key = parent.target(binding.namespace());
    ResourceObject target = world.objects().get(key);
    if (target == null) {
      return Optional.of(new Problem("NoMatchingParent", key + " does not exist"));
    }
    List<ServiceSpec.Port> ports = ((ServiceSpec) target.spec()).ports();
    boolean portFound =
        ports.stream()
            .anyMatch(port ->
                (parent.port() == 0 || parent.port() == port.port())
                    && (parent.sectionName().isEmpty()
                        || parent.sectionName().equals(port.name())));
    if (!portFound) {
      return Optional.of(new Problem("NoMatchingParent", key + " has no such port"));
    }
    if (ports.size() > 1 && (parent.port() != 0 || !parent.sectionName().isEmpty())) {
      return Optional.of(
          new Problem(
              "UnsupportedValue",
              key + " has several ports, and a route attaches to all or none (expected: no port)"));
    }
    binding.services.add(key);
    return Optional.empty();
  }

  /** Attaches to listeners of a Gateway or ListenerSet; to those of a set only by naming it. */
  private Optional<Problem> bindToListeners(Binding binding, int number) {
    ParentRef parent = binding.spec.parentRefs().get(number);
    ObjectKey holder = parent.target(binding.namespace());
    Optional<ResourceObject> gateway = gatewayOf(holder);
    if (gateway.isEmpty()) {
      return Optional.of(
          new Problem(
              "NoMatchingParent",
              holder
                  + (world.find(holder).isEmpty()
                      ? " does not exist"
                      : " is attached to no Gateway")));
    }
    boolean named = false;
    boolean admitted = false;
    boolean inForce = false;
    boolean attached = false;
    for (BoundListener listener : GatewayListeners.of(world, gateway.get()).of(holder)) {
      if (!names(parent, listener.spec())) {
        continue;
      }
      named = true;
      if (!listener.admits(binding.route.kind(), binding.namespace())) {
        continue;
      }
      admitted = true;
      if (!listener.inForce()) {
        continue;
      }
      inForce = true;
      List<String> both = common(listener.hostname(), binding.spec.hostnames());
      if (!both.isEmpty()) {
        attached = true;
        binding.gateways.add(
            new BoundRoute.Attachment(
                number,
                gateway.get().key(),
                holder,
                listener.spec().name(),
                listener.port(),
                listener.hostname(),
                both));
      }
    }
    return attached
        ? Optional.empty()
        : Optional.of(refusal(binding, holder, named, admitted, inForce));
  }

  private Optional<ResourceObject> gatewayOf(ObjectKey holder) {
    Optional<ResourceObject> found = world.find(holder);
    if (found.isPresent() && found.get().spec() instanceof ListenerSetSpec set) {
      return world
          .find(set.gateway(holder.namespace()))
          .filter(gateway -> GatewayListeners.admits(gateway, found.get()));
    }
    return found;
  }

  private static boolean names(ParentRef parent, GatewaySpec.Listener listener) {
    return (parent.sectionName().isEmpty() || parent.sectionName().equals(listener.name()))
        && (parent.port() == 0 || parent.port() == listener.port());
  }

  private static Problem refusal(
      Binding binding, ObjectKey holder, boolean named, boolean admitted, boolean inForce) {
    if (!named) {
      return new Problem("NoMatchingParent", holder + " has no such listener");
    }
    if (!admitted) {
      return new Problem(
          "NotAllowedByListeners",
          "%s does not admit a %s of this namespace"
              .formatted(holder, binding.route.kind().kindName()));
    }
    return inForce
        ? new Problem(
            "NoMatchingListenerHostname", holder + " has no listener for any of the hostnames")
        : new Problem("NoMatchingParent", holder + " has no such listener that is in force");
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

  private void resolve(
      Binding binding,
      HttpRouteSpec.Rule rule,
      String at,
      List<Targets> targets,
      List<Targets> atGateways) {
    List<BoundRoute.Backend> own = new ArrayList<>();
    List<BoundRoute.Backend> gateway = new ArrayList<>();
    for (int j = 0; j < rule.backendRefs().size(); j++) {
      BackendRef ref = rule.backendRefs().get(j);
      String field = at + ".backendRefs[" + j + "]";
      Optional<Problem> problem = problem(binding, ref, field);
      Optional<Problem> gatewayProblem = problem.or(() -> gatewayProblem(binding, ref, field));
      gatewayProblem.ifPresent(binding.missing::add);
      if (ref.weight() > 0) {
        own.add(backend(binding, ref, problem.isEmpty()));
        gateway.add(backend(binding, ref, gatewayProblem.isEmpty()));
      }
    }
    List<BoundRoute.Mirror> ownMirrors = new ArrayList<>();
    List<BoundRoute.Mirror> gatewayMirrors = new ArrayList<>();
    for (int j = 0; j < rule.filters().size(); j++) {
      if (rule.filters().get(j) instanceof HttpRouteFilter.RequestMirror mirror) {
        String field = at + ".filters[" + j + "].requestMirror.backendRef";
        Optional<Problem> problem = problem(binding, mirror.backend(), field);
        Optional<Problem> gatewayProblem =
            problem.or(() -> gatewayProblem(binding, mirror.backend(), field));
        gatewayProblem.ifPresent(binding.missing::add);
        BoundRoute.Mirror copy =
            new BoundRoute.Mirror(
                Names.cluster(mirror.backend().target(binding.namespace())),
                mirror.numerator(),
                mirror.denominator());
        // A copy that can go nowhere is not made (Gateway API, HTTPRequestMirrorFilter).
        if (problem.isEmpty()) {
          ownMirrors.add(copy);
        }
        if (gatewayProblem.isEmpty()) {
          gatewayMirrors.add(copy);
        }
      }
    }
    targets.add(new Targets(own, ownMirrors));
    atGateways.add(new Targets(gateway, gatewayMirrors));
  }

  private static BoundRoute.Backend backend(Binding binding, BackendRef ref, boolean resolved) {
    String cluster = resolved ? Names.cluster(ref.target(binding.namespace())) : Names.UNRESOLVED;
    return new BoundRoute.Backend(cluster, ref.weight(), ref.filters());
  }

  /** Why a reference leads nowhere. */
  private Optional<Problem> problem(Binding binding, BackendRef ref, String field) {
    ObjectKey key = ref.target(binding.namespace());
    if (!granted(binding, key) && !steersNamespace(binding.services, key.namespace())) {
      return Optional.of(
          new Problem(
              "RefNotPermitted",
              "%s: %s (expected: a Service of namespace %s, or a ReferenceGrant in namespace %s)"
                  .formatted(field, key, binding.namespace(), key.namespace())));
    }
    ResourceObject target = world.objects().get(key);
    if (target == null) {
      return Optional.of(new Problem("BackendNotFound", field + ": " + key + " does not exist"));
    }
    Optional<ServiceSpec.Port> port = port(target, ref.port());
    if (port.isEmpty()) {
      return Optional.of(
          new Problem("BackendNotFound", field + ".port: " + key + " has no port " + ref.port()));
    }
    return protocolProblem(binding.route.kind(), key, port.get(), field);
  }

  /** GEP-1911: a route does not send to a port that says that it speaks something else. */
  private static Optional<Problem> protocolProblem(
      Kind kind, ObjectKey key, ServiceSpec.Port port, String field) {
    String said = port.appProtocol();
    boolean fits =
        switch (kind) {
          case HTTP_ROUTE -> !said.equals(ServiceSpec.Port.TCP);
          case GRPC_ROUTE -> said.isEmpty() || port.http2();
          default -> true;
        };
    return fits
        ? Optional.empty()
        : Optional.of(
            new Problem(
                "UnsupportedProtocol",
                "%s: %s speaks %s (expected: %s)"
                    .formatted(field, key, said, kind == Kind.GRPC_ROUTE ? "HTTP/2" : "HTTP")));
  }

  private boolean granted(Binding binding, ObjectKey service) {
    return world.mayRefer(binding.route.kind(), binding.namespace(), service);
  }

  /**
   * Why a reference that leads somewhere from a sidecar leads nowhere from a Gateway: whoever
   * reaches a Gateway could not have called the other namespace by himself.
   */
  private Optional<Problem> gatewayProblem(Binding binding, BackendRef ref, String field) {
    ObjectKey key = ref.target(binding.namespace());
    if (binding.gateways.isEmpty() || granted(binding, key)) {
      return Optional.empty();
    }
    return Optional.of(
        new Problem(
            "RefNotPermitted",
            "%s: %s at a Gateway (expected there: a Service of namespace %s, or a ReferenceGrant)"
                .formatted(field, key, binding.namespace())));
  }

  /**
   * A consumer's route may send to the namespace whose service it steers: the sidecars that it
   * steers could call it anyway.
   */
  private static boolean steersNamespace(Set<ObjectKey> steered, String namespace) {
    return steered.stream()
        .anyMatch(key -> key.kind() == Kind.SERVICE && key.namespace().equals(namespace));
  }

  private static Optional<ServiceSpec.Port> port(ResourceObject service, int number) {
    List<ServiceSpec.Port> ports = ((ServiceSpec) service.spec()).ports();
    if (number == 0 && !ports.isEmpty()) {
      return Optional.of(ports.getFirst());
    }
    return ports.stream().filter(port -> port.port() == number).findFirst();
  }
}
