package io.heddle.xds.client;

import static io.heddle.xds.client.Fixture.cluster;
import static io.heddle.xds.client.Fixture.delta;
import static io.heddle.xds.client.Fixture.endpoints;
import static io.heddle.xds.client.Fixture.listener;
import static io.heddle.xds.client.Fixture.resource;
import static io.heddle.xds.model.ResourceType.CLUSTER;
import static io.heddle.xds.model.ResourceType.ENDPOINTS;
import static io.heddle.xds.model.ResourceType.LISTENER;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import io.heddle.xds.model.ResourceType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LastGoodTest {
  private static final LastGood ONE =
      new LastGood(
          Map.of(CLUSTER, List.of(new ReceivedResource("a", "v1", Any.pack(cluster("a"))))));

  @TempDir private Path folder;
  private Path file;
  private LastGoodStore store;

  @BeforeEach
  void place() {
    file = folder.resolve("state").resolve("last-good.bin");
    store = LastGoodStore.at(file, Fixture.NODE.getId());
  }

  @Test
  void roundTripKeepsEverythingAndOnlyTheOwnerMayRead() throws Exception {
    assertThat(store.load()).isEqualTo(LastGoodStore.Loaded.Absent.ABSENT);
    store.save(ONE);
    store.save(ONE);
    assertThat(store.load())
        .isInstanceOfSatisfying(
            LastGoodStore.Loaded.Found.class,
            found -> assertThat(found.lastGood().of(CLUSTER)).isEqualTo(ONE.of(CLUSTER)));
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    try (var entries = Files.list(file.getParent())) {
      assertThat(entries).hasSize(1);
    }
  }

  @Test
  void noPrivateKeyReachesTheDisk() throws Exception {
    String key = "-----BEGIN PRIVATE KEY-----\nMAAA";
    store.save(
        new LastGood(
            Map.of(
                ResourceType.SECRET, List.of(received("s", "anything")),
                ResourceType.LISTENER, List.of(received("with", key), received("without", "x")))));
    assertThat(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1))
        .doesNotContain("PRIVATE KEY", "anything");
    assertThat(store.load())
        .isInstanceOfSatisfying(
            LastGoodStore.Loaded.Found.class,
            found ->
                assertThat(found.lastGood().of(ResourceType.LISTENER))
                    .extracting(ReceivedResource::name)
                    .containsExactly("without"));
  }

  private static ReceivedResource received(String name, String body) {
    return new ReceivedResource(
        name, "1", Any.newBuilder().setValue(ByteString.copyFromUtf8(body)).build());
  }

  @Test
  void everySingleFlippedByteIsRefused() throws Exception {
    store.save(ONE);
    byte[] good = Files.readAllBytes(file);
    for (int i = 0; i < good.length; i++) {
      byte[] bad = good.clone();
      bad[i] ^= 0x20;
      Files.write(file, bad);
      assertThat(store.load()).as("byte %s", i).isInstanceOf(LastGoodStore.Loaded.Refused.class);
    }
  }

  @Test
  void everyTruncationAndRandomContentIsRefused() throws Exception {
    store.save(ONE);
    byte[] good = Files.readAllBytes(file);
    for (int length = 0; length < good.length; length++) {
      Files.write(file, java.util.Arrays.copyOf(good, length));
      assertThat(store.load()).isInstanceOf(LastGoodStore.Loaded.Refused.class);
    }
    Random random = new Random(3);
    for (int i = 0; i < 200; i++) {
      byte[] noise = new byte[random.nextInt(500)];
      random.nextBytes(noise);
      Files.write(file, noise);
      assertThat(store.load()).isInstanceOf(LastGoodStore.Loaded.Refused.class);
    }
  }

  @Test
  void refusalSaysWhy() throws Exception {
    LastGoodStore.at(file, "other").save(ONE);
    assertThat(store.load())
        .isEqualTo(
            new LastGoodStore.Loaded.Refused(
                "node id: found other, expected " + Fixture.NODE.getId()));
    store.save(ONE);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw----"));
    assertThat(store.load())
        .isEqualTo(
            new LastGoodStore.Loaded.Refused("permissions: found rw-rw----, expected rw-------"));
    Files.delete(file);
    Files.createDirectory(file);
    assertThat(store.load()).isEqualTo(new LastGoodStore.Loaded.Refused("not a regular file"));
  }

  @Test
  void restartWithoutControlPlaneServesFromDiskAndTheControlPlaneCorrectsIt() throws Exception {
    try (Fixture before = new Fixture(o -> o.lastGood(store))) {
      before.client.subscribe(CLUSTER, Set.of("*"));
      before.sink.onApply = () -> before.client.subscribe(ENDPOINTS, Set.of("a"));
      before.start();
      before.send(delta(CLUSTER, "n1").addResources(cluster("a", "v1")));
      before.send(delta(ENDPOINTS, "n2").addResources(resource("a", "e1", endpoints("a"))));
      // Killed here: no close, no time has passed.
    }
    try (Fixture after = new Fixture(o -> o.lastGood(store))) {
      after.plane.goAway();
      after.sink.onApply = () -> after.client.subscribe(ENDPOINTS, Set.of("a"));
      after.client.subscribe(CLUSTER, Set.of("*"));
      after.start();
      assertThat(after.sink.updates)
          .extracting(ResourceUpdate::type, ResourceUpdate::origin)
          .containsExactly(
              org.assertj.core.groups.Tuple.tuple(CLUSTER, ResourceUpdate.Origin.DISK),
              org.assertj.core.groups.Tuple.tuple(ENDPOINTS, ResourceUpdate.Origin.DISK));
      after.plane.comeBack();
      after.scheduler.advance(Duration.ofSeconds(3));
      assertThat(after.delta().requests.getFirst().getInitialResourceVersionsMap())
          .containsExactlyEntriesOf(Map.of("a", "v1"));
      assertThat(after.delta().requests.get(1).getInitialResourceVersionsMap())
          .containsExactlyEntriesOf(Map.of("a", "e1"));
      after.send(delta(CLUSTER, "n1").addRemovedResources("a"));
      assertThat(after.sink.last().removed()).containsExactly("a");
    }
  }

  @Test
  void sotwAsksForEverythingAfterARestartSinceVersionsMayBeCounters() throws Exception {
    store.save(ONE);
    try (Fixture after =
        new Fixture(o -> o.lastGood(store).variant(XdsVariant.STATE_OF_THE_WORLD))) {
      after.client.subscribe(CLUSTER, Set.of("*"));
      after.start();
      assertThat(after.sink.updates).hasSize(1);
      assertThat(after.sotw().requests.getFirst().getVersionInfo()).isEmpty();
    }
  }

  @Test
  void damagedFileIsNotUsedAndIsReplacedByTheNextGoodOne() throws Exception {
    store.save(ONE);
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length / 2] ^= 1;
    Files.write(file, bytes);
    try (Fixture fixture = new Fixture(o -> o.lastGood(store))) {
      fixture.client.subscribe(CLUSTER, Set.of("*"));
      fixture.start();
      assertThat(fixture.sink.updates).isEmpty();
      assertThat(fixture.delta().requests.getFirst().getInitialResourceVersionsMap()).isEmpty();
      fixture.send(delta(CLUSTER, "n1").addResources(cluster("b", "v1")));
      assertThat(names(CLUSTER)).containsExactly("b");
    }
  }

  @Test
  void refusedResourceNeverReachesTheDisk() throws Exception {
    try (Fixture fixture = new Fixture(o -> o.lastGood(store))) {
      fixture.client.subscribe(CLUSTER, Set.of("*"));
      fixture.start();
      fixture.sink.refuse.put("bad", "no");
      fixture.send(
          delta(CLUSTER, "n1")
              .addResources(cluster("bad", "v1"))
              .addResources(cluster("good", "v1")));
      assertThat(names(CLUSTER)).containsExactly("good");
    }
  }

  @Test
  void changesWithin200MillisecondsAreSavedTogether() throws Exception {
    try (Fixture fixture = new Fixture(o -> o.lastGood(store))) {
      fixture.client.subscribe(CLUSTER, Set.of("*"));
      fixture.client.subscribe(LISTENER, Set.of("*"));
      fixture.start();
      fixture.send(delta(CLUSTER, "n1").addResources(cluster("a", "v1")));
      fixture.send(delta(LISTENER, "n2").addResources(resource("in", "v1", listener("in"))));
      assertThat(names(LISTENER)).as("the first complete set at once").containsExactly("in");
      fixture.send(delta(CLUSTER, "n3").addResources(cluster("b", "v1")));
      fixture.send(delta(CLUSTER, "n4").addResources(cluster("c", "v1")));
      assertThat(names(CLUSTER)).containsExactly("a");
      fixture.scheduler.advance(Duration.ofMillis(200));
      assertThat(names(CLUSTER)).containsExactlyInAnyOrder("a", "b", "c");
    }
  }

  @Test
  void endpointsThatAreNotOnDiskAreNotWaitedFor() throws Exception {
    store.save(ONE);
    try (Fixture after = new Fixture(o -> o.lastGood(store))) {
      after.plane.goAway();
      after.sink.onApply = () -> after.client.subscribe(ENDPOINTS, Set.of("a"));
      after.client.subscribe(CLUSTER, Set.of("*"));
      after.start();
      assertThat(after.sink.last().type()).isEqualTo(ENDPOINTS);
      assertThat(after.sink.last().absent()).containsExactly("a");
      assertThat(after.sink.updates).hasSize(2);
    }
  }

  @Test
  void completeSetThatComesWhileTheDiskIsBusyIsSavedRightAfter() throws Exception {
    ManualScheduler scheduler = new ManualScheduler();
    java.util.ArrayDeque<Runnable> disk = new java.util.ArrayDeque<>();
    LastGood[] current = {ONE};
    LastGoodWriter writer = new LastGoodWriter(store, scheduler, disk::add, () -> current[0]);
    writer.changed();
    current[0] =
        new LastGood(
            Map.of(LISTENER, List.of(new ReceivedResource("in", "1", Any.pack(listener("in"))))));
    writer.changed();
    writer.saveAtOnce();
    assertThat(disk).hasSize(1);
    disk.remove().run();
    scheduler.settle();
    disk.remove().run();
    assertThat(names(LISTENER)).containsExactly("in");
  }

  @Test
  void slowDiskDelaysTheNextSaveByASecondAtMost() throws Exception {
    ManualScheduler scheduler = new ManualScheduler();
    java.util.ArrayDeque<Runnable> disk = new java.util.ArrayDeque<>();
    LastGoodWriter writer = new LastGoodWriter(store, scheduler, disk::add, () -> ONE);
    writer.changed();
    scheduler.advance(Duration.ofSeconds(8));
    writer.changed();
    disk.remove().run();
    scheduler.settle();
    scheduler.advance(Duration.ofSeconds(1));
    assertThat(disk).hasSize(1);
  }

  @Test
  void diskRefusalDoesNotStopTheOthers() throws Exception {
    store.save(
        new LastGood(
            Map.of(
                CLUSTER,
                List.of(
                    new ReceivedResource("a", "1", Any.pack(cluster("a"))),
                    new ReceivedResource("b", "1", Any.pack(cluster("b")))))));
    try (Fixture fixture = new Fixture(o -> o.lastGood(store))) {
      fixture.sink.refuse.put("a", "a newer build refuses this");
      fixture.client.subscribe(CLUSTER, Set.of("*"));
      fixture.start();
      assertThat(fixture.client.accepted().of(CLUSTER))
          .extracting(ReceivedResource::name)
          .containsExactly("b");
    }
  }

  private List<String> names(ResourceType type) throws IOException {
    return switch (store.load()) {
      case LastGoodStore.Loaded.Found found ->
          found.lastGood().of(type).stream().map(ReceivedResource::name).toList();
      case LastGoodStore.Loaded.Absent _ -> List.of();
      case LastGoodStore.Loaded.Refused refused -> throw new IOException(refused.reason());
    };
  }
}
