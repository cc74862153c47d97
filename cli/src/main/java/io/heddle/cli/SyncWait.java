package io.heddle.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.heddle.cli.api.ControlPlane;
import io.heddle.cli.output.Table;
import io.heddle.cli.output.Terminal;
import java.time.Duration;
import java.util.StringJoiner;

/** Waits until every proxy that some objects concern has answered to them. */
final class SyncWait {
  private static final Duration BETWEEN = Duration.ofMillis(100);

  /**
   * So many answers in a row must be the same once a proxy has refused something: while the control
   * plane looks for the culprit, the proxy is shown one table after the other.
   */
  private static final int SETTLED_AFTER_A_REFUSAL = 10;

  private SyncWait() {}

  /** What to ask for the objects of a write. */
  static ObjectNode question(String revision, JsonNode results) {
    ObjectNode question = JsonNodeFactory.instance.objectNode().put("revision", revision);
    ArrayNode objects = question.putArray("objects");
    for (JsonNode result : results) {
      if (!result.path("action").asText().equals("deleted")) {
        objects
            .addObject()
            .put("kind", result.path("kind").asText())
            .put("namespace", result.path("namespace").asText("default"))
            .put("name", result.path("name").asText());
      }
    }
    return question;
  }

  /** The last answer, with {@code done}: whether every proxy has accepted all of it. */
  static ObjectNode await(ControlPlane control, ObjectNode question, Duration timeout) {
    long deadline = System.nanoTime() + timeout.toNanos();
    boolean refused = false;
    String before = "";
    int same = 0;
    while (true) {
      JsonNode answer = control.sync(question);
      int rejected = answer.path("rejected").asInt();
      refused |= rejected > 0;
      String state = answer.path("inSync") + " " + answer.path("proxies");
      same = state.equals(before) ? same + 1 : 1;
      before = state;
      boolean answered = answer.path("published").asBoolean() && answer.path("behind").asInt() == 0;
      boolean settled = answered && same >= (refused ? SETTLED_AFTER_A_REFUSAL : 1);
      long left = deadline - System.nanoTime();
      if (settled || left <= 0) {
        ObjectNode last = answer.deepCopy();
        return last.put("done", settled && rejected == 0 && answer.path("objects").isEmpty());
      }
      pause(Math.min(left, BETWEEN.toNanos()));
    }
  }

  private static void pause(long nanos) {
    try {
      Thread.sleep(Duration.ofNanos(nanos));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for the proxies", e);
    }
  }

  static void print(Terminal terminal, JsonNode sync) {
    for (JsonNode object : sync.path("objects")) {
      terminal
          .out()
          .println(
              object.path("object").asText()
                  + ": "
                  + object.path("condition").asText()
                  + " is False ("
                  + object.path("reason").asText()
                  + "): "
                  + object.path("message").asText());
    }
    if (!sync.path("published").asBoolean()) {
      StringJoiner silent = new StringJoiner(", ");
      sync.path("silent").forEach(name -> silent.add(name.asText()));
      terminal
          .out()
          .println(
              terminal.bad("Not published yet")
                  + (silent.length() == 0
                      ? " by the control plane."
                      : ", as far as is known: no answer of control plane " + silent + "."));
      return;
    }
    int inSync = sync.path("inSync").asInt();
    if (sync.path("proxies").isEmpty()) {
      terminal
          .out()
          .println(
              inSync == 0
                  ? "No connected proxy is concerned."
                  : terminal.good("In force") + " at " + inSync + " of " + inSync + " proxies.");
      return;
    }
    int others = sync.path("behind").asInt() + sync.path("rejected").asInt();
    terminal
        .out()
        .println(
            terminal.bad("Not in force")
                + " at "
                + others
                + " of "
                + (inSync + others)
                + " proxies:");
    Table table = new Table("NAME", "STATE", "RESOURCE", "WHY");
    for (JsonNode proxy : sync.path("proxies")) {
      String message = proxy.path("message").asText("");
      table.row(
          proxy.path("id").asText(),
          proxy.path("state").asText(),
          proxy.path("resource").asText(),
          message.isEmpty() ? "has not answered in time" : message);
    }
    table.print(terminal.out());
  }
}
