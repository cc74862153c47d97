package io.heddle.control.core.rollout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ObjectMeta;
import io.heddle.control.api.resource.ResourceObject;
import io.heddle.control.api.resource.ServiceSpec;
import io.heddle.control.api.store.Mutation;
import io.heddle.control.api.store.WriteContext;
import io.heddle.control.api.store.WriteResult;
import io.heddle.control.core.rollout.Staging.Answer;
import io.heddle.control.core.shared.FakeKeys;
import io.heddle.control.core.store.EmbeddedStoreConfig;
import io.heddle.control.core.store.SharedStore;
import io.heddle.testkit.ManualTime;
import io.heddle.xds.server.LoadReports.Outcomes;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A rollout over three control planes that share a store, each with proxies of its own. */
class SharedRolloutsTest {
  private static final WriteContext ALICE = WriteContext.of("alice", "10.0.0.1").by("web.yaml");
  private static final ObjectKey WEB = new ObjectKey(Kind.SERVICE, "default", "web");

  private final FakeKeys keys = new FakeKeys();
  private final ManualTime time = new ManualTime();
  private final Map<String, Plane> planes = new LinkedHashMap<>();
  private String leader = "";

  /** One control plane. */
  private final class Plane implements Replicas {
    final String name;
    final FakeKeys.Link link = keys.link();
    final SharedStore store = SharedStore.open(link, EmbeddedStoreConfig.of(Path.of(".")), time);
    final Proxies proxies = new Proxies(WEB);
    final Map<String, Map<String, Outcomes>> loads = new HashMap<>();
    final Rollouts rollouts = new Rollouts(store, proxies, () -> Map.copyOf(loads), time, this);
    boolean dead;

    Plane(String name, String... ids) {
      this.name = name;
      for (String id : ids) {
        proxies.answers.put(id, Answer.IN_SYNC);
      }
      rollouts.restore();
      planes.put(name, this);
    }

    @Override
    public String self() {
      return name;
    }

    @Override
    public boolean leads() {
      if (leader.isEmpty()) {
        leader = name;
      }
      return leader.equals(name);
    }

    @Override
    public Duration pace() {
      return Duration.ofSeconds(1);
    }

    @Override
    public Answers ask(String question) {
      List<String> texts = new ArrayList<>();
      Set<String> silent = new TreeSet<>();
      for (Plane other : planes.values()) {
        if (other != this) {
          if (other.dead) {
            silent.add(other.name);
          } else {
            other.link.settle();
            texts.add(other.rollouts.answer(question));
          }
        }
      }
      return new Answers(texts, silent);
    }

    /** The others notice when they are told to. */
    void kill() {
      dead = true;
    }

    Rollout latest() {
      return rollouts.all().getFirst();
    }
  }

  private final Plane one = new Plane("one:1", "a", "b");
  private final Plane two = new Plane("two:2", "c");
  private final Plane three = new Plane("three:3", "d");

  @AfterEach
  void close() {
    for (Plane plane : List.of(one, two, three)) {
      plane.store.close();
      plane.link.close();
    }
  }

  private void after(int seconds) {
    time.advance(Duration.ofSeconds(seconds));
    for (Plane plane : List.copyOf(planes.values())) {
      if (!plane.dead) {
        plane.link.settle();
        plane.rollouts.tick();
      }
    }
    for (Plane plane : planes.values()) {
      if (!plane.dead) {
        plane.link.settle();
      }
    }
  }

  /** Twice, so that every control plane follows what the leader noted. */
  private void passes(int seconds) {
    after(seconds);
    after(1);
  }

  private static Mutation web(int port) {
    return Mutation.Put.of(
        ResourceObject.of(
            ObjectMeta.of("web"),
            new ServiceSpec(Map.of(), List.of(new ServiceSpec.Port("", port, "http")))));
  }

  private static RolloutPlan plan(String stages) {
    return new RolloutPlan(
        Stage.parseAll(stages),
        Duration.ofSeconds(30),
        Duration.ofSeconds(60),
        RolloutPlan.OnFailure.ROLLBACK,
        RolloutPlan.Limits.USUAL);
  }

