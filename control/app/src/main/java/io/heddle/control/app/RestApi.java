package io.heddle.control.app;

import io.heddle.control.api.store.StoreException;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HttpException;
import io.helidon.http.RequestException;
import io.helidon.http.Status;
import io.helidon.webserver.http.ErrorHandler;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The paths of the REST API. Every answer but that of {@code /healthz} is a JSON object. */
final class RestApi {
  /** The largest body that is read. */
  static final int LARGEST_BODY = 4 << 20;

  private static final Logger LOG = LoggerFactory.getLogger(RestApi.class);
  private static final HeaderName FILE_NAME = HeaderNames.create("X-Heddle-File");
  private static final HeaderName NO_SNIFF = HeaderNames.create("X-Content-Type-Options");
  private static final int LONGEST_FILE_NAME = 256;

  private final ObjectsApi objects;
  private final StatusApi status;
  private final CallerCheck callers;

  RestApi(ObjectsApi objects, StatusApi status, CallerCheck callers) {
    this.objects = objects;
    this.status = status;
    this.callers = callers;
  }

  /** What a request is answered by. */
  private interface Answering {
    ApiAnswer answer(ServerRequest request) throws IOException;
  }

  void route(HttpRouting.Builder routing) {
    routing
        .addFilter((chain, request, response) -> {
          Optional<String> problem = problem(request);
          if (problem.isPresent()) {
            send(response, ApiAnswer.error(403, ApiError.of(ApiError.Code.REQUEST, problem.get())));
          } else {
            chain.proceed();
          }
        })
        .get("/healthz", (request, response) -> health(response))
        .get("/api/v1/status", answer(request -> status.status()))
        .get("/api/v1/load", answer(request -> status.load()))
        .post("/api/v1/apply", answer(request -> apply(request, dryRun(request))))
        .post("/api/v1/validate", answer(request -> apply(request, true)))
        .post("/api/v1/registry/accept-expiry", answer(request -> status.acceptExpiry()))
        .get("/api/v1/schemas", answer(request -> SchemasApi.list()))
        .get(
            "/api/v1/schemas/{kind}", answer(request -> SchemasApi.get(parameter(request, "kind"))))
        .get("/api/v1/{kind}", answer(this::list))
        .get("/api/v1/{kind}/{namespace}/{name}", answer(this::get))
        .delete("/api/v1/{kind}/{namespace}/{name}", answer(this::delete))
        .any(answer(request -> noSuchPath()))
        .error(Throwable.class, failures());
  }

  private Optional<String> problem(RoutingRequest request) {
    return callers.problem(request.authority(), request.headers().first(HeaderNames.ORIGIN));
  }

  private static Handler answer(Answering answering) {
    return (request, response) -> send(response, guarded(answering, request));
  }

  private static ApiAnswer guarded(Answering answering, ServerRequest request) {
    try {
      return answering.answer(request);
    } catch (StoreException e) {
      LOG.error("the store failed", e);
      return ApiAnswer.error(503, ApiError.of(ApiError.Code.STORE, String.valueOf(e.getMessage())));
    } catch (HttpException | RequestException | UncheckedIOException | IOException e) {
      return refused(e);
    } catch (RuntimeException e) {
      LOG.error("a request failed", e);
      return ApiAnswer.error(
          500, ApiError.of(ApiError.Code.INTERNAL, "the control plane failed; its log says why"));
    }
  }

  /** What is wrong with a request before it reached us, such as a body above the server's limit. */
  private static ErrorHandler<Throwable> failures() {
    return (request, response, failure) -> send(response, refused(failure));
  }

  private static ApiAnswer refused(Throwable failure) {
    LOG.debug("a request is refused", failure);
    int code =
        switch (failure) {
          case HttpException http -> http.status().code();
          case RequestException request -> request.eventType().defaultStatus().code();
          default -> 400;
        };
    String message =
        code == Status.REQUEST_ENTITY_TOO_LARGE_413.code()
            ? "a body above 4 MiB (expected: at most 4 MiB)"
            : "the request cannot be read";
    return ApiAnswer.error(code, ApiError.of(ApiError.Code.REQUEST, message));
  }

  private static void health(ServerResponse response) {
    response.status(Status.OK_200).header(HeaderNames.CONTENT_TYPE, "text/plain").send("ok\n");
  }

  private ApiAnswer apply(ServerRequest request, boolean dryRun) throws IOException {
    byte[] bytes;
    try (InputStream in = request.content().inputStream()) {
      bytes = in.readNBytes(LARGEST_BODY + 1);
    }
    if (bytes.length > LARGEST_BODY) {
      return ApiAnswer.error(
          413, ApiError.of(ApiError.Code.REQUEST, "a body above 4 MiB (expected: at most 4 MiB)"));
    }
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      return objects.apply(fileName(request), text, from(request), dryRun);
    } catch (CharacterCodingException e) {
      return ApiAnswer.error(
          422, ApiError.of(ApiError.Code.DOCUMENT, "the body is no UTF-8 (expected: UTF-8 text)"));
    }
  }

  private ApiAnswer list(ServerRequest request) {
    return objects.list(parameter(request, "kind"), query(request, "namespace"));
  }

  private ApiAnswer get(ServerRequest request) {
    return objects.get(
        parameter(request, "kind"), parameter(request, "namespace"), parameter(request, "name"));
  }

  private ApiAnswer delete(ServerRequest request) {
    return objects.delete(
        parameter(request, "kind"),
        parameter(request, "namespace"),
        parameter(request, "name"),
        from(request));
  }

  private static ApiAnswer noSuchPath() {
    return ApiAnswer.error(
        404, ApiError.of(ApiError.Code.NOT_FOUND, "no such path, or none that takes this method"));
  }

  private static boolean dryRun(ServerRequest request) {
    return request.query().contains("dryRun") && !query(request, "dryRun").equals("false");
  }

  private static String fileName(ServerRequest request) {
    String name = request.headers().first(FILE_NAME).orElse("(request body)");
    String printable = name.replaceAll("[^\\x20-\\x7e]", "?");
    return printable.length() > LONGEST_FILE_NAME
        ? printable.substring(0, LONGEST_FILE_NAME)
        : printable;
  }

  private static String from(ServerRequest request) {
    return request.remotePeer().host();
  }

  private static String parameter(ServerRequest request, String name) {
    return request.path().pathParameters().get(name);
  }

  private static String query(ServerRequest request, String name) {
    return request.query().first(name).orElse("");
  }

  private static void send(ServerResponse response, ApiAnswer answer) {
    response
        .status(answer.status())
        .header(HeaderNames.CONTENT_TYPE, "application/json")
        .header(HeaderNames.CACHE_CONTROL, "no-store")
        .header(NO_SNIFF, "nosniff")
        .send(answer.bytes());
  }
}
