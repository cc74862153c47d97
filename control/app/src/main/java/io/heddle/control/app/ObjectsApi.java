package io.heddle.control.app;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.heddle.control.api.document.ObjectParser;
import io.heddle.control.api.document.ObjectWriter;
import io.heddle.control.api.document.ParseResult;
import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.Kinds;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ResourceObject;
import io.heddle.control.api.store.Listing;
import io.heddle.control.api.store.Mutation;
import io.heddle.control.api.store.Precondition;
import io.heddle.control.api.store.Selection;
import io.heddle.control.api.store.Store;
import io.heddle.control.api.store.WriteContext;
import io.heddle.control.api.store.WriteResult;
import io.heddle.control.core.status.StatusBoard;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** Reads and writes objects for the REST API. For any thread; a write waits until it is durable. */
final class ObjectsApi {
  private static final Pattern NAME = Pattern.compile("[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?");

  private final Store store;
  private final StatusBoard board;

  ObjectsApi(Store store, StatusBoard board) {
    this.store = store;
    this.board = board;
  }

  /** All of the documents or nothing. */
  ApiAnswer apply(String file, String text, String from, boolean dryRun) {
    ParseResult parsed = ObjectParser.parse(file, text);
    if (!parsed.valid()) {
      return ApiAnswer.errors(422, parsed.errors().stream().map(ApiError::of).toList());
    }
    List<Mutation> mutations = new ArrayList<>();
    parsed.objects().forEach(object -> mutations.add(Mutation.Put.of(object)));
    return write(mutations, new WriteContext("api", from, dryRun));
  }

  ApiAnswer delete(String plural, String namespace, String name, String from) {
    Optional<ObjectKey> key = key(plural, namespace, name);
    if (key.isEmpty()) {
      return notFound(plural + "/" + namespace + "/" + name);
    }
    if (store.get(key.get()).isEmpty()) {
      return notFound(key.get().toString());
    }
    return write(
        List.of(new Mutation.Delete(key.get(), Precondition.ANY)), WriteContext.of("api", from));
  }

  private ApiAnswer write(List<Mutation> mutations, WriteContext context) {
    return switch (store.write(mutations, context)) {
      case WriteResult.Refused refused ->
          ApiAnswer.errors(
              409,
              refused.conflicts().stream()
                  .map(conflict ->
                      ApiError.about(
                          ApiError.Code.CONFLICT,
                          conflict.key().toString(),
                          conflict.offending(),
                          conflict.expected()))
                  .toList());
      case WriteResult.Applied applied -> {
        ObjectNode body = ApiAnswer.object();
        ArrayNode results = body.putArray("results");
        applied.outcomes().forEach(outcome -> result(outcome, applied, results.addObject()));
        yield ApiAnswer.ok(body);
      }
    };
  }

  private static void result(
      WriteResult.Outcome outcome, WriteResult.Applied applied, ObjectNode out) {
    String action =
        switch (outcome) {
          case WriteResult.Created _ -> "created";
          case WriteResult.Configured _ -> "configured";
          case WriteResult.Unchanged _ -> "unchanged";
          case WriteResult.Deleted _ -> "deleted";
          case WriteResult.NotFound _ -> "unchanged";
        };
    ObjectKey key = outcome.key();
    out.put("kind", key.kind().kindName())
        .put("namespace", key.namespace())
        .put("name", key.name())
        .put("action", action)
        .put(
            "revision",
            outcome
                .object()
                .map(object -> object.metadata().resourceVersion())
                .filter(version -> !version.isEmpty() && !applied.dryRun())
                .orElse(applied.revision().token()));
  }

  ApiAnswer list(String plural, String namespace) {
    Optional<Kind> kind = kind(plural);
    if (kind.isEmpty()) {
      return notFound("kind " + plural);
    }
    if (!namespace.isEmpty() && !NAME.matcher(namespace).matches()) {
      return ApiAnswer.error(
          400, ApiError.about(ApiError.Code.REQUEST, "namespace", shown(namespace), "a DNS label"));
    }
    Listing listing = store.list(Selection.of(kind.get(), namespace));
    ObjectNode body = ApiAnswer.object();
    body.put("apiVersion", "v1").put("kind", "List");
    body.putObject("metadata").put("resourceVersion", listing.revision().token());
    ArrayNode items = body.putArray("items");
    board.withStatus(listing.objects()).forEach(object -> items.add(ObjectWriter.toTree(object)));
    return ApiAnswer.ok(body);
  }

  ApiAnswer get(String plural, String namespace, String name) {
    Optional<ResourceObject> found = key(plural, namespace, name).flatMap(store::get);
    return found
        .map(object -> ApiAnswer.ok(ObjectWriter.toTree(board.withStatus(object))))
        .orElseGet(() -> notFound(plural + "/" + namespace + "/" + name));
  }

  private static Optional<Kind> kind(String plural) {
    return Kinds.ofWord(plural);
  }

  private static Optional<ObjectKey> key(String plural, String namespace, String name) {
    return NAME.matcher(namespace).matches() && NAME.matcher(name).matches()
        ? kind(plural).map(kind -> new ObjectKey(kind, namespace, name))
        : Optional.empty();
  }

  private static ApiAnswer notFound(String what) {
    return ApiAnswer.error(
        404,
        ApiError.about(ApiError.Code.NOT_FOUND, shown(what), "does not exist", "an existing one"));
  }

  static String shown(String text) {
    String cut = text.length() > 200 ? text.substring(0, 200) + "..." : text;
    return cut.replaceAll("\\p{Cntrl}", "?");
  }
}