  private static Rollout start(Plane at, String stages) {
    try {
      return at.rollouts.start(plan(stages), List.of(web(80)), ALICE);
    } catch (RefusedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void everyControlPlaneShowsItToItsProxiesAndOneTakesTheSteps() {
    start(two, "proxy:a,proxy:d,all");
    passes(0);
    for (Plane plane : planes.values()) {
      assertThat(plane.proxies.asked).as(plane.name).containsExactly("propose 1");
      assertThat(plane.latest().leader()).isEqualTo("two:2");
    }
    passes(29);
    assertThat(one.latest().present().name()).as("the soak is over").isEqualTo("proxy:d");
    assertThat(three.proxies.asked).containsExactly("propose 1", "reach proxy:d");
    three.proxies.answers.put("d", Answer.BEHIND);
    passes(40);
    assertThat(one.latest().present().name()).as("d has not accepted").isEqualTo("proxy:d");
    RolloutStatus seen = one.rollouts.status(one.latest());
    assertThat(seen.staged()).extracting(staged -> staged.proxy().id()).containsExactly("a", "d");
    assertThat(seen.connected()).isEqualTo(4);
    assertThat(seen.silent()).isEmpty();
    three.proxies.answers.put("d", Answer.IN_SYNC);
    after(1);
    passes(30);
    assertThat(one.latest().present().name()).isEqualTo("all");
    passes(1);
    assertThat(one.store.get(WEB)).isEmpty();
    passes(31);
    for (Plane plane : planes.values()) {
      assertThat(plane.latest().phase()).isEqualTo(Rollout.Phase.COMPLETED);
      assertThat(plane.store.get(WEB)).isPresent();
      assertThat(plane.proxies.asked)
          .as(plane.name)
          .containsExactly("propose 1", "reach proxy:d", "reach all", "drop 1");
    }
    assertThat(two.store.history(WEB, 9)).hasSize(1);
  }

  @Test
  void aRefusalAtAnyControlPlaneTakesItBackAtAll() {
    start(one, "proxy:c,all");
    passes(0);
    two.proxies.answers.put("c", Answer.REJECTED);
    passes(2);
    for (Plane plane : planes.values()) {
      assertThat(plane.latest().phase()).isEqualTo(Rollout.Phase.ROLLED_BACK);
      assertThat(plane.latest().reason())
          .contains("proxy c refuses ROUTES outbound/default (Service default/web): no");
      assertThat(plane.proxies.asked).containsExactly("propose 1", "drop none");
    }
  }

  @Test
  void whenTheLeaderDiesAnotherGoesOnAndTheStageBeginsAnew() {
    start(one, "proxy:c,all");
    passes(0);
    passes(20);
    one.kill();
    leader = "";
    passes(1);
    assertThat(two.latest().stage()).as("one says nothing, so that nothing goes on").isZero();
    planes.remove("one:1");
    passes(2);
    Rollout led = three.latest();
    assertThat(led.leader()).isEqualTo("two:2");
    assertThat(led.reason())
        .isEqualTo("control plane two:2 goes on in place of one:1: stage proxy:c begins anew");
    passes(27);
    assertThat(three.latest().stage()).as("what one had seen counts no more").isZero();
    passes(5);
    assertThat(three.latest().present().name()).isEqualTo("all");
    passes(1);
    passes(31);
    assertThat(three.latest().phase()).isEqualTo(Rollout.Phase.COMPLETED);
    // The one that was cut off comes back with what it believes.
    one.dead = false;
    planes.put("one:1", one);
    passes(1);
    assertThat(one.latest().phase()).isEqualTo(Rollout.Phase.COMPLETED);
    assertThat(one.proxies.asked).containsExactly("propose 1", "drop 1");
  }

  @Test
  void aControlPlaneThatSaysNothingIsWaitedForAndEndsItInTheEnd() {
    start(one, "proxy:a,all");
    passes(0);
    three.kill();
    passes(50);
    assertThat(one.latest().phase()).isEqualTo(Rollout.Phase.RUNNING);
    assertThat(one.latest().stage()).isZero();
    passes(10);
    assertThat(one.latest().reason())
        .contains("nothing is known of the proxies of control plane three:3 after");
  }

  @Test
  void whatIsDoneAtOneHoldsAtAll() throws RefusedException {
    start(one, "proxy:a,all");
    passes(0);
    two.rollouts.pause(1, ALICE);
    passes(90);
    assertThat(one.latest().phase()).isEqualTo(Rollout.Phase.PAUSED);
    assertThat(one.latest().stage()).isZero();
    three.link.settle();
    three.rollouts.resume(1, ALICE);
    passes(2);
    assertThat(one.latest().phase()).isEqualTo(Rollout.Phase.RUNNING);
    two.link.settle();
    two.rollouts.abort(1, ALICE);
    passes(1);
    for (Plane plane : planes.values()) {
      assertThat(plane.latest().phase()).isEqualTo(Rollout.Phase.ABORTED);
      assertThat(plane.proxies.asked).containsExactly("propose 1", "drop none");
    }
  }

  @Test
  void aSecondOneAndWritesOfItsObjectsAreRefusedEverywhere() throws RefusedException {
    start(one, "proxy:a,all");
    assertThatThrownBy(() -> start(two, "all"))
        .hasRootCauseInstanceOf(RefusedException.class)
        .hasMessageContaining("rollout 1 is under way");
    assertThatThrownBy(() ->
            three.rollouts.writing(
                List.of(WEB), guard -> three.store.write(List.of(web(99)), ALICE, guard)))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("Service default/web: rollout 1 is changing it");
    assertThat(three.store.get(WEB)).isEmpty();
  }

  /** It had looked before the rollout began, and commits after. */
  @Test
  void aWriteThatWasPlannedBeforeItBeganIsRefused() {
    List<String> asked = new ArrayList<>();
    assertThatThrownBy(() ->
            three.rollouts.writing(
                List.of(WEB),
                guard ->
                    three.store.write(
                        List.of(web(99)),
                        ALICE,
                        () -> {
                          guard.run();
                          if (asked.isEmpty()) {
                            asked.add("looked");
                            start(one, "proxy:a,all");
                          }
                        })))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("rollout 1 is changing it");
    one.link.settle();
    assertThat(one.store.get(WEB)).isEmpty();
  }

  /** The store is at a write, which asks what is noted, while a step waits for the store. */
  @Test
  @Timeout(60)
  void aWriteAndAStepDoNotWaitForEachOther() throws Exception {
    start(one, "proxy:a,all");
    passes(0);
    List<Thread> steps = new ArrayList<>();
    Mutation other =
        Mutation.Put.of(
            ResourceObject.of(
                ObjectMeta.of("other"),
                new ServiceSpec(Map.of(), List.of(new ServiceSpec.Port("", 80, "http")))));
    WriteResult written =
        three.rollouts.writing(
            List.of(other.key()),
            guard ->
                three.store.write(
                    List.of(other),
                    ALICE,
                    () -> {
                      if (steps.isEmpty()) {
                        steps.add(Thread.ofPlatform().start(() -> paused(three)));
                        await().until(() -> steps.getFirst().getState() == Thread.State.WAITING);
                      }
                      guard.run();
                    }));
    assertThat(written).isInstanceOf(WriteResult.Applied.class);
    steps.getFirst().join();
    assertThat(three.latest().phase()).isEqualTo(Rollout.Phase.PAUSED);
  }

  private static void paused(Plane plane) {
    try {
      plane.rollouts.pause(1, ALICE);
    } catch (RefusedException e) {
      throw new AssertionError(e);
    }
  }

  /** What was written since the change was compared with the store is not lost. */
  @Test
  void beginsWithWhatTheStoreHoldsThen() throws RefusedException {
    assertThat(two.store.write(List.of(web(70)), ALICE)).isInstanceOf(WriteResult.Applied.class);
    Rollout begun = start(one, "proxy:a,all");
    assertThat(begun.change()).hasSize(1);
    assertThat(((Proposal.Put) begun.change().getFirst()).before().token()).isEqualTo("1");
  }

  @Test
  void aShareIsOfTheProxiesOfAll() {
    Rollout begun = start(one, "0.01%,all");
    assertThat(begun.chosen()).hasSize(1);
    passes(0);
    int staged = 0;
    for (Plane plane : planes.values()) {
      staged += plane.proxies.state().staged().size();
    }
    assertThat(staged).isEqualTo(1);
    assertThat(two.rollouts.status(two.latest()).staged()).hasSize(1);
  }

  @Test
  void errorsAreComparedOverTheProxiesOfAll() {
    one.loads.put("a", Map.of("c", new Outcomes(100, 0, 0, 0)));
    two.loads.put("c", Map.of("c", new Outcomes(900, 100, 0, 0)));
    Rollout begun = start(one, "proxy:d,all");
    assertThat(begun.past()).containsEntry("c", new Outcomes(1_000, 100, 0, 0));
    passes(0);
    three.loads.put("d", Map.of("c", new Outcomes(50, 50, 0, 0)));
    two.loads.put("c", Map.of("c", new Outcomes(1_900, 100, 0, 0)));
    passes(2);
    assertThat(two.latest().reason())
        .contains("50.00% of 100 requests of the staged proxies failed", "0.00% fail elsewhere");
  }

  @Test
  void doesNotBeginWhereAControlPlaneSaysNothing() {
    three.kill();
    assertThatThrownBy(() -> one.rollouts.start(plan("all"), List.of(web(80)), ALICE))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("no answer of the control planes three:3");
    assertThat(one.rollouts.all()).isEmpty();
  }

  @Test
  void oneThatStartsShowsWhatIsUnderWay() {
    start(one, "proxy:a,proxy:e,all");
    passes(0);
    passes(30);
    Plane four = new Plane("four:4", "e");
    try {
      assertThat(four.proxies.asked).containsExactly("propose 1");
      assertThat(four.proxies.selection.stages()).hasSize(2);
      passes(2);
      assertThat(one.rollouts.status(one.latest()).staged())
          .extracting(staged -> staged.proxy().id())
          .contains("e");
    } finally {
      four.store.close();
      four.link.close();
    }
  }
}
