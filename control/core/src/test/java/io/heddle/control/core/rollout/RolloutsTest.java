package io.heddle.control.core.rollout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ObjectMeta;
import io.heddle.control.api.resource.ResourceObject;
import io.heddle.control.api.resource.ServiceSpec;
import io.heddle.control.api.store.Mutation;
import io.heddle.control.api.store.WriteContext;
import io.heddle.control.core.rollout.Staging.Answer;
import io.heddle.control.core.store.EmbeddedStore;
import io.heddle.control.core.store.EmbeddedStoreConfig;
import io.heddle.testkit.ManualTime;
import io.heddle.xds.server.LoadReports.Outcomes;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The way of a rollout through its stages, with time and proxies moved by hand. */
class RolloutsTest {
  private static final WriteContext ALICE = WriteContext.of("alice", "10.0.0.1").by("web.yaml");
  private static final ObjectKey WEB = new ObjectKey(Kind.SERVICE, "default", "web");

  private final ManualTime time = new ManualTime();
  private final Proxies proxies = new Proxies(WEB);
  private final Map<String, Map<String, Outcomes>> loads = new HashMap<>();

  @TempDir Path temp;

  private EmbeddedStore store;
  private Rollouts rollouts;

  @BeforeEach
  void open() {
    store = EmbeddedStore.open(EmbeddedStoreConfig.of(temp.resolve("store")), time);
    rollouts = new Rollouts(store, proxies, () -> Map.copyOf(loads), time);
    rollouts.restore();
    for (String id : List.of("a", "b", "c")) {
      proxies.answers.putIfAbsent(id, Answer.IN_SYNC);
    }
  }

  @AfterEach
  void close() {
    store.close();
  }

  private void restart() {
    store.close();
    proxies.asked.clear();
    open();
  }

  private static Mutation web(int port) {
    return Mutation.Put.of(
        ResourceObject.of(
            ObjectMeta.of("web"),
            new ServiceSpec(Map.of(), List.of(new ServiceSpec.Port("", port, "http")))));
  }

  private static RolloutPlan plan(String stages, RolloutPlan.OnFailure onFailure) {
    return new RolloutPlan(
        Stage.parseAll(stages),
        Duration.ofSeconds(30),
        Duration.ofSeconds(60),
        onFailure,
        RolloutPlan.Limits.USUAL);
  }

  private Rollout start(String stages, int port) {
    return start(stages, port, RolloutPlan.OnFailure.ROLLBACK);
  }

  private Rollout start(String stages, int port, RolloutPlan.OnFailure onFailure) {
    try {
      return rollouts.start(plan(stages, onFailure), List.of(web(port)), ALICE);
    } catch (RefusedException e) {
      throw new AssertionError(e);
    }
  }

  private static String written(Runnable guard) {
    guard.run();
    return "written";
  }

  private Rollout after(int seconds) {
    time.advance(Duration.ofSeconds(seconds));
    rollouts.tick();
    return rollouts.all().getFirst();
  }

  @Test
  void goesOnWhenAllHaveAcceptedAndTheSoakIsOverAndIsWrittenInTheEnd() {
    start("proxy:a,proxy:b,all", 80);
    assertThat(after(1).stage()).isZero();
    assertThat(after(29).stage()).isZero();
    assertThat(after(1).present().name()).isEqualTo("proxy:b");
    proxies.answers.put("b", Answer.BEHIND);
    assertThat(after(40).stage()).as("b has not accepted").isEqualTo(1);
    proxies.answers.put("b", Answer.IN_SYNC);
    after(1);
    assertThat(after(29).stage()).as("the soak begins with the acceptance").isEqualTo(1);
    assertThat(after(1).present().name()).isEqualTo("all");
    assertThat(store.get(WEB)).isEmpty();
    after(0);
    Rollout done = after(30);
    assertThat(done.phase()).isEqualTo(Rollout.Phase.COMPLETED);
    assertThat(done.revision()).isEqualTo("1");
    assertThat(done.change()).as("no longer needed").isEmpty();
    assertThat(store.get(WEB)).isPresent();
    assertThat(store.history(WEB, 1).getFirst().context())
        .isEqualTo(WriteContext.of("alice", "10.0.0.1").by("rollout 1: web.yaml"));
    assertThat(proxies.asked).containsExactly("propose 1", "reach proxy:b", "reach all", "drop 1");
    assertThat(done.steps())
        .extracting(Rollout.Step::who)
        .containsExactly("alice", "rollout", "rollout", "rollout");
  }

