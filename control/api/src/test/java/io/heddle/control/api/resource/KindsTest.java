package io.heddle.control.api.resource;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class KindsTest {
  @Test
  void findsKindsByTheWordsThatKubectlKnows() {
    for (String word : new String[] {"svc", "service", "Services", "SVC"}) {
      assertThat(Kinds.ofWord(word)).contains(Kind.SERVICE);
    }
    assertThat(Kinds.ofWord("gtw")).contains(Kind.GATEWAY);
    assertThat(Kinds.ofWord("we")).contains(Kind.WORKLOAD_ENTRY);
    assertThat(Kinds.ofWord("httproutes.gateway.networking.k8s.io")).contains(Kind.HTTP_ROUTE);
    assertThat(Kinds.ofWord("pods")).isEmpty();
  }

  @Test
  void findsKindsOfDocumentsExactly() {
    assertThat(Kinds.ofDocument("v1", "Service")).contains(Kind.SERVICE);
    assertThat(Kinds.ofDocument("v1", "service")).isEmpty();
    assertThat(Kinds.ofDocument("v2", "Service")).isEmpty();
  }

  @Test
  void serviceWithoutSelectorPicksWhatRegisteredUnderItsName() {
    ServiceSpec spec = new ServiceSpec(Map.of(), List.of(new ServiceSpec.Port("", 80, "http")));
    assertThat(spec.selects("web", Map.of(ServiceSpec.SERVICE_LABEL, "web", "version", "v1")))
        .isTrue();
    assertThat(spec.selects("web", Map.of(ServiceSpec.SERVICE_LABEL, "orders"))).isFalse();
  }

  @Test
  void selectorWantsAllOfItsLabels() {
    ServiceSpec spec =
        new ServiceSpec(
            Map.of(ServiceSpec.SERVICE_LABEL, "catalog", "version", "v2"),
            List.of(new ServiceSpec.Port("", 80, "http")));
    assertThat(
            spec.selects(
                "catalog-v2", Map.of(ServiceSpec.SERVICE_LABEL, "catalog", "version", "v2")))
        .isTrue();
    assertThat(
            spec.selects(
                "catalog-v2", Map.of(ServiceSpec.SERVICE_LABEL, "catalog", "version", "v1")))
        .isFalse();
  }
}
