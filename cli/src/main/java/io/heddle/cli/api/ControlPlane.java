package io.heddle.cli.api;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.heddle.cli.output.Finding;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.StringJoiner;
import javax.net.ssl.HttpsURLConnection;

/**
 * The control plane's REST API. Uses the JDK's old HTTP client, which starts five times faster than
 * the new one, and never a proxy from the environment.
 */
public final class ControlPlane {
  private static final int CONNECT_MILLIS = 2_000;
  private static final int READ_MILLIS = 30_000;
  private static final int LARGEST_ANSWER = 64 << 20;

  private final URI base;
  private final Credentials credentials;

  /** One that lets everybody in. */
  public ControlPlane(URI base) {
    this(base, Credentials.NONE);
  }

  public ControlPlane(URI base, Credentials credentials) {
    this.base = base;
    this.credentials = credentials;
  }

  /**
   * What was answered.
   *
   * @param body an object, empty when nothing was said
   */
  public record Answer(int status, JsonNode body) {
    public boolean ok() {
      return status >= 200 && status < 300;
    }
  }

  public URI base() {
    return base;
  }

  /** Whether {@code /healthz} answers 200. */
  public boolean ready() {
    try {
      return exchange("GET", "/healthz", "", "").ok();
    } catch (ControlPlaneException e) {
      return false;
    }
  }

  public JsonNode status() {
    return done(exchange("GET", "/api/v1/status", "", "")).body();
  }

  /** How a write is meant. */
  public record Manner(boolean dryRun, boolean force) {
    /** Done, unless something of it is an error. */
    public static final Manner PLAIN = new Manner(false, false);

    private String query(String separator) {
      String force = this.force ? "force=true" : "";
      String both = dryRun && this.force ? "dryRun=true&" + force : dryRun ? "dryRun=true" : force;
      return both.isEmpty() ? "" : separator + both;
    }
  }

  /** As {@link #apply(String, String, Manner)}, done unless something of it is an error. */
  public Answer apply(String fileName, String documents) {
    return apply(fileName, documents, Manner.PLAIN);
  }

  /**
   * Writes a file's documents.
   *
   * @param fileName for error messages
   * @return status 200 with {@code results} and {@code findings}; or 422, or 409 when somebody
   *     wrote in between, with {@code errors}
   */
  public Answer apply(String fileName, String documents, Manner manner) {
    return judged(exchange("POST", "/api/v1/apply" + manner.query("?"), fileName, documents));
  }

  /** As {@link #apply}, changing nothing. */
  public Answer validate(String fileName, String documents) {
    return validate(fileName, documents, Manner.PLAIN);
  }

  /** As {@link #apply}, changing nothing. */
  public Answer validate(String fileName, String documents, Manner manner) {
    return judged(exchange("POST", "/api/v1/validate" + manner.query("?"), fileName, documents));
  }

  /** Which proxies run some objects; {@code question} names them and the revision. */
  public JsonNode sync(JsonNode question) {
    return done(exchange("POST", "/api/v1/sync", "", question.toString())).body();
  }

  /** Names, roles and services of all tokens. */
  public JsonNode tokens() {
    return done(exchange("GET", "/api/v1/tokens", "", "")).body();
  }

  /** Makes a token; the answer holds its secret in {@code token}, this once. */
  public JsonNode createToken(JsonNode wish) {
    return done(exchange("POST", "/api/v1/tokens", "", wish.toString())).body();
  }

  public JsonNode revokeToken(String name) {
    return done(exchange("DELETE", "/api/v1/tokens/" + encoded(name), "", "")).body();
  }

  /** Where a request would go; {@code question} describes it. */
  public JsonNode why(JsonNode question) {
    return done(exchange("POST", "/api/v1/why", "", question.toString())).body();
  }

  /** What a connected proxy holds, and why just that. */
  public JsonNode extent(String proxy) {
    return done(exchange("GET", "/api/v1/extent?proxy=" + encoded(proxy), "", "")).body();
  }

  /** What holds for the calls of a Service, field by field, and from where. */
  public JsonNode governance(String namespace, String service) {
    String query = "?namespace=" + encoded(namespace) + "&service=" + encoded(service);
    return done(exchange("GET", "/api/v1/governance" + query, "", "")).body();
  }

  /**
   * Past writes.
   *
   * @param filters what the query is to hold; those that are empty are left out
   */
  public JsonNode history(Map<String, String> filters) {
    return done(exchange("GET", "/api/v1/history" + query(filters), "", "")).body();
  }

  /** One past write. */
  public JsonNode revision(String revision) {
    return done(exchange("GET", "/api/v1/history/" + encoded(revision), "", "")).body();
  }

  /** What is different between two revisions. */
  public JsonNode diff(String from, String to) {
    String query = "?from=" + encoded(from) + "&to=" + encoded(to);
    return done(exchange("GET", "/api/v1/diff" + query, "", "")).body();
  }

  /** Takes one write back; answered as {@link #apply} is. */
  public Answer rollback(String revision, Manner manner) {
    String query = "?revision=" + encoded(revision) + manner.query("&");
    return judged(exchange("POST", "/api/v1/rollback" + query, "", ""));
  }

  /**
   * Begins a rollout; answered as {@link #apply} is.
   *
   * @param query what the query is to hold; what is empty is left out
   */
  public Answer startRollout(String fileName, String documents, Map<String, String> query) {
    return judged(exchange("POST", "/api/v1/rollouts" + query(query), fileName, documents));
  }

  /** Past and present rollouts, newest first. */
  public JsonNode rollouts(int limit) {
    return done(exchange("GET", "/api/v1/rollouts?limit=" + limit, "", "")).body();
  }