  @Test
  void aRefusalTakesItBackAndNamesProxyTypeMessageAndObject() {
    start("proxy:a,all", 80);
    proxies.answers.put("b", Answer.REJECTED);
    assertThat(after(1).phase()).as("b is not staged").isEqualTo(Rollout.Phase.RUNNING);
    proxies.answers.put("a", Answer.REJECTED);
    Rollout ended = after(1);
    assertThat(ended.phase()).isEqualTo(Rollout.Phase.ROLLED_BACK);
    assertThat(ended.reason())
        .isEqualTo(
            "rolled back: proxy a refuses ROUTES outbound/default (Service default/web): no");
    assertThat(proxies.asked).containsExactly("propose 1", "drop none");
    assertThat(store.get(WEB)).isEmpty();
    assertThat(start("all", 81).id()).isEqualTo(2);
  }

  @Test
  void isHeldWhereThatIsChosenAndGoesOnWhenSomebodySaysSo() throws RefusedException {
    start("proxy:a,all", 80, RolloutPlan.OnFailure.HOLD);
    proxies.answers.put("a", Answer.REJECTED);
    assertThat(after(1).phase()).isEqualTo(Rollout.Phase.HELD);
    proxies.answers.put("a", Answer.IN_SYNC);
    assertThat(after(600).phase()).as("nothing by itself").isEqualTo(Rollout.Phase.HELD);
    rollouts.resume(1, ALICE);
    after(0);
    assertThat(after(30).present().name()).isEqualTo("all");
    assertThat(proxies.asked).containsExactly("propose 1", "reach all");
  }

  @Test
  void pausedItStaysAndStillTakesNoHarm() throws RefusedException {
    start("proxy:a,all", 80);
    after(1);
    rollouts.pause(1, ALICE);
    assertThat(after(600).stage()).isZero();
    assertThatThrownBy(() -> rollouts.pause(1, ALICE))
        .hasMessage("rollout 1: pause, but it is paused (expected: one that is running)");
    proxies.answers.put("a", Answer.REJECTED);
    assertThat(after(1).phase()).isEqualTo(Rollout.Phase.ROLLED_BACK);
    assertThatThrownBy(() -> rollouts.resume(1, ALICE)).hasMessageContaining("it is rolled-back");
    assertThatThrownBy(() -> rollouts.abort(9, ALICE)).hasMessageContaining("does not exist");
  }

  @Test
  void whoeverDoesNotAnswerInTimeEndsIt() {
    start("proxy:a,all", 80);
    proxies.answers.put("a", Answer.BEHIND);
    assertThat(after(60).phase()).isEqualTo(Rollout.Phase.RUNNING);
    assertThat(after(1).reason())
        .isEqualTo("rolled back: 1 of the staged proxies have not accepted the change after 61 s");
  }

  @Test
  void aStageWithoutAProxyShowsNothingAndEndsIt() {
    start("proxy:a,zone:nowhere,all", 80);
    after(0);
    assertThat(after(30).present().name()).isEqualTo("zone:nowhere");
    assertThat(after(61).reason()).contains("no connected proxy is of stage zone:nowhere");
  }

  @Test
  void nothingIsJudgedBeforeTheProxiesAreShownIt() {
    start("proxy:a,all", 80);
    proxies.done = false;
    assertThat(after(600).phase()).isEqualTo(Rollout.Phase.RUNNING);
    assertThat(rollouts.all().getFirst().stage()).isZero();
  }

  @Test
  void aShareOfWhichNobodyIsPicksTheNext() {
    Rollout started = start("0.01%,all", 80);
    assertThat(started.chosen()).hasSize(1);
    proxies.answers.put("d", Answer.IN_SYNC);
    restart();
    assertThat(proxies.selection.chosen()).isEqualTo(started.chosen());
    assertThat(rollouts.status(after(1)).staged()).hasSize(1);
  }

  @Test
  void moreErrorsThanElsewhereEndItButNotThoseOfBefore() {
    loads.put("a", Map.of("c", new Outcomes(10, 90, 0, 0)));
    loads.put("b", Map.of("c", new Outcomes(1_000, 0, 0, 0)));
    start("proxy:a,all", 80);
    assertThat(after(1).phase()).isEqualTo(Rollout.Phase.RUNNING);
    loads.put("b", Map.of("c", new Outcomes(2_000, 0, 0, 0)));
    loads.put("a", Map.of("c", new Outcomes(110, 90, 0, 0)));
    assertThat(after(1).phase()).isEqualTo(Rollout.Phase.RUNNING);
    assertThat(rollouts.status(rollouts.all().getFirst()).figures().requests()).isEqualTo(100);
    loads.put("a", Map.of("c", new Outcomes(140, 120, 0, 0)));
    assertThat(after(1).reason()).contains("18.75% of 160 requests");
  }

