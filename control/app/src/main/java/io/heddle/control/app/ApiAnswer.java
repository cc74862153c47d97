package io.heddle.control.app;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** What a request is answered: a status and a JSON object. */
record ApiAnswer(int status, ObjectNode body) {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  static ApiAnswer ok(ObjectNode body) {
    return new ApiAnswer(200, body);
  }

  static ApiAnswer errors(int status, List<ApiError> errors) {
    ObjectNode body = object();
    ArrayNode list = body.putArray("errors");
    errors.forEach(error -> error.writeTo(list.addObject()));
    return new ApiAnswer(status, body);
  }

  static ApiAnswer error(int status, ApiError error) {
    return errors(status, List.of(error));
  }

  static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  /** A text of a caller's, fit to be shown. */
  static String shown(String text) {
    String cut = text.length() > 200 ? text.substring(0, 200) + "..." : text;
    return cut.replaceAll("\\p{Cntrl}", "?");
  }

  /** There is no such thing. */
  static ApiAnswer notFound(String what) {
    return error(
        404,
        ApiError.about(ApiError.Code.NOT_FOUND, shown(what), "does not exist", "an existing one"));
  }

  byte[] bytes() {
    try {
      return (MAPPER.writeValueAsString(body) + "\n").getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree of texts and numbers could not be written", e);
    }
  }
}
