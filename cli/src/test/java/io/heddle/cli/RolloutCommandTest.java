package io.heddle.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.cli.output.Terminal;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code heddle rollout}. */
class RolloutCommandTest {
  private static final String HEAD =
      """
      {"id": 7, "what": "a.yaml", "who": "alice", "phase": "PHASE", "reason": "REASON", "stage": "canary",
       "startedAt": "2026-11-24T11:59:00Z", "revision": "REVISION", "objects": [{"kind": "Service"}],
       "stages": [{"name": "canary", "selector": "label:x", "state": "present"},
                  {"name": "all", "selector": "all", "state": "to come"}],
       "steps": [{"at": "2026-11-24T11:59:00Z", "who": "alice", "what": "started: stage canary"}]
      """;
  private static final String NOW =
      """
      , "now": {"connected": 3, "staged": 2, "inSync": 1, "behind": 0, "rejected": 1, "unconcerned": 0,
        "requests": {"total": 200, "errorRatio": 0.115, "expectedErrorRatio": 0.01, "timed": 200,
          "millis": 30, "expectedMillis": 20},
        "proxies": [{"id": "web-1", "state": "InSync"},
          {"id": "web-2", "state": "Rejected", "type": "ROUTES", "resource": "outbound/default",
           "message": "no such thing"}]}
      """;

  @TempDir private Path folder = Path.of("");
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private final FakeControlPlane control = started();

