package io.heddle.control.app;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.heddle.control.api.document.ObjectParser;
import io.heddle.control.api.document.ObjectWriter;
import io.heddle.control.api.document.ParseResult;
import io.heddle.control.api.document.ParsedObject;
import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.Kinds;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.store.Listing;
import io.heddle.control.api.store.Mutation;
import io.heddle.control.api.store.Precondition;
import io.heddle.control.api.store.Selection;
import io.heddle.control.api.store.Store;
import io.heddle.control.core.status.StatusBoard;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** Reads and writes objects for the REST API. For any thread; a write waits until it is durable. */
final class ObjectsApi {
  private static final Pattern NAME = Pattern.compile("[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?");

  private final Store store;
  private final StatusBoard board;
  private final Writes writes;
  private final HistoryApi history;

  ObjectsApi(Store store, StatusBoard board, Writes writes, HistoryApi history) {
    this.store = store;
    this.board = board;
    this.writes = writes;
    this.history = history;
  }

  /** All of the documents or nothing. */
  ApiAnswer apply(ApiRequest request, boolean dryRun) throws IOException, ApiRequest.Wrong {
    String file = request.fileName();
    ParseResult parsed = ObjectParser.parse(file, request.text());
    if (!parsed.valid()) {
      return ApiAnswer.errors(422, parsed.errors().stream().map(ApiError::of).toList());
    }
    List<Mutation> mutations = new ArrayList<>();
    Map<ObjectKey, Writes.Origin> origins = new HashMap<>();
    for (ParsedObject document : parsed.parsed()) {
      mutations.add(Mutation.Put.of(document.object()));
      origins.put(document.object().key(), new Writes.Origin(document.file(), document.line()));
    }
    return writes.write(
        mutations,
        request.caller().context(dryRun, "apply " + file),
        origins,
        request.flag("force"));
  }

  ApiAnswer delete(ApiRequest request) {
    Optional<ObjectKey> key = key(request);
    if (key.isEmpty() || store.get(key.get()).isEmpty()) {
      return notFound(request);
    }
    return writes.write(
        List.of(new Mutation.Delete(key.get(), Precondition.ANY)),
        request.caller().context(request.flag("dryRun"), "delete"),
        Map.of(),
        request.flag("force"));
  }

  ApiAnswer list(ApiRequest request) {
    String plural = request.path("kind");
    String namespace = request.query("namespace");
    Optional<Kind> kind = Kinds.ofWord(plural);
    if (kind.isEmpty()) {
      return ApiAnswer.notFound("kind " + plural);
    }
    if (!namespace.isEmpty() && !NAME.matcher(namespace).matches()) {
      return ApiAnswer.error(
          400,
          ApiError.about(
              ApiError.Code.REQUEST, "namespace", ApiAnswer.shown(namespace), "a DNS label"));
    }
    Listing listing = store.list(Selection.of(kind.get(), namespace));
    ObjectNode body = ApiAnswer.object();
    body.put("apiVersion", "v1").put("kind", "List");
    body.putObject("metadata").put("resourceVersion", listing.revision().token());
    ArrayNode items = body.putArray("items");
    board.withStatus(listing.objects()).forEach(object -> items.add(ObjectWriter.toTree(object)));
    return ApiAnswer.ok(body);
  }

  /** The object as it is, or as it was at the {@code revision} that the query names. */
  ApiAnswer get(ApiRequest request) throws ApiRequest.Wrong {
    Optional<ObjectKey> key = key(request);
    if (key.isPresent() && !request.query("revision").isEmpty()) {
      return history.at(request, key.get());
    }
    return key.flatMap(store::get)
        .map(object -> ApiAnswer.ok(ObjectWriter.toTree(board.withStatus(object))))
        .orElseGet(() -> notFound(request));
  }

  private static Optional<ObjectKey> key(ApiRequest request) {
    return key(request.path("kind"), request.path("namespace"), request.path("name"));
  }

  /** What a user means; empty when nothing can be called so. */
  static Optional<ObjectKey> key(String kind, String namespace, String name) {
    return NAME.matcher(namespace).matches() && NAME.matcher(name).matches()
        ? Kinds.ofWord(kind).map(known -> new ObjectKey(known, namespace, name))
        : Optional.empty();
  }

  private static ApiAnswer notFound(ApiRequest request) {
    return ApiAnswer.notFound(
        key(request)
            .map(ObjectKey::toString)
            .orElseGet(() ->
                request.path("kind")
                    + "/"
                    + request.path("namespace")
                    + "/"
                    + request.path("name")));
  }
}
