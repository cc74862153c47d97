package io.heddle.control.app;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.heddle.control.api.document.Schemas;
import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.Kinds;

/** The JSON Schemas of the kinds, for the REST API. For any thread. */
final class SchemasApi {
  private SchemasApi() {}

  static ApiAnswer list() {
    ObjectNode body = ApiAnswer.object();
    ArrayNode kinds = body.putArray("kinds");
    for (Kind kind : Kinds.all()) {
      ObjectNode one = kinds.addObject();
      one.put("apiVersion", kind.apiVersion())
          .put("kind", kind.kindName())
          .put("plural", kind.plural());
      ArrayNode names = one.putArray("shortNames");
      kind.shortNames().forEach(names::add);
      one.put("schema", "/api/v1/schemas/" + kind.kindName());
    }
    return ApiAnswer.ok(body);
  }

  static ApiAnswer get(ApiRequest request) {
    String word = request.path("kind");
    return Kinds.ofWord(word)
        .map(kind -> ApiAnswer.ok(Schemas.of(kind)))
        .orElseGet(() ->
            ApiAnswer.error(
                404,
                ApiError.about(
                    ApiError.Code.NOT_FOUND,
                    "kind",
                    ApiAnswer.shown(word),
                    "one of those of GET /api/v1/schemas")));
  }
}