  @Test
  void longerTimesEndItWhenTheyLast() {
    start("proxy:a,all", 80);
    after(0);
    loads.put("b", Map.of("c", new Outcomes(100, 0, 100, 1_000)));
    loads.put("a", Map.of("c", new Outcomes(60, 0, 60, 3_000)));
    assertThat(after(1).phase()).isEqualTo(Rollout.Phase.RUNNING);
    // A burst that later ones make up for.
    loads.put("a", Map.of("c", new Outcomes(600, 0, 600, 7_000)));
    assertThat(after(20).phase()).isEqualTo(Rollout.Phase.RUNNING);
    loads.put("a", Map.of("c", new Outcomes(700, 0, 700, 20_000)));
    assertThat(after(10).stage()).as("the soak is over, but not in doubt").isZero();
    assertThat(after(15).reason()).contains("700 requests of the staged proxies took 28.6 ms");
  }

  @Test
  void survivesARestart() throws RefusedException {
    Rollout started = start("proxy:a,proxy:b,all", 80);
    after(0);
    after(30);
    restart();
    Rollout back = rollouts.active().orElseThrow();
    assertThat(back.present().name()).isEqualTo("proxy:b");
    assertThat(back.change()).isEqualTo(started.change());
    assertThat(back.plan()).isEqualTo(started.plan());
    assertThat(proxies.asked).containsExactly("propose 1");
    assertThat(proxies.selection.stages()).hasSize(2);
    assertThat(after(29).stage()).as("the stage begins anew").isEqualTo(1);
    rollouts.pause(1, ALICE);
    restart();
    assertThat(rollouts.active().orElseThrow().phase()).isEqualTo(Rollout.Phase.PAUSED);
    rollouts.abort(1, ALICE);
    restart();
    assertThat(rollouts.active()).isEmpty();
    assertThat(proxies.asked).isEmpty();
    assertThat(rollouts.find(1).orElseThrow().phase()).isEqualTo(Rollout.Phase.ABORTED);
  }

  /** The process ended after the write and before the note of it. */
  @Test
  void whatIsWrittenAlreadyIsComplete() {
    start("all", 80);
    store.write(List.of(web(80)), ALICE);
    after(0);
    Rollout done = after(30);
    assertThat(done.phase()).isEqualTo(Rollout.Phase.COMPLETED);
    assertThat(done.revision()).isEqualTo("1");
  }

  @Test
  void isHeldWhereTheObjectIsAnotherByNow() {
    start("all", 80);
    store.write(List.of(web(99)), ALICE);
    after(0);
    Rollout held = after(30);
    assertThat(held.phase()).isEqualTo(Rollout.Phase.HELD);
    assertThat(held.reason()).contains("could not be written", "Service default/web");
  }

  @Test
  void refusesWritesToItsObjectsAndASecondRollout() throws RefusedException {
    assertThat(rollouts.writing(List.of(WEB), RolloutsTest::written)).isEqualTo("written");
    start("proxy:a,all", 80);
    assertThatThrownBy(() -> rollouts.writing(List.of(WEB), RolloutsTest::written))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("Service default/web: rollout 1 is changing it");
    ObjectKey other = new ObjectKey(Kind.SERVICE, "default", "other");
    assertThat(rollouts.writing(List.of(other), RolloutsTest::written)).isEqualTo("written");
    assertThatThrownBy(
            () -> rollouts.start(plan("all", RolloutPlan.OnFailure.HOLD), List.of(web(81)), ALICE))
        .hasMessageContaining("rollout 1 is under way");
  }

  @Test
  void refusesWhatChangesNothingAndAFirstStageWithoutAProxy() throws RefusedException {
    store.write(List.of(web(80)), ALICE);
    assertThatThrownBy(
            () -> rollouts.start(plan("all", RolloutPlan.OnFailure.HOLD), List.of(web(80)), ALICE))
        .hasMessageContaining("nothing would change");
    assertThatThrownBy(() ->
            rollouts.start(plan("zone:x,all", RolloutPlan.OnFailure.HOLD), List.of(web(81)), ALICE))
        .hasMessageContaining("no connected proxy is zone:x");
    assertThat(rollouts.all()).isEmpty();
    assertThat(proxies.asked).isEmpty();
  }

  @Test
  void keepsTheNewestHundred() throws RefusedException {
    for (int i = 1; i <= 103; i++) {
      start("all", i);
      rollouts.abort(i, ALICE);
    }
    assertThat(rollouts.all()).hasSize(100);
    restart();
    assertThat(rollouts.all()).hasSize(100);
    assertThat(rollouts.all().getLast().id()).isEqualTo(4);
    assertThat(rollouts.all().getFirst().id()).isEqualTo(103);
  }
}
