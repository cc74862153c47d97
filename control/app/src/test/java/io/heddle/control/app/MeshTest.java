package io.heddle.control.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.envoyproxy.envoy.service.discovery.v3.Resource;
import io.grpc.stub.StreamObserver;
import io.heddle.contract.registration.v1.Announce;
import io.heddle.contract.registration.v1.Endpoint;
import io.heddle.contract.registration.v1.Goodbye;
import io.heddle.contract.registration.v1.Health;
import io.heddle.contract.registration.v1.Heartbeat;
import io.heddle.contract.registration.v1.RegisterRequest;
import io.heddle.contract.registration.v1.RegisterResponse;
import io.heddle.contract.registration.v1.RegistrationGrpc;
import io.heddle.xds.model.ResourceType;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** REST, registration and xDS of one control plane together, over sockets. */
final class MeshTest {
  private RunningPlane plane;
  private Path state;

  private static String noFault(Resource resource) {
    return "";
  }

  @BeforeEach
  void start(@TempDir Path folder) throws StartFailure {
    state = folder.resolve("state");
    plane = new RunningPlane(state, Duration.ofMillis(500));
  }

  @AfterEach
  void stop() {
    plane.close();
  }

  private static ConditionFactory soon() {
    return await().atMost(Duration.ofSeconds(10)).pollInterval(Duration.ofMillis(10));
  }

  private void apply(String yaml) {
    RunningPlane.Reply reply = plane.post("/api/v1/apply", yaml);
    assertThat(reply.status()).as(reply.body().toString()).isEqualTo(200);
  }

  private static String service(String name) {
    return "apiVersion: v1\nkind: Service\nmetadata: {name: %s}\nspec: {ports: [{port: 80}]}\n---\n"
        .formatted(name);
  }

  private static String route(String name, String service, String header) {
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
        .formatted(name, service, header, service);
  }

