package io.heddle.xds.server;

import static io.heddle.xds.model.ResourceType.CLUSTER;
import static io.heddle.xds.model.ResourceType.ENDPOINTS;
import static io.heddle.xds.model.ResourceType.LISTENER;
import static io.heddle.xds.model.ResourceType.ROUTES;
import static io.heddle.xds.server.Resources.cluster;
import static io.heddle.xds.server.Resources.endpoints;
import static io.heddle.xds.server.Resources.listener;
import static io.heddle.xds.server.Resources.routes;
import static org.assertj.core.api.Assertions.assertThat;

import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.listener.v3.ListenerFilter;
import io.heddle.xds.model.ResourceType;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Rules 37 to 39: the server's part in what clients without a proxy do. */
class GrpcClientRulesTest {
  private static final Duration PATIENCE_OF_GRPC = Duration.ofSeconds(15);

  private final Mesh mesh = new Mesh();

  @AfterEach
  void close() {
    mesh.close();
  }

  @Test
  void rule37_holdsNothingBackForAsLongAsAClientTakesForAbsence() {
    assertThat(Limits.defaults().orderingWait()).isLessThan(PATIENCE_OF_GRPC.dividedBy(2));
  }

  @ParameterizedTest
  @EnumSource(names = {"SOTW_ADS", "SOTW_PER_TYPE"})
  void rule37_answersForEachTypeThatIsNamedInTurn(Variant variant) {
    mesh.put(
        listener("svc", 1),
        listener("other", 1),
        routes("r", 1, "c"),
        cluster("c", 1),
        endpoints("c", 1));
    ScriptedClient client = mesh.client(variant).userAgent("gRPC Java");
    client.subscribe(LISTENER, "svc");
    assertThat(client.nextAcked(LISTENER).names()).containsExactly("svc");
    client.subscribe(ROUTES, "r");
    if (!variant.aggregated()) {
      mesh.elapse(); // its clusters may have been about to come on a stream of their own
    }
    assertThat(client.nextAcked(ROUTES).names()).containsExactly("r");
    client.subscribe(CLUSTER, "c");
    assertThat(client.nextAcked(CLUSTER).names()).containsExactly("c");
    client.subscribe(ENDPOINTS, "c");
    assertThat(client.nextAcked(ENDPOINTS).names()).containsExactly("c");
    client.hearsNothing(mesh);
  }

  /** For these types a response without the name is what says that it does not exist. */
  @ParameterizedTest
  @EnumSource(names = {"SOTW_ADS", "SOTW_PER_TYPE"})
  void rule37_saysAtOnceThatAListenerOrClusterDoesNotExist(Variant variant) {
    ScriptedClient client = mesh.client(variant).userAgent("gRPC Go");
    for (ResourceType type : List.of(LISTENER, CLUSTER)) {
      client.subscribe(type, "absent");
      assertThat(client.nextAcked(type).names()).isEmpty();
      client.hearsNothing(mesh);
      mesh.put(Resources.resource(type, "absent", 1));
      assertThat(client.nextAcked(type).names()).containsExactly("absent");
    }
  }

  /** The client keeps it (A53) and accepts the response all the same. */
  @ParameterizedTest
  @EnumSource
  void rule38_sendsAnewWhatComesBackAfterADeletionThatWasIgnored(Variant variant) {
    mesh.put(listener("svc", 1), cluster("c", 1));
    ScriptedClient client = mesh.client(variant).userAgent("gRPC C++");
    for (ResourceType type : List.of(LISTENER, CLUSTER)) {
      String name = type == LISTENER ? "svc" : "c";
      client.subscribe(type, name);
      client.nextAcked(type);
      mesh.remove(type, name);
      ScriptedClient.Answer deletion = client.nextAcked(type);
      assertThat(deletion.names()).isEmpty();
      if (variant.delta()) {
        assertThat(deletion.removed()).containsExactly(name);
      }
      client.hearsNothing(mesh);
      mesh.put(Resources.resource(type, name, 1));
      assertThat(client.nextAcked(type).names()).containsExactly(name);
    }
  }

  /** Errors of several resources come in one refusal (A88), and the good ones are kept. */
  @ParameterizedTest
  @EnumSource
  void rule38_takesSeveralErrorsFromOneRefusal(Variant variant) {
    mesh.put(endpoints("good", 1), endpoints("bad1", 1), endpoints("bad2", 1));
    ScriptedClient client = mesh.client(variant).userAgent("gRPC Python");
    client.subscribe(ENDPOINTS, "good", "bad1", "bad2");
    String errors = "bad1: no priority 0; bad2: weight 0";
    client.nack(client.next(ENDPOINTS), errors);
    assertThat(client.nextAcked(ENDPOINTS).names()).containsExactly("good");
    for (int i = 0; i < 2; i++) {
      client.nack(client.next(ENDPOINTS), errors);
    }
    client.hearsNothing(mesh);
    assertThat(mesh.rejections)
        .extracting(Rejection::name)
        .containsExactlyInAnyOrder("bad1", "bad2");
  }

  private static EncodedResource serverListener(String name, boolean withFilters) {
    Listener.Builder listener = Listener.newBuilder().setName(name).setStatPrefix("grpc");
    if (withFilters) {
      listener.addListenerFilters(ListenerFilter.newBuilder().setName("tls_inspector"));
    }
    return EncodedResource.of(LISTENER, name, listener.build());
  }

  @ParameterizedTest
  @EnumSource
  void rule39_namesTheListenerThatAGrpcServerRefusesAndServesItOnceMended(Variant variant) {
    mesh.put(serverListener("grpc/server?a", true), serverListener("grpc/server?b", false));
    ScriptedClient client = mesh.client(variant).userAgent("gRPC Java");
    client.subscribe(LISTENER, "grpc/server?a", "grpc/server?b");
    client.nack(client.next(LISTENER), "grpc/server?a: listener_filters are not supported");
    assertThat(client.nextAcked(LISTENER).names()).containsExactly("grpc/server?b");
    ScriptedClient.Answer alone = client.next(LISTENER);
    assertThat(alone.names()).contains("grpc/server?a");
    client.nack(alone, "grpc/server?a: listener_filters are not supported");
    client.hearsNothing(mesh);
    assertThat(mesh.rejections)
        .extracting(Rejection::name, Rejection::message)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(
                "grpc/server?a", "grpc/server?a: listener_filters are not supported"));
    EncodedResource mended = serverListener("grpc/server?a", false);
    mesh.put(mended);
    Map<String, com.google.protobuf.ByteString> content = client.nextAcked(LISTENER).content();
    assertThat(content).containsEntry("grpc/server?a", mended.any().getValue());
    assertThat(mesh.server.syncView().proxy("node").orElseThrow().rejections()).isEmpty();
  }
}
