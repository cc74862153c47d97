package io.heddle.xds.server;

import static io.heddle.xds.model.ResourceType.CLUSTER;
import static io.heddle.xds.model.ResourceType.ENDPOINTS;
import static io.heddle.xds.model.ResourceType.SECRET;
import static io.heddle.xds.server.Resources.cluster;
import static io.heddle.xds.server.Resources.endpoints;
import static io.heddle.xds.server.Resources.secret;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.envoyproxy.envoy.admin.v3.ClientResourceStatus;
import io.envoyproxy.envoy.service.status.v3.ClientConfig;
import io.envoyproxy.envoy.service.status.v3.ClientConfig.GenericXdsConfig;
import io.envoyproxy.envoy.service.status.v3.ClientStatusDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.status.v3.ClientStatusRequest;
import io.envoyproxy.envoy.service.status.v3.ClientStatusResponse;
import io.envoyproxy.envoy.service.status.v3.ConfigStatus;
import io.envoyproxy.envoy.type.matcher.v3.NodeMatcher;
import io.envoyproxy.envoy.type.matcher.v3.RegexMatcher;
import io.envoyproxy.envoy.type.matcher.v3.StringMatcher;
import io.envoyproxy.envoy.type.matcher.v3.StructMatcher;
import io.envoyproxy.envoy.type.matcher.v3.ValueMatcher;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import io.heddle.xds.model.ResourceType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** CSDS: what each client holds, by what was sent and what became of it. */
class ClientStatusTest {
  private final Mesh mesh = new Mesh();

  @AfterEach
  void close() {
    mesh.close();
  }

  private ClientStatusResponse fetch(ClientStatusRequest request) {
    mesh.settle();
    return ClientStatusDiscoveryServiceGrpc.newBlockingStub(mesh.channel())
        .withDeadlineAfter(20, TimeUnit.SECONDS)
        .fetchClientStatus(request);
  }

