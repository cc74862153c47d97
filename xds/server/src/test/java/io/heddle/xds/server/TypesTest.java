package io.heddle.xds.server;

import static io.heddle.xds.model.ResourceType.CLUSTER;
import static io.heddle.xds.model.ResourceType.RUNTIME;
import static io.heddle.xds.model.ResourceType.VIRTUAL_HOSTS;
import static io.heddle.xds.server.Resources.resource;
import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.xds.model.ResourceType;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Every type in every variant that has it. */
class TypesTest {
  private final Mesh mesh = new Mesh();

  @AfterEach
  void close() {
    mesh.close();
  }

  static Stream<Arguments> everyTypeInEveryVariant() {
    return Stream.of(Variant.values())
        .flatMap(variant ->
            ServedTypes.ALL.stream()
                .filter(variant::speaks)
                .map(type -> Arguments.of(variant, type)));
  }

  @ParameterizedTest
  @MethodSource("everyTypeInEveryVariant")
  void servesChangesAndDeletes(Variant variant, ResourceType type) {
    mesh.put(resource(type, "a", 1), resource(type, "b", 1));
    ScriptedClient client = mesh.client(variant);
    client.subscribe(type, "a");
    ScriptedClient.Answer first = client.nextAcked(type);
    assertThat(first.names()).containsExactly("a");
    client.hearsNothing(mesh);
    mesh.put(resource(type, "a", 2), resource(type, "b", 2));
    ScriptedClient.Answer second = client.nextAcked(type);
    assertThat(second.names()).containsExactly("a");
    assertThat(second.content().get("a")).isEqualTo(resource(type, "a", 2).any().getValue());
    assertThat(second.version()).isNotEqualTo(first.version());
    mesh.remove(type, "a");
    if (variant.delta()) {
      assertThat(client.nextAcked(type).removed()).containsExactly("a");
    } else if (type.fullState()) {
      assertThat(client.nextAcked(type).names()).isEmpty();
    }
    client.hearsNothing(mesh);
    mesh.put(resource(type, "a", 2));
    assertThat(client.nextAcked(type).names()).containsExactly("a");
  }

  @ParameterizedTest
  @MethodSource("everyTypeInEveryVariant")
  void showsAllUnderAWildcard(Variant variant, ResourceType type) {
    mesh.put(resource(type, "a", 1), resource(type, "b", 1));
    ScriptedClient client = mesh.client(variant);
    client.subscribe(type, "*");
    assertThat(client.nextAcked(type).names()).containsExactlyInAnyOrder("a", "b");
    mesh.put(resource(type, "c", 1));
    assertThat(client.nextAcked(type).names()).contains("c");
    client.hearsNothing(mesh);
  }

  @ParameterizedTest
  @MethodSource("everyTypeInEveryVariant")
  void isolatesWhatIsRefused(Variant variant, ResourceType type) {
    mesh.put(resource(type, "a", 1), resource(type, "b", 1));
    ScriptedClient client = mesh.client(variant);
    client.subscribe(type, "a", "b");
    client.nack(client.next(type), "a: wrong");
    assertThat(client.nextAcked(type).names()).containsExactly("b");
    client.nack(client.next(type), "a: wrong");
    client.hearsNothing(mesh);
    assertThat(mesh.rejections)
        .containsExactly(
            new Rejection("node", type, "a", resource(type, "a", 1).version(), "a: wrong"));
    mesh.put(resource(type, "a", 2));
    assertThat(client.nextAcked(type).names()).contains("a");
  }

  @ParameterizedTest
  @EnumSource(names = {"SOTW_ADS"})
  void goesOnWithoutATypeThatTheVariantDoesNotHave(Variant variant) {
    mesh.put(resource(VIRTUAL_HOSTS, "t/a", 1), resource(CLUSTER, "c", 1));
    ScriptedClient client = mesh.client(variant);
    client.subscribe(VIRTUAL_HOSTS, "t/a");
    client.hearsNothing(mesh);
    client.subscribe(CLUSTER);
    assertThat(client.nextAcked(CLUSTER).names()).containsExactly("c");
    assertThat(client.open()).isTrue();
  }

  @Test
  void hasAServiceForEveryTypeAndOneForAll() {
    assertThat(mesh.server.services())
        .extracting(service -> service.getServiceDescriptor().getName())
        .contains(
            "envoy.service.discovery.v3.AggregatedDiscoveryService",
            "envoy.service.cluster.v3.ClusterDiscoveryService",
            "envoy.service.endpoint.v3.EndpointDiscoveryService",
            "envoy.service.listener.v3.ListenerDiscoveryService",
            "envoy.service.route.v3.RouteDiscoveryService",
            "envoy.service.route.v3.ScopedRoutesDiscoveryService",
            "envoy.service.route.v3.VirtualHostDiscoveryService",
            "envoy.service.secret.v3.SecretDiscoveryService",
            "envoy.service.extension.v3.ExtensionConfigDiscoveryService",
            "envoy.service.runtime.v3.RuntimeDiscoveryService");
  }

  @ParameterizedTest
  @EnumSource
  void carriesTheVersionThatTheOwnerOfTheContentGives(Variant variant) {
    EncodedResource a = versioned("a", "1");
    mesh.cache.apply(
        CacheUpdate.builder()
            .put(Mesh.SCOPE, a)
            .put(Mesh.SCOPE, versioned("b", "1"))
            .stateVersion(Mesh.SCOPE, RUNTIME, "1")
            .build());
    ScriptedClient client = mesh.client(variant);
    client.subscribe(RUNTIME, "a", "b");
    assertThat(client.nextAcked(RUNTIME).version()).isEqualTo("1");
    mesh.cache.apply(
        CacheUpdate.builder()
            .put(Mesh.SCOPE, versioned("a", "2"))
            .stateVersion(Mesh.SCOPE, RUNTIME, "2")
            .build());
    ScriptedClient.Answer answer = client.nextAcked(RUNTIME);
    assertThat(answer.version()).isEqualTo("2");
    assertThat(answer.names()).containsExactly("a");
    if (variant.delta()) {
      assertThat(answer.resource("a").getVersion()).isEqualTo("2");
    }
  }

  private static EncodedResource versioned(String name, String version) {
    return EncodedResource.versioned(
        RUNTIME,
        name,
        version,
        io.envoyproxy.envoy.service.runtime.v3.Runtime.newBuilder().setName(name).build());
  }
}
