package io.heddle.control.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.envoyproxy.envoy.config.core.v3.Locality;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterStats;
import io.envoyproxy.envoy.config.endpoint.v3.UpstreamLocalityStats;
import io.envoyproxy.envoy.service.load_stats.v3.LoadReportingServiceGrpc;
import io.envoyproxy.envoy.service.load_stats.v3.LoadStatsRequest;
import io.envoyproxy.envoy.service.load_stats.v3.LoadStatsResponse;
import io.grpc.stub.StreamObserver;
import io.heddle.control.api.resource.Kind;
import io.heddle.control.app.RunningPlane.Reply;
import io.heddle.testkit.TestAuthority;
import java.net.http.HttpRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class RestApiTest {
  private RunningPlane plane;

  @BeforeAll
  void start(@TempDir Path folder) throws StartFailure {
    plane = new RunningPlane(folder.resolve("state"), Duration.ofSeconds(1));
  }

  @AfterAll
  void stop() {
    plane.close();
  }

  private static String service(String name) {
    return "apiVersion: v1\nkind: Service\nmetadata: {name: %s}\nspec: {ports: [{port: 80}]}\n---\n"
        .formatted(name);
  }

  @Test
  void saysThatItIsHealthy() {
    assertThat(plane.get("/healthz").status()).isEqualTo(200);
  }

  @Test
  void tellsWhatHoldsForAServiceAndFromWhere() {
    plane.post(
        "/api/v1/apply",
        service("governed")
            + """
            apiVersion: heddle.io/v1alpha1
            kind: BackendTrafficPolicy
            metadata: {name: strict}
            spec:
              targetRefs: [{group: "", kind: Service, name: governed}]
              timeout: {http: {requestTimeout: 2s}}
            """);
    Reply told = plane.get("/api/v1/governance?service=governed");
    assertThat(told.status()).isEqualTo(200);
    assertThat(told.body().at("/settings/0/field").asText())
        .isEqualTo("timeout.http.requestTimeout");
    assertThat(told.body().at("/settings/0/value").asText()).isEqualTo("2s");
    assertThat(told.body().at("/settings/0/from").asText())
        .isEqualTo("BackendTrafficPolicy default/strict");
    assertThat(told.body().at("/settings/1/from").asText()).isEqualTo("default");
    assertThat(plane.get("/api/v1/governance?service=nobody").status()).isEqualTo(404);
    assertThat(plane.get("/api/v1/governance").status()).isEqualTo(404);
  }

  @Test
  void appliesSeveralDocumentsAndSaysWhatBecameOfEach() {
    Reply first = plane.post("/api/v1/apply", service("one") + service("two"));
    assertThat(first.status()).isEqualTo(200);
    assertThat(first.body().at("/results/0/action").asText()).isEqualTo("created");
    assertThat(first.body().at("/results/1/name").asText()).isEqualTo("two");
    assertThat(first.body().at("/results/1/revision").asText()).isNotEmpty();
    Reply second = plane.post("/api/v1/apply", service("one").replace("80", "81") + service("two"));
    assertThat(second.body().at("/results/0/action").asText()).isEqualTo("configured");
    assertThat(second.body().at("/results/1/action").asText()).isEqualTo("unchanged");
  }

  @Test
  void changesNothingWhenOneDocumentIsWrongAndListsEveryError() {
    Reply reply =
        plane.post(
            "/api/v1/apply",
            service("good")
                + service("bad").replace("80", "99999")
                + "apiVersion: v1\nkind: Serv\nmetadata: {name: x}\nspec: {}\n");
    assertThat(reply.status()).isEqualTo(422);
    assertThat(reply.body().path("errors")).hasSize(2);
    assertThat(reply.body().at("/errors/0/code").asText()).isEqualTo("HDL-1001");
    assertThat(reply.body().at("/errors/0/file").asText()).isEqualTo("shop.yaml");
    assertThat(reply.body().at("/errors/0/line").asInt()).isEqualTo(9);
    assertThat(reply.body().at("/errors/0/field").asText()).isEqualTo("spec.ports[0].port");
    assertThat(reply.body().at("/errors/0/offending").asText()).contains("99999");
    assertThat(plane.get("/api/v1/services/default/good").status()).isEqualTo(404);
  }

  @Test
  void changesNothingOnADryRunOrValidation() {
    assertThat(
            plane.post("/api/v1/apply?dryRun=true", service("dry")).body().at("/results/0/action"))
        .hasToString("\"created\"");
    assertThat(plane.post("/api/v1/validate", service("dry")).status()).isEqualTo(200);
    assertThat(plane.get("/api/v1/services/default/dry").status()).isEqualTo(404);
  }

  @Test
  void showsTheLoadThatProxiesReport() {
    BlockingQueue<Boolean> told = new LinkedBlockingQueue<>();
    StreamObserver<LoadStatsRequest> reports =
        LoadReportingServiceGrpc.newStub(plane.channel())
            .streamLoadStats(
                new StreamObserver<>() {
                  @Override
                  public void onNext(LoadStatsResponse response) {
                    told.add(response.getSendAllClusters());
                  }

                  @Override
                  public void onError(Throwable failure) {}

                  @Override
                  public void onCompleted() {}
                });
    reports.onNext(
        LoadStatsRequest.newBuilder()
            .setNode(
                Node.newBuilder()
                    .setId("reporter")
                    .addClientFeatures("envoy.lrs.supports_send_all_clusters"))
            .addClusterStats(
                ClusterStats.newBuilder()
                    .setClusterName("orders")
                    .setTotalDroppedRequests(2)
                    .setLoadReportInterval(com.google.protobuf.Duration.newBuilder().setSeconds(4))
                    .addUpstreamLocalityStats(
                        UpstreamLocalityStats.newBuilder()
                            .setLocality(Locality.newBuilder().setZone("z1"))
                            .setTotalIssuedRequests(8)
                            .setTotalSuccessfulRequests(5)
                            .setTotalErrorRequests(1)
                            .setTotalRequestsInProgress(2)))
            .build());
    await().untilAsserted(() -> assertThat(told).containsExactly(true));
    assertThat(plane.get("/api/v1/load").body())
        .hasToString(
            "{\"clusters\":[{\"cluster\":\"orders\",\"dropped\":2,\"localities\":[{\"region\":\"\","
                + "\"zone\":\"z1\",\"subZone\":\"\",\"priority\":0,\"issued\":8,\"succeeded\":5,"
                + "\"failed\":1,\"inProgress\":2,\"perSecond\":2.0,\"reporters\":1}]}],\"leftOut\":0}");
    reports.onCompleted();
  }

  @Test
  void showsObjectsWithTheirStatus() {
    plane.post("/api/v1/apply", service("seen"));
    await()
        .atMost(Duration.ofSeconds(5))
        .untilAsserted(() -> {
          Reply reply = plane.get("/api/v1/services/default/seen");
          assertThat(reply.status()).isEqualTo(200);
          assertThat(reply.body().at("/status/observedGeneration").asInt()).isEqualTo(1);
          assertThat(reply.body().at("/status/conditions/0/type").asText()).isEqualTo("Accepted");
        });
    assertThat(plane.get("/api/v1/services?namespace=default").body().path("items")).isNotEmpty();
    assertThat(plane.get("/api/v1/services?namespace=other").body().path("items")).isEmpty();
  }

  @Test
  void deletesAndThenDoesNotFind() {
    plane.post("/api/v1/apply", service("gone"));
    assertThat(
            plane.delete("/api/v1/services/default/gone").body().at("/results/0/action").asText())
        .isEqualTo("deleted");
    Reply again = plane.delete("/api/v1/services/default/gone");
    assertThat(again.status()).isEqualTo(404);
    assertThat(again.body().at("/errors/0/code").asText()).isEqualTo("HDL-1004");
  }

  @Test
  void refusesAWriteThatIsBasedOnAnOlderState() {
    plane.post("/api/v1/apply", service("raced"));
    Reply reply =
        plane.post(
            "/api/v1/apply",
            service("raced")
                .replace("{name: raced}", "{name: raced, resourceVersion: \"0\"}")
                .replace("80", "82"));
    assertThat(reply.status()).isEqualTo(409);
    assertThat(reply.body().at("/errors/0/code").asText()).isEqualTo("HDL-1003");
    assertThat(reply.body().at("/errors/0/object").asText()).isEqualTo("Service default/raced");
  }

  @Test
  void answersUnknownKindsAndPathsInJson() {
    assertThat(plane.get("/api/v1/widgets").status()).isEqualTo(404);
    assertThat(plane.get("/api/v2/services").body().at("/errors/0/code").asText())
        .isEqualTo("HDL-1004");
    assertThat(plane.get("/api/v1/services?namespace=%00").status()).isEqualTo(400);
  }

  @Test
  void refusesBodiesAboveFourMebibytes() {
    Reply reply = plane.post("/api/v1/apply", "#".repeat((4 << 20) + 1));
    assertThat(reply.status()).isEqualTo(413);
    assertThat(reply.body().at("/errors/0/message").asText()).contains("4 MiB");
  }

  @Test
  void refusesWebPagesOfOtherSites() {
    HttpRequest request =
        plane.request("/api/v1/status").header("Origin", "http://evil.example").GET().build();
    assertThat(plane.send(request).status()).isEqualTo(403);
    HttpRequest own =
        plane
            .request("/api/v1/status")
            .header("Origin", "http://127.0.0.1:" + plane.apiPort())
            .GET()
            .build();
    assertThat(plane.send(own).status()).isEqualTo(200);
  }

  @Test
  void saysThatAPortIsInUse(@TempDir Path folder) {
    ControlConfig config =
        RunningPlane.config(folder.resolve("other"), plane.apiPort(), Duration.ofSeconds(1));
    assertThat(catchStart(config)).contains("--api-address", "in use");
  }

  @Test
  void saysThatTheStateIsHeldByAnother(@TempDir Path folder) throws StartFailure {
    try (RunningPlane first = new RunningPlane(folder.resolve("one"), Duration.ofSeconds(1))) {
      assertThat(first.get("/healthz").status()).isEqualTo(200);
      assertThat(catchStart(RunningPlane.config(folder.resolve("one"), 0, Duration.ofSeconds(1))))
          .contains(folder.resolve("one").toString());
    }
  }

  private static String catchStart(ControlConfig config) {
    try (ControlPlane started = ControlPlane.start(config)) {
      return "started on " + started.apiPort();
    } catch (StartFailure e) {
      return String.valueOf(e.getMessage());
    }
  }

  @Test
  void servesTheSchemaOfEveryKind() {
    Reply all = plane.get("/api/v1/schemas");
    assertThat(all.status()).isEqualTo(200);
    assertThat(all.body().at("/kinds")).hasSize(Kind.values().length);
    all.body()
        .at("/kinds")
        .forEach(kind -> {
          Reply schema = plane.get(kind.path("schema").asText());
          assertThat(schema.status()).isEqualTo(200);
          assertThat(schema.body().path("title").asText()).isEqualTo(kind.path("kind").asText());
        });
    assertThat(plane.get("/api/v1/schemas/pods").status()).isEqualTo(404);
  }

  @Test
  void neverShowsWhatASecretHolds() {
    TestAuthority.Issued issued =
        TestAuthority.create("ca").issue(TestAuthority.Wish.dns("a.example"));
    String secret =
        "apiVersion: v1\nkind: Secret\nmetadata: {name: cert, namespace: keys}\n"
            + "type: kubernetes.io/tls\nstringData:\n  tls.crt: |\n"
            + issued.certificatePem().indent(4)
            + "  tls.key: |\n"
            + issued.keyPem().indent(4);
    assertThat(plane.post("/api/v1/apply", secret).status()).isEqualTo(200);
    for (String path :
        new String[] {"/api/v1/secrets", "/api/v1/secrets/keys/cert", "/api/v1/status"}) {
      String shown = plane.get(path).body().toString();
      assertThat(shown).contains("cert").doesNotContain("PRIVATE", "BEGIN");
      assertThat(shown).doesNotContain(issued.keyPem().lines().skip(1).findFirst().orElseThrow());
    }
    // Nor is it written again by who read it without its data.
    String read = plane.get("/api/v1/secrets/keys/cert").body().toString();
    assertThat(plane.post("/api/v1/apply", read).status()).isEqualTo(422);
  }
}
