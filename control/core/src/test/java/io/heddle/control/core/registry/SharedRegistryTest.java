package io.heddle.control.core.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.control.api.registry.Announcement;
import io.heddle.control.api.registry.Health;
import io.heddle.control.api.registry.InstanceKey;
import io.heddle.control.api.registry.Lease;
import io.heddle.control.api.registry.LeaseListener;
import io.heddle.control.api.registry.Presence;
import io.heddle.control.api.registry.RegisteredInstance;
import io.heddle.control.api.resource.Locality;
import io.heddle.control.core.shared.FakeKeys;
import io.heddle.control.core.shared.SharedKeys;
import io.heddle.testkit.ManualTime;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Registries of three control planes over keys that they share. */
class SharedRegistryTest {
  private static final Duration STEP = Duration.ofMillis(250);

  private final ManualTime time = new ManualTime();
  private final FakeKeys keys = new FakeKeys();
  private final List<Replica> replicas = new ArrayList<>();

  /** One control plane; that it lives is a key, as {@link Membership} makes it. */
  private final class Replica {
    final String id;
    final FakeKeys.Link link = keys.link();
    final ManualPulse dispatch = new ManualPulse(time);
    final ManualPulse disk = new ManualPulse(time);
    final LeaseRegistry registry;
    boolean dead;

    Replica(String id) {
      this.id = id;
      live();
      registry =
          LeaseRegistry.shared(
              LeaseConfig.of(Path.of(id)), link, id, time::nanoTime, time, dispatch, disk);
      replicas.add(this);
    }

    void live() {
      link.commit(
          List.of(), List.of(new SharedKeys.Put(Membership.key(id), FakeKeys.bytes("here"))));
    }

    /** The others notice. */
    void kill(Replica witness) {
      dead = true;
      link.cut(true);
      witness.link.commit(List.of(), List.of(new SharedKeys.Delete(Membership.key(id))));
    }

    void run() {
      if (!dead) {
        dispatch.run();
        disk.run();
      }
    }

    Lease announce(int number) {
      return announce(number, new Holder());
    }

    Lease announce(int number, LeaseListener listener) {
      return registry.announce(orders(number, Health.HEALTHY), listener);
    }

    List<String> names() {
      return registry.instances().stream().map(RegisteredInstance::instance).toList();
    }

    RegisteredInstance only() {
      assertThat(registry.instances()).hasSize(1);
      return registry.instances().getFirst();
    }
  }

  private final Replica one = new Replica("one");
  private final Replica two = new Replica("two");

  @AfterEach
  void close() {
    replicas.forEach(replica -> replica.registry.close());
    replicas.forEach(replica -> replica.link.close());
  }

  private static final class Holder implements LeaseListener {
    int superseded;
    int expired;

    @Override
    public void superseded() {
      superseded++;
    }

    @Override
    public void expired() {
      expired++;
    }
  }

  private static Announcement orders(int number, Health health) {
    return new Announcement(
        new InstanceKey("default", "orders", "orders-" + number),
        "127.0.0.1",
        10_000 + number,
        8080,
        "http",
        Map.of("version", "v1"),
        Locality.UNKNOWN,
        1,
        health,
        "sidecar-" + number);
  }

  /** Everybody writes what is to be written, and hears what was. */
  private void settle() {
    for (int round = 0; round < 3; round++) {
      replicas.forEach(Replica::run);
      replicas.stream().filter(replica -> !replica.dead).forEach(r -> r.link.settle());
    }
    replicas.forEach(Replica::run);
  }

  private void pass(Duration duration, Lease... beating) {
    for (long left = duration.toMillis(); left > 0; left -= STEP.toMillis()) {
      time.advance(STEP);
      for (Lease lease : beating) {
        lease.heartbeat();
      }
      settle();
    }
  }

  @Test
  void everyReplicaKnowsEveryInstanceAndItsHealth() {
    Lease lease = one.announce(1);
    settle();
    assertThat(two.only().presence()).isEqualTo(Presence.LIVE);
    lease.health(Health.UNHEALTHY);
    settle();
    assertThat(two.only().health()).isEqualTo(Health.UNHEALTHY);
    lease.goodbye();
    settle();
    assertThat(two.names()).isEmpty();
    assertThat(keys.count("live/instances/")).isZero();
  }

  @Test
  void instancesOfAnotherReplicaDoNotExpireWhileItLives() {
    Lease lease = one.announce(1);
    pass(Duration.ofSeconds(40), lease);
    assertThat(two.names()).containsExactly("orders-1");
    pass(Duration.ofSeconds(13)); // silence where the stream is
    assertThat(one.names()).isEmpty();
    assertThat(two.names()).isEmpty();
  }

  @Test
  void deathOfAReplicaLosesNoRegistration() {
    Lease lease = one.announce(1);
    pass(Duration.ofSeconds(2), lease);
    one.kill(two);
    settle();
    pass(Duration.ofSeconds(9));
    assertThat(two.names()).containsExactly("orders-1");
    Lease moved = two.announce(1);
    pass(Duration.ofSeconds(40), moved);
    assertThat(two.only().presence()).isEqualTo(Presence.LIVE);
  }

