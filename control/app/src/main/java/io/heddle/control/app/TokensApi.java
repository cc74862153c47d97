package io.heddle.control.app;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes, lists and revokes tokens, for the REST API. For any thread that may wait. */
final class TokensApi {
  private static final Logger LOG = LoggerFactory.getLogger(TokensApi.class);

  private final Tokens tokens;

  TokensApi(Tokens tokens) {
    this.tokens = tokens;
  }

  /** Names, roles and services; nothing that would let anybody in. */
  ApiAnswer list() {
    ObjectNode body = ApiAnswer.object();
    ArrayNode list = body.putArray("tokens");
    tokens.all().forEach(token -> write(token, list.addObject()));
    return ApiAnswer.ok(body);
  }

  /** The answer holds the secret, this once. */
  ApiAnswer create(ApiRequest request) throws IOException, ApiRequest.Wrong {
    JsonNode body = request.json();
    String word = ApiRequest.field(body, "role");
    Optional<Role> role = Role.ofWord(word);
    if (role.isEmpty()) {
      return ApiAnswer.error(
          400,
          ApiError.about(
              ApiError.Code.REQUEST,
              "role",
              word.isEmpty() ? "absent" : ApiAnswer.shown(word),
              "view, edit, operate or proxy"));
    }
    String name = ApiRequest.field(body, "name");
    Optional<Tokens.Made> made;
    try {
      made = tokens.create(name, role.get(), service(ApiRequest.field(body, "service")));
    } catch (IllegalArgumentException e) {
      return ApiAnswer.error(
          400, ApiError.of(ApiError.Code.REQUEST, String.valueOf(e.getMessage())));
    }
    if (made.isEmpty()) {
      return ApiAnswer.error(
          409,
          ApiError.about(
              ApiError.Code.CONFLICT,
              "token " + name,
              "exists",
              "another name, or revoke it first"));
    }
    LOG.info(
        "{} made the token {} with the role {}", request.caller().who(), name, role.get().word());
    ObjectNode answer = ApiAnswer.object();
    write(made.get().token(), answer);
    answer.put("token", made.get().secret());
    return ApiAnswer.ok(answer);
  }

  ApiAnswer revoke(ApiRequest request) {
    String name = request.path("name");
    if (!tokens.revoke(name)) {
      return ApiAnswer.notFound("token " + name);
    }
    LOG.info("{} revoked the token {}", request.caller().who(), name);
    ObjectNode answer = ApiAnswer.object();
    answer.put("name", name).put("action", "revoked");
    return ApiAnswer.ok(answer);
  }

  /** {@code web} stands for {@code default/web}, {@code gateway/demo} for that of the namespace. */
  private static String service(String text) {
    if (text.isEmpty()) {
      return "";
    }
    String[] parts = text.split("/", -1);
    if (parts.length == 1) {
      return "default/" + text;
    }
    return parts.length == 2 && parts[0].equals("gateway") ? "gateway/default/" + parts[1] : text;
  }

  private static void write(Token token, ObjectNode out) {
    out.put("name", token.name())
        .put("role", token.role().word())
        .put("service", token.service())
        .put("created", token.created().toString());
  }
}
