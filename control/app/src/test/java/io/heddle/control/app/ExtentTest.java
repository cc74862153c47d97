package io.heddle.control.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.heddle.xds.model.ResourceType;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a sidecar is told of follows what its service says that it calls, and it can be seen why.
 */
class ExtentTest {
  private static final String ID = "sidecar~default~web-1";

  private static String service(String name, String calls) {
    return """
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: %s%s}
    spec: {ports: [{port: 80}]}
    """
        .formatted(name, calls);
  }

  private static final String OTHERS =
      service("orders", "") + service("orders-v2", "") + service("stock", "");

  private static final String DECLARED = ", annotations: {heddle.io/calls: orders}";

  private static final String ROUTE =
      """
      ---
      apiVersion: gateway.networking.k8s.io/v1
      kind: HTTPRoute
      metadata: {name: split}
      spec:
        parentRefs: [{group: "", kind: Service, name: orders}]
        rules:
        - backendRefs: [{name: orders-v2, port: 80}]
      """;

  private static DeltaProxy web(RunningPlane plane, String table) {
    return new DeltaProxy(
        plane.channel(),
        ID,
        Map.of(
            "HEDDLE_KIND", "sidecar",
            "HEDDLE_SERVICE", "web",
            "HEDDLE_INSTANCE", "web-1",
            "HEDDLE_INBOUND", "127.0.0.1:1",
            "HEDDLE_OUTBOUND", "127.0.0.1:2",
            "HEDDLE_APP", "127.0.0.1:3"),
        List.of(table),
        List.of(),
        resource -> "");
  }

  private static void holds(RunningPlane plane, Map<String, String> clusters, String mode) {
    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> {
          JsonNode extent = plane.get("/api/v1/extent?proxy=" + ID).body();
          Map<String, String> found = new TreeMap<>();
          extent
              .path("clusters")
              .forEach(one -> found.put(one.path("name").asText(), one.path("why").asText()));
          assertThat(found).isEqualTo(new TreeMap<>(clusters));
          assertThat(extent.path("mode").asText()).isEqualTo(mode);
          assertThat(extent.path("because").asText()).contains("Service default/web", "heddle.io");
        });
  }

  @Test
  void isToldOfWhatItsServiceCallsOnceThatIsSaid(@TempDir Path folder) throws StartFailure {
    Map<String, String> all =
        Map.of(
            "inbound", "its own application",
            "default/web", "every service",
            "default/orders", "every service",
            "default/orders-v2", "every service",
            "default/stock", "every service");
    try (RunningPlane plane = new RunningPlane(folder.resolve("state"), Duration.ofSeconds(1))) {
      assertThat(plane.post("/api/v1/apply", service("web", "") + OTHERS + ROUTE).status())
          .isEqualTo(200);
      try (DeltaProxy before = web(plane, "outbound/default")) {
        holds(plane, all, "all");
        assertThat(plane.post("/api/v1/apply", service("web", DECLARED)).status()).isEqualTo(200);
        await().atMost(Duration.ofSeconds(20)).until(() -> !before.open());
      }
      try (DeltaProxy bounded = web(plane, "outbound/default")) {
        holds(
            plane,
            Map.of(
                "inbound", "its own application",
                "default/orders", "declared",
                "default/orders-v2", "routes of default/orders of outbound/default"),
            "declared");
        assertThat(bounded.routes("outbound/default").getVirtualHostsCount()).isEqualTo(1);
        // What it does not call makes no difference to it, and what it calls comes as before.
        assertThat(plane.post("/api/v1/apply", service("later", "")).status()).isEqualTo(200);
        assertThat(plane.delete("/api/v1/services/default/stock").status()).isEqualTo(200);
        assertThat(
                plane
                    .post("/api/v1/apply", service("web", DECLARED.replace("orders", "\"*\"")))
                    .status())
            .isEqualTo(200);
        await().atMost(Duration.ofSeconds(20)).until(() -> !bounded.open());
        assertThat(bounded.held(ResourceType.CLUSTER).keySet())
            .doesNotContain("default/later", "default/stock");
      }
      assertThat(plane.get("/api/v1/extent?proxy=nobody").status()).isEqualTo(404);
    }
  }
}
