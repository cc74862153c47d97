package io.heddle.control.api.resource;

import java.util.List;

/** What every kind of route says: where it attaches, and which Services it sends to. */
public sealed interface RouteSpec extends Spec
    permits HttpRouteSpec, GrpcRouteSpec, TlsRouteSpec, TcpRouteSpec {
  /**
   * The Gateways and ListenerSets it attaches to, or the Services whose clients it steers; 1 to 32.
   */
  List<ParentRef> parentRefs();

  /** Up to 16; empty: every host of the parent. */
  List<String> hostnames();

  /** Every Service that it refers to, those that requests are only copied to included. */
  List<BackendRef> allBackends();
}
