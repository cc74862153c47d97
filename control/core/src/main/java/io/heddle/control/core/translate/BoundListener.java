package io.heddle.control.core.translate;

import io.heddle.control.api.resource.GatewaySpec;
import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.core.translate.Verdict.Claim;
import java.util.List;

/**
 * A listener with its references resolved.
 *
 * @param holder the Gateway or ListenerSet that it stands in
 * @param certificates Secrets that exist and may be used
 * @param inForce whether proxies get it
 */
record BoundListener(
    ObjectKey holder,
    GatewaySpec.Listener spec,
    List<ObjectKey> certificates,
    boolean inForce,
    List<Claim> claims) {
  BoundListener {
    certificates = List.copyOf(certificates);
    claims = List.copyOf(claims);
  }

  int port() {
    return spec.port();
  }

  /** In normal form. */
  String hostname() {
    return Hostnames.normal(spec.hostname());
  }

  /** Whether a route of that kind and namespace may attach. */
  boolean admits(Kind kind, String namespace) {
    return spec.admittedKinds().contains(kind)
        && spec.routes().admits(holder.namespace(), namespace);
  }
}
