package io.heddle.control.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.InvalidProtocolBufferException;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterStats;
import io.envoyproxy.envoy.config.endpoint.v3.UpstreamLocalityStats;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.service.discovery.v3.Resource;
import io.envoyproxy.envoy.service.load_stats.v3.LoadReportingServiceGrpc;
import io.envoyproxy.envoy.service.load_stats.v3.LoadStatsRequest;
import io.grpc.stub.StreamObserver;
import io.heddle.contract.registration.v1.Announce;
import io.heddle.contract.registration.v1.Endpoint;
import io.heddle.contract.registration.v1.RegisterRequest;
import io.heddle.contract.registration.v1.RegistrationGrpc;
import io.heddle.control.app.RunningPlane.Reply;
import io.heddle.xds.model.ResourceType;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rollouts by stages, over the REST API and xDS streams of a running control plane. */
final class RolloutTest {
  private RunningPlane plane;
  private Path state;
  private final List<AutoCloseable> open = new ArrayList<>();

  @BeforeEach
  void start(@TempDir Path folder) throws StartFailure {
    state = folder.resolve("state");
    plane = new RunningPlane(state, Duration.ofMillis(500));
  }

  @AfterEach
  void stop() throws Exception {
    for (AutoCloseable one : open) {
      one.close();
    }
    plane.close();
  }

  private static ConditionFactory soon() {
    return await().atMost(Duration.ofSeconds(20)).pollInterval(Duration.ofMillis(20));
  }

  private static String service(String name) {
    return "apiVersion: v1\nkind: Service\nmetadata: {name: %s}\nspec: {ports: [{port: 80}]}\n---\n"
        .formatted(name);
  }

  private static String route(String name, String service, String mark) {
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
        .formatted(name, service, mark, service);
  }

  private void apply(String yaml) {
    Reply reply = plane.post("/api/v1/apply", yaml);
    assertThat(reply.status()).as(reply.body().toString()).isEqualTo(200);
  }

  private DeltaProxy sidecar(String id, Function<Resource, String> fault) {
    return sidecar(id, fault, Map.of());
  }

  private DeltaProxy sidecar(
      String id, Function<Resource, String> fault, Map<String, String> labels) {
    Map<String, String> metadata = new HashMap<>(labels);
    metadata.putAll(
        Map.of(
            "HEDDLE_KIND", "sidecar",
            "HEDDLE_NAMESPACE", "default",
            "HEDDLE_SERVICE", "web",
            "HEDDLE_INSTANCE", id,
            "HEDDLE_INBOUND", "127.0.0.1:15006",
            "HEDDLE_OUTBOUND", "127.0.0.1:15001",
            "HEDDLE_APP", "127.0.0.1:8080"));
    DeltaProxy proxy =
        new DeltaProxy(
            plane.channel(),
            id,
            metadata,
            List.of("outbound/default"),
            List.of("default/web", "default/orders"),
            fault);
    open.add(proxy);
    return proxy;
  }

  private static String noFault(Resource resource) {
    return "";
  }

