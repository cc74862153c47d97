package io.heddle.control.core.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.heddle.control.api.registry.Announcement;
import io.heddle.control.api.registry.Health;
import io.heddle.control.api.registry.InstanceKey;
import io.heddle.control.api.registry.Isolation;
import io.heddle.control.api.registry.Lease;
import io.heddle.control.api.registry.LeaseListener;
import io.heddle.control.api.registry.Presence;
import io.heddle.control.api.registry.RegisteredInstance;
import io.heddle.control.api.registry.Registry;
import io.heddle.control.api.registry.RegistryListener;
import io.heddle.control.api.registry.ServiceKey;
import io.heddle.control.api.resource.Locality;
import io.heddle.testkit.ManualTime;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LeaseRegistryTest {
  private static final ServiceKey ORDERS = new ServiceKey("default", "orders");
  private static final Duration STEP = Duration.ofMillis(250);

  private final ManualTime time = new ManualTime();
  private ManualPulse dispatch = new ManualPulse(time);
  private ManualPulse disk = new ManualPulse(time);
  private final Heard heard = new Heard();

  private final Path temp;
  private LeaseRegistry registry;

  LeaseRegistryTest(@TempDir Path temp) {
    this.temp = temp;
    this.registry = start();
  }

  private LeaseRegistry start() {
    return LeaseRegistry.start(
        LeaseConfig.of(temp.resolve("instances")), time::nanoTime, time, dispatch, disk);
  }

  private void restart() {
    dispatch = new ManualPulse(time);
    disk = new ManualPulse(time);
    registry = start();
  }

  /** What a watcher hears: the newest state of each service, and how often. */
  private static final class Heard implements RegistryListener {
    final Map<ServiceKey, List<RegisteredInstance>> services = new HashMap<>();
    final List<Isolation> isolations = new ArrayList<>();
    int calls;

    @Override
    public void onChange(Map<ServiceKey, List<RegisteredInstance>> changed) {
      services.putAll(changed);
      calls++;
    }

    @Override
    public void onIsolation(Isolation isolation) {
      isolations.add(isolation);
    }

    List<String> names(ServiceKey service) {
      return services.getOrDefault(service, List.of()).stream()
          .map(RegisteredInstance::instance)
          .toList();
    }
  }

  /** What the holder of a lease hears. */
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

  private static Announcement orders(int number) {
    return new Announcement(
        new InstanceKey("default", "orders", "orders-" + number),
        "127.0.0.1",
        10_000 + number,
        8080,
        "http",
        Map.of("version", "v1"),
        Locality.UNKNOWN,
        1,
        Health.HEALTHY,
        "sidecar-" + number);
  }

  private Lease announce(int number) {
    return registry.announce(orders(number), new Holder());
  }

  /** Moves time in small steps; those that are given send their heartbeats. */
  private void pass(Duration duration, Lease... beating) {
    for (long left = duration.toMillis(); left > 0; left -= STEP.toMillis()) {
      time.advance(STEP);
      for (Lease lease : beating) {
        lease.heartbeat();
      }
      dispatch.run();
      disk.run();
    }
  }

  private List<String> names() {
    return registry.instances(ORDERS).stream().map(RegisteredInstance::instance).toList();
  }

  @Test
  void announcedInstanceIsThereAtOnceWithItsServiceLabel() {
    announce(1);
    RegisteredInstance instance = registry.instances(ORDERS).getFirst();
    assertThat(instance.presence()).isEqualTo(Presence.LIVE);
    assertThat(instance.effectiveLabels())
        .isEqualTo(Map.of("version", "v1", "heddle.io/service", "orders"));
    assertThat(instance.since()).isEqualTo(time.instant());
  }

  @Test
  void heartbeatsKeepAnInstance() {
    Lease lease = announce(1);
    pass(Duration.ofMinutes(2), lease);
    assertThat(registry.instances(ORDERS))
        .extracting(RegisteredInstance::presence)
        .containsExactly(Presence.LIVE);
  }

  @Test
  void lostStreamStaysForTheGraceAndThenGoes() {
    Lease lease = announce(1);
    registry.watch(heard);
    dispatch.run();
    lease.streamLost();
    assertThat(lease.current()).isFalse();
    assertThat(registry.instances(ORDERS).getFirst().presence()).isEqualTo(Presence.GRACE);
    pass(Duration.ofMillis(9750));
    assertThat(names()).containsExactly("orders-1");
    pass(STEP);
    assertThat(names()).isEmpty();
    assertThat(heard.services.get(ORDERS)).isEmpty();
  }

  @Test
  void silentInstanceGoesAfterHeartbeatAndGraceAndIsTold() {
    Holder holder = new Holder();
    Lease lease = registry.announce(orders(1), holder);
    pass(Duration.ofMillis(4500));
    assertThat(registry.instances(ORDERS).getFirst().presence()).isEqualTo(Presence.GRACE);
    pass(Duration.ofMillis(7250));
    assertThat(names()).hasSize(1);
    pass(STEP);
    assertThat(names()).isEmpty();
    assertThat(holder.expired).isEqualTo(1);
    assertThat(lease.current()).isFalse();
    lease.heartbeat();
    lease.health(Health.HEALTHY);
    assertThat(names()).isEmpty();
  }

  @Test
  void goodbyeTakesEffectAtOnce() {
    Lease lease = announce(1);
    registry.watch(heard);
    lease.goodbye();
    dispatch.run();
    assertThat(names()).isEmpty();
    assertThat(heard.services.get(ORDERS)).isEmpty();
  }

  @Test
  void returningWithinTheGraceChangesNothing() {
    Lease lease = announce(1);
    registry.watch(heard);
    disk.run();
    dispatch.run();
    int calls = heard.calls;
    lease.streamLost();
    pass(Duration.ofSeconds(5));
    Lease again = announce(1);
    pass(Duration.ofSeconds(30), again);
    assertThat(names()).containsExactly("orders-1");
    assertThat(heard.calls).isEqualTo(calls);
    assertThat(registry.instances(ORDERS).getFirst().since()).isEqualTo(new ManualTime().instant());
  }

  @Test
  void newerStreamTakesOver() {
    Holder older = new Holder();
    Lease first = registry.announce(orders(1), older);
    Lease second = announce(1);
    dispatch.run();
    assertThat(older.superseded).isEqualTo(1);
    assertThat(first.current()).isFalse();
    first.goodbye();
    first.streamLost();
    assertThat(names()).containsExactly("orders-1");
    assertThat(second.current()).isTrue();
  }

  @Test
  void healthIsPassedOnWhenItChanges() {
    Lease lease = announce(1);
    registry.watch(heard);
    dispatch.run();
    lease.health(Health.UNHEALTHY);
    dispatch.run();
    assertThat(heard.services.get(ORDERS))
        .extracting(RegisteredInstance::health)
        .containsExactly(Health.UNHEALTHY);
    int calls = heard.calls;
    lease.health(Health.UNHEALTHY);
    dispatch.run();
    assertThat(heard.calls).isEqualTo(calls);
  }

  @Test
  void changesAreCoalescedForEachService() {
    registry.watch(heard);
    for (int i = 0; i < 100; i++) {
      announce(i).health(Health.UNHEALTHY);
    }
    dispatch.run();
    assertThat(heard.calls).isEqualTo(1);
    assertThat(heard.services.get(ORDERS)).hasSize(100);
  }

  @Test
  void closedSubscriptionHearsNothing() {
    Registry.Subscription subscription = registry.watch(heard);
    announce(1);
    subscription.close();
    dispatch.run();
    assertThat(heard.calls).isZero();
  }

  @Test
  void massExpiryIsHeldBackUntilEnoughReturn() {
    registry.watch(heard);
    List<Lease> leases = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      leases.add(announce(i));
    }
    pass(Duration.ofSeconds(4), leases.toArray(Lease[]::new));
    leases.subList(0, 8).forEach(Lease::streamLost);
    Lease[] live = {leases.get(8), leases.get(9)};
    pass(Duration.ofMinutes(3), live);
    assertThat(names()).hasSize(10);
    assertThat(registry.isolation()).isEqualTo(new Isolation(true, 8, 1));
    assertThat(heard.isolations).last().isEqualTo(new Isolation(true, 8, 1));
    assertThat(registry.instances(ORDERS))
        .filteredOn(i -> i.presence() == Presence.HELD)
        .hasSize(8);

    Lease[] back = {live[0], live[1], announce(0), announce(1), announce(2), announce(3)};
    pass(STEP, back);
    assertThat(registry.isolation().isolated()).isFalse();
    assertThat(names()).hasSize(10);
    pass(Duration.ofSeconds(11), back);
    assertThat(names())
        .containsExactly("orders-0", "orders-1", "orders-2", "orders-3", "orders-8", "orders-9");
    assertThat(registry.isolation()).isEqualTo(new Isolation(false, 0, 1));
  }

  @Test
  void heldInstancesReturnByTheirHeartbeats() {
    List<Lease> leases = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      leases.add(announce(i));
    }
    pass(Duration.ofSeconds(20));
    assertThat(registry.isolation()).isEqualTo(new Isolation(true, 6, 1));
    Lease[] all = leases.toArray(Lease[]::new);
    pass(Duration.ofSeconds(1), all);
    assertThat(names()).hasSize(6);
    assertThat(registry.isolation().isolated()).isFalse();
  }

  @Test
  void operatorAcceptsTheExpiry() {
    List<Lease> leases = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      leases.add(announce(i));
    }
    leases.subList(0, 3).forEach(Lease::streamLost);
    pass(Duration.ofSeconds(15), leases.get(3));
    assertThat(registry.isolation().held()).isEqualTo(3);
    assertThat(registry.acceptExpiry()).isEqualTo(3);
    assertThat(registry.acceptExpiry()).as("nothing is held now").isZero();
    assertThat(names()).containsExactly("orders-3");
    assertThat(registry.isolation()).isEqualTo(new Isolation(false, 0, 1));
  }

  @Test
  void twoOfThreeAreBelieved() {
    Lease[] leases = {announce(1), announce(2), announce(3)};
    leases[0].streamLost();
    leases[1].streamLost();
    pass(Duration.ofSeconds(12), leases[2]);
    assertThat(names()).containsExactly("orders-3");
  }

  @Test
  void restartedRegistryKnowsItsInstancesAndKeepsThemForTheGrace() throws IOException {
    Lease lease = announce(1);
    announce(2);
    pass(Duration.ofSeconds(2), lease);
    lease.health(Health.UNHEALTHY);
    pass(Duration.ofSeconds(2), lease);
    assertThat(
            PosixFilePermissions.toString(Files.getPosixFilePermissions(temp.resolve("instances"))))
        .isEqualTo("rw-------");

    restart(); // without closing: as after a kill
    assertThat(names()).containsExactly("orders-1", "orders-2");
    RegisteredInstance known = registry.instances(ORDERS).getFirst();
    assertThat(known.health()).isEqualTo(Health.UNHEALTHY);
    assertThat(known.presence()).isEqualTo(Presence.GRACE);
    assertThat(known.labels()).isEqualTo(Map.of("version", "v1"));
    assertThat(known.port()).isEqualTo(10_001);
    assertThat(known.proxyId()).isEqualTo("sidecar-1");
    assertThat(known.since()).isEqualTo(new ManualTime().instant());

    registry.watch(heard);
    Lease back = announce(2);
    pass(Duration.ofSeconds(9), back);
    assertThat(heard.names(ORDERS)).containsExactly("orders-1", "orders-2");
    pass(Duration.ofSeconds(2), back);
    assertThat(heard.names(ORDERS)).containsExactly("orders-2");
  }

  @Test
  void restartInFrontOfNobodyHoldsThemAll() {
    for (int i = 0; i < 5; i++) {
      announce(i);
    }
    pass(Duration.ofSeconds(1));
    restart();
    pass(Duration.ofMinutes(5));
    assertThat(names()).hasSize(5);
    assertThat(registry.isolation().isolated()).isTrue();
  }

  @Test
  void checkpointIsWrittenOnlyForChangesAndAtMostOnceAnInterval() throws IOException {
    Path file = temp.resolve("instances");
    Lease lease = announce(1);
    pass(Duration.ofSeconds(1), lease);
    Files.delete(file);
    pass(Duration.ofSeconds(30), lease);
    assertThat(file).doesNotExist();
    lease.health(Health.UNHEALTHY);
    pass(Duration.ofSeconds(1), lease);
    assertThat(file).exists();
    assertThat(registry.checkpointFailed()).isFalse();
  }

  @Test
  void firstHealthyInstanceOfAKindIsToldOfOnlyAfterItsCheckpoint() {
    registry.watch(heard);
    Lease first = announce(1);
    dispatch.run();
    assertThat(heard.names(ORDERS)).as("a kill now would lose it").isEmpty();
    disk.run();
    dispatch.run();
    assertThat(heard.names(ORDERS)).containsExactly("orders-1");

    announce(2);
    dispatch.run();
    assertThat(heard.names(ORDERS)).as("of a kind that is safe").hasSize(2);

    registry.announce(
        new Announcement(
            new InstanceKey("default", "orders", "canary"),
            "127.0.0.1",
            9_000,
            8_080,
            "http",
            Map.of("version", "v2"),
            Locality.UNKNOWN,
            1,
            Health.HEALTHY,
            ""),
        new Holder());
    first.health(Health.UNHEALTHY);
    dispatch.run();
    assertThat(heard.names(ORDERS)).as("other labels are another kind").hasSize(2);
    restart(); // as after a kill
    assertThat(names()).doesNotContain("canary");
  }

  @Test
  void checkpointThatFailsHoldsNobodyBackAndIsTriedAgain() throws IOException {
    Path file = temp.resolve("instances");
    Files.createDirectory(file.resolveSibling("instances.new"));
    Files.createFile(file.resolveSibling("instances.new").resolve("in-the-way"));
    registry.watch(heard);
    Lease lease = announce(1);
    disk.run();
    dispatch.run();
    assertThat(registry.checkpointFailed()).isTrue();
    assertThat(heard.names(ORDERS)).containsExactly("orders-1");
    Files.delete(file.resolveSibling("instances.new").resolve("in-the-way"));
    Files.delete(file.resolveSibling("instances.new"));
    pass(Duration.ofSeconds(1), lease);
    assertThat(registry.checkpointFailed()).isFalse();
    assertThat(file).exists();
  }

  @Test
  void closingWritesTheLastCheckpoint() {
    announce(1);
    registry.close();
    restart();
    assertThat(names()).containsExactly("orders-1");
  }

  @Test
  void damagedCheckpointIsRefusedWithItsMend() throws IOException {
    announce(1);
    registry.close();
    Path file = temp.resolve("instances");
    String text = Files.readString(file);
    Files.writeString(file, text.replace("10001", "10002"));
    assertThatIllegalStateException()
        .isThrownBy(this::restart)
        .withMessageContaining("its checksum does not match")
        .withMessageContaining("remove it to start without knowing any instance");
    Files.writeString(file, "");
    assertThatIllegalStateException().isThrownBy(this::restart).withMessageContaining("first line");
  }

  @Test
  void hostileAnnouncementsAreRefused() {
    InstanceKey key = new InstanceKey("default", "orders", "a\nb");
    assertThatIllegalArgumentException()
        .isThrownBy(() ->
            new Announcement(
                key, "a", 1, 1, "http", Map.of(), Locality.UNKNOWN, 1, Health.HEALTHY, ""))
        .withMessageContaining("instance: holds control characters");
    InstanceKey good = new InstanceKey("default", "orders", "a");
    assertThatIllegalArgumentException()
        .isThrownBy(() ->
            new Announcement(
                good, "a", 0, 1, "http", Map.of(), Locality.UNKNOWN, 1, Health.HEALTHY, ""))
        .withMessageContaining("port: 0");
  }

  @Test
  void tenThousandInstancesAreSweptAndBeatenQuickly() {
    Lease[] leases = new Lease[10_000];
    for (int i = 0; i < leases.length; i++) {
      leases[i] = announce(i);
    }
    // Of this thread's processor time: what else the machine does is not ours.
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    long begin = threads.getCurrentThreadCpuTime();
    pass(Duration.ofSeconds(5), leases);
    Duration took = Duration.ofNanos(threads.getCurrentThreadCpuTime() - begin);
    assertThat(registry.instances()).hasSize(10_000);
    assertThat(took).as("20 rounds of 10,000 heartbeats").isLessThan(Duration.ofSeconds(2));
  }
}