  private static FakeControlPlane started() {
    try {
      return new FakeControlPlane();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @AfterEach
  void stop() {
    control.close();
  }

  private static String rollout(String phase, String reason, String now) {
    return HEAD.replace("PHASE", phase)
            .replace("REASON", reason)
            .replace("REVISION", phase.equals("completed") ? "12" : "")
        + now
        + "}";
  }

  private String file(String name) throws IOException {
    return Files.writeString(folder.resolve(name), "kind: x\n").toString();
  }

  private int run(String... args) {
    List<String> all = new ArrayList<>(List.of("rollout"));
    all.addAll(List.of(args));
    all.addAll(List.of("--api", control.url(), "--state", folder.toString()));
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    Terminal terminal =
        new Terminal(
            new PrintWriter(out),
            new PrintWriter(err),
            new ByteArrayInputStream(new byte[0]),
            false,
            Map.of(),
            Clock.fixed(Instant.parse("2026-11-24T12:00:00Z"), ZoneOffset.UTC));
    return Heddle.run(terminal, all.toArray(String[]::new));
  }

  @Test
  void helpsWithExamplesIn80Columns() {
    assertThat(run("--help")).isZero();
    assertThat(out.toString()).contains("Examples:", "heddle rollout start", "Exit codes:", "10%");
    assertThat(out.toString().lines()).allMatch(line -> line.length() <= 80);
  }

  @Test
  void startsWithStagesAndShowsHowItStands() throws IOException {
    control.answer(
        "POST /api/v1/rollouts?stages=canary%3Dlabel%3Ax%2C10%25%2Call&soak=5m&onFailure=hold"
            + "&delete=services%2Fshop%2Fold",
        200, rollout("running", "started: stage canary", ""));
    assertThat(
            run(
                "start",
                "-f",
                file("a.yaml"),
                "--stages",
                "canary=label:x,10%,all",
                "--soak",
                "5m",
                "--on-failure",
                "hold",
                "--delete",
                "svc/old",
                "-n",
                "shop"))
        .as(err.toString())
        .isZero();
    assertThat(out.toString())
        .containsSubsequence(
            "Rollout 7 (a.yaml, alice): running",
            "started: stage canary",
            "STAGE",
            "canary",
            "label:x",
            "present",
            "to come");
  }

  @Test
  void statusNamesProxyTypeAndMessage() {
    control.answer(
        "GET /api/v1/rollouts/latest", 200, rollout("held", "held: proxy web-2 refuses", NOW));
    assertThat(run("status")).isEqualTo(2);
    assertThat(out.toString())
        .containsSubsequence(
            "held",
            "stage canary: 2 of 3 proxies see the change: 1 in sync, 0 behind, 1 rejected",
            "requests: 200, 11.50% failed (elsewhere 1.00%), 30.0 ms on average (elsewhere 20.0",
            "web-2",
            "Rejected",
            "ROUTES outbound/default",
            "no such thing")
        .doesNotContain("web-1");
    assertThat(run("status", "-o", "json")).isEqualTo(2);
    assertThat(out.toString()).contains("\"phase\" : \"held\"");
  }

  @Test
  void waitsUntilItHasEndedAndTellsOfEachStep() {
    control.answer("GET /api/v1/rollouts/7", 200, rollout("completed", "completed", ""));
    assertThat(run("status", "7", "--wait")).isZero();
    assertThat(err.toString()).contains("alice: started: stage canary");
    assertThat(out.toString()).contains("completed");
    control.answer("GET /api/v1/rollouts/7", 200, rollout("rolled-back", "rolled back", ""));
    assertThat(run("status", "7", "--wait")).isEqualTo(2);
  }

  @Test
  void actsOnTheNewestOrTheOneThatIsNamed() {
    control.answer("POST /api/v1/rollouts/latest/pause", 200, rollout("paused", "paused", NOW));
    control.answer("POST /api/v1/rollouts/7/resume", 200, rollout("running", "resumed", NOW));
    control.answer("POST /api/v1/rollouts/latest/abort", 200, rollout("aborted", "aborted", ""));
    assertThat(run("pause")).isZero();
    assertThat(run("resume", "7")).isZero();
    assertThat(run("abort")).isZero();
    control.answer(
        "POST /api/v1/rollouts/latest/abort",
        409,
        "{\"errors\": [{\"code\": \"HDL-1010\", \"object\": \"rollout 7\", \"message\": \"rollout"
            + " 7: abort, but it is aborted\"}]}");
    assertThat(run("abort")).isEqualTo(1);
    assertThat(err.toString()).contains("HDL-1010", "it is aborted");
  }

  @Test
  void listsPastOnes() {
    control.answer(
        "GET /api/v1/rollouts?limit=20",
        200,
        "{\"rollouts\": [" + rollout("completed", "completed", "") + "]}");
    assertThat(run("history")).isZero();
    assertThat(out.toString())
        .containsSubsequence("ID", "PHASE", "AGE")
        .containsSubsequence("7", "completed", "canary", "1", "12", "alice", "a.yaml", "60s");
  }

  @Test
  void saysWhyNothingWasStarted() throws IOException {
    control.answer(
        "POST /api/v1/rollouts?stages=all",
        409,
        "{\"errors\": [{\"code\": \"HDL-1010\", \"object\": \"rollout\", \"message\": \"rollout 6"
            + " is under way\"}]}");
    assertThat(run("start", "-f", file("a.yaml"), "--stages", "all")).isEqualTo(2);
    assertThat(out.toString())
        .contains("HDL-1010", "rollout 6 is under way", "heddle rollout abort");
    assertThat(err.toString()).contains("Nothing was started");
  }

  @Test
  void severalFilesAreOneChangeAndEachIsCheckedByItself() throws IOException {
    control.answer("POST /api/v1/validate?force=true", 200, "{}");
    control.answer(
        "POST /api/v1/rollouts?stages=all", 200, rollout("running", "started: stage canary", ""));
    assertThat(run("start", "-f", file("a.yaml"), file("b.yaml"), "--stages", "all")).isZero();
    assertThat(control.seen())
        .hasSize(3)
        .last()
        .asString()
        .startsWith("POST /api/v1/rollouts")
        .contains("a.yaml, ", "b.yaml 21");
  }

  @Test
  void refusesAWrongCommandLine() throws IOException {
    assertThat(run("begin")).isEqualTo(64);
    assertThat(run("start", "-f", file("a.yaml"))).isEqualTo(64);
    assertThat(run("start", "--stages", "all")).isEqualTo(64);
    assertThat(run("start", "7", "-f", file("a.yaml"), "--stages", "all")).isEqualTo(64);
    assertThat(run("start", "--delete", "web", "--stages", "all")).isEqualTo(64);
    assertThat(run("status", "--stages", "all")).isEqualTo(64);
    assertThat(run("history", "--limit", "0")).isEqualTo(64);
    assertThat(control.seen()).isEmpty();
  }
}
