package io.heddle.control.core.translate;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import io.envoyproxy.envoy.config.cluster.v3.CircuitBreakers;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.cluster.v3.LoadBalancingPolicy;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.core.v3.RoutingPriority;
import io.envoyproxy.envoy.config.core.v3.SelfConfigSource;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.extensions.load_balancing_policies.least_request.v3.LeastRequest;
import io.envoyproxy.envoy.extensions.load_balancing_policies.round_robin.v3.RoundRobin;
import io.envoyproxy.envoy.extensions.load_balancing_policies.wrr_locality.v3.WrrLocality;
import io.heddle.control.api.resource.BackendTrafficPolicySpec;
import io.heddle.control.api.resource.BackendTrafficPolicySpec.LoadBalancer;
import io.heddle.control.api.resource.ObjectKey;
import java.util.Optional;

/**
 * The cluster of a service as gRPC libraries take it: round robin within localities by weight,
 * unless a policy says otherwise, and as many calls at once as a proxy would have.
 *
 * @see <a href="https://github.com/grpc/proposal/blob/master/A52-xds-custom-lb-policies.md">gRFC
 *     A52</a>, A32 (max_requests), A42 (ring hash)
 */
final class ProxylessClusters {
  private ProxylessClusters() {}

  /**
   * @param certificate whether the client has one to show
   */
  static Cluster of(
      ObjectKey service,
      Optional<BackendTls.InForce> tls,
      Optional<BackendTrafficPolicySpec> policy,
      boolean certificate) {
    String name = Names.cluster(service);
    // Where nobody can be believed, there is nobody to call.
    boolean reachable = tls.map(policies -> !policies.authorities().isEmpty()).orElse(true);
    Cluster.Builder out =
        Cluster.newBuilder()
            .setName(name)
            .setType(Cluster.DiscoveryType.EDS)
            .setEdsClusterConfig(
                Cluster.EdsClusterConfig.newBuilder()
                    .setServiceName(reachable ? name : Names.UNRESOLVED)
                    .setEdsConfig(Clusters.ads()))
            // Load is reported to the control plane; Java's library counts calls only then.
            .setLrsServer(ConfigSource.newBuilder().setSelf(SelfConfigSource.getDefaultInstance()))
            .setCircuitBreakers(
                CircuitBreakers.newBuilder()
                    .addThresholds(
                        CircuitBreakers.Thresholds.newBuilder()
                            .setPriority(RoutingPriority.DEFAULT)
                            .setMaxRequests(
                                Clusters.most(
                                    policy
                                        .map(spec -> spec.breaker().parallelRequests())
                                        .orElse(-1),
                                    Clusters.BREAKER))));
    HealthProtos.stated(policy).ifPresent(out::setOutlierDetection);
    balance(out, policy.map(BackendTrafficPolicySpec::loadBalancer).orElse(LoadBalancer.NONE));
    tls.ifPresent(
        spoken -> out.setTransportSocket(TlsProtos.proxylessUpstream(spoken.spec(), certificate)));
    return out.build();
  }

  private static void balance(Cluster.Builder out, LoadBalancer balancer) {
    switch (balancer.type()) {
      // Not every library has a random one.
      case UNSET, ROUND_ROBIN, RANDOM -> out.setLbPolicy(Cluster.LbPolicy.ROUND_ROBIN);
      case CONSISTENT_HASH -> out.setLbPolicy(Cluster.LbPolicy.RING_HASH);
      // A library takes the first of a list that it knows; one that knows no lists, round robin.
      case LEAST_REQUEST ->
          out.setLbPolicy(Cluster.LbPolicy.ROUND_ROBIN)
              .setLoadBalancingPolicy(
                  LoadBalancingPolicy.newBuilder()
                      .addPolicies(
                          policy(
                              "envoy.load_balancing_policies.wrr_locality",
                              WrrLocality.newBuilder()
                                  .setEndpointPickingPolicy(
                                      LoadBalancingPolicy.newBuilder()
                                          .addPolicies(
                                              policy(
                                                  "envoy.load_balancing_policies.least_request",
                                                  LeastRequest.getDefaultInstance()))
                                          .addPolicies(
                                              policy(
                                                  "envoy.load_balancing_policies.round_robin",
                                                  RoundRobin.getDefaultInstance())))
                                  .build())));
    }
  }

  private static LoadBalancingPolicy.Policy policy(String name, Message config) {
    return LoadBalancingPolicy.Policy.newBuilder()
        .setTypedExtensionConfig(
            TypedExtensionConfig.newBuilder().setName(name).setTypedConfig(Any.pack(config)))
        .build();
  }
}
