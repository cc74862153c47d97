package io.heddle.control.app;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.heddle.control.api.resource.Condition;
import io.heddle.control.api.resource.ConditionStatus;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ResourceObject;
import io.heddle.control.api.store.Revision;
import io.heddle.control.api.store.Store;
import io.heddle.control.core.publish.Publisher;
import io.heddle.control.core.status.ProxyAnswer;
import io.heddle.xds.server.ProxySync;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/** Tells which proxies run what was written, for {@code heddle apply --wait}. */
final class SyncApi {
  private static final int MOST_OBJECTS = 10_000;
  private static final int MOST_NAMED = 1_000;

  private static final String TOPIC = "api/sync";

  private final Store store;
  private final Publisher publisher;
  private final OtherPlanes others;

  SyncApi(Store store, Publisher publisher, OtherPlanes others) {
    this.store = store;
    this.publisher = publisher;
    this.others = others;
    others.serve(TOPIC, this::ofConnected);
  }

  /**
   * How the proxies of all control planes stand that some objects concern: {@code published} once
   * the revision has gone out everywhere, {@code inSync} how many run it, {@code proxies} those
   * that do not, {@code objects} what is not accepted or refers to something missing, {@code
   * silent} control planes that did not say.
   */
  ApiAnswer sync(ApiRequest request) throws IOException, ApiRequest.Wrong {
    ObjectNode question = (ObjectNode) request.json();
    List<ResourceObject> objects = objects(question);
    ArrayNode missing = question.putArray("missing");
    publisher.board().missing().forEach(missing::add);
    OtherPlanes.Answers answers = others.ask(TOPIC, question);
    Set<String> elsewhere = new HashSet<>();
    for (ApiAnswer answer : answers.known()) {
      answer.body().path("here").forEach(id -> elsewhere.add(id.asText()));
    }
    ObjectNode out = own(question, objects, id -> !elsewhere.contains(id));
    for (ApiAnswer answer : answers.known()) {
      add(out, answer.body());
    }
    if (!answers.silent().isEmpty()) {
      out.put("published", false);
      ArrayNode silent = out.putArray("silent");
      answers.silent().stream().sorted().forEach(silent::add);
    }
    ArrayNode refused = out.putArray("objects");
    publisher.board().withOwnStatus(objects).forEach(object -> judge(object, refused));
    return ApiAnswer.ok(out);
  }

  private static void add(ObjectNode out, ObjectNode other) {
    out.put("published", out.path("published").asBoolean() && other.path("published").asBoolean());
    for (String count : List.of("inSync", "behind", "rejected")) {
      out.put(count, out.path(count).asInt() + other.path(count).asInt());
    }
    ArrayNode named = out.withArray("/proxies");
    for (JsonNode proxy : other.path("proxies")) {
      if (named.size() < MOST_NAMED) {
        named.add(proxy);
      }
    }
  }

  /** What another control plane asks. */
  private Optional<ApiAnswer> ofConnected(JsonNode question) throws ApiRequest.Wrong {
    ObjectNode out = own(question, objects(question), publisher.board()::connected);
    ArrayNode here = out.putArray("here");
    for (JsonNode id : question.path("missing")) {
      if (publisher.board().connected(id.asText())) {
        here.add(id.asText());
      }
    }
    return Optional.of(ApiAnswer.ok(out));
  }

  /**
   * How the proxies of this control plane stand.
   *
   * @param counts whether what a proxy refused counts here
   */
  private ObjectNode own(JsonNode question, List<ResourceObject> objects, Predicate<String> counts)
      throws ApiRequest.Wrong {
    Revision revision = new Revision(short128(ApiRequest.field(question, "revision")));
    ObjectNode out = ApiAnswer.object();
    // Asked first: what is published now may be more later, but never less.
    out.put("published", store.reaches(publisher.published(), revision));
    answers(objects, counts, out);
    return out;
  }

  private List<ResourceObject> objects(JsonNode question) throws ApiRequest.Wrong {
    List<ResourceObject> objects = new ArrayList<>();
    for (JsonNode wanted : question.path("objects")) {
      Optional<ObjectKey> key =
          ObjectsApi.key(
              ApiRequest.field(wanted, "kind"),
              ApiRequest.field(wanted, "namespace"),
              ApiRequest.field(wanted, "name"));
      key.flatMap(store::get).ifPresent(objects::add);
      if (objects.size() > MOST_OBJECTS) {
        throw ApiRequest.Wrong.of(
            400, ApiError.of(ApiError.Code.REQUEST, "objects: more than " + MOST_OBJECTS));
      }
    }
    return objects;
  }

  private static String short128(String text) throws ApiRequest.Wrong {
    if (text.length() > 128) {
      throw ApiRequest.Wrong.of(
          400,
          ApiError.about(ApiError.Code.REQUEST, "revision", ApiAnswer.shown(text), "a revision"));
    }
    return text;
  }

  private void answers(List<ResourceObject> objects, Predicate<String> counts, ObjectNode out) {
    Map<ObjectKey, Long> generations = new HashMap<>();
    objects.forEach(object -> generations.put(object.key(), object.metadata().generation()));
    int inSync = 0;
    int behind = 0;
    int rejected = 0;
    ArrayNode named = ApiAnswer.object().putArray("proxies");
    for (ProxyAnswer answer : publisher.board().answers(generations, counts)) {
      switch (answer.state()) {
        case IN_SYNC -> inSync++;
        case BEHIND -> behind++;
        case REJECTED -> rejected++;
      }
      if (answer.state() != ProxySync.State.IN_SYNC && named.size() < MOST_NAMED) {
        named
            .addObject()
            .put("id", answer.proxy())
            .put("state", answer.word())
            .put("resource", answer.resource())
            .put("message", answer.message());
      }
    }
    out.put("inSync", inSync).put("behind", behind).put("rejected", rejected);
    out.set("proxies", named);
  }

  /** A condition that says no, but for the one that is about the proxies. */
  private static void judge(ResourceObject object, ArrayNode out) {
    for (Condition condition : object.status().conditions()) {
      if (condition.status() == ConditionStatus.FALSE && !condition.type().equals("Programmed")) {
        out.addObject()
            .put("object", object.key().toString())
            .put("condition", condition.type())
            .put("reason", condition.reason())
            .put("message", condition.message());
      }
    }
  }
}
