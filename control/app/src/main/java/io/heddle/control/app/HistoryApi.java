package io.heddle.control.app;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.heddle.control.api.document.ObjectWriter;
import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.Kinds;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ObjectMeta;
import io.heddle.control.api.resource.ResourceObject;
import io.heddle.control.api.resource.SecretSpec;
import io.heddle.control.api.store.HistoryEntry;
import io.heddle.control.api.store.HistoryPage;
import io.heddle.control.api.store.HistoryQuery;
import io.heddle.control.api.store.Mutation;
import io.heddle.control.api.store.Precondition;
import io.heddle.control.api.store.Recall;
import io.heddle.control.api.store.Revision;
import io.heddle.control.api.store.Store;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Tells what was, and takes it back, for the REST API. For any thread that may wait. */
final class HistoryApi {
  private static final int USUAL = 50;

  private final Store store;
  private final Writes writes;

  HistoryApi(Store store, Writes writes) {
    this.store = store;
    this.writes = writes;
  }

  /** Past writes, newest first, each with the objects that it changed. */
  ApiAnswer history(ApiRequest request) throws ApiRequest.Wrong {
    HistoryQuery query =
        HistoryQuery.newest(request.number("limit", USUAL, 1, HistoryQuery.MOST))
            .inNamespace(request.query("namespace"))
            .named(request.query("name"))
            .before(
                request.query("before").isEmpty() ? Revision.NONE : revision(request, "before"));
    if (!request.query("kind").isEmpty()) {
      Optional<Kind> kind = Kinds.ofWord(request.query("kind"));
      if (kind.isEmpty()) {
        return ApiAnswer.notFound("kind " + request.query("kind"));
      }
      query = query.ofKind(kind.get());
    }
    HistoryPage page = store.history(query);
    ObjectNode body = ApiAnswer.object();
    body.put("revision", page.newest().token())
        .put("oldestRevision", page.oldest().token())
        .put("more", page.more());
    ArrayNode revisions = body.putArray("revisions");
    for (List<HistoryEntry> write : byWrite(page.changes())) {
      HistoryEntry first = write.getFirst();
      ObjectNode out = head(first, revisions.addObject());
      ArrayNode changes = out.putArray("changes");
      write.forEach(entry -> named(entry.key(), action(entry), changes.addObject()));
    }
    return ApiAnswer.ok(body);
  }

  /** One write, with every object as it was before and after. */
  ApiAnswer revision(ApiRequest request) throws ApiRequest.Wrong {
    Revision wanted = revision("revision", request.path("revision"));
    List<HistoryEntry> changes = known(store.changesOf(wanted), wanted);
    ObjectNode body = head(changes.getFirst(), ApiAnswer.object());
    ArrayNode list = body.putArray("changes");
    changes.forEach(entry -> change(entry.key(), entry.before(), entry.after(), list));
    return ApiAnswer.ok(body);
  }

  /** What is different between two states, whichever is the older one. */
  ApiAnswer diff(ApiRequest request) throws ApiRequest.Wrong {
    Revision from = revision(request, "from");
    Revision to = revision(request, "to");
    boolean backwards = store.reaches(from, to);
    List<HistoryEntry> entries =
        new ArrayList<>(
            backwards
                ? known(store.changesBetween(to, from), to)
                : known(store.changesBetween(from, to), from));
    if (backwards) {
      Collections.reverse(entries);
    }
    Map<ObjectKey, Optional<ResourceObject>> first = new LinkedHashMap<>();
    Map<ObjectKey, Optional<ResourceObject>> last = new LinkedHashMap<>();
    for (HistoryEntry entry : entries) {
      first.putIfAbsent(entry.key(), backwards ? entry.after() : entry.before());
      last.put(entry.key(), backwards ? entry.before() : entry.after());
    }
    ObjectNode body = ApiAnswer.object();
    body.put("from", from.token()).put("to", to.token());
    ArrayNode changes = body.putArray("changes");
    first.forEach(
        (key, before) -> change(key, before, last.getOrDefault(key, Optional.empty()), changes));
    return ApiAnswer.ok(body);
  }

  /** An object as it was. */
  ApiAnswer at(ApiRequest request, ObjectKey key) throws ApiRequest.Wrong {
    Revision wanted = revision(request, "revision");
    return known(store.at(key, wanted), wanted)
        .map(object -> ApiAnswer.ok(ObjectWriter.toTree(object)))
        .orElseGet(() -> ApiAnswer.notFound(key + " at revision " + wanted));
  }

