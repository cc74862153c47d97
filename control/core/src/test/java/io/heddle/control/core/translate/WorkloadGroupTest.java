package io.heddle.control.core.translate;

import static org.assertj.core.api.Assertions.assertThat;

import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;
import io.heddle.control.api.resource.Kind;
import java.util.List;
import org.junit.jupiter.api.Test;

final class WorkloadGroupTest {
  private static final String ENTRIES =
      """
      ---
      apiVersion: heddle.io/v1alpha1
      kind: WorkloadEntry
      metadata: {name: one}
      spec: {address: 10.0.0.1, group: boxes}
      ---
      apiVersion: heddle.io/v1alpha1
      kind: WorkloadEntry
      metadata: {name: two}
      spec: {address: 10.0.0.2, group: boxes, ports: {http: 9000}, weight: 7, labels: {version: v2}}
      """;
  private static final String GROUP =
      """
      ---
      apiVersion: heddle.io/v1alpha1
      kind: WorkloadGroup
      metadata: {name: boxes}
      spec:
        metadata: {labels: {version: v1, tier: back}}
        template: {service: legacy, ports: {http: 8080}, weight: 3, locality: eu/b}
      """;

  private static List<String> endpoints(Produce produce, String cluster) {
    return produce.endpoints(cluster).getEndpointsList().stream()
        .map(LocalityLbEndpoints::getLbEndpointsList)
        .flatMap(List::stream)
        .map(endpoint ->
            endpoint.getEndpoint().getAddress().getSocketAddress().getAddress()
                + ":"
                + endpoint.getEndpoint().getAddress().getSocketAddress().getPortValue()
                + " "
                + endpoint.getLoadBalancingWeight().getValue())
        .toList();
  }

  private static String claim(Produce produce, String name) {
    return Produce.claim(
        produce.verdict(Kind.WORKLOAD_ENTRY, name).claims(), Verdict.RESOLVED_REFS);
  }

  @Test
  void anEntryTakesFromItsGroupWhatItDoesNotSay() {
    String selected =
        """
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: legacy-v2}
        spec:
          selector: {heddle.io/service: legacy, version: v2, tier: back}
          ports: [{port: 80}]
        """;
    Produce produce =
        new Produce().with(Inputs.service("legacy") + selected + GROUP + ENTRIES).translate();
    assertThat(endpoints(produce, "default/legacy"))
        .containsExactly("10.0.0.1:8080 3", "10.0.0.2:9000 7");
    assertThat(endpoints(produce, "default/legacy-v2")).containsExactly("10.0.0.2:9000 7");
    assertThat(produce.endpoints("default/legacy").getEndpoints(0).getLocality().getZone())
        .isEqualTo("b");
    assertThat(claim(produce, "one")).startsWith("true");
  }

  @Test
  void followsItsGroup() {
    Produce produce = new Produce().with(Inputs.service("legacy") + ENTRIES).translate();
    assertThat(endpoints(produce, "default/legacy")).isEmpty();
    assertThat(claim(produce, "one"))
        .isEqualTo("false GroupNotFound: spec.group: WorkloadGroup boxes is not there");
    produce.with(GROUP).translate();
    assertThat(endpoints(produce, "default/legacy"))
        .containsExactly("10.0.0.1:8080 3", "10.0.0.2:9000 7");
    produce
        .with(Inputs.service("other") + GROUP.replace("service: legacy", "service: other"))
        .translate();
    assertThat(endpoints(produce, "default/legacy")).isEmpty();
    assertThat(endpoints(produce, "default/other")).hasSize(2);
    produce.translator.remove(Inputs.object(GROUP).key());
    produce.translate();
    assertThat(endpoints(produce, "default/other")).isEmpty();
    assertThat(claim(produce, "one")).startsWith("false GroupNotFound");
  }
}