  private DeltaProxy sidecar(String id, Function<Resource, String> fault, Resource... held) {
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
        List.of("default/web", "default/orders"),
        fault,
        held);
  }

  /** A registration stream and what it was answered. */
  private final class Instance implements StreamObserver<RegisterResponse> {
    final BlockingQueue<RegisterResponse> answers = new LinkedBlockingQueue<>();
    final StreamObserver<RegisterRequest> requests =
        RegistrationGrpc.newStub(plane.channel()).register(this);

    Instance announce(String service, String id, int port, Health.State health) {
      requests.onNext(
          RegisterRequest.newBuilder()
              .setAnnounce(
                  Announce.newBuilder()
                      .setService(service)
                      .setInstance(id)
                      .setInbound(Endpoint.newBuilder().setAddress("127.0.0.1").setPort(port))
                      .setAppPort(8080)
                      .putLabels("version", "v1")
                      .setHealth(Health.newBuilder().setState(health)))
              .build());
      return this;
    }

    void health(Health.State health) {
      requests.onNext(
          RegisterRequest.newBuilder()
              .setHeartbeat(Heartbeat.newBuilder().setHealth(Health.newBuilder().setState(health)))
              .build());
    }

    RegisterResponse answer() throws InterruptedException {
      RegisterResponse answer = answers.poll(10, TimeUnit.SECONDS);
      assertThat(answer).isNotNull();
      if (answer == null) {
        throw new AssertionError();
      }
      return answer;
    }

    @Override
    public void onNext(RegisterResponse response) {
      answers.add(response);
    }

    @Override
    public void onError(Throwable failure) {}

    @Override
    public void onCompleted() {}
  }

  @Test
  void bringsInstancesToTheProxiesAndTakesThemAway() throws InterruptedException {
    apply(service("web") + service("orders"));
    try (DeltaProxy proxy = sidecar("web-1", MeshTest::noFault)) {
      soon()
          .untilAsserted(() -> {
            assertThat(proxy.held(ResourceType.LISTENER)).containsOnlyKeys("inbound", "outbound");
            assertThat(proxy.held(ResourceType.CLUSTER))
                .containsKeys("inbound", "default/web", "default/orders");
            assertThat(proxy.routes("outbound/default").getVirtualHostsCount()).isEqualTo(2);
          });
      Instance first = new Instance().announce("orders", "o1", 9001, Health.State.STATE_HEALTHY);
      assertThat(first.answer().getGranted().getHeartbeatMillis()).isEqualTo(1_000);
      new Instance().announce("orders", "o2", 9002, Health.State.STATE_UNHEALTHY).answer();
      soon().untilAsserted(() -> assertThat(proxy.ports("default/orders")).containsExactly(9001));
      first.health(Health.State.STATE_UNHEALTHY);
      assertThat(first.answer().hasRenewed()).isTrue();
      soon().untilAsserted(() -> assertThat(proxy.ports("default/orders")).isEmpty());
      first.health(Health.State.STATE_HEALTHY);
      soon().untilAsserted(() -> assertThat(proxy.ports("default/orders")).containsExactly(9001));
      first.requests.onNext(
          RegisterRequest.newBuilder().setGoodbye(Goodbye.getDefaultInstance()).build());
      soon().untilAsserted(() -> assertThat(proxy.ports("default/orders")).isEmpty());
      JsonNode status = plane.get("/api/v1/status").body();
      assertThat(status.at("/services/0/instances/0/instance").asText()).isEqualTo("o2");
      assertThat(status.at("/services/0/instances/0/health").asText()).isEqualTo("Unhealthy");
      soon()
          .untilAsserted(() ->
              assertThat(plane.get("/api/v1/status").body().at("/proxies/0/state").asText())
                  .isEqualTo("InSync"));
    }
    soon()
        .untilAsserted(() ->
            assertThat(plane.get("/api/v1/status").body().at("/proxies/0/state").asText())
                .isEqualTo("Disconnected"));
  }

  @Test
  void keepsAnInstanceForTheGraceOfABrokenStream() throws InterruptedException {
    apply(service("web") + service("orders"));
    try (DeltaProxy proxy = sidecar("web-1", MeshTest::noFault)) {
      Instance lost = new Instance().announce("orders", "o1", 9001, Health.State.STATE_HEALTHY);
      lost.answer();
      soon().untilAsserted(() -> assertThat(proxy.ports("default/orders")).containsExactly(9001));
      lost.requests.onError(new IllegalStateException("the sidecar died"));
      soon().untilAsserted(() -> assertThat(proxy.ports("default/orders")).isEmpty());
    }
  }

  @Test
  void refusesAnAnnouncementByField() throws InterruptedException {
    RegisterResponse answer =
        new Instance().announce("Orders!", "o1", 9001, Health.State.STATE_HEALTHY).answer();
    assertThat(answer.getRefused().getCode()).isEqualTo("invalid");
    assertThat(answer.getRefused().getMessage()).contains("announce.service", "Orders!");
    assertThat(
            new Instance()
                .announce("orders", "o1", 70_000, Health.State.STATE_HEALTHY)
                .answer()
                .getRefused()
                .getMessage())
        .contains("announce.inbound.port", "70000");
  }

  @Test
  void keepsARefusedGrpcRouteFromTheProxyThatRefusesIt() {
    apply(service("web") + service("orders"));
    Function<Resource, String> picky =
        resource ->
            resource
                    .getResource()
                    .getValue()
                    .toString(StandardCharsets.ISO_8859_1)
                    .contains("poison")
                ? "no poison"
                : "";
    try (DeltaProxy proxy = sidecar("picky", picky)) {
      soon()
          .untilAsserted(() ->
              assertThat(proxy.routes("outbound/default").getVirtualHostsCount()).isEqualTo(2));
      apply(
          (route("bad", "orders", "poison") + route("good", "web", "fine"))
              .replace("HTTPRoute", "GRPCRoute"));
      soon()
          .untilAsserted(() -> {
            assertThat(proxy.routes("outbound/default").toString())
                .contains("fine")
                .doesNotContain("poison");
            JsonNode bad = plane.get("/api/v1/grpcroutes/default/bad").body().path("status");
            assertThat(bad.at("/proxies/rejectedBy/0/message").asText()).contains("no poison");
            JsonNode good = plane.get("/api/v1/grpcroutes/default/good").body().path("status");
            assertThat(good.at("/proxies/inSync").asInt()).isEqualTo(1);
          });
    }
  }

  @Test
  void keepsARefusedRouteFromTheProxyThatRefusesItAndBringsItTheOthers() {
    apply(service("web") + service("orders"));
    Function<Resource, String> picky =
        resource ->
            resource
                    .getResource()
                    .getValue()
                    .toString(StandardCharsets.ISO_8859_1)
                    .contains("poison")
                ? "header x-mark: I do not take this"
                : "";
    try (DeltaProxy proxy = sidecar("picky", picky);
        DeltaProxy other = sidecar("easy", MeshTest::noFault)) {
      soon()
          .untilAsserted(() ->
              assertThat(proxy.routes("outbound/default").getVirtualHostsCount()).isEqualTo(2));
      apply(route("bad", "orders", "poison") + route("good", "web", "fine"));
      soon()
          .untilAsserted(() -> {
            assertThat(proxy.routes("outbound/default").toString())
                .contains("fine")
                .doesNotContain("poison");
            assertThat(other.routes("outbound/default").toString()).contains("fine", "poison");
          });
      soon()
          .untilAsserted(() -> {
            JsonNode bad = plane.get("/api/v1/httproutes/default/bad").body().path("status");
            assertThat(bad.at("/proxies/rejected").asInt()).isEqualTo(1);
            assertThat(bad.at("/proxies/inSync").asInt()).isEqualTo(1);
            assertThat(bad.at("/proxies/rejectedBy/0/proxy").asText()).isEqualTo("picky");
            assertThat(bad.at("/proxies/rejectedBy/0/message").asText())
                .contains("I do not take this");
            JsonNode good = plane.get("/api/v1/httproutes/default/good").body().path("status");
            assertThat(good.at("/proxies/rejected").asInt()).isZero();
            assertThat(good.at("/proxies/inSync").asInt()).isEqualTo(2);
            JsonNode web = plane.get("/api/v1/services/default/web").body().path("status");
            assertThat(web.at("/proxies/rejected").asInt()).isZero();
          });
      apply(route("later", "web", "later"));
      soon()
          .untilAsserted(
              () -> assertThat(proxy.routes("outbound/default").toString()).contains("later"));
      apply(route("bad", "orders", "mended"));
      soon()
          .untilAsserted(() -> {
            assertThat(proxy.routes("outbound/default").toString()).contains("mended");
            assertThat(
                    plane
                        .get("/api/v1/httproutes/default/bad")
                        .body()
                        .at("/status/proxies/inSync")
                        .asInt())
                .isEqualTo(2);
          });
    }
  }

  @Test
  void findsTheRefusedRouteForAProxyThatHasAcceptedNothingYet() {
    apply(service("web") + service("orders"));
    apply(route("bad", "orders", "poison") + route("good", "web", "fine"));
    Function<Resource, String> picky =
        resource ->
            resource
                    .getResource()
                    .getValue()
                    .toString(StandardCharsets.ISO_8859_1)
                    .contains("poison")
                ? "no"
                : "";
    try (DeltaProxy proxy = sidecar("picky", picky)) {
      soon()
          .untilAsserted(
              () -> assertThat(proxy.routes("outbound/default").toString()).contains("fine"));
      soon()
          .untilAsserted(() ->
              assertThat(
                      plane
                          .get("/api/v1/httproutes/default/bad")
                          .body()
                          .at("/status/proxies/rejected")
                          .asInt())
                  .isEqualTo(1));
    }
  }

  private static boolean poisoned(Resource resource) {
    return text(resource).contains("poison");
  }

  private static String text(Resource resource) {
    return resource.getResource().getValue().toString(StandardCharsets.ISO_8859_1);
  }

  /** Refuses what is poisoned, and writes down every route table that it is shown. */
  private static Function<Resource, String> picky(List<String> shown) {
    return resource -> {
      if (resource.getName().equals("outbound/default")) {
        shown.add(text(resource));
      }
      return poisoned(resource) ? "no" : "";
    };
  }

  /** What stands in the good routes, and nowhere else. */
  private static final List<String> GOOD = List.of("fine-1", "fine-2", "fine-3", "fine-4");

  /** Four good routes, and some that are refused by one proxy, which runs without them. */
  private Resource contained(int bad) {
    StringBuilder objects = new StringBuilder(service("web"));
    for (String good : GOOD) {
      String service = good.replace("fine", "service");
      objects.append(service(service)).append(route("m-" + service, service, good));
    }
    for (int i = 0; i < bad; i++) {
      String name = (i % 2 == 0 ? "a" : "z") + "-bad-" + i;
      objects.append(service(name)).append(route(name, name, "poison-" + i));
    }
    apply(objects.toString());
    try (DeltaProxy proxy = sidecar("picky", picky(new CopyOnWriteArrayList<>()))) {
      soon()
          .untilAsserted(() -> {
            assertThat(proxy.routes("outbound/default").toString()).contains(GOOD);
            assertThat(refusals("a-bad-0")).isEqualTo(1);
          });
      return proxy
          .held(ResourceType.ROUTES)
          .getOrDefault("outbound/default", Resource.getDefaultInstance());
    }
  }

  private int refusals(String route) {
    return plane
        .get("/api/v1/httproutes/default/" + route)
        .body()
        .at("/status/proxies/rejected")
        .asInt();
  }

  private void restart() throws StartFailure {
    plane.close();
    plane = new RunningPlane(state, Duration.ofMillis(500));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void takesNoGoodRouteAwayAfterARestart(int bad) throws StartFailure {
    Resource before = contained(bad);
    restart();
    List<String> shown = new CopyOnWriteArrayList<>();
    try (DeltaProxy after = sidecar("picky", picky(shown))) {
      soon()
          .untilAsserted(() -> {
            assertThat(after.held(ResourceType.ROUTES)).containsKey("outbound/default");
            assertThat(refusals("a-bad-0")).isEqualTo(1);
          });
      apply(service("later"));
      soon()
          .untilAsserted(
              () -> assertThat(after.routes("outbound/default").toString()).contains("later"));
      assertThat(shown).allSatisfy(table -> assertThat(table).contains(GOOD));
      assertThat(shown).as("never shown again").noneMatch(table -> table.contains("poison"));
      assertThat(shown).first().isEqualTo(text(before));
    }
  }

  @Test
  void findsTheOneRefusedRouteByComparisonWhenItsMemoryIsLost() throws Exception {
    Resource before = contained(1);
    plane.close();
    Files.deleteIfExists(state.resolve("culprits.json"));
    plane = new RunningPlane(state, Duration.ofMillis(500));
    List<String> shown = new CopyOnWriteArrayList<>();
    try (DeltaProxy after = sidecar("picky", picky(shown), before)) {
      soon().untilAsserted(() -> assertThat(refusals("a-bad-0")).isEqualTo(1));
      apply(service("later"));
      soon()
          .untilAsserted(
              () -> assertThat(after.routes("outbound/default").toString()).contains("later"));
      assertThat(shown).allSatisfy(table -> assertThat(table).contains(GOOD));
    }
  }

  @Test
  void letsHeldInstancesGoWhenAnOperatorSaysSo() throws InterruptedException {
    List<Instance> instances = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      Instance instance =
          new Instance().announce("web", "web-" + i, 9000 + i, Health.State.STATE_HEALTHY);
      instance.answer();
      instances.add(instance);
    }
    instances.forEach(
        instance -> instance.requests.onError(new IllegalStateException("all died at once")));
    soon()
        .untilAsserted(() -> {
          JsonNode registry = plane.get("/api/v1/status").body().path("registry");
          assertThat(registry.path("isolated").asBoolean()).isTrue();
          assertThat(registry.path("held").asInt()).isEqualTo(4);
          assertThat(registry.path("checkpointFailed").asBoolean(true)).isFalse();
        });
    RunningPlane.Reply reply = plane.post("/api/v1/registry/accept-expiry", "");
    assertThat(reply.status()).isEqualTo(200);
    assertThat(reply.body().path("accepted").asInt()).isEqualTo(4);
    assertThat(plane.get("/api/v1/status").body().at("/registry/held").asInt(-1)).isZero();
    assertThat(plane.get("/api/v1/registry/accept-expiry").status()).isEqualTo(404);
  }

  private List<String> proxyStates() {
    List<String> states = new ArrayList<>();
    for (JsonNode proxy : plane.get("/api/v1/status").body().path("proxies")) {
      states.add(proxy.path("id").asText() + " " + proxy.path("state").asText());
    }
    return states;
  }

  @Test
  void missesAProxyOnlyWhileItsInstanceIsRegistered() throws InterruptedException {
    apply(service("web"));
    Instance polite = new Instance().announce("web", "web-1", 9001, Health.State.STATE_HEALTHY);
    Instance killed = new Instance().announce("web", "web-2", 9002, Health.State.STATE_HEALTHY);
    polite.answer();
    killed.answer();
    try (DeltaProxy one = sidecar("web-1", MeshTest::noFault);
        DeltaProxy two = sidecar("web-2", MeshTest::noFault)) {
      soon()
          .untilAsserted(() -> {
            assertThat(one.routes("outbound/default").getVirtualHostsCount()).isEqualTo(1);
            assertThat(two.routes("outbound/default").getVirtualHostsCount()).isEqualTo(1);
          });
      polite.requests.onNext(
          RegisterRequest.newBuilder().setGoodbye(Goodbye.getDefaultInstance()).build());
    }
    soon().untilAsserted(() -> assertThat(proxyStates()).containsExactly("web-2 Disconnected"));
    killed.requests.onError(new IllegalStateException("the sidecar died"));
    soon().untilAsserted(() -> assertThat(proxyStates()).isEmpty());
  }

  @Test
  void saysWhyANodeGetsNothing() {
    try (DeltaProxy odd =
        new DeltaProxy(
            plane.channel(),
            "odd",
            Map.of("HEDDLE_KIND", "sidecar"),
            List.of(),
            List.of(),
            MeshTest::noFault)) {
      soon()
          .untilAsserted(() -> {
            JsonNode proxy = plane.get("/api/v1/status").body().at("/proxies/0");
            assertThat(proxy.path("id").asText()).isEqualTo("odd");
            assertThat(proxy.path("state").asText()).isEqualTo("Rejected");
            assertThat(proxy.path("detail").asText()).contains("HEDDLE_SERVICE");
          });
      assertThat(odd.held(ResourceType.CLUSTER)).isEmpty();
    }
  }

  @Test
  void pushesNothingEmptyAfterARestart() throws StartFailure, InterruptedException {
    apply(service("web") + service("orders"));
    new Instance().announce("orders", "o1", 9001, Health.State.STATE_HEALTHY).answer();
    try (DeltaProxy before = sidecar("web-1", MeshTest::noFault)) {
      soon().untilAsserted(() -> assertThat(before.ports("default/orders")).containsExactly(9001));
    }
    plane.close();
    plane = new RunningPlane(state, Duration.ofSeconds(5));
    try (DeltaProxy after =
        sidecar(
            "web-1",
            resource ->
                resource.getName().equals("default/orders")
                        && resource
                            .getResource()
                            .getTypeUrl()
                            .equals(ResourceType.ENDPOINTS.typeUrl())
                        && !resource
                            .getResource()
                            .getValue()
                            .toString(StandardCharsets.ISO_8859_1)
                            .contains("127.0.0.1")
                    ? "empty"
                    : "")) {
      soon().untilAsserted(() -> assertThat(after.ports("default/orders")).containsExactly(9001));
      assertThat(plane.get("/api/v1/status").body().at("/counters/publish.rejections").asInt())
          .isZero();
    }
  }
}