  private static GenericXdsConfig of(ClientConfig config, ResourceType type, String name) {
    return config.getGenericXdsConfigsList().stream()
        .filter(r -> r.getTypeUrl().equals(type.typeUrl()) && r.getName().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private GenericXdsConfig of(ResourceType type, String name) {
    ClientConfig config = fetch(ClientStatusRequest.getDefaultInstance()).getConfig(0);
    return of(config, type, name);
  }

  private static void stands(
      GenericXdsConfig resource, ConfigStatus server, ClientResourceStatus client) {
    assertThat(resource.getConfigStatus()).isEqualTo(server);
    assertThat(resource.getClientStatus()).isEqualTo(client);
  }

  @Test
  void clientsOfOtherServersAreToldOfUnlessTheirOwnServerIsAsked() {
    mesh.put(endpoints("a", 1));
    ScriptedClient client = mesh.client(Variant.SOTW_ADS);
    client.subscribe(ENDPOINTS, "a");
    client.next(ENDPOINTS);
    ClientConfig elsewhere =
        ClientConfig.newBuilder()
            .setNode(io.envoyproxy.envoy.config.core.v3.Node.newBuilder().setId("elsewhere"))
            .build();
    mesh.server.besides(
        request -> java.util.concurrent.CompletableFuture.completedFuture(List.of(elsewhere)));
    ClientStatusRequest all = ClientStatusRequest.getDefaultInstance();
    assertThat(fetch(all).getConfigList()).hasSize(2).contains(elsewhere);
    assertThat(mesh.server.clients(all).join().getConfigList())
        .hasSize(1)
        .doesNotContain(elsewhere);
  }

  @ParameterizedTest
  @EnumSource
  void saysWhatIsSentAcceptedRefusedAndMissing(Variant variant) {
    mesh.put(endpoints("a", 1), endpoints("b", 1));
    ScriptedClient client = mesh.client(variant);
    client.subscribe(ENDPOINTS, "a", "b", "missing");
    ScriptedClient.Answer first = client.next(ENDPOINTS);
    stands(of(ENDPOINTS, "a"), ConfigStatus.STALE, ClientResourceStatus.REQUESTED);
    mesh.pass(Duration.ofSeconds(7));
    client.ack(first);
    GenericXdsConfig accepted = of(ENDPOINTS, "a");
    stands(accepted, ConfigStatus.SYNCED, ClientResourceStatus.ACKED);
    assertThat(accepted.getVersionInfo()).isEqualTo(endpoints("a", 1).version());
    assertThat(accepted.getXdsConfig()).isEqualTo(endpoints("a", 1).any());
    assertThat(accepted.getLastUpdated().getSeconds()).isEqualTo(7);
    stands(of(ENDPOINTS, "missing"), ConfigStatus.SYNCED, ClientResourceStatus.DOES_NOT_EXIST);
    mesh.put(endpoints("a", 2));
    ScriptedClient.Answer second = client.next(ENDPOINTS);
    stands(of(ENDPOINTS, "a"), ConfigStatus.STALE, ClientResourceStatus.ACKED);
    mesh.put(endpoints("b", 2));
    stands(of(ENDPOINTS, "b"), ConfigStatus.NOT_SENT, ClientResourceStatus.ACKED);
    mesh.pass(Duration.ofSeconds(3));
    client.nack(second, "a: wrong port");
    GenericXdsConfig refused = of(ENDPOINTS, "a");
    stands(refused, ConfigStatus.ERROR, ClientResourceStatus.NACKED);
    assertThat(refused.getVersionInfo()).isEqualTo(endpoints("a", 1).version());
    assertThat(refused.getErrorState().getDetails()).isEqualTo("a: wrong port");
    assertThat(refused.getErrorState().getVersionInfo()).isEqualTo(endpoints("a", 2).version());
    assertThat(refused.getErrorState().getLastUpdateAttempt().getSeconds()).isEqualTo(10);
    assertThat(refused.getErrorState().getFailedConfiguration()).isEqualTo(endpoints("a", 2).any());
  }

  @Test
  void showsNoSecretAndNothingAtAllWhereOnlyTheStateIsAskedFor() {
    mesh.put(secret("s", 1), cluster("c", 1));
    ScriptedClient client = mesh.client(Variant.DELTA_ADS);
    client.subscribe(SECRET, "s");
    client.nextAcked(SECRET);
    client.subscribe(CLUSTER);
    client.nextAcked(CLUSTER);
    assertThat(of(SECRET, "s").getVersionInfo()).isNotEmpty();
    assertThat(of(SECRET, "s").hasXdsConfig()).isFalse();
    assertThat(of(CLUSTER, "c").hasXdsConfig()).isTrue();
    ClientConfig bare =
        fetch(ClientStatusRequest.newBuilder().setExcludeResourceContents(true).build())
            .getConfig(0);
    assertThat(of(bare, CLUSTER, "c").hasXdsConfig()).isFalse();
    assertThat(of(bare, CLUSTER, "c").getVersionInfo()).isEqualTo(cluster("c", 1).version());
    assertThat(bare.getNode().getId()).isEqualTo("node");
  }

  private List<String> nodes(NodeMatcher.Builder... matchers) {
    ClientStatusRequest.Builder request = ClientStatusRequest.newBuilder();
    for (NodeMatcher.Builder matcher : matchers) {
      request.addNodeMatchers(matcher);
    }
    return fetch(request.build()).getConfigList().stream()
        .map(config -> config.getNode().getId())
        .sorted()
        .toList();
  }

  private static NodeMatcher.Builder id(StringMatcher.Builder matcher) {
    return NodeMatcher.newBuilder().setNodeId(matcher);
  }

  private static NodeMatcher.Builder metadata(String key, ValueMatcher.Builder value) {
    return NodeMatcher.newBuilder()
        .addNodeMetadatas(
            StructMatcher.newBuilder()
                .addPath(StructMatcher.PathSegment.newBuilder().setKey(key))
                .setValue(value));
  }

  @Test
  void picksNodesByTheirIdsAndMetadata() {
    for (String node : List.of("web-1", "web-2", "db-1")) {
      ScriptedClient client = mesh.client(Variant.DELTA_ADS, node);
      client.sayNode(
          CLUSTER,
          client.node().toBuilder()
              .setMetadata(
                  com.google.protobuf.Struct.newBuilder()
                      .putFields(
                          "tier",
                          com.google.protobuf.Value.newBuilder()
                              .setStringValue(node.substring(0, node.indexOf('-')))
                              .build()))
              .build());
    }
    assertThat(nodes()).containsExactly("db-1", "web-1", "web-2");
    assertThat(nodes(id(StringMatcher.newBuilder().setExact("web-1")))).containsExactly("web-1");
    assertThat(nodes(id(StringMatcher.newBuilder().setPrefix("WEB").setIgnoreCase(true))))
        .containsExactly("web-1", "web-2");
    assertThat(
            nodes(
                id(StringMatcher.newBuilder().setSuffix("b-1")),
                id(StringMatcher.newBuilder().setContains("-2"))))
        .containsExactly("db-1", "web-1", "web-2");
    assertThat(
            nodes(
                id(
                    StringMatcher.newBuilder()
                        .setSafeRegex(RegexMatcher.newBuilder().setRegex("w.*1")))))
        .containsExactly("web-1");
    assertThat(
            nodes(
                metadata(
                    "tier",
                    ValueMatcher.newBuilder()
                        .setStringMatch(StringMatcher.newBuilder().setExact("db")))))
        .containsExactly("db-1");
    assertThat(nodes(metadata("tier", ValueMatcher.newBuilder().setPresentMatch(true)))).hasSize(3);
    assertThat(nodes(metadata("rack", ValueMatcher.newBuilder().setPresentMatch(true)))).isEmpty();
  }

  @Test
  void refusesAMatcherItDoesNotUnderstandByItsField() {
    refuses(
        metadata("tier", ValueMatcher.newBuilder().setBoolMatch(true)),
        "node_matchers[0].node_metadatas[0].value: BOOL_MATCH");
    refuses(id(StringMatcher.newBuilder()), "node_matchers[0].node_id: MATCHPATTERN_NOT_SET");
    refuses(
        id(StringMatcher.newBuilder().setSafeRegex(RegexMatcher.newBuilder().setRegex("("))),
        "node_matchers[0].node_id.safe_regex.regex: (");
  }

  private void refuses(NodeMatcher.Builder matcher, String message) {
    assertThatThrownBy(() -> nodes(matcher))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT))
        .hasMessageContaining(message);
  }

