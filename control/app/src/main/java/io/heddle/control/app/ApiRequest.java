package io.heddle.control.app;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** A request and who sent it: reads its parts, and refuses those that are wrong. */
final class ApiRequest {
  /** The largest body that is read. */
  static final int LARGEST_BODY = 4 << 20;

  private static final HeaderName FILE_NAME = HeaderNames.create("X-Heddle-File");
  private static final int LONGEST_FILE_NAME = 256;
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final ServerRequest request;
  private final Caller caller;

  ApiRequest(ServerRequest request, Caller caller) {
    this.request = request;
    this.caller = caller;
  }

  /** Carries the answer to a request that cannot be understood. */
  static final class Wrong extends Exception {
    private final transient ApiAnswer answer;

    private Wrong(ApiAnswer answer) {
      super(answer.body().toString(), null, false, false);
      this.answer = answer;
    }

    static Wrong of(int status, ApiError error) {
      return new Wrong(ApiAnswer.error(status, error));
    }

    ApiAnswer answer() {
      return answer;
    }
  }

  Caller caller() {
    return caller;
  }

  /** A part of the path. */
  String path(String name) {
    return request.path().pathParameters().get(name);
  }

  /** A parameter of the query; empty where it is not there. */
  String query(String name) {
    return request.query().first(name).orElse("");
  }

  /** Whether a parameter is there, and does not say {@code false}. */
  boolean flag(String name) {
    return request.query().contains(name) && !query(name).equals("false");
  }

  /** A whole number of the query. */
  int number(String name, int otherwise, int least, int most) throws Wrong {
    String text = query(name);
    if (text.isEmpty()) {
      return otherwise;
    }
    int value = text.matches("\\d{1,9}") ? Integer.parseInt(text) : -1;
    if (value < least || value > most) {
      throw Wrong.of(
          400,
          ApiError.about(
              ApiError.Code.REQUEST, name, ApiAnswer.shown(text), least + " to " + most));
    }
    return value;
  }

  /** What errors shall call the body. */
  String fileName() {
    String name = request.headers().first(FILE_NAME).orElse("(request body)");
    String printable = name.replaceAll("[^\\x20-\\x7e]", "?");
    return printable.length() > LONGEST_FILE_NAME
        ? printable.substring(0, LONGEST_FILE_NAME)
        : printable;
  }

  /** The body as text. */
  String text() throws IOException, Wrong {
    byte[] bytes;
    try (InputStream in = request.content().inputStream()) {
      bytes = in.readNBytes(LARGEST_BODY + 1);
    }
    if (bytes.length > LARGEST_BODY) {
      throw Wrong.of(
          413, ApiError.of(ApiError.Code.REQUEST, "a body above 4 MiB (expected: at most 4 MiB)"));
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException _) {
      throw Wrong.of(
          422, ApiError.of(ApiError.Code.DOCUMENT, "the body is no UTF-8 (expected: UTF-8 text)"));
    }
  }

  /** The body as a JSON object. */
  JsonNode json() throws IOException, Wrong {
    String text = text();
    try {
      JsonNode node = MAPPER.readTree(text);
      if (node != null && node.isObject()) {
        return node;
      }
    } catch (JsonProcessingException _) {
      // answered below
    }
    throw Wrong.of(
        400,
        ApiError.of(ApiError.Code.REQUEST, "the body is no JSON object (expected: a JSON object)"));
  }

  /** A text of a JSON body; empty where it is not there. */
  static String field(JsonNode body, String name) throws Wrong {
    JsonNode value = body.path(name);
    if (value.isMissingNode() || value.isNull()) {
      return "";
    }
    if (!value.isTextual()) {
      throw Wrong.of(
          400,
          ApiError.about(ApiError.Code.REQUEST, name, ApiAnswer.shown(value.toString()), "a text"));
    }
    return value.asText();
  }
}
