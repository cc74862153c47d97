package io.heddle.control.api.resource;

/** The contents of an object; one record a kind. */
public sealed interface Spec
    permits ServiceSpec,
        WorkloadEntrySpec,
        WorkloadGroupSpec,
        RouteSpec,
        GatewaySpec,
        ListenerSetSpec,
        ReferenceGrantSpec,
        BackendTlsPolicySpec,
        SecretSpec,
        ConfigMapSpec,
        PolicySpec {
  Kind kind();
}
