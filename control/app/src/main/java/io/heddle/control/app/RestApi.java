package io.heddle.control.app;

import io.heddle.control.api.store.StoreException;
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
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves the {@link Endpoint}s of the REST API. Every answer but that of {@code /healthz} is a JSON
 * object.
 */
final class RestApi {
  private static final Logger LOG = LoggerFactory.getLogger(RestApi.class);

  private final List<Endpoint> endpoints;
  private final Access access;
  private final CallerCheck callers;

  RestApi(List<Endpoint> endpoints, Access access, CallerCheck callers) {
    List<Endpoint> all = new ArrayList<>(endpoints);
    all.add(
        Endpoint.get(
            OpenApi.PATH,
            Role.VIEW,
            "This description",
            List.of(),
            request -> ApiAnswer.ok(OpenApi.document(all))));
    this.endpoints = List.copyOf(all);
    this.access = access;
    this.callers = callers;
  }

  List<Endpoint> endpoints() {
    return endpoints;
  }

  void route(HttpRouting.Builder routing) {
    routing.addFilter((chain, request, response) -> {
      Optional<String> problem = problem(request);
      if (problem.isPresent()) {
        send(response, ApiAnswer.error(403, ApiError.of(ApiError.Code.REQUEST, problem.get())));
      } else {
        chain.proceed();
      }
    });
    routing.get("/healthz", (request, response) -> health(response));
    // Those without variable parts first: the others would take them.
    for (boolean variable : new boolean[] {false, true}) {
      for (Endpoint endpoint : endpoints) {
        if (endpoint.path().contains("{") == variable) {
          switch (endpoint.method()) {
            case GET -> routing.get(endpoint.path(), answer(endpoint));
            case POST -> routing.post(endpoint.path(), answer(endpoint));
            case DELETE -> routing.delete(endpoint.path(), answer(endpoint));
          }
        }
      }
    }
    routing
        .any((request, response) -> send(response, noSuchPath()))
        .error(Throwable.class, failures());
  }

  private Optional<String> problem(RoutingRequest request) {
    return callers.problem(request.authority(), request.headers().first(HeaderNames.ORIGIN));
  }

  private Handler answer(Endpoint endpoint) {
    return (request, response) -> send(response, guarded(endpoint, request));
  }

  private ApiAnswer guarded(Endpoint endpoint, ServerRequest request) {
    try {
      return switch (access.of(
          request.headers().first(HeaderNames.AUTHORIZATION).orElse(""), address(request))) {
        case Access.Refused refused ->
            ApiAnswer.error(refused.status(), ApiError.of(ApiError.Code.ACCESS, refused.message()));
        case Access.Granted granted -> admitted(endpoint, request, granted.caller());
      };
    } catch (ApiRequest.Wrong e) {
      return e.answer();
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

  /** As a literal: nobody is asked for a name. */
  private static String address(ServerRequest request) {
    return request.remotePeer().address() instanceof InetSocketAddress remote
            && remote.getAddress() != null
        ? remote.getAddress().getHostAddress()
        : "";
  }

  private static ApiAnswer admitted(Endpoint endpoint, ServerRequest request, Caller caller)
      throws IOException, ApiRequest.Wrong {
    if (!caller.role().allows(endpoint.needs())) {
      return ApiAnswer.error(
          403,
          ApiError.of(
              ApiError.Code.ACCESS,
              "token "
                  + caller.who()
                  + " has the role "
                  + caller.role().word()
                  + " (expected: "
                  + endpoint.needs().word()
                  + ")"));
    }
    return endpoint.answering().answer(new ApiRequest(request, caller));
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

  private static ApiAnswer noSuchPath() {
    return ApiAnswer.error(
        404, ApiError.of(ApiError.Code.NOT_FOUND, "no such path, or none that takes this method"));
  }

  private static void send(ServerResponse response, ApiAnswer answer) {
    response
        .status(answer.status())
        .header(HeaderNames.CONTENT_TYPE, "application/json")
        .header(HeaderNames.CACHE_CONTROL, "no-store")
        .header(HeaderNames.create("X-Content-Type-Options"), "nosniff")
        .send(answer.bytes());
  }
}
