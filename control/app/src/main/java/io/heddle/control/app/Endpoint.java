package io.heddle.control.app;

import java.io.IOException;
import java.util.List;

/**
 * One path of the REST API.
 *
 * @param path with {@code {name}} for its variable parts
 * @param needs what the caller must be allowed to do
 * @param summary for the OpenAPI document
 * @param queries what the query may hold
 * @param body what the body is; {@link Body#NONE} for none
 */
record Endpoint(
    Method method,
    String path,
    Role needs,
    String summary,
    List<String> queries,
    Body body,
    Answering answering) {
  Endpoint {
    queries = List.copyOf(queries);
  }

  /** What a request is answered by. */
  interface Answering {
    ApiAnswer answer(ApiRequest request) throws IOException, ApiRequest.Wrong;
  }

  enum Method {
    GET,
    POST,
    DELETE
  }

  /** What a request carries. */
  enum Body {
    NONE,
    /** Objects in YAML or JSON. */
    DOCUMENTS,
    /** A JSON object. */
    JSON
  }

  static Endpoint get(
      String path, Role needs, String summary, List<String> queries, Answering answering) {
    return new Endpoint(Method.GET, path, needs, summary, queries, Body.NONE, answering);
  }

  static Endpoint post(
      String path,
      Role needs,
      String summary,
      List<String> queries,
      Body body,
      Answering answering) {
    return new Endpoint(Method.POST, path, needs, summary, queries, body, answering);
  }

  static Endpoint delete(
      String path, Role needs, String summary, List<String> queries, Answering answering) {
    return new Endpoint(Method.DELETE, path, needs, summary, queries, Body.NONE, answering);
  }
}
