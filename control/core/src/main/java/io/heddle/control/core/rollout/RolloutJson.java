package io.heddle.control.core.rollout;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.heddle.control.api.document.ObjectParser;
import io.heddle.control.api.document.ObjectWriter;
import io.heddle.control.api.document.ParseResult;
import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ResourceObject;
import io.heddle.control.api.store.Revision;
import io.heddle.control.api.store.StoreException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** A rollout as it is noted in the store; the objects with the data of Secrets in them. */
final class RolloutJson {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final String FORMAT = "heddle-rollout/1";

  private RolloutJson() {}

  static String write(Rollout rollout) {
    ObjectNode root = MAPPER.createObjectNode();
    root.put("format", FORMAT)
        .put("id", rollout.id())
        .put("what", rollout.what())
        .put("phase", rollout.phase().name())
        .put("stage", rollout.stage())
        .put("stageSince", rollout.stageSince().toString())
        .put("revision", rollout.revision())
        .put("leader", rollout.leader());
    RolloutPlan plan = rollout.plan();
    root.putObject("plan")
        .put("stages", Stage.format(plan.stages()))
        .put("soak", plan.soak().toString())
        .put("patience", plan.patience().toString())
        .put("onFailure", plan.onFailure().name())
        .put("errors", plan.limits().errors())
        .put("latency", plan.limits().latency())
        .put("requests", plan.limits().requests());
    ArrayNode objects = root.putArray("objects");
    rollout.objects().forEach(key -> key(key, objects.addObject()));
    ArrayNode change = root.putArray("change");
    for (Proposal proposal : rollout.change()) {
      ObjectNode out = change.addObject();
      switch (proposal) {
        case Proposal.Put put ->
            out.put("before", put.before().token())
                .put("object", ObjectWriter.toStoredJson(put.object()));
        case Proposal.Remove remove ->
            key(remove.key(), out.put("before", remove.before().token()).putObject("remove"));
      }
    }
    ArrayNode chosen = root.putArray("chosen");
    rollout.chosen().stream().sorted().forEach(chosen::add);
    Exchange.outcomes(rollout.past(), root.putObject("past"));
    ArrayNode steps = root.putArray("steps");
    for (Rollout.Step step : rollout.steps()) {
      steps
          .addObject()
          .put("at", step.at().toString())
          .put("who", step.who())
          .put("from", step.from())
          .put("what", step.what());
    }
    return root.toString();
  }

  /**
   * @param name of the note, for messages
   * @throws StoreException where it is not what was written
   */
  static Rollout read(String name, String text) {
    try {
      JsonNode root = MAPPER.readTree(text);
      if (!FORMAT.equals(root.path("format").asText())) {
        throw new IllegalArgumentException(
            "format: \"%s\" (expected: \"%s\")".formatted(root.path("format").asText(), FORMAT));
      }
      JsonNode plan = root.path("plan");
      List<ObjectKey> objects = new ArrayList<>();
      root.path("objects").forEach(node -> objects.add(key(node)));
      List<Proposal> change = new ArrayList<>();
      for (JsonNode node : root.path("change")) {
        Revision before = new Revision(node.path("before").asText());
        change.add(
            node.has("remove")
                ? new Proposal.Remove(key(node.path("remove")), before)
                : new Proposal.Put(object(name, node.path("object").asText()), before));
      }
      Set<String> chosen = new LinkedHashSet<>();
      root.path("chosen").forEach(node -> chosen.add(node.asText()));
      List<Rollout.Step> steps = new ArrayList<>();
      for (JsonNode node : root.path("steps")) {
        steps.add(
            new Rollout.Step(
                Instant.parse(node.path("at").asText()),
                node.path("who").asText(),
                node.path("from").asText(),
                node.path("what").asText()));
      }
      return new Rollout(
          root.path("id").asLong(),
          root.path("what").asText(),
          new RolloutPlan(
              Stage.parseAll(plan.path("stages").asText()),
              Duration.parse(plan.path("soak").asText()),
              Duration.parse(plan.path("patience").asText()),
              RolloutPlan.OnFailure.valueOf(plan.path("onFailure").asText()),
              new RolloutPlan.Limits(
                  plan.path("errors").asInt(),
                  plan.path("latency").asInt(),
                  plan.path("requests").asInt())),
          change,
          objects,
          Rollout.Phase.valueOf(root.path("phase").asText()),
          root.path("stage").asInt(),
          Instant.parse(root.path("stageSince").asText()),
          chosen,
          Exchange.outcomes(root.path("past")),
          root.path("revision").asText(),
          steps,
          root.path("leader").asText());
    } catch (JsonProcessingException | IllegalArgumentException | DateTimeException e) {
      throw new StoreException(
          "the store's note "
              + name
              + " cannot be understood ("
              + e.getMessage()
              + "); put the directory back from the newest backup",
          e);
    }
  }

  private static ResourceObject object(String name, String json) {
    ParseResult result = ObjectParser.parseStored(name, json);
    if (!result.valid() || result.parsed().size() != 1) {
      throw new IllegalArgumentException(
          result.errors().isEmpty() ? "no object" : result.errors().getFirst().toString());
    }
    return result.objects().getFirst();
  }

  static void key(ObjectKey key, ObjectNode out) {
    out.put("kind", key.kind().name()).put("namespace", key.namespace()).put("name", key.name());
  }

  static ObjectKey key(JsonNode node) {
    return new ObjectKey(
        Kind.valueOf(node.path("kind").asText()),
        node.path("namespace").asText(),
        node.path("name").asText());
  }
}