  @Test
  void instanceThatDiesWithItsReplicaGoesAfterTheGrace() {
    one.announce(1);
    Lease other = two.announce(2);
    Lease third = two.announce(3);
    settle();
    one.kill(two);
    settle();
    pass(Duration.ofSeconds(9), other, third);
    assertThat(two.names()).hasSize(3);
    pass(Duration.ofSeconds(2), other, third);
    assertThat(two.names()).containsExactly("orders-2", "orders-3");
    assertThat(keys.count("live/instances/")).isEqualTo(2);
  }

  @Test
  void manyThatFallSilentAtOnceAreHeldBack() {
    for (int number = 1; number <= 6; number++) {
      one.announce(number);
    }
    Lease own = two.announce(7);
    settle();
    one.kill(two);
    settle();
    pass(Duration.ofSeconds(30), own);
    assertThat(two.names()).hasSize(7);
    assertThat(two.registry.isolation().isolated()).isTrue();
    assertThat(two.registry.acceptExpiry()).isEqualTo(6);
    settle();
    assertThat(keys.count("live/instances/")).isEqualTo(1);
  }

  @Test
  void sidecarThatMovesLeavesNothingBehind() {
    Holder first = new Holder();
    Lease lease = one.announce(1, first);
    settle();
    Lease moved = two.announce(1);
    settle();
    assertThat(lease.current()).isFalse();
    assertThat(first.superseded).isEqualTo(1);
    lease.health(Health.UNHEALTHY);
    pass(Duration.ofSeconds(30), moved);
    assertThat(one.only().health()).isEqualTo(Health.HEALTHY);
    assertThat(two.names()).containsExactly("orders-1");
  }

  @Test
  void sidecarThatMovesThereAndBackIsKept() {
    one.announce(1);
    settle();
    two.announce(1);
    Lease back = one.announce(1);
    two.run();
    settle();
    pass(Duration.ofSeconds(30), back);
    assertThat(one.only().presence()).isEqualTo(Presence.LIVE);
    assertThat(two.names()).containsExactly("orders-1");
  }

  @Test
  void replicaThatIsCutOffSendsItsSidecarsAwayAndBelievesNobodyDead() {
    Holder holder = new Holder();
    one.announce(1, holder);
    settle();
    one.link.cut(true);
    one.registry.cutOff(true);
    assertThat(one.registry.admits()).isFalse();
    one.run();
    assertThat(holder.expired).isEqualTo(1);
    Lease moved = two.announce(1);
    for (int step = 0; step < 160; step++) {
      time.advance(STEP);
      moved.heartbeat();
      one.run();
      two.run();
    }
    assertThat(one.names()).as("after 40 s").containsExactly("orders-1");
    one.link.cut(false);
    one.registry.cutOff(false);
    pass(Duration.ofSeconds(30), moved);
    assertThat(one.registry.admits()).isTrue();
    assertThat(one.only().presence()).isEqualTo(Presence.LIVE);
  }

  @Test
  void replicaThatWasBelievedDeadKeepsWhatItHas() {
    Lease lease = one.announce(1);
    Lease other = two.announce(2);
    Lease third = two.announce(3);
    settle();
    two.link.commit(List.of(), List.of(new SharedKeys.Delete(Membership.key("one"))));
    pass(Duration.ofSeconds(11), lease, other, third);
    one.live();
    pass(Duration.ofSeconds(2), lease, other, third);
    assertThat(two.names()).containsExactly("orders-1", "orders-2", "orders-3");
    assertThat(one.names()).isEqualTo(two.names());
  }

  @Test
  void newReplicaKnowsAllAndWhoseTheyAre() {
    Lease lease = one.announce(1);
    settle();
    Replica three = new Replica("three");
    pass(Duration.ofSeconds(30), lease);
    assertThat(three.only().presence()).isEqualTo(Presence.LIVE);
    one.kill(two);
    settle();
    Replica four = new Replica("four");
    pass(Duration.ofSeconds(5));
    assertThat(four.only().presence()).isEqualTo(Presence.GRACE);
    Lease again = four.announce(1);
    pass(Duration.ofSeconds(30), again);
    assertThat(two.names()).containsExactly("orders-1");
    assertThat(three.names()).containsExactly("orders-1");
  }

  @Test
  void changesThatAreNotKeptAnyMoreAreReadAnew() {
    Lease lease = one.announce(1);
    Lease second = one.announce(2);
    settle();
    two.link.cut(true);
    second.goodbye();
    Lease third = one.announce(3);
    one.run();
    keys.compact();
    two.link.cut(false);
    pass(Duration.ofSeconds(1), lease, third);
    assertThat(two.names()).containsExactly("orders-1", "orders-3");
  }

  @Test
  void lostAnswerIsNoReasonToWriteItAway() {
    Lease lease = one.announce(1);
    settle();
    one.link.loseAnswers(1);
    lease.health(Health.UNHEALTHY);
    pass(Duration.ofSeconds(3), lease);
    assertThat(two.only().health()).isEqualTo(Health.UNHEALTHY);
    assertThat(one.registry.checkpointFailed()).isFalse();
  }
}
