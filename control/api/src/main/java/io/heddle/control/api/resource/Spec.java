package io.heddle.control.api.resource;

/** The contents of an object; one record a kind. */
public sealed interface Spec permits ServiceSpec, WorkloadEntrySpec, HttpRouteSpec, GatewaySpec {
  Kind kind();
}
