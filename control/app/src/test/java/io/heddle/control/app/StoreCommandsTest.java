package io.heddle.control.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoreCommandsTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @TempDir Path temp;

  private int run(String... arguments) {
    out.reset();
    err.reset();
    return ControlMain.run(
        arguments,
        new PrintStream(out, true, StandardCharsets.UTF_8),
        new PrintStream(err, true, StandardCharsets.UTF_8));
  }

  private String state(String name) {
    return temp.resolve(name).toString();
  }

  @Test
  void backsUpWhileTheControlPlaneRunsAndRestoresWhenItDoesNot() throws StartFailure {
    String file = state("backup");
    try (RunningPlane plane = new RunningPlane(temp.resolve("running"), Duration.ofSeconds(1))) {
      plane.post(
          "/api/v1/apply",
          """
          apiVersion: v1
          kind: Service
          metadata: {name: web}
          spec: {selector: {app: web}, ports: [{port: 80}]}
          """);
      assertThat(run("backup", "--state", state("running"), file))
          .as(err.toString(StandardCharsets.UTF_8))
          .isZero();
      assertThat(out.toString(StandardCharsets.UTF_8))
          .contains("revision 1, 1 objects, 1 past changes");
      assertThat(run("restore", "--state", state("running"), "--force", file)).isEqualTo(1);
      assertThat(err.toString(StandardCharsets.UTF_8))
          .contains("the store is open in another process");
    }
    assertThat(run("restore", "--state", state("other"), file))
        .as(err.toString(StandardCharsets.UTF_8))
        .isZero();
    assertThat(run("restore", "--state=" + state("other"), file)).isEqualTo(1);
    assertThat(err.toString(StandardCharsets.UTF_8)).contains("repeat the command with --force");
    assertThat(run("compact", "--state", state("other")))
        .as(err.toString(StandardCharsets.UTF_8))
        .isZero();
    try (RunningPlane plane = new RunningPlane(temp.resolve("other"), Duration.ofSeconds(1))) {
      assertThat(plane.get("/api/v1/services/default/web").body().path("spec").path("selector"))
          .hasToString("{\"app\":\"web\"}");
    }
  }

  @Test
  void wrongUsageIsSaid() throws IOException {
    List<List<String>> wrong = new ArrayList<>();
    wrong.add(List.of("backup"));
    wrong.add(List.of("backup", "a", "b"));
    wrong.add(List.of("backup", "--force", "a"));
    wrong.add(List.of("restore", "--state"));
    wrong.add(List.of("compact", "a"));
    for (List<String> each : wrong) {
      assertThat(run(each.toArray(String[]::new))).as(each.toString()).isEqualTo(64);
      assertThat(err.toString(StandardCharsets.UTF_8)).contains("expected: ", "--help");
    }
    assertThat(run("backup", "--state", state("none"), state("file"))).isEqualTo(1);
    assertThat(err.toString(StandardCharsets.UTF_8))
        .contains("no such folder; name the one of the control plane");
    Files.writeString(temp.resolve("foreign"), "no backup");
    assertThat(run("restore", "--state", state("none"), state("foreign"))).isEqualTo(1);
    assertThat(err.toString(StandardCharsets.UTF_8)).contains("not a backup of Heddle");
    for (String verb : List.of("backup", "restore", "compact")) {
      assertThat(run(verb, "--help")).isZero();
      assertThat(out.toString(StandardCharsets.UTF_8))
          .contains("Usage: heddle " + verb, "--state DIR", "Exit codes");
    }
  }
}
