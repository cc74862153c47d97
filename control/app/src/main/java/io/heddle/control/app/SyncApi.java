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
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Tells which proxies run what was written, for {@code heddle apply --wait}. */
final class SyncApi {
  private static final int MOST_OBJECTS = 10_000;
  private static final int MOST_NAMED = 1_000;

  private final Store store;
  private final Publisher publisher;

  SyncApi(Store store, Publisher publisher) {
    this.store = store;
    this.publisher = publisher;
  }

  /**
   * How the proxies stand that some objects concern: {@code published} once the revision has gone
   * out, {@code inSync} how many run it, {@code proxies} those that do not, {@code objects} what is
   * not accepted or refers to something missing.
   */
  ApiAnswer sync(ApiRequest request) throws IOException, ApiRequest.Wrong {
    JsonNode body = request.json();
    Revision revision = new Revision(short128(ApiRequest.field(body, "revision")));
    // Asked first: what is published now may be more later, but never less.
    boolean published = store.reaches(publisher.published(), revision);
    List<ResourceObject> objects = new ArrayList<>();
    for (JsonNode wanted : body.path("objects")) {
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
    ObjectNode out = ApiAnswer.object();
    out.put("published", published);
    answers(objects, out);
    ArrayNode refused = out.putArray("objects");
    publisher.board().withStatus(objects).forEach(object -> judge(object, refused));
    return ApiAnswer.ok(out);
  }

  private static String short128(String text) throws ApiRequest.Wrong {
    if (text.length() > 128) {
      throw ApiRequest.Wrong.of(
          400,
          ApiError.about(ApiError.Code.REQUEST, "revision", ApiAnswer.shown(text), "a revision"));
    }
    return text;
  }

  private void answers(List<ResourceObject> objects, ObjectNode out) {
    Map<ObjectKey, Long> generations = new HashMap<>();
    objects.forEach(object -> generations.put(object.key(), object.metadata().generation()));
    int inSync = 0;
    int behind = 0;
    int rejected = 0;
    ArrayNode named = ApiAnswer.object().putArray("proxies");
    for (ProxyAnswer answer : publisher.board().answers(generations)) {
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
