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
    if (match.match() instanceof HeaderValueMatch.Present present) {
      return (request.contains(wanted.name()) == present.present()) != match.invert();
    }
    Optional<String> first = request.first(wanted.name());
    if (first.isEmpty() && !match.missingAsEmpty()) {
      // What is not there has no value to differ: inverted or not, it does not match.
      return false;
    }
    return anyValue(wanted.name(), first.orElse(""), match.match(), request) != match.invert();
  }

  /** Whether one line of this name matches; each is looked at by itself (Envoy 1.39 and later). */
  private static boolean anyValue(
      HeaderName name, String first, HeaderValueMatch match, RequestHeaders request) {
    if (value(match, first)) {
      return true;
    }
    if (name.pseudo()) {
      return false;
    }
    List<String> all = request.all(name);
    for (int i = 1; i < all.size(); i++) {
      if (value(match, all.get(i))) {
        return true;
      }
    }
    return false;
  }

  private static boolean value(HeaderValueMatch match, String text) {
    return switch (match) {
      case HeaderValueMatch.Present _ -> false;
      case HeaderValueMatch.Text test -> test.match().matches(text);
      case HeaderValueMatch.Range range -> inRange(range, text);
    };
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
