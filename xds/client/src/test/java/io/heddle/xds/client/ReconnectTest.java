package io.heddle.xds.client;

import static io.heddle.xds.client.Fixture.cluster;
import static io.heddle.xds.client.Fixture.delta;
import static io.heddle.xds.client.Fixture.sotw;
import static io.heddle.xds.model.ResourceType.CLUSTER;
import static org.assertj.core.api.Assertions.assertThat;

import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ReconnectTest {

  /** Draws the bound itself, so that waits can be told exactly. */
  private static final class Highest extends Random {
    @Override
    public long nextLong(long bound) {
      return bound - 1;
    }
  }

  private static final class Waits implements ConnectionListener {
    final List<Long> millis = new ArrayList<>();
    int connected;

    @Override
    public void connected(String target) {
      connected++;
    }

    @Override
    public void disconnected(String target, String reason, Duration nextAttempt) {
      millis.add(nextAttempt.toMillis());
    }
  }

  @Test
  void deltaTellsTheVersionsItHasAndTheNodeAgainOnTheNewStream() throws Exception {
    try (Fixture fixture = new Fixture(XdsVariant.DELTA)) {
      fixture.client.subscribe(CLUSTER, Set.of("*"));
      fixture.start();
      fixture.send(
          delta(CLUSTER, "n1").addResources(cluster("a", "va")).addResources(cluster("b", "vb")));
      fixture.delta().breakOff();
      fixture.scheduler.advance(Duration.ofSeconds(1));
      assertThat(fixture.plane.delta).hasSize(2);
      DeltaDiscoveryRequest first = fixture.delta().requests.getFirst();
      assertThat(first.hasNode()).isTrue();
      assertThat(first.getResponseNonce()).isEmpty();
      assertThat(first.getInitialResourceVersionsMap())
          .containsEntry("a", "va")
          .containsEntry("b", "vb")
          .hasSize(2);
      fixture.send(delta(CLUSTER, "m1").addRemovedResources("b"));
      assertThat(fixture.sink.last().removed()).containsExactly("b");
      assertThat(fixture.client.stats().updateFailure(CLUSTER)).isEqualTo(1);
    }
  }

  @Test
  void sotwRepeatsTheVersionAndNoNonceOnTheNewStream() throws Exception {
    try (Fixture fixture = new Fixture(XdsVariant.STATE_OF_THE_WORLD)) {
      fixture.client.subscribe(CLUSTER, Set.of("*"));
      fixture.start();
      fixture.send(sotw(CLUSTER, "v3", "n1", cluster("a")));
      fixture.sotw().breakOff();
      fixture.scheduler.advance(Duration.ofSeconds(1));
      assertThat(fixture.sotw().requests.getFirst().getVersionInfo()).isEqualTo("v3");
      assertThat(fixture.sotw().requests.getFirst().getResponseNonce()).isEmpty();
    }
  }

  @Test
  void waitsDoubleUpToTheBoundAndStartAnewAfterAStreamWithAResponse() throws Exception {
    Waits waits = new Waits();
    try (Fixture fixture = new Fixture(o -> o.random(new Highest()).listener(waits))) {
      fixture.client.subscribe(CLUSTER, Set.of("*"));
      fixture.plane.goAway();
      fixture.start();
      fixture.scheduler.advance(Duration.ofSeconds(9));
      assertThat(waits.millis).startsWith(500L, 1000L, 2000L, 2500L, 2500L);
      fixture.plane.comeBack();
      fixture.scheduler.advance(Duration.ofMillis(2500));
      assertThat(waits.connected).isEqualTo(1);
      assertThat(fixture.client.stats().connected()).isTrue();
      fixture.send(delta(CLUSTER, "n1"));
      waits.millis.clear();
      fixture.delta().breakOff();
      fixture.settle();
      assertThat(waits.millis).containsExactly(500L);
      assertThat(fixture.client.stats().connected()).isFalse();
    }
  }

  @Test
  void streamsWithoutAResponseDoNotShortenTheWait() throws Exception {
    Waits waits = new Waits();
    try (Fixture fixture = new Fixture(o -> o.random(new Highest()).listener(waits))) {
      fixture.client.subscribe(CLUSTER, Set.of("*"));
      fixture.start();
      for (int i = 0; i < 4; i++) {
        fixture.delta().breakOff();
        fixture.scheduler.advance(Duration.ofMillis(2500));
      }
      assertThat(waits.millis).containsExactly(500L, 1000L, 2000L, 2500L);
    }
  }

  @Test
  void jitterDrawsFromTheWholeWait() {
    Random random = new Random(1);
    BackoffPolicy policy = BackoffPolicy.ENVOY;
    long lowest = Long.MAX_VALUE;
    long highest = 0;
    for (int i = 0; i < 2000; i++) {
      long millis = policy.delay(2, random).toMillis();
      lowest = Math.min(lowest, millis);
      highest = Math.max(highest, millis);
    }
    assertThat(lowest).isBetween(1L, 100L);
    assertThat(highest).isBetween(1900L, 2000L);
    assertThat(policy.delay(1000, new Highest())).isEqualTo(Duration.ofSeconds(30));
  }

  @Test
  void messageTooLargeAfterAResponseDoesNotStartAnew() throws Exception {
    Waits waits = new Waits();
    try (Fixture fixture = new Fixture(o -> o.random(new Highest()).listener(waits))) {
      fixture.client.subscribe(CLUSTER, Set.of("*"));
      fixture.start();
      for (int i = 0; i < 3; i++) {
        fixture.send(delta(CLUSTER, "n" + i));
        fixture.delta().breakOff(Status.RESOURCE_EXHAUSTED);
        fixture.scheduler.advance(Duration.ofMillis(2500));
      }
      assertThat(waits.millis).containsExactly(500L, 1000L, 2000L);
    }
  }

  @Test
  void pingsAreHalvedWhenTheControlPlaneComplains() throws Exception {
    try (Fixture fixture = new Fixture(XdsVariant.DELTA)) {
      fixture.client.subscribe(CLUSTER, Set.of("*"));
      fixture.start();
      fixture.delta().breakOff(Status.UNAVAILABLE.withDescription("ENHANCE: too_many_pings"));
      fixture.scheduler.advance(Duration.ofSeconds(1));
      assertThat(fixture.plane.keepAlives)
          .containsExactly(Duration.ofSeconds(30), Duration.ofSeconds(60));
    }
  }

  @Test
  void subscriptionsMadeWhileAwayAreSaidOnTheNewStream() throws Exception {
    try (Fixture fixture = new Fixture(XdsVariant.DELTA)) {
      fixture.plane.goAway();
      fixture.start();
      fixture.client.subscribe(CLUSTER, Set.of("*"));
      fixture.settle();
      fixture.plane.comeBack();
      fixture.scheduler.advance(Duration.ofSeconds(3));
      assertThat(fixture.delta().requests).hasSize(1);
    }
  }
}
