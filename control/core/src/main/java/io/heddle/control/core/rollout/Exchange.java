package io.heddle.control.core.rollout;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.xds.server.LoadReports.Outcomes;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What control planes ask each other of rollouts, and answer, as text. */
final class Exchange {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** What may be asked. */
  sealed interface Question {
    /** How the rollout stands that is under way. */
    enum Standing implements Question {
      STANDING
    }

    /** What would be known of a rollout that begins with this stage. */
    record Beginning(Stage first, long rollout) implements Question {}
  }

  private Exchange() {}

  static String write(Question question) {
    ObjectNode root = MAPPER.createObjectNode();
    switch (question) {
      case Question.Standing _ -> root.put("ask", "standing");
      case Question.Beginning beginning ->
          root.put("ask", "beginning")
              .put("first", Stage.format(List.of(beginning.first())))
              .put("rollout", beginning.rollout());
    }
    return root.toString();
  }

  /**
   * Reads a question.
   *
   * @throws IllegalArgumentException where it is none
   */
  static Question question(String text) {
    JsonNode root = tree(text);
    String asked = root.path("ask").asText();
    return switch (asked) {
      case "standing" -> Question.Standing.STANDING;
      case "beginning" ->
          new Question.Beginning(
              Stage.parseOne(root.path("first").asText()), root.path("rollout").asLong());
      default ->
          throw new IllegalArgumentException(
              "ask: \"" + asked + "\" (expected: standing or beginning)");
    };
  }

  private static JsonNode tree(String text) {
    try {
      return MAPPER.readTree(text);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("is no JSON: " + e.getOriginalMessage(), e);
    }
  }

  static String write(Candidates candidates) {
    ObjectNode root = MAPPER.createObjectNode();
    root.put("included", candidates.included());
    candidates.first().ifPresent(first -> root.put("first", first));
    outcomes(candidates.past(), root.putObject("past"));
    return root.toString();
  }

  /**
   * Reads what {@link #write(Candidates)} wrote.
   *
   * @throws IllegalArgumentException where it did not
   */
  static Candidates candidates(String text) {
    JsonNode root = tree(text);
    return new Candidates(
        root.path("included").asBoolean(), optional(root, "first"), outcomes(root.path("past")));
  }

  /**
   * An answer with the name of who gives it.
   *
   * @param from what people call that control plane
   */
  record Named(String from, Report report) {}

  static String write(String from, Report report) {
    ObjectNode root = MAPPER.createObjectNode();
    root.put("from", from)
        .put("rollout", report.rollout())
        .put("stage", report.stage())
        .put("done", report.done())
        .put("connected", report.connected())
        .put("present", report.present())
        .put("resources", report.resources());
    report.first().ifPresent(first -> root.put("first", first));
    report.settled().ifPresent(settled -> root.put("settled", settled.toString()));
    ArrayNode staged = root.putArray("staged");
    for (Staging.Staged one : report.staged()) {
      ObjectNode out =
          staged.addObject().put("id", one.proxy().id()).put("answer", one.answer().name());
      if (one.answer() == Staging.Answer.REJECTED) {
        out.put("type", one.type()).put("resource", one.resource()).put("message", one.message());
        ArrayNode objects = out.putArray("objects");
        one.objects().forEach(key -> RolloutJson.key(key, objects.addObject()));
      }
    }
    outcomes(report.theirs(), root.putObject("theirs"));
    outcomes(report.others(), root.putObject("others"));
    return root.toString();
  }

  /**
   * Reads what {@link #write(String, Report)} wrote.
   *
   * @throws IllegalArgumentException where it did not
   */
  static Named report(String text) {
    JsonNode root = tree(text);
    List<Staging.Staged> staged = new ArrayList<>();
    for (JsonNode node : root.path("staged")) {
      List<ObjectKey> objects = new ArrayList<>();
      node.path("objects").forEach(object -> objects.add(RolloutJson.key(object)));
      staged.add(
          new Staging.Staged(
              new Stage.Candidate(node.path("id").asText(), Map.of(), ""),
              Staging.Answer.valueOf(node.path("answer").asText()),
              node.path("type").asText(),
              node.path("resource").asText(),
              node.path("message").asText(),
              objects));
    }
    try {
      return new Named(
          root.path("from").asText(),
          new Report(
              root.path("rollout").asLong(),
              root.path("stage").asInt(),
              root.path("done").asBoolean(),
              root.path("connected").asInt(),
              optional(root, "first"),
              root.path("present").asBoolean(),
              staged,
              root.path("resources").asInt(),
              outcomes(root.path("theirs")),
              outcomes(root.path("others")),
              optional(root, "settled").map(Instant::parse)));
    } catch (DateTimeException e) {
      throw new IllegalArgumentException("settled: " + e.getMessage(), e);
    }
  }

  private static Optional<String> optional(JsonNode root, String name) {
    return root.has(name) ? Optional.of(root.path(name).asText()) : Optional.empty();
  }

  /** Sums by cluster. */
  static void outcomes(Map<String, Outcomes> sums, ObjectNode out) {
    sums.forEach((cluster, sum) ->
        out.putObject(cluster)
            .put("succeeded", sum.succeeded())
            .put("failed", sum.failed())
            .put("timed", sum.timed())
            .put("millis", sum.millis()));
  }

  static Map<String, Outcomes> outcomes(JsonNode node) {
    Map<String, Outcomes> sums = new LinkedHashMap<>();
    node.properties()
        .forEach(entry ->
            sums.put(
                entry.getKey(),
                new Outcomes(
                    entry.getValue().path("succeeded").asLong(),
                    entry.getValue().path("failed").asLong(),
                    entry.getValue().path("timed").asLong(),
                    entry.getValue().path("millis").asDouble())));
    return sums;
  }
}