  private static String refusesBad(Resource resource) {
    if (!resource.getName().equals("outbound/default")) {
      return "";
    }
    try {
      RouteConfiguration table = resource.getResource().unpack(RouteConfiguration.class);
      return table.toString().contains("\"bad\"") ? "bad is not allowed here" : "";
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  private static boolean marks(DeltaProxy proxy, String mark) {
    return proxy.routes("outbound/default").toString().contains('"' + mark + '"');
  }

  private static boolean knows(DeltaProxy proxy, String cluster) {
    return proxy.held(ResourceType.CLUSTER).containsKey(cluster);
  }

  private JsonNode rollout(String query, String yaml) {
    Reply reply = plane.post("/api/v1/rollouts?" + query, yaml);
    assertThat(reply.status()).as(reply.body().toString()).isEqualTo(200);
    return reply.body();
  }

  private JsonNode latest() {
    return plane.get("/api/v1/rollouts/latest").body();
  }

  private void untilPhase(String phase) {
    soon()
        .untilAsserted(() ->
            assertThat(latest().path("phase").asText()).as(latest().toString()).isEqualTo(phase));
  }

  @Test
  void reachesOneProxyAfterTheOtherAndIsWrittenInTheEnd() {
    apply(service("web") + route("r", "web", "old"));
    DeltaProxy canary = sidecar("canary", RolloutTest::noFault, Map.of("track", "canary"));
    DeltaProxy rest = sidecar("rest", RolloutTest::noFault);
    soon().until(() -> marks(canary, "old") && marks(rest, "old"));
    // More than routes: a new Service is a new cluster, and another object's removal takes one.
    apply(service("gone"));
    soon().until(() -> knows(canary, "default/gone") && knows(rest, "default/gone"));

    JsonNode begun =
        rollout(
            "stages=canary=label:track=canary,all&soak=10m&delete=services/default/gone",
            route("r", "web", "new") + service("added"));
    assertThat(begun.path("phase").asText()).isEqualTo("running");
    soon()
        .until(() ->
            marks(canary, "new")
                && knows(canary, "default/added")
                && !knows(canary, "default/gone"));
    soon().until(() -> latest().at("/now/inSync").asInt() == 1);
    assertThat(latest().at("/now/connected").asInt()).isEqualTo(2);
    assertThat(latest().at("/stages/0/state").asText()).isEqualTo("present");
    assertThat(marks(rest, "old")).isTrue();
    assertThat(knows(rest, "default/added")).isFalse();
    assertThat(knows(rest, "default/gone")).isTrue();
    assertThat(plane.get("/api/v1/services/default/added").status()).isEqualTo(404);

    // What is no part of the change goes on reaching both.
    apply(service("beside"));
    soon().until(() -> knows(canary, "default/beside") && knows(rest, "default/beside"));

    // Writes to what is being rolled out are refused, with who holds it.
    Reply refused = plane.post("/api/v1/apply", route("r", "web", "other"));
    assertThat(refused.status()).isEqualTo(409);
    assertThat(refused.body().at("/errors/0/code").asText()).isEqualTo("HDL-1010");
    assertThat(refused.body().at("/errors/0/message").asText())
        .contains("HTTPRoute default/r", "rollout 1 is changing it");
    assertThat(plane.delete("/api/v1/services/default/gone").status()).isEqualTo(409);
    assertThat(plane.post("/api/v1/rollouts?stages=all", service("x")).status()).isEqualTo(409);

    assertThat(plane.post("/api/v1/rollouts/1/abort", "").body().path("phase").asText())
        .isEqualTo("aborted");
    soon()
        .until(() ->
            marks(canary, "old")
                && !knows(canary, "default/added")
                && knows(canary, "default/gone"));

    rollout(
        "stages=canary=label:track=canary,all&soak=0s&delete=services/default/gone",
        route("r", "web", "new") + service("added"));
    untilPhase("completed");
    soon()
        .until(() ->
            marks(rest, "new") && knows(rest, "default/added") && !knows(rest, "default/gone"));
    assertThat(marks(canary, "new")).isTrue();
    JsonNode write = plane.get("/api/v1/history?limit=1").body().at("/revisions/0");
    assertThat(write.path("how").asText()).isEqualTo("rollout 2: shop.yaml");
    assertThat(write.path("revision").asText()).isEqualTo(latest().path("revision").asText());
    assertThat(write.path("changes")).hasSize(3);
    assertThat(plane.get("/api/v1/rollouts").body().path("rollouts")).hasSize(2);
    // The routes are in force at both, as of any write.
    soon()
        .until(() ->
            plane.get("/api/v1/httproutes/default/r").body().at("/status/proxies/inSync").asInt()
                == 2);
    apply(route("r", "web", "later"));
    soon().until(() -> marks(canary, "later") && marks(rest, "later"));
  }

  @Test
  void aProxyThatRefusesEndsTheRolloutAndACorrectedChangeGoesThrough() {
    apply(service("web") + route("r", "web", "old"));
    DeltaProxy canary = sidecar("canary", RolloutTest::refusesBad);
    DeltaProxy rest = sidecar("rest", RolloutTest::refusesBad);
    soon().until(() -> marks(canary, "old") && marks(rest, "old"));
    rollout("stages=proxy:canary,all&soak=10m", route("r", "web", "bad"));
    untilPhase("rolled-back");
    assertThat(latest().path("reason").asText())
        .contains(
            "proxy canary refuses ROUTES outbound/default (HTTPRoute default/r): bad is not"
                + " allowed here");
    assertThat(marks(canary, "old")).isTrue();
    assertThat(marks(rest, "old")).isTrue();
    soon()
        .until(() ->
            plane.get("/api/v1/httproutes/default/r").body().at("/status/proxies/inSync").asInt()
                == 2);

    rollout("stages=proxy:canary,all&soak=0s", route("r", "web", "good"));
    untilPhase("completed");
    soon().until(() -> marks(canary, "good") && marks(rest, "good"));
  }

  @Test
  void aHeldRolloutStaysWhereItIsUntilSomebodyDecides() {
    apply(service("web") + route("r", "web", "old"));
    DeltaProxy canary = sidecar("canary", RolloutTest::refusesBad);
    DeltaProxy rest = sidecar("rest", RolloutTest::noFault);
    soon().until(() -> marks(canary, "old") && marks(rest, "old"));
    rollout("stages=proxy:canary,all&soak=0s&onFailure=hold", route("r", "web", "bad"));
    untilPhase("held");
    soon().until(() -> latest().at("/now/rejected").asInt() == 1);
    JsonNode named = latest().at("/now/proxies/0");
    assertThat(named.path("id").asText()).isEqualTo("canary");
    assertThat(named.path("type").asText()).isEqualTo("ROUTES");
    assertThat(named.path("message").asText()).isEqualTo("bad is not allowed here");
    assertThat(named.at("/objects/0/name").asText()).isEqualTo("r");
    assertThat(marks(rest, "old")).isTrue();
    assertThat(plane.post("/api/v1/rollouts/1/pause", "").status()).isEqualTo(409);
    // It is as it was: so it is held again.
    assertThat(plane.post("/api/v1/rollouts/1/resume", "").status()).isEqualTo(200);
    untilPhase("held");
    assertThat(plane.post("/api/v1/rollouts/1/abort", "").status()).isEqualTo(200);
    assertThat(latest().path("steps")).hasSizeGreaterThanOrEqualTo(5);
    soon().until(() -> marks(canary, "old"));
  }

  @Test
  void aRestartLeavesEveryProxyWhereItWas() throws StartFailure {
    apply(service("web") + route("r", "web", "old"));
    DeltaProxy canary = sidecar("canary", RolloutTest::noFault);
    DeltaProxy rest = sidecar("rest", RolloutTest::noFault);
    soon().until(() -> marks(canary, "old") && marks(rest, "old"));
    rollout("stages=proxy:canary,all&soak=10m", route("r", "web", "new"));
    soon().until(() -> marks(canary, "new"));
    plane.close();
    plane = new RunningPlane(state, Duration.ofMillis(500));
    List<String> shown = new ArrayList<>();
    DeltaProxy back =
        sidecar(
            "canary",
            resource -> {
              if (resource.getName().equals("outbound/default")) {
                shown.add(resource.getResource().toString());
              }
              return "";
            });
    DeltaProxy other = sidecar("rest", RolloutTest::noFault);
    soon().until(() -> marks(back, "new") && marks(other, "old"));
    assertThat(shown).as("never the old one in between").hasSize(1);
    assertThat(latest().path("phase").asText()).isEqualTo("running");
    assertThat(plane.post("/api/v1/apply", route("r", "web", "x")).status()).isEqualTo(409);
    // A proxy that comes new is where its stage is.
    plane.post("/api/v1/rollouts/latest/abort", "");
    soon().until(() -> marks(back, "old"));
  }

  @Test
  void moreErrorsThanElsewhereEndIt() {
    apply(service("web") + route("r", "web", "old"));
    DeltaProxy canary = sidecar("canary", RolloutTest::noFault);
    DeltaProxy rest = sidecar("rest", RolloutTest::noFault);
    soon().until(() -> marks(canary, "old") && marks(rest, "old"));
    StreamObserver<LoadStatsRequest> first = reporter("canary");
    StreamObserver<LoadStatsRequest> second = reporter("rest");
    rollout("stages=proxy:canary,all&soak=10m", route("r", "web", "new"));
    soon().until(() -> latest().at("/now/inSync").asInt() == 1);
    second.onNext(report(990, 10));
    first.onNext(report(97, 3));
    soon().until(() -> latest().at("/now/requests/total").asInt() == 100);
    assertThat(latest().path("phase").asText()).isEqualTo("running");
    first.onNext(report(80, 20));
    untilPhase("rolled-back");
    assertThat(latest().path("reason").asText())
        .contains("11.50% of 200 requests", "at most 2.00%", "1.00% fail elsewhere");
    soon().until(() -> marks(canary, "old"));
  }

  @Test
  void aRegisteredInstanceSaysWhatItsProxyIs() {
    apply(service("web") + route("r", "web", "old"));
    DeltaProxy one = sidecar("one", RolloutTest::noFault);
    DeltaProxy two = sidecar("two", RolloutTest::noFault);
    soon().until(() -> marks(one, "old") && marks(two, "old"));
    rollout(
        "stages=proxy:one,edge=label:track=canary,all&soak=0s&patience=10m",
        route("r", "web", "new"));
    soon().until(() -> marks(one, "new"));
    soon().until(() -> latest().path("stage").asText().equals("edge"));
    assertThat(marks(two, "old")).as("nobody has that label").isTrue();
    StreamObserver<RegisterRequest> instance =
        RegistrationGrpc.newStub(plane.channel()).register(ignoring());
    instance.onNext(
        RegisterRequest.newBuilder()
            .setAnnounce(
                Announce.newBuilder()
                    .setService("web")
                    .setInstance("two")
                    .setInbound(Endpoint.newBuilder().setAddress("127.0.0.1").setPort(15006))
                    .setAppPort(8080)
                    .putLabels("track", "canary"))
            .build());
    untilPhase("completed");
    soon().until(() -> marks(two, "new"));
  }

  private static <T> StreamObserver<T> ignoring() {
    return new StreamObserver<>() {
      @Override
      public void onNext(T response) {
        // not looked at
      }

      @Override
      public void onError(Throwable failure) {
        // ends with the channel
      }

      @Override
      public void onCompleted() {
        // likewise
      }
    };
  }

  private StreamObserver<LoadStatsRequest> reporter(String id) {
    StreamObserver<LoadStatsRequest> requests =
        LoadReportingServiceGrpc.newStub(plane.channel()).streamLoadStats(ignoring());
    requests.onNext(LoadStatsRequest.newBuilder().setNode(Node.newBuilder().setId(id)).build());
    return requests;
  }

  private static LoadStatsRequest report(int succeeded, int failed) {
    return LoadStatsRequest.newBuilder()
        .addClusterStats(
            ClusterStats.newBuilder()
                .setClusterName("default/web")
                .addUpstreamLocalityStats(
                    UpstreamLocalityStats.newBuilder()
                        .setTotalSuccessfulRequests(succeeded)
                        .setTotalErrorRequests(failed)))
        .build();
  }

  @Test
  void refusesWhatIsNoRollout() {
    apply(service("web"));
    assertThat(plane.get("/api/v1/rollouts/latest").status()).isEqualTo(404);
    assertThat(plane.get("/api/v1/rollouts/7").status()).isEqualTo(404);
    assertThat(plane.post("/api/v1/rollouts/7/abort", "").status()).isEqualTo(404);
    refused("", service("x"), 400, "stages[0]");
    refused("stages=canary=lable:x,all", service("x"), 400, "stages[0]: \"canary=lable:x\"");
    refused("stages=10%25", service("x"), 400, "expected: all as the last stage");
    refused("stages=all,10%25", service("x"), 400, "all only at the end");
    refused("stages=50%25,10%25,all", service("x"), 400, "a larger share than before");
    refused("stages=10%25,10%25,all", service("x"), 400, "another name");
    refused("stages=all&soak=1h", service("x"), 400, "soak: \"1h\"");
    refused("stages=all&patience=0s", service("x"), 400, "patience: PT0S");
    refused("stages=all&onFailure=ignore", service("x"), 400, "rollback or hold");
    refused("stages=all&maxErrorIncrease=-1", service("x"), 400, "maxErrorIncrease");
    refused("stages=all&delete=web", service("x"), 400, "KIND/NAMESPACE/NAME");
    refused("stages=all", service("web"), 409, "nothing would change");
    refused("stages=proxy:nobody,all", service("x"), 409, "no connected proxy is proxy:nobody");
    refused("stages=all", "kind: Nothing", 422, "missing");
    Reply dry = plane.post("/api/v1/rollouts?stages=all&dryRun", service("x"));
    assertThat(dry.status()).isEqualTo(200);
    assertThat(dry.body().at("/results/0/action").asText()).isEqualTo("created");
    assertThat(plane.get("/api/v1/rollouts").body().path("rollouts")).isEmpty();
  }

  private void refused(String query, String yaml, int status, String saying) {
    Reply reply = plane.post("/api/v1/rollouts?" + query, yaml);
    assertThat(reply.status()).as(query + " " + reply.body()).isEqualTo(status);
    assertThat(reply.body().at("/errors/0/message").asText()).contains(saying);
  }
}