  @Test
  void refusesAnAnswerThatIsTooLarge() {
    Limits limits = Limits.defaults();
    Limits.Reports few =
        new Limits.Reports(1_000, 10, 10, Duration.ofSeconds(1), Duration.ofSeconds(1));
    Limits small =
        new Limits(
            limits.maxNamesPerStream(),
            limits.maxNameLength(),
            limits.maxRequestBytes(),
            limits.maxMetadataEntries(),
            limits.maxNodeChars(),
            limits.maxCulpritsPerChange(),
            limits.maxAbsentNodes(),
            limits.absence(),
            limits.orderingWait(),
            few);
    try (Mesh tight = new Mesh(node -> List.of(Mesh.SCOPE), b -> b.limits(small))) {
      CacheUpdate.Builder update = CacheUpdate.builder();
      for (int i = 0; i < 10; i++) {
        update.put(Mesh.SCOPE, cluster("c" + i, 1));
      }
      tight.cache.apply(update.build());
      tight.cache.markReady();
      ScriptedClient client = tight.client(Variant.DELTA_ADS);
      client.subscribe(CLUSTER);
      client.nextAcked(CLUSTER);
      tight.settle();
      assertThatThrownBy(() ->
              ClientStatusDiscoveryServiceGrpc.newBlockingStub(tight.channel())
                  .fetchClientStatus(ClientStatusRequest.getDefaultInstance()))
          .isInstanceOfSatisfying(
              StatusRuntimeException.class,
              e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED));
    }
  }

  @Test
  void answersAStreamOfQuestionsInTurn() throws InterruptedException {
    mesh.put(cluster("c", 1));
    ScriptedClient client = mesh.client(Variant.SOTW_ADS, "n1");
    client.subscribe(CLUSTER);
    client.nextAcked(CLUSTER);
    mesh.settle();
    BlockingQueue<Object> answers = new LinkedBlockingQueue<>();
    StreamObserver<ClientStatusRequest> questions =
        ClientStatusDiscoveryServiceGrpc.newStub(mesh.channel())
            .streamClientStatus(
                new StreamObserver<>() {
                  @Override
                  public void onNext(ClientStatusResponse response) {
                    answers.add(response.getConfigCount());
                  }

                  @Override
                  public void onError(Throwable failure) {
                    answers.add(failure);
                  }

                  @Override
                  public void onCompleted() {
                    answers.add("over");
                  }
                });
    questions.onNext(ClientStatusRequest.getDefaultInstance());
    questions.onNext(
        ClientStatusRequest.newBuilder()
            .addNodeMatchers(id(StringMatcher.newBuilder().setExact("n2")))
            .build());
    questions.onNext(ClientStatusRequest.getDefaultInstance());
    questions.onCompleted();
    List<Object> heard = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      heard.add(answers.poll(20, TimeUnit.SECONDS));
    }
    assertThat(heard).containsExactly(1, 0, 1, "over");
  }
}
