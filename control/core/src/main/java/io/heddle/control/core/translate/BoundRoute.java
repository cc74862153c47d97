package io.heddle.control.core.translate;

import io.heddle.control.api.resource.HttpRouteFilter;
import io.heddle.control.api.resource.HttpRouteSpec;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ResourceObject;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.List;

/**
 * An HTTPRoute with its references resolved.
 *
 * @param services the Services whose clients it steers
 * @param gateways the Gateway listeners it is attached to
 * @param backends for each rule, what its backend references mean to the sidecars of consumers
 * @param gatewayBackends the same for the listeners of Gateways, which may lead to less
 */
record BoundRoute(
    ResourceObject object,
    Instant created,
    List<ObjectKey> services,
    List<Attachment> gateways,
    List<List<Backend>> backends,
    List<List<Backend>> gatewayBackends,
    Verdict verdict) {
  BoundRoute {
    services = List.copyOf(services);
    gateways = List.copyOf(gateways);
    backends = List.copyOf(backends);
    gatewayBackends = List.copyOf(gatewayBackends);
  }

  /**
   * A place at a Gateway.
   *
   * @param port of the listener
   * @param listenerHostname the listener's own, in normal form
   * @param hostnames what listener and route both match, in normal form; never empty
   */
  record Attachment(ObjectKey gateway, int port, String listenerHostname, List<String> hostnames) {
    Attachment {
      hostnames = List.copyOf(hostnames);
    }
  }

  /**
   * A backend's share.
   *
   * @param cluster {@link Names#UNRESOLVED} where the reference leads nowhere
   * @param weight above zero
   */
  record Backend(String cluster, int weight, List<HttpRouteFilter> filters) {
    boolean resolved() {
      return !cluster.equals(Names.UNRESOLVED);
    }
  }

  /** The route as a Gateway's listeners see it. */
  BoundRoute atGateway() {
    return new BoundRoute(
        object, created, services, gateways, gatewayBackends, gatewayBackends, verdict);
  }

  ObjectKey key() {
    return object.key();
  }

  HttpRouteSpec spec() {
    return (HttpRouteSpec) object.spec();
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
