package io.heddle.proxy.app.dynamic;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.heddle.proxy.app.sidecar.ManualScheduler;
import io.heddle.xds.client.ReceivedResource;
import io.heddle.xds.client.ResourceUpdate;
import io.heddle.xds.model.ResourceType;
import io.heddle.xds.model.SourceConfig.Origin;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class UpdateCountsTest {
  private static final Origin ADS = Origin.Ads.ADS;
  private static final Origin FILE = new Origin.File("/eds.yaml", "");

  private final FakeEngine engine = new FakeEngine();
  private final UpdateCounts counts =
      new UpdateCounts(engine, new ManualScheduler(), () -> Instant.ofEpochMilli(77));

  @Test
  void wholeTypesAreCountedOncePerResponse() {
    counts.want(ResourceType.LISTENER, List.of(Subscription.whole(ResourceType.LISTENER, ADS)));
    assertThat(engine.stat("listener_manager.lds.update_attempt")).isEqualTo(1);
    assertThat(engine.text("listener_manager.lds.version_text")).isEmpty();
    counts.applied(ADS, listeners("v7", Map.of(), resource("a"), resource("b")), Map.of(), 0);
    assertThat(engine.stat("listener_manager.lds.update_success")).isEqualTo(1);
    assertThat(engine.stat("listener_manager.lds.update_attempt")).isEqualTo(2);
    assertThat(engine.stat("listener_manager.lds.update_time")).isEqualTo(77);
    assertThat(engine.text("listener_manager.lds.version_text")).isEqualTo("v7");
    counts.applied(ADS, listeners("v8", Map.of(), resource("a")), Map.of("a", "bad"), 0);
    counts.applied(ADS, listeners("v9", Map.of("c", "unreadable")), Map.of(), 0);
    counts.unreadable(ADS, ResourceType.LISTENER);
    assertThat(engine.stat("listener_manager.lds.update_rejected")).isEqualTo(3);
    assertThat(engine.stat("listener_manager.lds.update_success")).isEqualTo(1);
    assertThat(engine.text("listener_manager.lds.version_text")).isEqualTo("v7");
  }

  @Test
  void responseWithoutAVersionHasThatOfItsResources() {
    counts.want(ResourceType.LISTENER, List.of(Subscription.whole(ResourceType.LISTENER, ADS)));
    counts.applied(ADS, listeners("", Map.of(), resource("a")), Map.of(), 0);
    assertThat(engine.text("listener_manager.lds.version_text")).isEqualTo("own");
  }

  @Test
  void removalWithoutAVersionLeavesTheFormerAndExpiryCountsForNothing() {
    counts.want(ResourceType.LISTENER, List.of(Subscription.whole(ResourceType.LISTENER, ADS)));
    counts.applied(ADS, listeners("v1", Map.of(), resource("a")), Map.of(), 0);
    counts.applied(ADS, removed(ResourceUpdate.Origin.CONTROL_PLANE), Map.of(), 0);
    assertThat(engine.stat("listener_manager.lds.update_success")).isEqualTo(2);
    assertThat(engine.text("listener_manager.lds.version_text")).isEqualTo("v1");
    counts.applied(ADS, removed(ResourceUpdate.Origin.EXPIRY), Map.of(), 0);
    assertThat(engine.stat("listener_manager.lds.update_success")).isEqualTo(2);
  }

  private static ResourceUpdate removed(ResourceUpdate.Origin origin) {
    return new ResourceUpdate(ResourceType.LISTENER, List.of(), Set.of("a"), Set.of(), origin);
  }

  @Test
  void failureCountsForWhatComesFromThere() {
    counts.want(
        ResourceType.ENDPOINTS,
        List.of(
            new Subscription(ResourceType.ENDPOINTS, ADS, "a", "", "one"),
            new Subscription(ResourceType.ENDPOINTS, FILE, "a", "", "two")));
    counts.failed(ADS, ResourceType.ENDPOINTS);
    counts.timedOut(ResourceType.ENDPOINTS, FILE, "a");
    assertThat(engine.stat("cluster.one.update_failure")).isEqualTo(1);
    assertThat(engine.stat("cluster.one.init_fetch_timeout")).isZero();
    assertThat(engine.stat("cluster.two.update_failure")).isZero();
    assertThat(engine.stat("cluster.two.init_fetch_timeout")).isEqualTo(1);
    assertThat(engine.stat("cluster.two.update_attempt")).isEqualTo(2);
  }

  @Test
  void clustersOfOneServiceAreCountedEachAndAbsenceIsEmpty() {
    counts.want(
        ResourceType.ENDPOINTS,
        List.of(
            new Subscription(ResourceType.ENDPOINTS, ADS, "a", "", "one"),
            new Subscription(ResourceType.ENDPOINTS, ADS, "a", "", "two")));
    counts.applied(
        ADS,
        new ResourceUpdate(
            ResourceType.ENDPOINTS,
            List.of(),
            Set.of(),
            Set.of(),
            ResourceUpdate.Origin.CONTROL_PLANE,
            "",
            List.of(resource("a")),
            Map.of()),
        Map.of(),
        0);
    assertThat(engine.stat("cluster.one.update_success")).isEqualTo(1);
    assertThat(engine.text("cluster.two.version_text")).isEqualTo("own");
    counts.applied(
        ADS,
        new ResourceUpdate(
            ResourceType.ENDPOINTS,
            List.of(),
            Set.of(),
            Set.of("a"),
            ResourceUpdate.Origin.CONTROL_PLANE),
        Map.of(),
        0);
    assertThat(engine.stat("cluster.two.update_empty")).isEqualTo(1);
    assertThat(engine.text("cluster.two.version_text")).isEqualTo("own");
  }

  @Test
  void whatIsLetGoIsHiddenUnlessAnotherIsCalledSo() {
    Subscription ads = new Subscription(ResourceType.SECRET, ADS, "s", "", "s");
    Subscription file = new Subscription(ResourceType.SECRET, FILE, "s", "", "s");
    counts.want(ResourceType.SECRET, List.of(ads, file));
    counts.want(ResourceType.SECRET, List.of(file));
    assertThat(engine.hidden).isEmpty();
    counts.want(ResourceType.SECRET, List.of());
    assertThat(engine.hidden).containsExactly("sds.s");
    counts.failed(FILE, ResourceType.SECRET);
    assertThat(engine.stat("sds.s.update_failure")).isZero();
  }

  @Test
  void routeTableIsCountedForTheFirstThatNamesIt() {
    RoutePrefixes prefixes = new RoutePrefixes();
    prefixes.add("r", "b");
    assertThat(prefixes.of("r")).isEqualTo("b");
    prefixes.begin();
    prefixes.add("r", "b");
    prefixes.add("r", "a");
    assertThat(prefixes.of("r")).isEqualTo("b");
    prefixes.begin();
    prefixes.add("r", "c");
    prefixes.add("r", "a");
    assertThat(prefixes.of("r")).isEqualTo("a");
  }

  private static ReceivedResource resource(String name) {
    return new ReceivedResource(
        name, "own", Any.pack(ClusterLoadAssignment.newBuilder().setClusterName(name).build()));
  }

  private static ResourceUpdate listeners(
      String version, Map<String, String> broken, ReceivedResource... resources) {
    return new ResourceUpdate(
        ResourceType.LISTENER,
        List.of(resources),
        Set.of(),
        Set.of(),
        ResourceUpdate.Origin.CONTROL_PLANE,
        version,
        List.of(),
        broken);
  }
}
