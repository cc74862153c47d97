package io.heddle.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.heddle.cli.output.Age;
import io.heddle.cli.output.Table;
import io.heddle.cli.output.Terminal;
import java.util.Locale;
import java.util.StringJoiner;

/** A rollout in words and tables. */
final class RolloutText {
  private RolloutText() {}

  static void status(Terminal terminal, JsonNode rollout) {
    String phase = rollout.path("phase").asText();
    String shown =
        switch (phase) {
          case "completed" -> terminal.good(phase);
          case "held", "rolled-back", "aborted" -> terminal.bad(phase);
          default -> terminal.strong(phase);
        };
    terminal
        .out()
        .println(
            "Rollout "
                + rollout.path("id").asText()
                + " ("
                + rollout.path("what").asText()
                + ", "
                + rollout.path("who").asText()
                + "): "
                + shown);
    terminal.out().println("  " + rollout.path("reason").asText());
    Table stages = new Table("STAGE", "PROXIES", "STATE");
    for (JsonNode stage : rollout.path("stages")) {
      stages.row(
          stage.path("name").asText(),
          stage.path("selector").asText(),
          stage.path("state").asText());
    }
    stages.print(terminal.out());
    JsonNode now = rollout.path("now");
    if (now.isMissingNode()) {
      return;
    }
    terminal.out().println(progress(rollout));
    if (now.has("silent")) {
      StringJoiner names = new StringJoiner(", ");
      now.path("silent").forEach(name -> names.add(name.asText()));
      terminal.out().println("not known yet: the proxies of control plane " + names);
    }
    JsonNode requests = now.path("requests");
    if (requests.path("total").asLong() > 0) {
      terminal.out().println(figures(requests));
    }
    Table proxies = new Table("NAME", "STATE", "RESOURCE", "WHY");
    boolean any = false;
    for (JsonNode proxy : now.path("proxies")) {
      String state = proxy.path("state").asText();
      if (state.equals("Behind") || state.equals("Rejected")) {
        any = true;
        String type = proxy.path("type").asText();
        String message = proxy.path("message").asText();
        proxies.row(
            proxy.path("id").asText(),
            state,
            type.isEmpty() ? "-" : type + " " + proxy.path("resource").asText(),
            message.isEmpty() ? "has not answered yet" : message);
      }
    }
    if (any) {
      proxies.print(terminal.out());
    }
  }

  /** One line. */
  static String progress(JsonNode rollout) {
    JsonNode now = rollout.path("now");
    return "stage %s: %d of %d proxies see the change: %d in sync, %d behind, %d rejected, %d not concerned"
        .formatted(
            rollout.path("stage").asText(),
            now.path("staged").asInt(),
            now.path("connected").asInt(),
            now.path("inSync").asInt(),
            now.path("behind").asInt(),
            now.path("rejected").asInt(),
            now.path("unconcerned").asInt());
  }

  private static String figures(JsonNode requests) {
    String text =
        String.format(
            Locale.ROOT,
            "requests: %d, %.2f%% failed (elsewhere %.2f%%)",
            requests.path("total").asLong(),
            100 * requests.path("errorRatio").asDouble(),
            100 * requests.path("expectedErrorRatio").asDouble());
    return requests.path("timed").asLong() == 0
        ? text
        : text
            + String.format(
                Locale.ROOT,
                ", %.1f ms on average (elsewhere %.1f ms)",
                requests.path("millis").asDouble(),
                requests.path("expectedMillis").asDouble());
  }

  /** One line. */
  static String step(JsonNode step) {
    return step.path("at").asText()
        + "  "
        + step.path("who").asText()
        + ": "
        + step.path("what").asText();
  }

  static void history(Terminal terminal, JsonNode answer) {
    if (answer.path("rollouts").isEmpty()) {
      terminal.err().println("There was no rollout yet.");
      return;
    }
    Table table = new Table("ID", "PHASE", "STAGE", "OBJECTS", "REVISION", "WHO", "WHAT", "AGE");
    for (JsonNode rollout : answer.path("rollouts")) {
      String revision = rollout.path("revision").asText();
      table.row(
          rollout.path("id").asText(),
          rollout.path("phase").asText(),
          rollout.path("stage").asText(),
          String.valueOf(rollout.path("objects").size()),
          revision.isEmpty() ? "-" : revision,
          rollout.path("who").asText(),
          rollout.path("what").asText(),
          Age.since(rollout.path("startedAt").asText(""), terminal.clock()));
    }
    table.print(terminal.out());
  }
}
