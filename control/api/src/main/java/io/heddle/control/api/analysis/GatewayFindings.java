package io.heddle.control.api.analysis;

import io.heddle.control.api.resource.GatewaySpec;
import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ParentRef;
import io.heddle.control.api.resource.ResourceObject;
import io.heddle.control.api.resource.RouteSpec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Judges the listeners of Gateways: those of two in one place, and those that nobody uses. Two of
 * one Gateway in one place are refused when the document is read.
 */
final class GatewayFindings {
  /** What a route says about a Gateway. */
  private record Attached(String namespace, RouteSpec route, ParentRef parent) {}

  private GatewayFindings() {}

  static void of(Map<ObjectKey, ResourceObject> objects, List<Finding> out) {
    Map<ObjectKey, List<Attached>> routes = new HashMap<>();
    for (ResourceObject object : objects.values()) {
      if (object.spec() instanceof RouteSpec route) {
        String namespace = object.metadata().namespace();
        for (ParentRef parent : route.parentRefs()) {
          routes
              .computeIfAbsent(parent.target(namespace), k -> new ArrayList<>())
              .add(new Attached(namespace, route, parent));
        }
      }
    }
    Map<String, String> bound = new HashMap<>();
    for (ResourceObject object : objects.values()) {
      if (object.spec() instanceof GatewaySpec gateway) {
        collisions(object.key(), gateway, bound, out);
        unused(object.key(), gateway, routes.getOrDefault(object.key(), List.of()), out);
      }
    }
  }

  /**
   * @param bound whose listener has an address and port, of the Gateways before
   */
  private static void collisions(
      ObjectKey key, GatewaySpec gateway, Map<String, String> bound, List<Finding> out) {
    Map<String, String> own = new HashMap<>();
    for (int i = 0; i < gateway.listeners().size(); i++) {
      GatewaySpec.Listener listener = gateway.listeners().get(i);
      String field = "spec.listeners[" + i + "]";
      for (GatewaySpec.Address address : gateway.addresses()) {
        String place = address.value() + " port " + listener.port();
        String taken = bound.get(place);
        if (taken != null) {
          out.add(
              new Finding(
                  FindingCode.LISTENERS_COLLIDE, key, field, place + " is bound by " + taken));
        }
        own.put(place, key.toString());
      }
    }
    bound.putAll(own);
  }

  private static void unused(
      ObjectKey key, GatewaySpec gateway, List<Attached> routes, List<Finding> out) {
    for (int i = 0; i < gateway.listeners().size(); i++) {
      GatewaySpec.Listener listener = gateway.listeners().get(i);
      String host = Hosts.normal(listener.hostname());
      boolean used =
          routes.stream()
              .anyMatch(attached ->
                  RouteFindings.names(attached.parent(), listener)
                      && listener.admittedKinds().contains(attached.route().kind())
                      && listener.routes().admits(key.namespace(), attached.namespace())
                      && !Hosts.common(host, attached.route().hostnames()).isEmpty());
      if (!used) {
        out.add(
            new Finding(
                FindingCode.LISTENER_UNUSED,
                key,
                "spec.listeners[" + i + "]",
                carriesHttpRoutes(listener)
                    ? "no "
                        + Kind.HTTP_ROUTE.kindName()
                        + " attaches to listener "
                        + listener.name()
                        + ": every request is answered 404"
                    : "no route attaches to listener "
                        + listener.name()
                        + ": nothing is listened to"));
      }
    }
  }

  private static boolean carriesHttpRoutes(GatewaySpec.Listener listener) {
    return switch (listener.protocol()) {
      case HTTP, HTTPS -> true;
      case TLS, TCP -> false;
    };
  }
}
