package io.heddle.tests.xds;

import static io.heddle.xds.model.ResourceType.CLUSTER;
import static io.heddle.xds.model.ResourceType.ENDPOINTS;
import static io.heddle.xds.model.ResourceType.LISTENER;
import static io.heddle.xds.model.ResourceType.ROUTES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.heddle.tests.xds.AdapterMessages.ResourceRequest;
import io.heddle.tests.xds.AdapterMessages.SetState;
import io.heddle.tests.xds.HarnessClient.Answer;
import io.heddle.tests.xds.HarnessClient.Mode;
import io.heddle.xds.model.ResourceType;
import java.io.IOException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The scenarios of the public xDS test harness, in our words, through the adapter and over sockets.
 *
 * <p>That a server says no more than it must is shown by a fence: a resource that is added last is
 * the next that comes.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class HarnessScenariosTest {
  private static final List<ResourceType> SERVICES = List.of(CLUSTER, LISTENER, ROUTES, ENDPOINTS);
  private static final List<ResourceType> FULL = List.of(CLUSTER, LISTENER);
  private static final List<ResourceType> PARTIAL = List.of(ROUTES, ENDPOINTS);
  private static final List<Mode> SOTW = List.of(Mode.SOTW_SEPARATE, Mode.SOTW_AGGREGATED);
  private static final List<Mode> INCREMENTAL =
      List.of(Mode.INCREMENTAL_SEPARATE, Mode.INCREMENTAL_AGGREGATED);

  private final AtomicInteger scenarios = new AtomicInteger();
  private final List<HarnessClient> clients = new ArrayList<>();
  private HarnessTarget target;
  private ManagedChannel xds;
  private ManagedChannel adapter;

  /** Each scenario has a node of its own, so that none sees what another left. */
  private String node = "";

  @BeforeAll
  void start() throws IOException {
    target = new HarnessTarget(0, 0);
    xds = channel(target.xdsPort());
    adapter = channel(target.adapterPort());
  }

  private static ManagedChannel channel(int port) {
    return NettyChannelBuilder.forAddress(
            new java.net.InetSocketAddress(InetAddress.getLoopbackAddress(), port))
        .usePlaintext()
        .build();
  }

  @AfterEach
  void closeClients() {
    clients.forEach(HarnessClient::close);
    clients.clear();
  }

  @AfterAll
  void stop() {
    xds.shutdownNow();
    adapter.shutdownNow();
    target.close();
  }

  private static Stream<Arguments> of(List<Mode> modes, List<ResourceType> services) {
    return modes.stream().flatMap(mode -> services.stream().map(s -> Arguments.of(mode, s)));
  }

  static Stream<Arguments> sotwFull() {
    return of(SOTW, FULL);
  }

  static Stream<Arguments> sotwPartial() {
    return of(SOTW, PARTIAL);
  }

  static Stream<Arguments> sotw() {
    return of(SOTW, SERVICES);
  }

  static Stream<Arguments> incremental() {
    return of(INCREMENTAL, SERVICES);
  }

  // ---- the target and the client

  private <Q, S> S call(MethodDescriptor<Q, S> method, Q request) {
    return ClientCalls.blockingUnaryCall(adapter, method, CallOptions.DEFAULT, request);
  }

  private HarnessClient given(Mode mode, String version, String... names) {
    node = "test-id-" + scenarios.incrementAndGet();
    List<Any> resources = new ArrayList<>();
    for (String name : names) {
      for (Message message :
          List.of(
              Cluster.newBuilder().setName(name).build(),
              ClusterLoadAssignment.newBuilder().setClusterName(name).build(),
              Listener.newBuilder().setName(name).build(),
              RouteConfiguration.newBuilder().setName(name).build())) {
        resources.add(Any.pack(message));
      }
    }
    assertThat(call(AdapterMessages.SET_STATE, new SetState(node, version, resources))).isTrue();
    HarnessClient client = new HarnessClient(xds, mode, node);
    clients.add(client);
    return client;
  }

  private void updated(ResourceType service, String name, String version) {
    call(AdapterMessages.UPDATE, new ResourceRequest(node, service.typeUrl(), name, version));
  }

  private void added(ResourceType service, String name, String version) {
    call(AdapterMessages.ADD, new ResourceRequest(node, service.typeUrl(), name, version));
  }

  private void removed(ResourceType service, String name) {
    call(AdapterMessages.REMOVE, new ResourceRequest(node, service.typeUrl(), name, ""));
  }

  private static Map<String, String> at(String version, String... names) {
    Map<String, String> versions = new java.util.LinkedHashMap<>();
    for (String name : names) {
      versions.put(name, version);
    }
    return versions;
  }

  /** Nothing has come that was not taken, and nothing comes before what is added now. */
  private void saysNoMore(HarnessClient client, ResourceType service, boolean wildcard) {
    added(service, "fence", "fence");
    if (!wildcard) {
      client.subscribe(service, "fence");
    }
    assertThat(client.next().versions()).containsEntry("fence", "fence");
  }

  // ---- state of the world

  @ParameterizedTest
  @MethodSource("sotwFull")
  void sendsAllResourcesToAWildcard(Mode mode, ResourceType service) {
    HarnessClient client = given(mode, "1", "A", "B", "C");
    client.subscribe(service);
    assertThat(client.next().versions()).isEqualTo(at("1", "A", "B", "C"));
    saysNoMore(client, service, true);
  }

  @ParameterizedTest
  @MethodSource("sotwFull")
  void sendsUpdatesToAWildcard(Mode mode, ResourceType service) {
    HarnessClient client = given(mode, "1", "A", "B", "C");
    client.subscribe(service);
    assertThat(client.next().versions()).isEqualTo(at("1", "A", "B", "C"));
    updated(service, "A", "2");
    assertThat(client.next().versions()).isEqualTo(at("2", "A", "B", "C"));
    saysNoMore(client, service, true);
  }

  @ParameterizedTest
  @MethodSource("sotwFull")
  void sendsNewResourcesToAWildcard(Mode mode, ResourceType service) {
    HarnessClient client = given(mode, "1", "A", "B", "C");
    client.subscribe(service);
    client.next();
    added(service, "D", "2");
    assertThat(client.next().versions()).isEqualTo(at("2", "A", "B", "C", "D"));
    saysNoMore(client, service, true);
  }

  @ParameterizedTest
  @MethodSource("sotw")
  void sendsOnlyWhatIsAskedFor(Mode mode, ResourceType service) {
    HarnessClient client = given(mode, "1", "A", "B", "C", "D");
    client.subscribe(service, "B", "D");
    assertThat(client.next().versions()).isEqualTo(at("1", "B", "D"));
    saysNoMore(client, service, false);
  }

  @ParameterizedTest
  @MethodSource("sotwFull")
  void sendsAllThatIsAskedForWhenOneOfItChanges(Mode mode, ResourceType service) {
    HarnessClient client = given(mode, "1", "A", "B", "C", "D");
    client.subscribe(service, "B", "D");
    client.next();
    updated(service, "A", "2");
    updated(service, "B", "2");
    assertThat(client.next().versions()).isEqualTo(at("2", "B", "D"));
    saysNoMore(client, service, false);
  }

  @ParameterizedTest
  @MethodSource("sotwPartial")
  void sendsWhatChangesOfWhatIsAskedFor(Mode mode, ResourceType service) {
    HarnessClient client = given(mode, "1", "A", "B", "C", "D");
    client.subscribe(service, "B", "D");
    client.next();
    updated(service, "B", "2");
    assertThat(client.next().versions()).containsEntry("B", "2");
    saysNoMore(client, service, false);
  }

  @ParameterizedTest
  @MethodSource("sotw")
  void sendsWhatIsMadeAfterItWasAskedFor(Mode mode, ResourceType service) {
    HarnessClient client = given(mode, "1", "A", "B", "C", "D");
    client.subscribe(service, "A", "Z");
    assertThat(client.next().versions()).isEqualTo(at("1", "A"));
    added(service, "Z", "2");
    assertThat(client.next().versions())
        .isEqualTo(FULL.contains(service) ? at("2", "A", "Z") : at("2", "Z"));
    saysNoMore(client, service, false);
  }

  @ParameterizedTest
  @MethodSource("sotw")
  void sendsOnlyWhatIsStillAskedFor(Mode mode, ResourceType service) {
    HarnessClient client = given(mode, "1", "A", "B", "C", "D");
    client.subscribe(service, "B", "D");
    client.next();
    client.narrow(service, "B");
    client.subscribe(service, "C"); // its answer says that the request before was read
    assertThat(client.next().versions())
        .isEqualTo(FULL.contains(service) ? at("1", "B", "C") : at("1", "C"));
    updated(service, "D", "2");
    updated(service, "B", "3");
    assertThat(client.next().versions())
        .isEqualTo(FULL.contains(service) ? at("3", "B", "C") : at("3", "B"));
    saysNoMore(client, service, false);
  }

  @ParameterizedTest
  @MethodSource("sotw")
  void sendsNothingOnceNothingIsAskedFor(Mode mode, ResourceType service) {
    HarnessClient client = given(mode, "1", "A", "B", "C", "D");
    client.subscribe(service, "A", "B");
    client.next();
    client.narrow(service);
    client.subscribe(service, "C");
    assertThat(client.next().versions()).isEqualTo(at("1", "C"));
    updated(service, "A", "2");
    updated(service, "B", "2");
    saysNoMore(client, service, false);
  }

  @Test
  void servesSeveralTypesOnOneStream() {
    for (List<ResourceType> pair :
        List.of(List.of(CLUSTER, LISTENER), List.of(ROUTES, ENDPOINTS))) {
      HarnessClient client = given(Mode.SOTW_AGGREGATED, "1", "A", "B", "C");
      for (ResourceType service : pair) {
        client.subscribe(service, "B");
        Answer answer = client.next();
        assertThat(answer.type()).isEqualTo(service);
        assertThat(answer.versions()).isEqualTo(at("1", "B"));
      }
      updated(pair.getFirst(), "B", "2");
      Answer answer = client.next();
      assertThat(answer.type()).isEqualTo(pair.getFirst());
      assertThat(answer.versions()).isEqualTo(at("2", "B"));
      saysNoMore(client, pair.getLast(), false);
    }
  }

  // ---- incremental

  @ParameterizedTest
  @MethodSource("incremental")
  void sendsOneResourceAfterTheOther(Mode mode, ResourceType service) {
    HarnessClient client = given(mode, "1", "A", "B", "C");
    client.subscribe(service, "A");
    assertThat(client.next().versions()).isEqualTo(at("1", "A"));
    client.subscribe(service, "B");
    assertThat(client.next().versions()).isEqualTo(at("1", "B"));
    saysNoMore(client, service, false);
  }

  @ParameterizedTest
  @MethodSource("incremental")
  void sendsOnlyTheResourceThatChanges(Mode mode, ResourceType service) {
    HarnessClient client = given(mode, "1", "A", "B", "C");
    client.subscribe(service, "A", "B", "C");
    Answer first = client.next();
    assertThat(first.versions()).isEqualTo(at("1", "A", "B", "C"));
    updated(service, "A", "2");
    Answer second = client.next();
    assertThat(second.versions()).isEqualTo(at("2", "A"));
    assertThat(second.nonce()).isNotEqualTo(first.nonce());
    saysNoMore(client, service, false);
  }

  @ParameterizedTest
  @MethodSource("incremental")
  void saysWhatDoesNotExistAndSendsItOnceItIsMade(Mode mode, ResourceType service) {
    HarnessClient client = given(mode, "1", "A");
    client.subscribe(service, "A", "B");
    Answer first = client.next();
    assertThat(first.versions()).isEqualTo(at("1", "A"));
    assertThat(first.removed()).containsExactly("B");
    added(service, "B", "1");
    assertThat(client.next().versions()).isEqualTo(at("1", "B"));
    saysNoMore(client, service, false);
  }

  @ParameterizedTest
  @MethodSource("incremental")
  void saysWhatIsRemovedAndSendsItOnceItIsBack(Mode mode, ResourceType service) {
    HarnessClient client = given(mode, "1", "A", "B");
    client.subscribe(service, "A", "B");
    client.next();
    removed(service, "B");
    Answer removal = client.next();
    assertThat(removal.removed()).containsExactly("B");
    assertThat(removal.versions()).isEmpty();
    added(service, "B", "2");
    assertThat(client.next().versions()).isEqualTo(at("2", "B"));
    saysNoMore(client, service, false);
  }

  @ParameterizedTest
  @MethodSource("incremental")
  void sendsNothingOfWhatIsUnsubscribedFrom(Mode mode, ResourceType service) {
    HarnessClient client = given(mode, "1", "A", "B", "C", "D");
    client.subscribe(service, "A", "B");
    client.next();
    client.narrow(service, "A");
    client.subscribe(service, "C"); // its answer says that the request before was read
    assertThat(client.next().versions()).isEqualTo(at("1", "C"));
    updated(service, "B", "2");
    updated(service, "A", "2");
    assertThat(client.next().versions()).isEqualTo(at("2", "A"));
    client.narrow(service);
    client.subscribe(service, "D");
    assertThat(client.next().versions()).isEqualTo(at("1", "D"));
    updated(service, "A", "3");
    saysNoMore(client, service, false);
  }

  // ---- the adapter itself

  @Test
  void clearsAState() {
    HarnessClient client = given(Mode.INCREMENTAL_AGGREGATED, "1", "A");
    client.subscribe(CLUSTER, "A");
    client.next();
    assertThat(call(AdapterMessages.CLEAR_STATE, node)).isNotEmpty();
    assertThat(client.next().removed()).containsExactly("A");
  }

  @Test
  void refusesWhatMakesNoSense() {
    given(Mode.SOTW_AGGREGATED, "1", "A");
    refused(() -> updated(CLUSTER, "Z", "2"), Status.Code.NOT_FOUND);
    refused(() -> removed(CLUSTER, "Z"), Status.Code.NOT_FOUND);
    refused(() -> added(CLUSTER, "A", "2"), Status.Code.ALREADY_EXISTS);
    refused(
        () ->
            call(AdapterMessages.ADD, new ResourceRequest(node, "type.example/Unknown", "A", "1")),
        Status.Code.INVALID_ARGUMENT);
    refused(
        () ->
            call(
                AdapterMessages.SET_STATE,
                new SetState(node, "1", List.of(Any.getDefaultInstance()))),
        Status.Code.INVALID_ARGUMENT);
  }

  private static void refused(
      org.assertj.core.api.ThrowableAssert.ThrowingCallable call, Status.Code code) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            StatusRuntimeException.class, e -> assertThat(e.getStatus().getCode()).isEqualTo(code));
  }
}
