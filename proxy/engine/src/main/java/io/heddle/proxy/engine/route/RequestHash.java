package io.heddle.proxy.engine.route;

import io.heddle.proxy.api.ConnectionInfo;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.engine.balance.BalanceContext;
import io.heddle.proxy.engine.balance.XxHash64;
import io.heddle.xds.model.RouteAction.HashPolicy;
import io.heddle.xds.model.RouteAction.HashSource;
import io.netty.util.NetUtil;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The hash of a request by its route's policies, the same as Envoy's ({@code
 * envoy.config.route.v3.RouteAction.HashPolicy}). Immutable.
 */
public final class RequestHash {
  private static final HeaderName COOKIE = HeaderName.of("cookie");

  private final List<Part> parts = new ArrayList<>();

  /** What one policy hashes; null where the request has nothing of it. */
  private interface Text {
    @Nullable String of(RequestHeaders request, ConnectionInfo client);
  }

  private record Part(Text text, boolean terminal) {}

  /** Of these policies, in order. */
  public RequestHash(List<HashPolicy> policies) {
    for (HashPolicy policy : policies) {
      parts.add(
          new Part(
              switch (policy.source()) {
                case HashSource.Header(String name) -> header(name);
                case HashSource.Cookie(String name) -> (request, _) -> cookie(request, name);
                case HashSource.QueryParameter(String name) ->
                    (request, _) -> parameter(request.path(), name);
                case HashSource.SourceAddress _ ->
                    (_, client) -> NetUtil.toAddressString(client.remoteAddress().getAddress());
              },
              policy.terminal()));
    }
  }

  /** Gives the balancer the hash, where there is one. */
  public void apply(RequestHeaders request, ConnectionInfo client, BalanceContext context) {
    boolean any = false;
    long hash = 0;
    for (int i = 0; i < parts.size(); i++) {
      Part part = parts.get(i);
      String text = part.text().of(request, client);
      if (text != null) {
        // Turned, so that the same value twice does not cancel itself out.
        hash = Long.rotateLeft(hash, 1) ^ XxHash64.hash(text.getBytes(StandardCharsets.ISO_8859_1));
        any = true;
      }
      if (any && part.terminal()) {
        break;
      }
    }
    if (any) {
      context.hash(hash);
    }
  }

  private static Text header(String name) {
    switch (name) {
      case ":path" -> {
        return (request, _) -> request.path();
      }
      case ":method" -> {
        return (request, _) -> request.method();
      }
      case ":scheme" -> {
        return (request, _) -> request.scheme();
      }
      case ":authority", "host" -> {
        return (request, _) -> request.authority();
      }
      default -> {}
    }
    if (name.startsWith(":")) {
      return (_, _) -> null;
    }
    HeaderName header = HeaderName.of(name);
    return (request, _) -> {
      List<String> values = request.all(header);
      if (values.size() <= 1) {
        return values.isEmpty() ? null : values.getFirst();
      }
      // Whatever order they came in.
      List<String> sorted = new ArrayList<>(values);
      Collections.sort(sorted);
      return String.join("", sorted);
    };
  }

  private static @Nullable String cookie(RequestHeaders request, String name) {
    for (String line : request.all(COOKIE)) {
      for (String pair : line.split(";", -1)) {
        int equals = pair.indexOf('=');
        if (equals > 0 && pair.substring(0, equals).strip().equals(name)) {
          String value = pair.substring(equals + 1).strip();
          if (value.length() >= 2 && value.startsWith("\"") && value.endsWith("\"")) {
            value = value.substring(1, value.length() - 1);
          }
          return value.isEmpty() ? null : value;
        }
      }
    }
    return null;
  }

  private static @Nullable String parameter(String path, String name) {
    int fragment = path.indexOf('#');
    int end = fragment < 0 ? path.length() : fragment;
    int from = path.indexOf('?') + 1;
    while (from > 0 && from <= end) {
      int and = path.indexOf('&', from);
      int to = and < 0 || and > end ? end : and;
      int equals = path.indexOf('=', from);
      int nameEnd = equals < 0 || equals > to ? to : equals;
      if (path.regionMatches(from, name, 0, name.length()) && nameEnd - from == name.length()) {
        return path.substring(Math.min(nameEnd + 1, to), to);
      }
      from = to + 1;
    }
    return null;
  }
}
