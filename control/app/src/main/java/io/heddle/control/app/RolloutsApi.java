package io.heddle.control.app;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.heddle.control.api.document.ObjectParser;
import io.heddle.control.api.document.ParseResult;
import io.heddle.control.api.document.ParsedObject;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.store.Mutation;
import io.heddle.control.api.store.WriteContext;
import io.heddle.control.core.rollout.RefusedException;
import io.heddle.control.core.rollout.Rollout;
import io.heddle.control.core.rollout.RolloutPlan;
import io.heddle.control.core.rollout.Rollouts;
import io.heddle.control.core.rollout.Stage;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Rollouts by stages, for the REST API. For any thread that may wait. */
final class RolloutsApi {
  /** What the query of a start may hold. */
  static final List<String> QUERIES =
      List.of(
          "stages",
          "soak",
          "patience",
          "onFailure",
          "maxErrorIncrease",
          "maxLatencyIncrease",
          "minRequests",
          "delete",
          "dryRun",
          "force");

  private static final int USUAL = 20;

  private final Rollouts rollouts;
  private final Writes writes;

  RolloutsApi(Rollouts rollouts, Writes writes) {
    this.rollouts = rollouts;
    this.writes = writes;
  }

  /** Begins one with the objects of the body, and those that {@code delete} names removed. */
  ApiAnswer start(ApiRequest request) throws IOException, ApiRequest.Wrong {
    RolloutPlan plan = plan(request);
    String file = request.fileName();
    List<Mutation> mutations = new ArrayList<>();
    Map<ObjectKey, Writes.Origin> origins = new HashMap<>();
    String text = request.text();
    if (!text.isBlank()) {
      ParseResult parsed = ObjectParser.parse(file, text);
      if (!parsed.valid()) {
        return ApiAnswer.errors(422, parsed.errors().stream().map(ApiError::of).toList());
      }
      for (ParsedObject document : parsed.parsed()) {
        mutations.add(Mutation.Put.of(document.object()));
        origins.put(document.object().key(), new Writes.Origin(document.file(), document.line()));
      }
    }
    for (String gone : request.query("delete").split(",", -1)) {
      if (!gone.isEmpty()) {
        ObjectKey key = key(gone);
        if (origins.containsKey(key)) {
          throw wrong("delete", gone, "no object of the body");
        }
        mutations.add(Mutation.Delete.of(key));
      }
    }
    WriteContext context = request.caller().context(false, text.isBlank() ? "delete" : file);
    ApiAnswer judged =
        writes.write(mutations, context.trying(true), origins, request.flag("force"));
    if (judged.status() != 200 || request.flag("dryRun")) {
      return judged;
    }
    try {
      Rollout started = rollouts.start(plan, mutations, context);
      ObjectNode body = ApiAnswer.object();
      RolloutJson.write(started, body);
      body.set("results", judged.body().path("results"));
      body.set("findings", judged.body().path("findings"));
      return ApiAnswer.ok(body);
    } catch (RefusedException e) {
      return refused(e);
    }
  }

  private static ObjectKey key(String text) throws ApiRequest.Wrong {
    String[] parts = text.split("/", -1);
    Optional<ObjectKey> key =
        parts.length == 3 ? ObjectsApi.key(parts[0], parts[1], parts[2]) : Optional.empty();
    return key.orElseThrow(() -> wrong("delete", text, "KIND/NAMESPACE/NAME, separated by commas"));
  }

  private static RolloutPlan plan(ApiRequest request) throws ApiRequest.Wrong {
    try {
      String onFailure = request.query("onFailure");
      return new RolloutPlan(
          Stage.parseAll(request.query("stages")),
          duration(request, "soak", Duration.ofSeconds(30)),
          duration(request, "patience", Duration.ofMinutes(1)),
          switch (onFailure) {
            case "", "rollback" -> RolloutPlan.OnFailure.ROLLBACK;
            case "hold" -> RolloutPlan.OnFailure.HOLD;
            default -> throw wrong("onFailure", onFailure, "rollback or hold");
          },
          new RolloutPlan.Limits(
              hundredths(request),
              request.number("maxLatencyIncrease", RolloutPlan.Limits.USUAL.latency(), 0, 10_000),
              request.number("minRequests", RolloutPlan.Limits.USUAL.requests(), 1, 1_000_000)));
    } catch (IllegalArgumentException e) {
      throw ApiRequest.Wrong.of(
          400, ApiError.of(ApiError.Code.REQUEST, String.valueOf(e.getMessage())));
    }
  }

