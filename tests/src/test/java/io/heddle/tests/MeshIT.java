package io.heddle.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** The whole mesh as packaged: {@code up}, requests through it, {@code status}, {@code down}. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class MeshIT {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir static Path folder;
  private Path state = Path.of("unset");
  private List<Integer> ports = List.of();

  @BeforeAll
  void up() throws Exception {
    state = folder.resolve("state");
    ports = Packaged.freePorts(3);
    Packaged.Finished up = up(state, ports);
    assertThat(up.exit()).as(up.out() + up.err()).isZero();
  }

  @AfterAll
  void down() throws Exception {
    Packaged.Finished down = Packaged.heddle(60, "down", "--state", state.toString());
    assertThat(down.exit()).as(down.out() + down.err()).isZero();
    await()
        .atMost(Duration.ofSeconds(10))
        .untilAsserted(() -> assertThat(Packaged.processesNaming(state.toString())).isEmpty());
  }

  private static Packaged.Finished up(Path state, List<Integer> ports) throws Exception {
    return Packaged.heddle(
        240,
        "up",
        "--detach",
        "--state",
        state.toString(),
        "--gateway-port",
        ports.get(0).toString(),
        "--api-port",
        ports.get(1).toString(),
        "--xds-port",
        ports.get(2).toString());
  }

  private String gateway() {
    return "http://127.0.0.1:" + ports.get(0);
  }

  private String api() {
    return "http://127.0.0.1:" + ports.get(1);
  }

  @Test
  @Order(1)
  void aRequestCrossesFiveServices() throws Exception {
    HttpResponse<String> answer = Packaged.get(gateway() + "/");
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    Set<String> services = new TreeSet<>();
    for (JsonNode hop : JSON.readTree(answer.body()).get("hops")) {
      services.add(hop.get("service").asText());
    }
    assertThat(services).containsExactly("catalog", "orders", "payments", "stock", "web");
  }

  @Test
  @Order(2)
  void statusFindsNothingWrong() throws Exception {
    await()
        .atMost(Duration.ofSeconds(10))
        .untilAsserted(() -> {
          Packaged.Finished status = Packaged.heddle(20, "status", "-o", "json", "--api", api());
          assertThat(status.exit()).as(status.out() + status.err()).isZero();
          for (JsonNode proxy : JSON.readTree(status.out()).get("proxies")) {
            assertThat(proxy.get("state").asText()).isEqualTo("InSync");
          }
        });
  }

  @Test
  @Order(3)
  void aRouteMovesAllTrafficToTheSecondVersion() throws Exception {
    HttpResponse<String> applied =
        Packaged.post(
            api() + "/api/v1/apply",
            """
            apiVersion: gateway.networking.k8s.io/v1
            kind: HTTPRoute
            metadata: {name: all-to-v2}
            spec:
              parentRefs:
              - {kind: Service, name: catalog}
              rules:
              - backendRefs:
                - {name: catalog-v2, port: 80}
            """);
    assertThat(applied.statusCode()).as(applied.body()).isEqualTo(200);
    await()
        .atMost(Duration.ofSeconds(2))
        .untilAsserted(() -> {
          Set<String> versions = new TreeSet<>();
          for (int i = 0; i < 10; i++) {
            for (JsonNode hop : JSON.readTree(Packaged.get(gateway() + "/").body()).get("hops")) {
              if (hop.get("service").asText().equals("catalog")) {
                versions.add(hop.get("version").asText());
              }
            }
          }
          assertThat(versions).containsExactly("v2");
        });
  }

  @Test
  @Order(4)
  void whyNamesTheClusterThatRequestsReachAndARollbackTakesTheRouteBack() throws Exception {
    for (String[] where : new String[][] {{"--from", "orders"}, {"--proxy", proxyOf("orders")}}) {
      Packaged.Finished why =
          Packaged.heddle(
              20,
              "why",
              "GET",
              "http://catalog/",
              where[0],
              where[1],
              "-o",
              "json",
              "--api",
              api());
      assertThat(why.exit()).as(why.out() + why.err()).isZero();
      JsonNode said = JSON.readTree(why.out());
      assertThat(said.get("clusters")).hasSize(1);
      assertThat(said.at("/clusters/0/name").asText()).isEqualTo("default/catalog-v2");
      assertThat(said.at("/clusters/0/endpoints/0/health").asText()).isEqualTo("Healthy");
    }
    Packaged.Finished history =
        Packaged.heddle(20, "history", "httproute/all-to-v2", "-o", "json", "--api", api());
    String revision = JSON.readTree(history.out()).at("/revisions/0/revision").asText();
    Packaged.Finished back = Packaged.heddle(20, "rollback", revision, "--api", api());
    assertThat(back.exit()).as(back.out() + back.err()).isZero();
    await()
        .atMost(Duration.ofSeconds(10))
        .untilAsserted(() -> {
          Set<String> versions = new TreeSet<>();
          for (int i = 0; i < 10; i++) {
            for (JsonNode hop : JSON.readTree(Packaged.get(gateway() + "/").body()).get("hops")) {
              versions.add(hop.path("version").asText());
            }
          }
          assertThat(versions).contains("v1");
        });
    Packaged.Finished applied =
        Packaged.heddle(60, "apply", "-f", "demo/canary.yaml", "--wait", "--api", api());
    assertThat(applied.exit()).as(applied.out() + applied.err()).isZero();
    assertThat(applied.out()).contains("In force at");
  }

  private String proxyOf(String service) throws Exception {
    Packaged.Finished status = Packaged.heddle(20, "status", "-o", "json", "--api", api());
    for (JsonNode proxy : JSON.readTree(status.out()).get("proxies")) {
      if (proxy.get("service").asText().equals("default/" + service)) {
        return proxy.get("id").asText();
      }
    }
    throw new AssertionError(status.out());
  }

  @Test
  @Order(5)
  void aSecondUpOnTheSameStateIsRefused() throws Exception {
    Packaged.Finished second = up(state, Packaged.freePorts(3));
    assertThat(second.exit()).isEqualTo(1);
    assertThat(second.err()).contains(state.toString());
  }

  @Test
  @Order(6)
  void aPortInUseIsNamed() throws Exception {
    Packaged.Finished second = up(folder.resolve("other"), ports);
    assertThat(second.exit()).isEqualTo(1);
    assertThat(second.err()).contains(ports.get(0).toString());
    assertThat(Files.exists(folder.resolve("other/run"))).isFalse();
  }
}
