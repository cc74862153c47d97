package io.heddle.control.api.analysis;

import io.heddle.control.api.resource.BackendRef;
import io.heddle.control.api.resource.GatewaySpec;
import io.heddle.control.api.resource.HttpRouteFilter;
import io.heddle.control.api.resource.HttpRouteSpec;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ParentRef;
import io.heddle.control.api.resource.ResourceObject;
import io.heddle.control.api.resource.ServiceSpec;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Judges the references of an HTTPRoute. */
final class RouteFindings {
  private RouteFindings() {}

  static void of(
      ResourceObject route,
      Map<ObjectKey, ResourceObject> objects,
      @Nullable HealthyEndpoints endpoints,
      List<Finding> out) {
    HttpRouteSpec spec = (HttpRouteSpec) route.spec();
    String namespace = route.metadata().namespace();
    for (int i = 0; i < spec.parentRefs().size(); i++) {
      ParentRef parent = spec.parentRefs().get(i);
      String field = "spec.parentRefs[" + i + "]";
      parentProblem(spec, namespace, parent, objects)
          .ifPresent(message ->
              out.add(new Finding(FindingCode.PARENT_UNKNOWN, route.key(), field, message)));
    }
    for (int i = 0; i < spec.rules().size(); i++) {
      rule(route.key(), spec.rules().get(i), "spec.rules[" + i + "]", objects, endpoints, out);
    }
  }

  private static void rule(
      ObjectKey route,
      HttpRouteSpec.Rule rule,
      String field,
      Map<ObjectKey, ResourceObject> objects,
      @Nullable HealthyEndpoints endpoints,
      List<Finding> out) {
    if (redirects(rule)) {
      return;
    }
    String backends = field + ".backendRefs";
    boolean found = false;
    boolean weighed = false;
    for (int j = 0; j < rule.backendRefs().size(); j++) {
      BackendRef ref = rule.backendRefs().get(j);
      Optional<String> problem = backendProblem(ref, route.namespace(), objects);
      String own = backends + "[" + j + "]";
      problem.ifPresent(
          message -> out.add(new Finding(FindingCode.BACKEND_UNKNOWN, route, own, message)));
      weighed |= ref.weight() > 0;
      found |= ref.weight() > 0 && problem.isEmpty();
    }
    if (!weighed) {
      out.add(
          new Finding(
              FindingCode.NOTHING_TO_ANSWER,
              route,
              backends,
              rule.backendRefs().isEmpty()
                  ? "no backend and no redirect: every request is answered 500"
                  : "every weight is 0: every request is answered 500"));
    } else if (found && endpoints != null && healthy(rule, route.namespace(), endpoints) == 0) {
      out.add(
          new Finding(
              FindingCode.BACKEND_EMPTY,
              route,
              backends,
              "none of its backends has a healthy endpoint: requests are answered 503"));
    }
  }

  /** The healthy endpoints that requests of a rule can reach. */
  static int healthy(HttpRouteSpec.Rule rule, String namespace, HealthyEndpoints endpoints) {
    int count = 0;
    for (BackendRef ref : rule.backendRefs()) {
      if (ref.weight() > 0) {
        count += endpoints.of(ref.target(namespace));
      }
    }
    return count;
  }

  static boolean redirects(HttpRouteSpec.Rule rule) {
    return rule.filters().stream().anyMatch(HttpRouteFilter.RequestRedirect.class::isInstance);
  }

  private static Optional<String> backendProblem(
      BackendRef ref, String namespace, Map<ObjectKey, ResourceObject> objects) {
    ObjectKey key = ref.target(namespace);
    ResourceObject target = objects.get(key);
    if (target == null) {
      return Optional.of(key + " does not exist: its share is answered 500");
    }
    boolean port =
        ref.port() == 0
            || (target.spec() instanceof ServiceSpec service
                && service.ports().stream().anyMatch(p -> p.port() == ref.port()));
    return port
        ? Optional.empty()
        : Optional.of(key + " has no port " + ref.port() + ": its share is answered 500");
  }

  private static Optional<String> parentProblem(
      HttpRouteSpec route,
      String namespace,
      ParentRef parent,
      Map<ObjectKey, ResourceObject> objects) {
    ObjectKey key = parent.target(namespace);
    ResourceObject target = objects.get(key);
    if (target == null) {
      return Optional.of(key + " does not exist: the route does nothing there");
    }
    if (!(target.spec() instanceof GatewaySpec gateway)) {
      return Optional.empty();
    }
    boolean named = false;
    boolean admitted = false;
    for (GatewaySpec.Listener listener : gateway.listeners()) {
      if (names(parent, listener)) {
        named = true;
        if (listener.routes().admits(key.namespace(), namespace)) {
          admitted = true;
          if (!Hosts.common(Hosts.normal(listener.hostname()), route.hostnames()).isEmpty()) {
            return Optional.empty();
          }
        }
      }
    }
    if (!named) {
      return Optional.of(key + " has no such listener: the route does nothing there");
    }
    return Optional.of(
        admitted
            ? key + " has no listener for any of the hostnames: the route does nothing there"
            : key + " admits no routes of namespace " + namespace);
  }

  static boolean names(ParentRef parent, GatewaySpec.Listener listener) {
    return (parent.sectionName().isEmpty() || parent.sectionName().equals(listener.name()))
        && (parent.port() == 0 || parent.port() == listener.port());
  }
}
