package io.heddle.control.api.analysis;

import io.heddle.control.api.resource.BackendRef;
import io.heddle.control.api.resource.GatewaySpec;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ParentRef;
import io.heddle.control.api.resource.ResourceObject;
import io.heddle.control.api.resource.RouteSpec;
import io.heddle.control.api.resource.ServiceSpec;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Judges the references of routes of every kind. */
final class RouteFindings {
  private RouteFindings() {}

  static void of(
      ResourceObject route,
      RouteSpec spec,
      Map<ObjectKey, ResourceObject> objects,
      @Nullable HealthyEndpoints endpoints,
      List<Finding> out) {
    String namespace = route.metadata().namespace();
    for (int i = 0; i < spec.parentRefs().size(); i++) {
      ParentRef parent = spec.parentRefs().get(i);
      String field = "spec.parentRefs[" + i + "]";
      parentProblem(spec, namespace, parent, objects)
          .ifPresent(message ->
              out.add(new Finding(FindingCode.PARENT_UNKNOWN, route.key(), field, message)));
    }
    for (RouteRule rule : RouteRule.of(spec)) {
      rule(route.key(), rule, objects, endpoints, out);
    }
  }

  private static void rule(
      ObjectKey route,
      RouteRule rule,
      Map<ObjectKey, ResourceObject> objects,
      @Nullable HealthyEndpoints endpoints,
      List<Finding> out) {
    if (rule.redirects()) {
      return;
    }
    String backends = rule.field() + ".backendRefs";
    boolean found = false;
    boolean weighed = false;
    for (int j = 0; j < rule.backends().size(); j++) {
      BackendRef ref = rule.backends().get(j);
      Optional<String> problem = backendProblem(ref, route.namespace(), objects);
      String own = backends + "[" + j + "]";
      problem.ifPresent(message ->
          out.add(
              new Finding(
                  FindingCode.BACKEND_UNKNOWN,
                  route,
                  own,
                  message + ": of its share " + rule.unanswered())));
      weighed |= ref.weight() > 0;
      found |= ref.weight() > 0 && problem.isEmpty();
    }
    if (!weighed) {
      out.add(
          new Finding(
              FindingCode.NOTHING_TO_ANSWER,
              route,
              backends,
              (rule.backends().isEmpty() ? "no backend and no redirect: " : "every weight is 0: ")
                  + rule.unanswered()));
    } else if (found && endpoints != null && rule.healthy(route.namespace(), endpoints) == 0) {
      out.add(
          new Finding(
              FindingCode.BACKEND_EMPTY,
              route,
              backends,
              "none of its backends has a healthy endpoint: " + rule.unreachable()));
    }
  }

  private static Optional<String> backendProblem(
      BackendRef ref, String namespace, Map<ObjectKey, ResourceObject> objects) {
    ObjectKey key = ref.target(namespace);
    ResourceObject target = objects.get(key);
    if (target == null) {
      return Optional.of(key + " does not exist");
    }
    boolean port =
        ref.port() == 0
            || (target.spec() instanceof ServiceSpec service
                && service.ports().stream().anyMatch(p -> p.port() == ref.port()));
    return port ? Optional.empty() : Optional.of(key + " has no port " + ref.port());
  }

  private static Optional<String> parentProblem(
      RouteSpec route, String namespace, ParentRef parent, Map<ObjectKey, ResourceObject> objects) {
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
