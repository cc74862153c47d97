package io.heddle.proxy.engine.route;

import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.RequestHeaders;
import io.heddle.xds.model.RouteMatch;
import io.heddle.xds.model.RouteMatch.HeaderMatch;
import io.heddle.xds.model.RouteMatch.HeaderValueMatch;
import io.heddle.xds.model.RouteMatch.PathMatch;
import io.heddle.xds.model.RouteMatch.QueryParameterMatch;
import io.heddle.xds.model.RouteMatch.QueryValueMatch;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/** Whether a request takes a route. Immutable. */
final class RouteMatcher {
  private final RouteMatch match;
  private final List<NamedHeader> headers = new ArrayList<>();

  private record NamedHeader(HeaderName name, HeaderMatch match) {}

  RouteMatcher(RouteMatch match) {
    this.match = match;
    for (HeaderMatch header : match.headers()) {
      headers.add(new NamedHeader(HeaderName.of(header.name()), header));
    }
  }

  boolean matches(RequestHeaders request, String path, int pathEnd, RandomGenerator random) {
    if (!path(path, pathEnd)) {
      return false;
    }
    if (!match.methods().isEmpty() && !match.methods().contains(request.method())) {
      return false;
    }
    for (int i = 0; i < headers.size(); i++) {
      if (!header(headers.get(i), request)) {
        return false;
      }
    }
    List<QueryParameterMatch> parameters = match.queryParameters();
    for (int i = 0; i < parameters.size(); i++) {
      if (!parameter(parameters.get(i), path, pathEnd)) {
        return false;
      }
    }
    return match.fraction().all() || match.fraction().includes(random.nextLong() >>> 1);
  }

  private boolean path(String path, int end) {
    boolean ignoreCase = !match.caseSensitive();
    return switch (match.path()) {
      case PathMatch.Prefix wanted ->
          wanted.prefix().length() <= end
              && path.regionMatches(ignoreCase, 0, wanted.prefix(), 0, wanted.prefix().length());
      case PathMatch.Exact wanted ->
          wanted.path().length() == end && path.regionMatches(ignoreCase, 0, wanted.path(), 0, end);
      case PathMatch.PathSeparatedPrefix wanted -> {
        int length = wanted.prefix().length();
        yield length <= end
            && path.regionMatches(ignoreCase, 0, wanted.prefix(), 0, length)
            && (length == end || path.charAt(length) == '/');
      }
      case PathMatch.Regex regex -> regex.pattern().matches(path.substring(0, end));
    };
  }

  private static boolean header(NamedHeader wanted, RequestHeaders request) {
    HeaderMatch match = wanted.match();
    boolean result;
    if (match.match() instanceof HeaderValueMatch.Present present) {
      result = request.contains(wanted.name()) == present.present();
    } else {
      Optional<String> value = value(wanted.name(), request);
      if (value.isEmpty() && !match.missingAsEmpty()) {
        result = false;
      } else {
        String text = value.orElse("");
        result =
            switch (match.match()) {
              case HeaderValueMatch.Present _ -> false;
              case HeaderValueMatch.Text test -> test.match().matches(text);
              case HeaderValueMatch.Range range -> inRange(range, text);
            };
      }
    }
    return result != match.invert();
  }

  /** Several lines of a name are matched as the one line that they mean (RFC 9110, 5.3). */
  private static Optional<String> value(HeaderName name, RequestHeaders request) {
    Optional<String> first = request.first(name);
    if (first.isEmpty() || name.pseudo()) {
      return first;
    }
    List<String> all = request.all(name);
    return all.size() == 1 ? first : Optional.of(String.join(",", all));
  }

  private static boolean inRange(HeaderValueMatch.Range range, String text) {
    try {
      long value = Long.parseLong(text);
      return value >= range.start() && value < range.end();
    } catch (NumberFormatException notNumber) {
      return false;
    }
  }

  private static boolean parameter(QueryParameterMatch wanted, String path, int pathEnd) {
    Optional<String> value = parameter(wanted.name(), path, pathEnd);
    return switch (wanted.match()) {
      case QueryValueMatch.Present present -> value.isPresent() == present.present();
      case QueryValueMatch.Text test -> value.isPresent() && test.match().matches(value.get());
    };
  }

  private static Optional<String> parameter(String name, String path, int pathEnd) {
    int at = pathEnd + 1;
    while (at <= path.length()) {
      int end = path.indexOf('&', at);
      if (end < 0) {
        end = path.length();
      }
      int equals = path.indexOf('=', at);
      int nameEnd = equals < 0 || equals > end ? end : equals;
      if (nameEnd - at == name.length() && path.startsWith(name, at)) {
        return Optional.of(nameEnd == end ? "" : path.substring(nameEnd + 1, end));
      }
      at = end + 1;
    }
    return Optional.empty();
  }
}
