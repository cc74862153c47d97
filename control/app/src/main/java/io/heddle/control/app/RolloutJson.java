package io.heddle.control.app;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.core.rollout.Figures;
import io.heddle.control.core.rollout.Rollout;
import io.heddle.control.core.rollout.RolloutPlan;
import io.heddle.control.core.rollout.RolloutStatus;
import io.heddle.control.core.rollout.Stage;
import io.heddle.control.core.rollout.Staging;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** A rollout as the REST API tells it. */
final class RolloutJson {
  private static final int MOST_NAMED = 1_000;

  private RolloutJson() {}

  /** What is durable of it. */
  static void write(Rollout rollout, ObjectNode out) {
    out.put("id", rollout.id())
        .put("what", rollout.what())
        .put("phase", rollout.phase().word())
        .put("reason", rollout.reason())
        .put("who", rollout.steps().getFirst().who())
        .put("from", rollout.steps().getFirst().from())
        .put("startedAt", rollout.steps().getFirst().at().toString())
        .put("stage", rollout.present().name())
        .put("stageSince", rollout.stageSince().toString())
        .put("revision", rollout.revision());
    if (!rollout.leader().isEmpty()) {
      out.put("leader", rollout.leader());
    }
    RolloutPlan plan = rollout.plan();
    ArrayNode stages = out.putArray("stages");
    for (int i = 0; i < plan.stages().size(); i++) {
      Stage stage = plan.stages().get(i);
      stages
          .addObject()
          .put("name", stage.name())
          .put("selector", stage.selector())
          .put("state", state(rollout, i));
    }
    out.put("soak", text(plan.soak().toMillis()))
        .put("patience", text(plan.patience().toMillis()))
        .put("onFailure", plan.onFailure().name().toLowerCase(Locale.ROOT))
        .put("maxErrorIncrease", plan.limits().errors() / 100.0)
        .put("maxLatencyIncrease", plan.limits().latency())
        .put("minRequests", plan.limits().requests());
    ArrayNode objects = out.putArray("objects");
    rollout.objects().forEach(key -> object(key, objects));
    ArrayNode steps = out.putArray("steps");
    for (Rollout.Step step : rollout.steps()) {
      steps
          .addObject()
          .put("at", step.at().toString())
          .put("who", step.who())
          .put("from", step.from())
          .put("what", step.what());
    }
  }

  private static String state(Rollout rollout, int index) {
    if (rollout.phase() == Rollout.Phase.COMPLETED || index < rollout.stage()) {
      return "passed";
    }
    if (index > rollout.stage()) {
      return rollout.phase().active() ? "to come" : "not reached";
    }
    return rollout.phase().active() ? "present" : "failed";
  }

  private static String text(long millis) {
    return millis % 1_000 == 0 ? millis / 1_000 + "s" : millis + "ms";
  }

  private static void object(ObjectKey key, ArrayNode out) {
    out.addObject()
        .put("kind", key.kind().kindName())
        .put("namespace", key.namespace())
        .put("name", key.name());
  }

  /** And how it stands right now. */
  static void write(RolloutStatus status, ObjectNode out) {
    write(status.rollout(), out);
    if (!status.rollout().phase().active()) {
      return;
    }
    List<Staging.Staged> staged = status.staged();
    Map<Staging.Answer, Integer> counts = new TreeMap<>();
    staged.forEach(one -> counts.merge(one.answer(), 1, Integer::sum));
    ObjectNode now =
        out.putObject("now")
            .put("connected", status.connected())
            .put("staged", staged.size())
            .put("inSync", counts.getOrDefault(Staging.Answer.IN_SYNC, 0))
            .put("behind", counts.getOrDefault(Staging.Answer.BEHIND, 0))
            .put("rejected", counts.getOrDefault(Staging.Answer.REJECTED, 0))
            .put("unconcerned", counts.getOrDefault(Staging.Answer.UNCONCERNED, 0))
            .put("resources", status.resources())
            .put("settledSince", status.settled().map(Object::toString).orElse(""));
    Figures figures = status.figures();
    now.putObject("requests")
        .put("total", figures.requests())
        .put("errorRatio", figures.errorRatio())
        .put("expectedErrorRatio", figures.expectedErrorRatio())
        .put("timed", figures.timed())
        .put("millis", figures.millis())
        .put("expectedMillis", figures.expectedMillis());
    if (!status.silent().isEmpty()) {
      ArrayNode silent = now.putArray("silent");
      status.silent().stream().sorted().forEach(silent::add);
    }
    ArrayNode proxies = now.putArray("proxies");
    for (Staging.Staged one : staged) {
      if (proxies.size() == MOST_NAMED) {
        break;
      }
      ObjectNode proxy =
          proxies
              .addObject()
              .put("id", one.proxy().id())
              .put("state", word(one.answer()))
              .put("type", one.type())
              .put("resource", one.resource())
              .put("message", one.message());
      ArrayNode objects = proxy.putArray("objects");
      one.objects().forEach(key -> object(key, objects));
    }
  }

  private static String word(Staging.Answer answer) {
    return switch (answer) {
      case IN_SYNC -> "InSync";
      case BEHIND -> "Behind";
      case REJECTED -> "Rejected";
      case UNCONCERNED -> "Unconcerned";
    };
  }
}