  /** How a rollout stands; {@code latest} is the newest. */
  public JsonNode rollout(String id) {
    return done(exchange("GET", "/api/v1/rollouts/" + encoded(id), "", "")).body();
  }

  /** Does with a rollout what the verb says: pause, resume or abort. */
  public JsonNode rolloutAction(String id, String verb) {
    return done(exchange("POST", "/api/v1/rollouts/" + encoded(id) + "/" + verb, "", "")).body();
  }

  private static String query(Map<String, String> values) {
    StringJoiner query = new StringJoiner("&", "?", "");
    query.setEmptyValue("");
    values.forEach((name, value) -> {
      if (!value.isEmpty()) {
        query.add(name + "=" + encoded(value));
      }
    });
    return query.toString();
  }

  /** Objects of a kind; an empty namespace stands for all. */
  public JsonNode list(String plural, String namespace) {
    String query = namespace.isEmpty() ? "" : "?namespace=" + encoded(namespace);
    return done(exchange("GET", "/api/v1/" + encoded(plural) + query, "", "")).body();
  }

  public JsonNode get(String plural, String namespace, String name) {
    return done(exchange("GET", path(plural, namespace, name), "", "")).body();
  }

  /**
   * Removes an object.
   *
   * @param force also where that takes the last healthy endpoint from a route
   * @return why it was not removed; empty when it was
   */
  public Optional<Finding> delete(String plural, String namespace, String name, boolean force) {
    String query = new Manner(false, force).query("?");
    Answer answer = exchange("DELETE", path(plural, namespace, name) + query, "", "");
    return answer.ok() ? Optional.empty() : Optional.of(refusal(answer));
  }

  /** Lets the instances go that are held back; {@code accepted} says how many. */
  public JsonNode acceptExpiry() {
    return done(exchange("POST", "/api/v1/registry/accept-expiry", "", "")).body();
  }

  private static String path(String plural, String namespace, String name) {
    return "/api/v1/" + encoded(plural) + "/" + encoded(namespace) + "/" + encoded(name);
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private Answer judged(Answer answer) {
    boolean listsErrors = answer.status() == 422 || answer.status() == 409;
    return listsErrors && !answer.body().path("errors").isEmpty() ? answer : done(answer);
  }

  private Answer done(Answer answer) {
    if (answer.ok()) {
      return answer;
    }
    throw new ControlPlaneException(refusal(answer));
  }

  private Finding refusal(Answer answer) {
    JsonNode first = answer.body().path("errors").path(0);
    return first.isObject()
        ? new Finding(
            first.path("code").asText(Finding.REFUSED.code()),
            first.path("object").asText(""),
            first.path("message").asText("status " + answer.status()),
            first.path("mend").asText(Finding.REFUSED.mend()))
        : Finding.ANSWER_NOT_UNDERSTOOD.about(base.toString(), "status " + answer.status());
  }

  private Answer exchange(String method, String path, String fileName, String body) {
    try {
      HttpURLConnection connection =
          (HttpURLConnection) URI.create(base + path).toURL().openConnection(Proxy.NO_PROXY);
      connection.setRequestMethod(method);
      connection.setConnectTimeout(CONNECT_MILLIS);
      connection.setReadTimeout(READ_MILLIS);
      connection.setInstanceFollowRedirects(false);
      connection.setRequestProperty("Accept", "application/json");
      if (connection instanceof HttpsURLConnection secured) {
        credentials.sockets().ifPresent(secured::setSSLSocketFactory);
      }
      if (credentials.hasToken()) {
        connection.setRequestProperty("Authorization", credentials.authorization());
      }
      if (method.equals("POST")) {
        send(connection, fileName, body);
      }
      int status = connection.getResponseCode();
      InputStream stream =
          status >= 400 ? connection.getErrorStream() : connection.getInputStream();
      return new Answer(status, parsed(path, stream));
    } catch (IOException e) {
      throw new ControlPlaneException(
          Finding.UNREACHABLE.about(
              "control plane at " + base, "cannot be reached: " + e.getMessage()),
          e);
    }
  }

  private static void send(HttpURLConnection connection, String fileName, String body)
      throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    connection.setRequestProperty("Content-Type", "application/yaml");
    connection.setRequestProperty("X-Heddle-File", fileName.replaceAll("[^\\x20-\\x7e]", "?"));
    connection.setDoOutput(true);
    connection.setFixedLengthStreamingMode(bytes.length);
    try (OutputStream stream = connection.getOutputStream()) {
      stream.write(bytes);
    }
  }

  private JsonNode parsed(String path, InputStream stream) throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    if (stream == null) {
      return mapper.createObjectNode();
    }
    byte[] bytes;
    try (stream) {
      bytes = stream.readNBytes(LARGEST_ANSWER + 1);
    }
    if (bytes.length > LARGEST_ANSWER) {
      throw new ControlPlaneException(
          Finding.ANSWER_NOT_UNDERSTOOD.about(
              base + path, "an answer above " + LARGEST_ANSWER + " bytes"));
    }
    if (path.equals("/healthz") || bytes.length == 0) {
      return mapper.createObjectNode();
    }
    try {
      JsonNode node = mapper.readTree(bytes);
      if (node != null && node.isObject()) {
        return node;
      }
      throw new ControlPlaneException(
          Finding.ANSWER_NOT_UNDERSTOOD.about(base + path, "an answer that is no JSON object"));
    } catch (JacksonException e) {
      throw new ControlPlaneException(
          Finding.ANSWER_NOT_UNDERSTOOD.about(
              base + path, "an answer that is no JSON: " + e.getOriginalMessage()),
          e);
    }
  }
}