  /**
   * Takes one write back: what it created is removed, what it changed or removed is as before. That
   * is a write of its own. Without {@code force} each object must be as the write left it.
   */
  ApiAnswer rollback(ApiRequest request) throws ApiRequest.Wrong {
    Revision wanted = revision(request, "revision");
    boolean force = request.flag("force");
    List<Mutation> mutations = new ArrayList<>();
    for (HistoryEntry entry : known(store.changesOf(wanted), wanted)) {
      if (entry.before().isPresent()
          && entry.before().get().spec() instanceof SecretSpec secret
          && !secret.hasData()) {
        throw ApiRequest.Wrong.of(
            422,
            ApiError.about(
                ApiError.Code.FORGOTTEN,
                entry.key().toString(),
                "its data is kept in no history",
                "that you apply it again"));
      }
      Precondition condition =
          force
              ? Precondition.ANY
              : entry.after().isPresent()
                  ? new Precondition.Unchanged(wanted)
                  : Precondition.ABSENT;
      mutations.add(
          entry
              .before()
              .<Mutation>map(object -> new Mutation.Put(plain(object), condition))
              .orElseGet(() -> new Mutation.Delete(entry.key(), condition)));
    }
    return writes.write(
        mutations,
        request.caller().context(request.flag("dryRun"), "rollback of revision " + wanted),
        Map.of(),
        force);
  }

  /** As a user would write it. */
  private static ResourceObject plain(ResourceObject object) {
    ObjectMeta metadata = object.metadata();
    return ResourceObject.of(metadata.stored(0, "", "", ""), object.spec());
  }

  private static List<List<HistoryEntry>> byWrite(List<HistoryEntry> changes) {
    Map<Revision, List<HistoryEntry>> writes = new LinkedHashMap<>();
    changes.forEach(
        entry -> writes.computeIfAbsent(entry.revision(), r -> new ArrayList<>()).add(entry));
    return List.copyOf(writes.values());
  }

  private static ObjectNode head(HistoryEntry entry, ObjectNode out) {
    return out.put("revision", entry.revision().token())
        .put("at", entry.at().toString())
        .put("who", entry.context().who())
        .put("from", entry.context().from())
        .put("how", entry.context().how());
  }

  private static String action(HistoryEntry entry) {
    return action(entry.before(), entry.after());
  }

  private static String action(Optional<ResourceObject> before, Optional<ResourceObject> after) {
    if (before.isEmpty()) {
      return "created";
    }
    return after.isEmpty() ? "deleted" : "configured";
  }

  private static ObjectNode named(ObjectKey key, String action, ObjectNode out) {
    return out.put("kind", key.kind().kindName())
        .put("namespace", key.namespace())
        .put("name", key.name())
        .put("action", action);
  }

  private static void change(
      ObjectKey key,
      Optional<ResourceObject> before,
      Optional<ResourceObject> after,
      ArrayNode out) {
    if (before.map(HistoryApi::plain).equals(after.map(HistoryApi::plain))) {
      return;
    }
    ObjectNode change = named(key, action(before, after), out.addObject());
    before.ifPresent(object -> change.set("before", ObjectWriter.toTree(object)));
    after.ifPresent(object -> change.set("after", ObjectWriter.toTree(object)));
  }

  private static Revision revision(ApiRequest request, String parameter) throws ApiRequest.Wrong {
    return revision(parameter, request.query(parameter));
  }

  private static Revision revision(String what, String text) throws ApiRequest.Wrong {
    if (text.isEmpty() || text.length() > 128) {
      throw ApiRequest.Wrong.of(
          400,
          ApiError.about(
              ApiError.Code.REQUEST,
              what,
              text.isEmpty() ? "absent" : ApiAnswer.shown(text),
              "a revision"));
    }
    return new Revision(text);
  }

  private static <T> T known(Recall<T> recall, Revision wanted) throws ApiRequest.Wrong {
    return switch (recall) {
      case Recall.Known<T> known -> known.value();
      case Recall.Forgotten<T> forgotten ->
          throw ApiRequest.Wrong.of(
              410,
              ApiError.about(
                  ApiError.Code.FORGOTTEN,
                  "revision " + wanted,
                  "is no longer kept",
                  forgotten.oldest() + " or a later one"));
      case Recall.Unknown<T> unknown ->
          throw ApiRequest.Wrong.of(
              404,
              ApiError.about(
                  ApiError.Code.NOT_FOUND,
                  "revision " + ApiAnswer.shown(wanted.token()),
                  "was never made",
                  "at most " + unknown.newest()));
    };
  }
}
