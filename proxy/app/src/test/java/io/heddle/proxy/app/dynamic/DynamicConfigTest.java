package io.heddle.proxy.app.dynamic;

import static io.heddle.xds.model.ResourceType.CLUSTER;
import static io.heddle.xds.model.ResourceType.ENDPOINTS;
import static io.heddle.xds.model.ResourceType.LISTENER;
import static io.heddle.xds.model.ResourceType.ROUTES;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.Duration;
import com.google.protobuf.Message;
import com.google.protobuf.Struct;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.Address;
import io.envoyproxy.envoy.config.core.v3.AggregatedConfigSource;
import io.envoyproxy.envoy.config.core.v3.ApiVersion;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.core.v3.SocketAddress;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.envoyproxy.envoy.extensions.filters.http.router.v3.Router;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.Rds;
import io.heddle.proxy.app.runtime.RuntimeSources;
import io.heddle.proxy.app.sidecar.ManualScheduler;
import io.heddle.xds.client.ReceivedResource;
import io.heddle.xds.client.ResourceUpdate;
import io.heddle.xds.model.BootstrapConfig;
import io.heddle.xds.model.EndpointsConfig;
import io.heddle.xds.model.NodeConfig;
import io.heddle.xds.model.ParseOptions;
import io.heddle.xds.model.ResourceType;
import io.heddle.xds.model.SourceConfig;
import io.heddle.xds.model.StatsConfig;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DynamicConfigTest {
  private static final SourceConfig.Origin ADS = SourceConfig.Origin.Ads.ADS;

  private final FakeEngine engine = new FakeEngine();
  private final ManualScheduler scheduler = new ManualScheduler();
  private final Map<ResourceType, Set<String>> wanted = new EnumMap<>(ResourceType.class);
  private final List<Progress> progress = new ArrayList<>();
  private final List<String> listenerChanges = new ArrayList<>();
  private DynamicConfig driver;

  @BeforeEach
  void start() {
    SourceConfig.Origin.Grpc stream =
        new SourceConfig.Origin.Grpc(
            BootstrapConfig.Variant.DELTA,
            new BootstrapConfig.GrpcTarget.Uri("x:1"),
            SourceConfig.GrpcOptions.DEFAULT);
    BootstrapConfig.DynamicSources ads =
        new BootstrapConfig.DynamicSources(
            Optional.of(stream),
            Optional.of(new SourceConfig(ADS, java.time.Duration.ofSeconds(15))),
            Optional.of(new SourceConfig(ADS, java.time.Duration.ZERO)));
    BootstrapConfig bootstrap =
        new BootstrapConfig(
            new NodeConfig("n", "c", EndpointsConfig.Locality.NONE, Struct.getDefaultInstance()),
            List.of(),
            List.of(),
            BootstrapConfig.Admin.Off.OFF,
            ads,
            StatsConfig.DEFAULT);
    driver =
        new DynamicConfig(
            engine,
            bootstrap,
            new RuntimeSources(bootstrap.runtime(), engine.runtime()),
            ParseOptions.LENIENT,
            scheduler,
            () -> Instant.EPOCH,
            new Subscriber() {
              @Override
              public void subscribe(
                  ResourceType type, Map<SourceConfig.Origin, Set<String>> origins) {
                wanted.put(type, origins.getOrDefault(ADS, Set.of()));
              }

              @Override
              public Optional<String> refusal(ResourceType type, SourceConfig.Origin origin) {
                return Optional.empty();
              }
            },
            progress::add,
            () -> listenerChanges.add(engine.calls.getLast()));
    driver.start();
  }

  @Test
  void nothingServesBeforeItsClustersAreWarmAndItsRoutesAreThere() {
    assertThat(wanted.get(CLUSTER)).containsExactly("*");
    assertThat(wanted.get(LISTENER)).containsExactly("*");
    send(LISTENER, listener("in", "r"));
    send(CLUSTER, cluster("orders"));
    assertThat(wanted.get(ENDPOINTS)).containsExactly("orders");
    assertThat(wanted.get(ROUTES)).containsExactly("r");
    send(ROUTES, routes("r", "orders"));
    assertThat(engine.calls).containsExactly("cluster orders", "routes r");
    assertThat(progress).isEmpty();
    send(ENDPOINTS, endpoints("orders"));
    scheduler.settle();
    assertThat(engine.calls)
        .containsExactly("cluster orders", "routes r", "endpoints orders", "listener in");
    assertThat(progress).containsExactly(Progress.WAITING_FOR_LISTENERS, Progress.DONE);
  }

  @Test
  void listenerWaitsForItsRoutesAndItsFormerVersionServesMeanwhile() {
    ready();
    send(LISTENER, listener("in", "r2"));
    assertThat(engine.calls).isEmpty();
    assertThat(wanted.get(ROUTES)).containsExactlyInAnyOrder("r", "r2");
    assertThat(driver.warmingListeners()).containsExactly("in");
    send(ROUTES, routes("r2", "orders"));
    assertThat(engine.calls).containsExactly("routes r2", "listener in", "-routes r");
    assertThat(wanted.get(ROUTES)).containsExactly("r2");
  }

  @Test
  void badResourceIsRefusedByNameAndTheOthersStand() {
    engine.refuse.put("Cluster bad", "lb_policy");
    Map<String, String> refused = send(CLUSTER, cluster("bad"), cluster("good"));
    assertThat(refused).containsOnlyKeys("bad");
    assertThat(refused.get("bad")).contains("Cluster bad: lb_policy: found something");
    assertThat(engine.calls).containsExactly("cluster good");
    assertThat(driver.rejected(CLUSTER)).containsOnlyKeys("bad");
    engine.refuse.clear();
    assertThat(send(CLUSTER, cluster("bad"))).isEmpty();
    assertThat(driver.rejected(CLUSTER)).isEmpty();
  }

  @Test
  void unparseableResourceIsRefusedWithItsFieldPath() {
    Map<String, String> refused =
        send(
            CLUSTER,
            Cluster.newBuilder()
                .setName("odd")
                .setType(Cluster.DiscoveryType.ORIGINAL_DST)
                .setLbPolicy(Cluster.LbPolicy.MAGLEV)
                .build());
    assertThat(refused.get("odd")).contains("Cluster odd").contains("expected");
  }

  @Test
  void bindFailureIsToldToTheControlPlane() {
    ready();
    engine.bindFails.add("two");
    Map<String, String> refused = send(LISTENER, listener("two", "r"));
    assertThat(refused.get("two")).contains("address: cannot bind 127.0.0.1:1: in use");
    assertThat(driver.warmingListeners()).isEmpty();
  }

  @Test
  void bindFailureBehindAnAcknowledgedUpdateIsTriedAgain() {
    ready();
    engine.bindFails.add("two");
    assertThat(send(LISTENER, listener("two", "late"))).isEmpty();
    send(ROUTES, routes("late", "orders"));
    assertThat(engine.calls).containsExactly("routes late");
    engine.bindFails.clear();
    scheduler.advance(java.time.Duration.ofSeconds(2));
    assertThat(engine.calls).containsExactly("routes late", "listener two");
  }

  @Test
  void removedClusterStaysUntilNoRouteNamesIt() {
    ready();
    remove(CLUSTER, "orders");
    assertThat(engine.calls).isEmpty();
    send(ROUTES, routes("r", "other"));
    assertThat(engine.calls).containsExactly("routes r", "-cluster orders", "-endpoints orders");
    assertThat(wanted.get(ENDPOINTS)).isEmpty();
  }

  @Test
  void removedClusterGoesAfterAWhileEvenIfARouteNamesIt() {
    ready();
    remove(CLUSTER, "orders");
    scheduler.advance(ClusterSet.LINGER);
    assertThat(engine.calls).contains("-cluster orders");
  }

  @Test
  void clusterThatComesBackBeforeItIsGoneStays() {
    ready();
    remove(CLUSTER, "orders");
    send(CLUSTER, cluster("orders"));
    scheduler.advance(ClusterSet.LINGER.multipliedBy(2));
    assertThat(engine.calls).containsExactly("cluster orders");
  }

  @Test
  void everyListenerThatComesOrGoesIsTold() {
    ready();
    engine.bindFails.add("two");
    send(LISTENER, listener("two", "r"));
    assertThat(listenerChanges).containsExactly("listener in");
    engine.bindFails.clear();
    send(LISTENER, listener("two", "r"));
    remove(LISTENER, "in");
    assertThat(listenerChanges).containsExactly("listener in", "listener two", "-listener in");
  }

  @Test
  void removedListenerTakesItsRoutesAlong() {
    ready();
    remove(LISTENER, "in");
    assertThat(engine.calls).containsExactly("-listener in", "-routes r");
    assertThat(wanted.get(ROUTES)).isEmpty();
  }

  @Test
  void endpointsThatDoNotComeAreNotWaitedForLongerThanConfigured() {
    send(CLUSTER, cluster("orders"));
    send(LISTENER);
    scheduler.advance(java.time.Duration.ofMillis(2999));
    assertThat(progress).isEmpty();
    scheduler.advance(java.time.Duration.ofMillis(1));
    assertThat(engine.calls).contains("end-warming orders");
    assertThat(progress).endsWith(Progress.DONE);
  }

  @Test
  void endpointsAndRoutesThatDoNotExistEndTheWaiting() {
    send(CLUSTER, cluster("orders"));
    send(LISTENER, listener("in", "r"));
    apply(new ResourceUpdate(ENDPOINTS, List.of(), Set.of(), Set.of("orders"), origin()));
    assertThat(engine.calls).endsWith("end-warming orders");
    apply(new ResourceUpdate(ROUTES, List.of(), Set.of(), Set.of("r"), origin()));
    assertThat(engine.calls).endsWith("listener in");
    assertThat(progress).endsWith(Progress.DONE);
  }

  @Test
  void silentControlPlaneForClustersIsWaitedForForEverAndForListenersAsConfigured() {
    scheduler.advance(java.time.Duration.ofMinutes(10));
    assertThat(progress).isEmpty();
    send(CLUSTER);
    assertThat(progress).endsWith(Progress.DONE);
  }

  @Test
  void routesMayNameClustersThatAreKnownToCome() {
    assertThat(engine.expected.test("orders")).isTrue();
    ready();
    assertThat(engine.expected.test("orders")).isFalse();
  }

  private void ready() {
    send(CLUSTER, cluster("orders"));
    send(ENDPOINTS, endpoints("orders"));
    send(LISTENER, listener("in", "r"));
    send(ROUTES, routes("r", "orders"));
    assertThat(progress).endsWith(Progress.DONE);
    engine.calls.clear();
  }

  private static ResourceUpdate.Origin origin() {
    return ResourceUpdate.Origin.CONTROL_PLANE;
  }

  private Map<String, String> apply(ResourceUpdate update) {
    Map<String, String> refused = driver.sink(ADS).apply(update);
    scheduler.settle();
    return refused;
  }

  private Map<String, String> send(ResourceType type, Message... messages) {
    List<ReceivedResource> resources = new ArrayList<>();
    for (Message message : messages) {
      resources.add(new ReceivedResource(name(message), "v1", Any.pack(message)));
    }
    return apply(new ResourceUpdate(type, resources, Set.of(), Set.of(), origin()));
  }

  private void remove(ResourceType type, String name) {
    apply(new ResourceUpdate(type, List.of(), Set.of(name), Set.of(), origin()));
  }

  private static String name(Message message) {
    return (String) message.getField(message.getDescriptorForType().findFieldByNumber(1));
  }

  private static ConfigSource ads(int seconds) {
    return ConfigSource.newBuilder()
        .setAds(AggregatedConfigSource.getDefaultInstance())
        .setResourceApiVersion(ApiVersion.V3)
        .setInitialFetchTimeout(Duration.newBuilder().setSeconds(seconds))
        .build();
  }

  private static Message cluster(String name) {
    return Cluster.newBuilder()
        .setName(name)
        .setType(Cluster.DiscoveryType.EDS)
        .setEdsClusterConfig(Cluster.EdsClusterConfig.newBuilder().setEdsConfig(ads(3)))
        .build();
  }

  private static Message endpoints(String name) {
    return ClusterLoadAssignment.newBuilder().setClusterName(name).build();
  }

  private static Message routes(String name, String cluster) {
    return RouteConfiguration.newBuilder()
        .setName(name)
        .addVirtualHosts(
            VirtualHost.newBuilder()
                .setName("all")
                .addDomains("*")
                .addRoutes(
                    Route.newBuilder()
                        .setMatch(RouteMatch.newBuilder().setPrefix("/"))
                        .setRoute(RouteAction.newBuilder().setCluster(cluster))))
        .build();
  }

  private static Message listener(String name, String routes) {
    HttpConnectionManager http =
        HttpConnectionManager.newBuilder()
            .setStatPrefix(name)
            .setRds(Rds.newBuilder().setRouteConfigName(routes).setConfigSource(ads(5)))
            .addHttpFilters(
                HttpFilter.newBuilder()
                    .setName("envoy.filters.http.router")
                    .setTypedConfig(Any.pack(Router.getDefaultInstance())))
            .build();
    return Listener.newBuilder()
        .setName(name)
        .setAddress(
            Address.newBuilder()
                .setSocketAddress(
                    SocketAddress.newBuilder().setAddress("127.0.0.1").setPortValue(0)))
        .addFilterChains(
            FilterChain.newBuilder()
                .addFilters(
                    Filter.newBuilder()
                        .setName("envoy.filters.network.http_connection_manager")
                        .setTypedConfig(Any.pack(http))))
        .build();
  }
}
