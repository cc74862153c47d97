package io.heddle.proxy.engine.matcher;

import com.google.protobuf.Value;
import io.heddle.proxy.api.ConnectionInfo;
import io.heddle.proxy.api.Expression;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.engine.format.Expressions;
import io.heddle.proxy.engine.format.Subject;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A request, and the exchange that it began. */
public record RequestMatchSubject(RequestHeaders request, Subject exchange)
    implements MatchSubject {
  @Override
  public ConnectionInfo connection() {
    return exchange.connection();
  }

  @Override
  public @Nullable String header(HeaderName name) {
    if (name.pseudo()) {
      return request.first(name).orElse(null);
    }
    List<String> lines = request.all(name);
    return switch (lines.size()) {
      case 0 -> null;
      case 1 -> lines.getFirst();
      default -> String.join(",", lines);
    };
  }

  @Override
  public @Nullable String parameter(String name) {
    String path = request.path();
    int from = path.indexOf('?') + 1;
    while (from > 0 && from <= path.length()) {
      int and = path.indexOf('&', from);
      int to = and < 0 ? path.length() : and;
      int equals = path.indexOf('=', from);
      int end = equals < 0 || equals > to ? to : equals;
      if (decoded(path.substring(from, end)).equals(name)) {
        return end == to ? "" : decoded(path.substring(end + 1, to));
      }
      from = to + 1;
      if (and < 0) {
        break;
      }
    }
    return null;
  }

  /** Percent signs that begin no escape stand for themselves. */
  private static String decoded(String text) {
    if (text.indexOf('%') < 0) {
      return text;
    }
    try {
      return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException malformed) {
      return text;
    }
  }

  @Override
  public @Nullable String filterState(String key) {
    return exchange.filterStateText(key);
  }

  @Override
  public boolean holds(Expression expression) {
    return Expressions.holds(expression, exchange);
  }

  @Override
  public @Nullable Value metadata(String namespace, List<String> path) {
    return exchange.metadata(namespace, path);
  }
}
