package io.heddle.cli.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@EnabledOnOs({OS.LINUX, OS.MAC})
class ProcessIdentityTest {
  private static final ProcessEnder ENDER = new ProcessEnder(Duration.ofSeconds(2));

  @TempDir private Path state = Path.of("");

  @BeforeEach
  void resolveLinks() throws IOException {
    state = state.toRealPath();
    new RunFolder(state).create();
  }

  @AfterEach
  void leaveNothing() {
    ENDER.endMarked(state);
  }

  @Test
  void recognisesWhatItStarted() throws IOException {
    ChildStarter.Child child = sleeper("one", "60");

    assertThat(ProcessIdentity.alive(child.record())).isTrue();
    assertThat(child.record().pid()).isEqualTo(child.process().pid());
    assertThat(new RunFolder(state).read("one")).contains(child.record());
  }

  @Test
  void neverTakesAnotherProcessWithTheSameIdForIt() throws IOException {
    ChildStarter.Child child = sleeper("one", "60");
    RunRecord earlier = changed(child.record(), "ticks 1 of boot x", child.record().command());
    RunRecord other = changed(child.record(), child.record().start(), List.of("sleep", "61"));

    assertThat(ProcessIdentity.alive(earlier)).isFalse();
    assertThat(ENDER.end(List.of(earlier))).isEmpty();
    if (Files.isDirectory(Path.of("/proc/self"))) {
      // The child becomes its command a moment after it was started.
      assertThat(ENDER.end(List.of(awaited(other)))).isEmpty();
    }
    assertThat(child.process().isAlive()).isTrue();
  }

  @Test
  void endsAProcessThatIgnoresBeingAsked() throws IOException, InterruptedException {
    ProcessEnder impatient = new ProcessEnder(Duration.ofMillis(200));
    Path ready = state.resolve("ready");
    ChildStarter.Child child =
        start(
            "deaf",
            List.of("sh", "-c", "trap '' TERM; : > ready; while :; do sleep 1; done", "deaf"));
    while (!Files.exists(ready)) {
      Thread.onSpinWait();
    }

    assertThat(impatient.end(List.of(child.record()))).containsExactly("deaf");
    assertThat(child.process().waitFor()).isNotZero();
    assertThat(ProcessIdentity.alive(child.record())).isFalse();
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void findsWhatAScriptStartedAgain() throws IOException, InterruptedException {
    ChildStarter.Child child = sleeper("one", "60");
    child.process().destroyForcibly().waitFor();
    RunRecord ended = child.record().withState(RunRecord.ENDED);
    assertThat(ProcessIdentity.runsAgain(state, ended)).isFalse();

    ProcessBuilder script = new ProcessBuilder(ended.command());
    script.environment().putAll(ended.environment());
    Process again = script.start();

    while (!ProcessIdentity.runsAgain(state, ended) && again.isAlive()) {
      Thread.onSpinWait();
    }
    assertThat(ENDER.endMarked(state)).containsExactly(again.pid());
    assertThat(again.isAlive()).isFalse();
  }

  @Test
  void keepsNothingOfAHalfWrittenRecord() throws IOException {
    Files.writeString(state.resolve("run").resolve("broken.json"), "{\"pid\": 1, ");

    assertThat(new RunFolder(state).read("broken")).isEmpty();
    assertThat(new RunFolder(state).readAll()).isEmpty();
  }

  @Test
  void givesEachPortOnce() {
    FreePorts ports = new FreePorts(new SplittableRandom(1));

    assertThat(List.of(ports.next(), ports.next(), ports.next()))
        .doesNotHaveDuplicates()
        .allMatch(port -> port >= 20_000 && port < 65_536);
  }

  private ChildStarter.Child sleeper(String name, String seconds) throws IOException {
    return start(name, List.of("sleep", seconds));
  }

  private ChildStarter.Child start(String name, List<String> command) throws IOException {
    return new ChildStarter(new RunFolder(state))
        .start(name, "service", command, Map.of("A", "b"), Map.of("app", 1));
  }

  private static RunRecord awaited(RunRecord record) {
    // Between its two programs a process has no command line at all.
    while (ProcessIdentity.commandLine(record.pid()).stream().noneMatch("60"::equals)
        || !ProcessIdentity.commandLine(record.pid()).contains("sleep")) {
      Thread.onSpinWait();
    }
    return record;
  }

  private static RunRecord changed(RunRecord record, String start, List<String> command) {
    return new RunRecord(
        record.name(),
        record.role(),
        record.pid(),
        start,
        command,
        record.environment(),
        record.directory(),
        record.log(),
        record.ports(),
        record.state());
  }
}
