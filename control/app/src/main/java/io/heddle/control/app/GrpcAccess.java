package io.heddle.control.app;

import io.envoyproxy.envoy.service.status.v3.ClientStatusDiscoveryServiceGrpc;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.heddle.control.api.registry.InstanceKey;
import io.heddle.control.core.translate.NodeFacts;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Lets in who has the token of a proxy, and ends its calls when the token is revoked.
 *
 * <p>What a caller then says of itself is held against {@link #claims}: the token is in the context
 * of its call.
 */
final class GrpcAccess implements ServerInterceptor {
  private static final Context.Key<Token> TOKEN = Context.key("heddle.token");
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  private final Tokens tokens;
  private final RateLimit failures;

  /** Open calls by the name of their token. */
  private final Map<String, Set<EndableCall<?, ?>>> open = new ConcurrentHashMap<>();

  /**
   * @param failures bounds the calls without a right token of each address
   */
  GrpcAccess(Tokens tokens, RateLimit failures) {
    this.tokens = tokens;
    this.failures = failures;
    tokens.onRevoked(token -> {
      Set<EndableCall<?, ?>> calls = open.remove(token.name());
      if (calls != null) {
        calls.forEach(
            call -> call.end(Status.UNAUTHENTICATED.withDescription("the token was revoked")));
      }
    });
  }

  /** Why the caller is not who it says it is; empty where it is, or nobody asked. */
  static Optional<String> claims(NodeFacts facts) {
    return switch (facts) {
      case NodeFacts.Sidecar sidecar -> claims(sidecar.namespace() + "/" + sidecar.service());
      case NodeFacts.GatewayProxy gateway ->
          claims("gateway/" + gateway.namespace() + "/" + gateway.gateway());
      case NodeFacts.Unusable _ -> Optional.empty(); // is sent nothing
    };
  }

  static Optional<String> claims(InstanceKey instance) {
    return claims(instance.namespace() + "/" + instance.service());
  }

  private static Optional<String> claims(String service) {
    Token token = TOKEN.get();
    return token == null || token.service().equals(service)
        ? Optional.empty()
        : Optional.of(
            "token %s is for %s, and not for %s".formatted(token.name(), token.service(), service));
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    String authorization = headers.get(AUTHORIZATION);
    Optional<Token> token =
        Access.bearer(authorization == null ? "" : authorization).flatMap(tokens::of);
    if (token.isEmpty()) {
      boolean often = !failures.admits(address(call));
      return refuse(
          call,
          often
              ? Status.RESOURCE_EXHAUSTED.withDescription(
                  "too many calls without a right token (expected: fewer a second)")
              : Status.UNAUTHENTICATED.withDescription(
                  "no token, or one that is unknown or was revoked (expected: authorization:"
                      + " Bearer TOKEN)"));
    }
    Token known = token.get();
    Role needed = needed(call.getMethodDescriptor().getServiceName());
    if (!known.role().allows(needed)) {
      return refuse(
          call,
          Status.PERMISSION_DENIED.withDescription(
              "token %s has the role %s (expected: %s)"
                  .formatted(known.name(), known.role().word(), needed.word())));
    }
    EndableCall<Q, R> endable = new EndableCall<>(call);
    remember(known, endable);
    if (tokens.of(Access.bearer(String.valueOf(authorization)).orElse("")).isEmpty()) {
      // Revoked between the question and the entry.
      forget(known, endable);
      return refuse(call, Status.UNAUTHENTICATED.withDescription("the token was revoked"));
    }
    ServerCall.Listener<Q> listener =
        Contexts.interceptCall(Context.current().withValue(TOKEN, known), endable, headers, next);
    return endable.listener(listener, () -> forget(known, endable));
  }

  /** The status of all proxies is for people; everything else is for proxies. */
  private static Role needed(@Nullable String service) {
    return ClientStatusDiscoveryServiceGrpc.SERVICE_NAME.equals(service) ? Role.VIEW : Role.PROXY;
  }

  private void remember(Token token, EndableCall<?, ?> call) {
    open.compute(
        token.name(),
        (name, known) -> {
          Set<EndableCall<?, ?>> calls = known == null ? ConcurrentHashMap.newKeySet() : known;
          calls.add(call);
          return calls;
        });
  }

  private void forget(Token token, EndableCall<?, ?> call) {
    open.computeIfPresent(
        token.name(),
        (name, calls) -> {
          calls.remove(call);
          return calls.isEmpty() ? null : calls;
        });
  }

  private static String address(ServerCall<?, ?> call) {
    return call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR)
            instanceof InetSocketAddress remote
        ? remote.getAddress().getHostAddress()
        : "";
  }

  private static <Q, R> ServerCall.Listener<Q> refuse(ServerCall<Q, R> call, Status status) {
    call.close(status, new Metadata());
    return new ServerCall.Listener<>() {};
  }
}
