package io.heddle.control.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.envoyproxy.envoy.service.discovery.v3.Resource;
import io.heddle.control.app.RunningPlane.Reply;
import io.heddle.testkit.TestAuthority;
import io.heddle.xds.model.ResourceType;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** History, rollback, dry runs, waiting and explaining, over the REST API. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ChangesTest {
  private RunningPlane plane;

  @BeforeAll
  void start(@TempDir Path folder) throws StartFailure {
    plane = new RunningPlane(folder.resolve("state"), Duration.ofSeconds(1));
  }

  @AfterAll
  void stop() {
    plane.close();
  }

  private static String service(String name, int port) {
    return "apiVersion: v1\nkind: Service\nmetadata: {name: %s}\nspec: {ports: [{port: %d}]}\n---\n"
        .formatted(name, port);
  }

  private static String route(String name, String backend, String mark) {
    return """
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: {name: %s}
    spec:
      parentRefs: [{group: "", kind: Service, name: %s}]
      rules:
      - filters:
        - type: RequestHeaderModifier
          requestHeaderModifier: {set: [{name: x-mark, value: %s}]}
        backendRefs: [{name: %s, port: 80}]
    ---
    """
        .formatted(name, backend, mark, backend);
  }

  private String apply(String yaml) {
    Reply reply = plane.post("/api/v1/apply", yaml);
    assertThat(reply.status()).as(reply.body().toString()).isEqualTo(200);
    return reply.body().path("revision").asText();
  }

  private static List<String> codes(JsonNode findings) {
    List<String> codes = new ArrayList<>();
    findings.forEach(finding ->
        codes.add(finding.path("code").asText() + " " + finding.path("object").asText()));
    return codes;
  }

  @Test
  void tellsWhoChangedWhatFromWhereAndHow() {
    String revision = apply(service("told-a", 80) + service("told-b", 80));
    JsonNode write = plane.get("/api/v1/history?limit=1&name=told-a").body().at("/revisions/0");
    assertThat(write.path("revision").asText()).isEqualTo(revision);
    assertThat(write.path("who").asText()).isEqualTo("loopback");
    assertThat(write.path("from").asText()).isEqualTo("127.0.0.1");
    assertThat(write.path("how").asText()).isEqualTo("apply shop.yaml");
    assertThat(write.at("/changes/0/name").asText()).isEqualTo("told-a");
    assertThat(write.at("/changes/0/action").asText()).isEqualTo("created");
    JsonNode whole = plane.get("/api/v1/history/" + revision).body();
    assertThat(whole.path("changes")).hasSize(2);
    assertThat(whole.at("/changes/1/after/metadata/name").asText()).isEqualTo("told-b");
    assertThat(whole.path("changes").path(1).has("before")).isFalse();
  }

  @Test
  void showsAnObjectAsItWasAndWhatIsDifferent() {
    String first = apply(service("was", 80));
    String second = apply(service("was", 81));
    plane.delete("/api/v1/services/default/was");
    String path = "/api/v1/services/default/was?revision=";
    assertThat(plane.get(path + first).body().at("/spec/ports/0/port").asInt()).isEqualTo(80);
    assertThat(plane.get(path + second).body().at("/spec/ports/0/port").asInt()).isEqualTo(81);
    assertThat(plane.get(path + (Integer.parseInt(first) - 1)).status()).isEqualTo(404);
    assertThat(plane.get(path + "999999").status()).isEqualTo(404);
    assertThat(plane.get(path + "x").status()).isEqualTo(404);
    JsonNode diff = plane.get("/api/v1/diff?from=" + first + "&to=" + second).body();
    assertThat(diff.at("/changes/0/before/spec/ports/0/port").asInt()).isEqualTo(80);
    assertThat(diff.at("/changes/0/after/spec/ports/0/port").asInt()).isEqualTo(81);
    JsonNode back = plane.get("/api/v1/diff?from=" + second + "&to=" + first).body();
    assertThat(back.at("/changes/0/after/spec/ports/0/port").asInt()).isEqualTo(80);
    assertThat(plane.get("/api/v1/diff?from=" + first).status()).isEqualTo(400);
  }

  @Test
  void takesAWriteBackAsAWriteOfItsOwn() {
    apply(service("kept", 80));
    String revision = apply(service("kept", 81) + service("extra", 80));
    Reply dry = plane.post("/api/v1/rollback?dryRun&revision=" + revision, "");
    assertThat(dry.body().at("/results/0/action").asText()).isEqualTo("configured");
    assertThat(dry.body().at("/results/0/after/spec/ports/0/port").asInt()).isEqualTo(80);
    assertThat(plane.get("/api/v1/services/default/extra").status()).isEqualTo(200);

    Reply done = plane.post("/api/v1/rollback?revision=" + revision, "");
    assertThat(done.status()).as(done.body().toString()).isEqualTo(200);
    assertThat(done.body().at("/results/1/action").asText()).isEqualTo("deleted");
    assertThat(plane.get("/api/v1/services/default/kept").body().at("/spec/ports/0/port").asInt())
        .isEqualTo(80);
    assertThat(plane.get("/api/v1/services/default/extra").status()).isEqualTo(404);
    String made = done.body().path("revision").asText();
    assertThat(plane.get("/api/v1/history/" + made).body().path("how").asText())
        .isEqualTo("rollback of revision " + revision);

    Reply undone = plane.post("/api/v1/rollback?revision=" + made, "");
    assertThat(undone.status()).as("a rollback can be taken back, too").isEqualTo(200);
    assertThat(plane.get("/api/v1/services/default/extra").status()).isEqualTo(200);
  }

  @Test
  void keepsNoSecretInTheHistoryAndSoTakesNoneBack() {
    TestAuthority authority = TestAuthority.create("edge");
    String first = secret(authority.issue(TestAuthority.Wish.dns("a.example")));
    String second = secret(authority.issue(TestAuthority.Wish.dns("b.example")));
    apply(first);
    String revision = apply(second);
    String whole = plane.get("/api/v1/history/" + revision).body().toString();
    for (String secret : List.of(first, second)) {
      String key = secret.substring(secret.indexOf("tls.key: ") + 9).strip();
      assertThat(whole).doesNotContain(key.substring(0, 60));
    }
    Reply refused = plane.post("/api/v1/rollback?force&revision=" + revision, "");
    assertThat(refused.status()).isEqualTo(422);
    assertThat(refused.body().at("/errors/0/code").asText()).isEqualTo("HDL-1008");
    assertThat(refused.body().at("/errors/0/object").asText()).isEqualTo("Secret default/cert");
  }

  private static String secret(TestAuthority.Issued issued) {
    Base64.Encoder encoder = Base64.getEncoder();
    return """
    apiVersion: v1
    kind: Secret
    metadata: {name: cert}
    type: kubernetes.io/tls
    data:
      tls.crt: %s
      tls.key: %s
    """
        .formatted(
            encoder.encodeToString(issued.certificatePem().getBytes(StandardCharsets.US_ASCII)),
            encoder.encodeToString(issued.keyPem().getBytes(StandardCharsets.US_ASCII)));
  }

  @Test
  void refusesToTakeBackOverALaterWriteUnlessForced() {
    apply(service("raced", 80));
    String revision = apply(service("raced", 81));
    apply(service("raced", 82));
    Reply refused = plane.post("/api/v1/rollback?revision=" + revision, "");
    assertThat(refused.status()).isEqualTo(409);
    assertThat(refused.body().at("/errors/0/object").asText()).isEqualTo("Service default/raced");
    assertThat(plane.post("/api/v1/rollback?force&revision=" + revision, "").status())
        .isEqualTo(200);
    assertThat(plane.get("/api/v1/services/default/raced").body().at("/spec/ports/0/port").asInt())
        .isEqualTo(80);
    assertThat(plane.post("/api/v1/rollback?revision=999999", "").status()).isEqualTo(404);
    assertThat(plane.post("/api/v1/rollback", "").status()).isEqualTo(400);
  }

  @Test
  void aDryRunSaysWhatWouldChangeAndWhatWouldBeFound() {
    apply(service("dry", 80));
    Reply reply =
        plane.post("/api/v1/apply?dryRun", service("dry", 81) + route("dry", "nobody", "x"));
    assertThat(reply.body().path("dryRun").asBoolean()).isTrue();
    assertThat(reply.body().at("/results/0/before/spec/ports/0/port").asInt()).isEqualTo(80);
    assertThat(reply.body().at("/results/0/after/spec/ports/0/port").asInt()).isEqualTo(81);
    assertThat(codes(reply.body().path("findings")))
        .containsExactlyInAnyOrder(
            "HDL-4008 HTTPRoute default/dry", "HDL-4001 HTTPRoute default/dry");
    assertThat(reply.body().at("/findings/0/file").asText()).isEqualTo("shop.yaml");
    assertThat(reply.body().at("/findings/0/line").asInt()).isPositive();
    assertThat(plane.get("/api/v1/httproutes/default/dry").status()).isEqualTo(404);
  }

  @Test
  void refusesAnErrorOfAllObjectsTogetherUnlessForced() {
    String first =
        """
        apiVersion: gateway.networking.k8s.io/v1
        kind: Gateway
        metadata: {name: once}
        spec:
          gatewayClassName: heddle
          addresses: [{type: IPAddress, value: 10.0.0.1}]
          listeners: [{name: a, protocol: HTTP, port: 80}]
        """;
    assertThat(plane.post("/api/v1/apply", first).status()).isEqualTo(200);
    String gateway = first.replace("once", "twice");
    Reply refused = plane.post("/api/v1/apply", gateway);
    assertThat(refused.status()).isEqualTo(422);
    assertThat(codes(refused.body().path("errors")))
        .containsExactly("HDL-4004 Gateway default/twice");
    assertThat(refused.body().at("/errors/0/mend").asText()).isNotEmpty();
    assertThat(plane.get("/api/v1/gateways/default/twice").status()).isEqualTo(404);
    assertThat(plane.post("/api/v1/validate", gateway).status()).isEqualTo(422);
    assertThat(plane.post("/api/v1/apply?force", gateway).status()).isEqualTo(200);
  }

  private JsonNode sync(String revision, String kind, String name) {
    Reply reply =
        plane.post(
            "/api/v1/sync",
            "{\"revision\":\"%s\",\"objects\":[{\"kind\":\"%s\",\"namespace\":\"default\",\"name\":\"%s\"}]}"
                .formatted(revision, kind, name));
    assertThat(reply.status()).as(reply.body().toString()).isEqualTo(200);
    return reply.body();
  }

  private DeltaProxy sidecar(String id, boolean picky) {
    Map<String, String> metadata =
        Map.of(
            "HEDDLE_KIND", "sidecar",
            "HEDDLE_NAMESPACE", "default",
            "HEDDLE_SERVICE", "web",
            "HEDDLE_INSTANCE", id,
            "HEDDLE_INBOUND", "127.0.0.1:15006",
            "HEDDLE_OUTBOUND", "127.0.0.1:15001",
            "HEDDLE_APP", "127.0.0.1:8080");
    return new DeltaProxy(
        plane.channel(),
        id,
        metadata,
        List.of("outbound/default"),
        List.of("default/synced"),
        resource ->
            picky
                    && resource
                        .getResource()
                        .getValue()
                        .toString(StandardCharsets.ISO_8859_1)
                        .contains("poison")
                ? "I do not take this"
                : "");
  }

  @Test
  void saysWhichProxiesRunAWriteAndExplainsWhatOneOfThemHolds() {
    apply(service("synced", 80));
    try (DeltaProxy easy = sidecar("easy", false);
        DeltaProxy hard = sidecar("hard", true)) {
      String revision = apply(route("synced", "synced", "fine"));
      await()
          .atMost(Duration.ofSeconds(10))
          .untilAsserted(() -> {
            JsonNode answer = sync(revision, "HTTPRoute", "synced");
            assertThat(answer.path("published").asBoolean()).isTrue();
            assertThat(answer.path("inSync").asInt()).isEqualTo(2);
            assertThat(answer.path("behind").asInt()).isZero();
            assertThat(answer.path("proxies")).isEmpty();
          });
      String bad = apply(route("synced", "synced", "poison"));
      await()
          .atMost(Duration.ofSeconds(10))
          .untilAsserted(() -> {
            JsonNode answer = sync(bad, "HTTPRoute", "synced");
            assertThat(answer.path("inSync").asInt()).isEqualTo(1);
            assertThat(answer.at("/proxies/0/id").asText()).isEqualTo("hard");
            assertThat(answer.at("/proxies/0/state").asText()).isEqualTo("Rejected");
            assertThat(answer.at("/proxies/0/message").asText()).contains("I do not take this");
          });
      assertThat(easy.held(ResourceType.ROUTES)).isNotEmpty();
      assertThat(hard.held(ResourceType.ROUTES)).isNotEmpty();
      JsonNode why = why("{\"url\":\"http://synced/\",\"proxy\":\"easy\"}");
      assertThat(why.path("from").asText()).isEqualTo("default/web");
      assertThat(why.path("route").asText()).isEqualTo("default/synced/0/0");
      assertThat(why.at("/routes/version").asText())
          .isEqualTo(
              easy.held(ResourceType.ROUTES)
                  .getOrDefault("outbound/default", Resource.getDefaultInstance())
                  .getVersion());
    }
    assertThat(sync("999999", "Service", "synced").path("published").asBoolean()).isFalse();
  }

  private JsonNode why(String body) {
    Reply reply = plane.post("/api/v1/why", body);
    assertThat(reply.status()).as(reply.body().toString()).isEqualTo(200);
    return reply.body();
  }

  @Test
  void explainsWhereARequestWouldGo() {
    apply(service("asked", 80) + service("caller", 80));
    JsonNode answer = why("{\"method\":\"GET\",\"url\":\"http://asked/x\",\"from\":\"caller\"}");
    assertThat(answer.at("/virtualHost/name").asText()).isEqualTo("default/asked");
    assertThat(answer.at("/clusters/0/name").asText()).isEqualTo("default/asked");
    assertThat(answer.path("outcome").asText()).isEqualTo("Refused");
    assertThat(answer.path("message").asText()).contains("no endpoint");
    assertThat(plane.post("/api/v1/why", "{\"url\":\"http://a/\",\"from\":\"ghost\"}").status())
        .isEqualTo(404);
    assertThat(plane.post("/api/v1/why", "{\"url\":\"http://a/\",\"proxy\":\"ghost\"}").status())
        .isEqualTo(404);
    assertThat(plane.post("/api/v1/why", "{\"url\":\"nothing\",\"from\":\"caller\"}").status())
        .isEqualTo(400);
    assertThat(plane.post("/api/v1/why", "no json").status()).isEqualTo(400);
    assertThat(plane.post("/api/v1/why", "{\"url\":7,\"from\":\"caller\"}").status())
        .isEqualTo(400);
  }

  @Test
  void refusesQueriesThatCannotBeMeant() {
    assertThat(plane.get("/api/v1/history?limit=0").status()).isEqualTo(400);
    assertThat(plane.get("/api/v1/history?limit=many").status()).isEqualTo(400);
    assertThat(plane.get("/api/v1/history?kind=widgets").status()).isEqualTo(404);
    assertThat(plane.get("/api/v1/history/none").status()).isEqualTo(404);
  }

  @Test
  void describesEveryPathThatItServesAndNoOther() {
    JsonNode document = plane.get("/api/v1/openapi.json").body();
    assertThat(document.path("openapi").asText()).startsWith("3.");
    for (Map.Entry<String, JsonNode> path : document.path("paths").properties()) {
      String real =
          path.getKey()
              .replace("{kind}", "services")
              .replace("{namespace}", "default")
              .replace("{name}", "none-such")
              .replace("{id}", "999999")
              .replace("{revision}", "999999");
      for (Map.Entry<String, JsonNode> operation : path.getValue().properties()) {
        Reply reply =
            switch (operation.getKey()) {
              case "get" -> plane.get(real);
              case "post" -> plane.post(real, "");
              default -> plane.delete(real);
            };
        assertThat(reply.body().at("/errors/0/message").asText())
            .as(operation.getKey() + " " + real)
            .doesNotContain("no such path");
        assertThat(reply.status()).as(real).isLessThan(500);
        assertThat(operation.getValue().path("responses").has("200")).isTrue();
        assertThat(operation.getValue().path("x-heddle-role").asText())
            .isIn("view", "edit", "operate");
      }
    }
    assertThat(document.path("paths").has("/api/v1/why")).isTrue();
    assertThat(document.at("/paths").size()).isGreaterThan(10);
  }
}
