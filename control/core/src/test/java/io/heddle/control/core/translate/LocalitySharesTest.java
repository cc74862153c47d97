package io.heddle.control.core.translate;

import static org.assertj.core.api.Assertions.assertThat;

import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;
import io.heddle.control.api.document.ObjectParser;
import io.heddle.control.api.document.ParseResult;
import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.Locality;
import io.heddle.control.api.resource.ObjectKey;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Localities with weights, of a Service that asks for it. */
final class LocalitySharesTest {
  private static final ObjectKey WEB = ObjectKey.of(Kind.SERVICE, "web");

  private static String web(String annotations) {
    return """
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web%s}
    spec: {ports: [{port: 80}]}
    """
        .formatted(annotations);
  }

  private static String entry(String name, int port, String zone, int weight) {
    return """
    ---
    apiVersion: heddle.io/v1alpha1
    kind: WorkloadEntry
    metadata: {name: %s}
    spec: {address: 127.0.0.1, ports: {http: %d}, service: web, locality: eu/%s, weight: %d}
    """
        .formatted(name, port, zone, weight);
  }

  private static final String ENTRIES =
      entry("a-1", 1, "a", 2) + entry("a-2", 2, "a", 1) + entry("b-1", 3, "b", 1);

  private final Produce produce = new Produce();

  private Map<String, Integer> weights() {
    Map<String, Integer> weights = new TreeMap<>();
    for (LocalityLbEndpoints group : produce.endpoints("default/web").getEndpointsList()) {
      weights.put(group.getLocality().getZone(), group.getLoadBalancingWeight().getValue());
    }
    return weights;
  }

  private boolean weighted() {
    return produce.cluster("default/web").getCommonLbConfig().hasLocalityWeightedLbConfig();
  }

  @Test
  void localitiesHaveTheWeightOfTheirEndpointsAndSomeAShareOfIt() {
    produce.with(web(", annotations: {heddle.io/locality-weights: load}") + ENTRIES).translate();
    assertThat(weighted()).isTrue();
    assertThat(weights()).isEqualTo(Map.of("a", 300, "b", 100));
    produce.translator.localityShares(Map.of(WEB, Map.of(new Locality("eu", "b", ""), 40)));
    assertThat(produce.translate().last.put()).as("its endpoints alone").hasSize(1);
    assertThat(weights()).isEqualTo(Map.of("a", 300, "b", 40));
    produce.translator.localityShares(Map.of());
    produce.translate();
    assertThat(weights()).isEqualTo(Map.of("a", 300, "b", 100));
  }

  @Test
  void withoutAskingForItTheyHaveNone() {
    produce.with(web("") + ENTRIES);
    produce.translator.localityShares(Map.of(WEB, Map.of(new Locality("eu", "b", ""), 40)));
    produce.translate();
    assertThat(weighted()).isFalse();
    assertThat(weights()).isEqualTo(Map.of("a", 0, "b", 0));
    produce.with(web(", annotations: {heddle.io/locality-weights: load}")).translate();
    assertThat(weighted()).isTrue();
    assertThat(weights()).isEqualTo(Map.of("a", 300, "b", 40));
  }

  @Test
  void aForkHasTheSameShares() {
    produce.with(web(", annotations: {heddle.io/locality-weights: load}") + ENTRIES);
    produce.translator.localityShares(Map.of(WEB, Map.of(new Locality("eu", "b", ""), 40)));
    produce.translate();
    Translator fork = produce.translator.fork();
    fork.translate();
    for (Place place : produce.translator.places()) {
      assertThat(fork.standing(place).orElseThrow().resource().version())
          .as(place.toString())
          .isEqualTo(produce.translator.standing(place).orElseThrow().resource().version());
    }
  }

  @Test
  void anotherWordIsRefusedByName() {
    ParseResult result =
        ObjectParser.parse("web.yaml", web(", annotations: {heddle.io/locality-weights: fast}"));
    assertThat(result.errors()).hasSize(1);
    assertThat(result.errors().getFirst().toString())
        .contains("annotations.heddle.io/locality-weights", "\"fast\"", "load");
  }
}
