package io.heddle.proxy.engine.route;

import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.engine.balance.XxHash64;
import io.heddle.proxy.engine.format.Subject;
import io.heddle.xds.model.HashPolicy;
import io.heddle.xds.model.HashPolicy.Lifetime;
import io.heddle.xds.model.HashPolicy.Source;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The hash of a request by the hash policies of its route, as Envoy computes it. Immutable. */
public final class RequestHash {
  /** Of a request that has nothing to be hashed. */
  public static final long NONE = 0;

  private static final HeaderName COOKIE = HeaderName.of("cookie");

  private final Policy[] policies;

  private record Policy(HashPolicy config, @Nullable HeaderName header) {}

  /** Compiles these policies. */
  public RequestHash(List<HashPolicy> policies) {
    this.policies =
        policies.stream()
            .map(policy ->
                new Policy(
                    policy,
                    policy.source() instanceof Source.Header header
                        ? HeaderName.of(header.name())
                        : null))
            .toArray(Policy[]::new);
  }

  /** Whether there is no policy. */
  public boolean isEmpty() {
    return policies.length == 0;
  }

  /**
   * The hash.
   *
   * @param setCookie takes the {@code Set-Cookie} of a cookie that is made; where it is null none
   *     is
   */
  public long of(RequestHeaders request, Subject subject, @Nullable Consumer<String> setCookie) {
    long hash = NONE;
    for (Policy policy : policies) {
      long one = one(policy, request, subject, setCookie);
      if (one != NONE) {
        hash = hash == NONE ? one : Long.rotateLeft(hash, 1) ^ one;
      }
      if (policy.config().terminal() && hash != NONE) {
        return hash;
      }
    }
    return hash;
  }

  private static long one(
      Policy policy,
      RequestHeaders request,
      Subject subject,
      @Nullable Consumer<String> setCookie) {
    return switch (policy.config().source()) {
      case Source.Header header -> header(policy.header(), header, request);
      case Source.Cookie cookie -> {
        String value = cookie(cookie.name(), request);
        if (value == null && setCookie != null && cookie.ttl() instanceof Lifetime.Of ttl) {
          value = made(subject);
          setCookie.accept(text(cookie, value, ttl.time().toSeconds()));
        }
        yield value == null ? NONE : hash(value);
      }
      case Source.ClientAddress _ -> {
        InetAddress address = subject.connection().remoteAddress().getAddress();
        yield address == null ? NONE : hash(address.getHostAddress());
      }
      case Source.QueryParameter parameter -> {
        String path = request.path();
        int query = path.indexOf('?');
        long span = query < 0 ? -1 : RouteMatcher.parameter(parameter.name(), path, query);
        yield span < 0 ? NONE : hash(path.substring((int) (span >>> 32), (int) span));
      }
      case Source.FilterState state -> {
        String value = subject.filterStateText(state.key());
        yield value == null ? NONE : hash(value);
      }
    };
  }

  private static long header(
      @Nullable HeaderName name, Source.Header header, RequestHeaders request) {
    if (name == null) {
      return NONE;
    }
    List<String> values = request.all(name);
    if (values.isEmpty()) {
      return NONE;
    }
    List<String> rewritten = new ArrayList<>(values.size());
    for (String value : values) {
      String changed = value;
      for (HashPolicy.Rewrite rewrite : header.rewrite()) {
        changed = rewrite.replacement().replaceAll(rewrite.pattern(), changed);
      }
      rewritten.add(changed);
    }
    // The order of equal lines must not matter.
    Collections.sort(rewritten);
    long hash = 0;
    for (String value : rewritten) {
      byte[] bytes = value.getBytes(StandardCharsets.ISO_8859_1);
      hash = XxHash64.hash(bytes, 0, bytes.length, hash);
    }
    return hash;
  }

  private static long hash(String text) {
    return XxHash64.hash(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  private static @Nullable String cookie(String name, RequestHeaders request) {
    Optional<String> first = request.first(COOKIE);
    if (first.isEmpty()) {
      return null;
    }
    for (String line : request.all(COOKIE)) {
      int at = 0;
      while (at < line.length()) {
        int end = line.indexOf(';', at);
        end = end < 0 ? line.length() : end;
        while (at < end && line.charAt(at) == ' ') {
          at++;
        }
        if (end - at > name.length()
            && line.startsWith(name, at)
            && line.charAt(at + name.length()) == '=') {
          String value = line.substring(at + name.length() + 1, end).strip();
          boolean quoted = value.length() > 1 && value.startsWith("\"") && value.endsWith("\"");
          return quoted ? value.substring(1, value.length() - 1) : value;
        }
        at = end + 1;
      }
    }
    return null;
  }

  /** The same for all requests of a connection, so that those that race get the same cookie. */
  private static String made(Subject subject) {
    return HexFormat.of()
        .toHexDigits(
            hash(
                text(subject.connection().remoteAddress())
                    + text(subject.connection().localAddress())));
  }

  private static String text(InetSocketAddress address) {
    return address.getAddress() == null
        ? address.getHostString()
        : address.getAddress().getHostAddress() + ":" + address.getPort();
  }

  private static String text(Source.Cookie cookie, String value, long seconds) {
    StringBuilder text = new StringBuilder(cookie.name()).append("=\"").append(value).append('"');
    if (seconds > 0) {
      text.append("; Max-Age=").append(seconds);
    }
    if (!cookie.path().isEmpty()) {
      text.append("; Path=").append(cookie.path());
    }
    for (HashPolicy.Attribute attribute : cookie.attributes()) {
      text.append("; ").append(attribute.name());
      if (!attribute.value().isEmpty()) {
        text.append('=').append(attribute.value());
      }
    }
    return text.append("; HttpOnly").toString();
  }
}