  private static Duration duration(ApiRequest request, String name, Duration otherwise) {
    String text = request.query(name);
    return text.isEmpty() ? otherwise : Durations.parse(name, text);
  }

  /** Percentage points, with up to two decimals. */
  private static int hundredths(ApiRequest request) throws ApiRequest.Wrong {
    String text = request.query("maxErrorIncrease");
    if (text.isEmpty()) {
      return RolloutPlan.Limits.USUAL.errors();
    }
    if (!text.matches("\\d{1,3}(\\.\\d{1,2})?")) {
      throw wrong("maxErrorIncrease", text, "0 to 100, such as 0.5");
    }
    return new BigDecimal(text).movePointRight(2).intValue();
  }

  private static ApiRequest.Wrong wrong(String what, String offending, String expected) {
    return ApiRequest.Wrong.of(
        400,
        ApiError.about(
            ApiError.Code.REQUEST, what, "\"" + ApiAnswer.shown(offending) + "\"", expected));
  }

  private static ApiAnswer refused(RefusedException refused) {
    return ApiAnswer.error(409, Writes.error(refused));
  }

  /** Past and present ones, newest first. */
  ApiAnswer list(ApiRequest request) throws ApiRequest.Wrong {
    int limit = request.number("limit", USUAL, 1, 100);
    ObjectNode body = ApiAnswer.object();
    ArrayNode items = body.putArray("rollouts");
    rollouts.all().stream()
        .limit(limit)
        .forEach(rollout -> RolloutJson.write(rollout, items.addObject()));
    return ApiAnswer.ok(body);
  }

  /** One with how it stands; {@code latest} is the newest. */
  ApiAnswer get(ApiRequest request) {
    Optional<Rollout> rollout = named(request);
    if (rollout.isEmpty()) {
      return ApiAnswer.notFound("rollout " + request.path("id"));
    }
    ObjectNode body = ApiAnswer.object();
    RolloutJson.write(rollouts.status(rollout.get()), body);
    return ApiAnswer.ok(body);
  }

  private Optional<Rollout> named(ApiRequest request) {
    String id = request.path("id");
    if (id.equals("latest")) {
      return rollouts.all().stream().findFirst();
    }
    return id.matches("\\d{1,18}") ? rollouts.find(Long.parseLong(id)) : Optional.empty();
  }

  /** What can be done with one that is under way. */
  interface Doing {
    Rollout with(long id, WriteContext context) throws RefusedException;
  }

  ApiAnswer act(ApiRequest request, Doing doing) {
    Optional<Rollout> rollout = named(request);
    if (rollout.isEmpty()) {
      return ApiAnswer.notFound("rollout " + request.path("id"));
    }
    try {
      Rollout now = doing.with(rollout.get().id(), request.caller().context(false, ""));
      ObjectNode body = ApiAnswer.object();
      RolloutJson.write(rollouts.status(now), body);
      return ApiAnswer.ok(body);
    } catch (RefusedException e) {
      return refused(e);
    }
  }

  List<Endpoint> endpoints() {
    return List.of(
        Endpoint.post(
            "/api/v1/rollouts",
            Role.EDIT,
            "Brings a change to the proxies by stages",
            QUERIES,
            Endpoint.Body.DOCUMENTS,
            this::start),
        Endpoint.get(
            "/api/v1/rollouts", Role.VIEW, "Rollouts, newest first", List.of("limit"), this::list),
        Endpoint.get(
            "/api/v1/rollouts/{id}",
            Role.VIEW,
            "One rollout with how it stands; latest is the newest",
            List.of(),
            this::get),
        action("pause", "Lets no further stage begin", rollouts::pause),
        action("resume", "Lets a rollout go on that is paused or held", rollouts::resume),
        action("abort", "Takes a rollout back", rollouts::abort));
  }

  private Endpoint action(String verb, String summary, Doing doing) {
    return Endpoint.post(
        "/api/v1/rollouts/{id}/" + verb,
        Role.EDIT,
        summary,
        List.of(),
        Endpoint.Body.NONE,
        request -> act(request, doing));
  }
}
