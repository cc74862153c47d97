package io.heddle.proxy.engine.route;

import com.google.protobuf.Value;
import io.heddle.proxy.api.ConnectionInfo;
import io.heddle.proxy.api.HeaderMap;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.api.RuntimeView;
import io.heddle.proxy.engine.format.Subject;
import io.heddle.proxy.engine.matcher.MetadataValues;
import io.heddle.xds.model.RouteMatch;
import io.heddle.xds.model.RouteMatch.Certificate;
import io.heddle.xds.model.RouteMatch.Conditions;
import io.heddle.xds.model.RouteMatch.FilterStateMatch;
import io.heddle.xds.model.RouteMatch.HeaderMatch;
import io.heddle.xds.model.RouteMatch.HeaderValueMatch;
import io.heddle.xds.model.RouteMatch.MetadataMatch;
import io.heddle.xds.model.RouteMatch.PathMatch;
import io.heddle.xds.model.RouteMatch.QueryParameterMatch;
import io.heddle.xds.model.RouteMatch.QueryValueMatch;
import io.heddle.xds.model.StringMatch;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Whether a request takes a route. Immutable. */
public final class RouteMatcher {
  private static final HeaderName CONTENT_TYPE = HeaderName.of("content-type");
  private static final String GRPC = "application/grpc";
  private static final RegexShape NO_REGEX = new RegexShape("", "", "");

  private final RouteMatch match;
  private final NamedHeader[] headers;
  private final QueryParameterMatch[] parameters;
  private final RegexShape shape;
  private final Conditions more;
  private final boolean nothingMore;
  private final RuntimeView runtime;

  private record NamedHeader(HeaderName name, HeaderMatch match) {}

  /** What a request must have to take a route, by which the route can be found. */
  sealed interface Discriminator {
    /** A header whose only value is this. */
    record Header(String name, String value) implements Discriminator {}

    /** A header one of whose values begins so. */
    record HeaderBegins(String name, String value) implements Discriminator {}

    /** A header, whatever its value. */
    record SomeHeader(String name) implements Discriminator {}

    /** A query parameter that is this. */
    record Parameter(String name, String value) implements Discriminator {}

    /** A path that ends so. */
    record Ending(String text) implements Discriminator {}

    enum Nothing implements Discriminator {
      NOTHING
    }
  }

  RouteMatcher(RouteMatch match, RuntimeView runtime) {
    this.match = match;
    this.runtime = runtime;
    this.headers =
        match.headers().stream()
            .map(header -> new NamedHeader(HeaderName.of(header.name()), header))
            .toArray(NamedHeader[]::new);
    this.parameters = match.queryParameters().toArray(new QueryParameterMatch[0]);
    this.shape =
        match.path() instanceof PathMatch.Regex regex
            ? RegexShape.of(regex.pattern().pattern())
            : NO_REGEX;
    this.more = match.conditions();
    this.nothingMore = more.equals(Conditions.NOTHING_MORE);
  }

  /** The literal text of its regex. */
  RegexShape shape() {
    return shape;
  }

  /** All by which this route can be found. */
  List<Discriminator> discriminators() {
    List<Discriminator> found = new ArrayList<>();
    if (!shape.suffix().isEmpty()) {
      found.add(new Discriminator.Ending(shape.suffix()));
    }
    for (NamedHeader header : headers) {
      HeaderMatch wanted = header.match();
      if (wanted.missingAsEmpty()) {
        continue;
      }
      switch (wanted.match()) {
        case HeaderValueMatch.Text(StringMatch.Exact exact)
            when !exact.ignoreCase() && !wanted.invert() ->
            found.add(new Discriminator.Header(wanted.name(), exact.value()));
        case HeaderValueMatch.Text(StringMatch.Prefix prefix)
            when !prefix.ignoreCase() && !wanted.invert() ->
            found.add(new Discriminator.HeaderBegins(wanted.name(), prefix.value()));
        case HeaderValueMatch.Text _, HeaderValueMatch.Range _ ->
            found.add(new Discriminator.SomeHeader(wanted.name()));
        case HeaderValueMatch.Present present -> {
          if (present.present() != wanted.invert()) {
            found.add(new Discriminator.SomeHeader(wanted.name()));
          }
        }
      }
    }
    for (QueryParameterMatch parameter : parameters) {
      if (parameter.match() instanceof QueryValueMatch.Text(StringMatch.Exact exact)
          && !exact.ignoreCase()) {
        found.add(new Discriminator.Parameter(parameter.name(), exact.value()));
      }
    }
    return found;
  }

  /** Whether the first test of this header, should it have one, passes where this is its value. */
  boolean admits(HeaderName name, String value) {
    for (NamedHeader header : headers) {
      if (header.name().equals(name)) {
        return value(header.match().match(), value) != header.match().invert();
      }
    }
    return true;
  }

  /** The same as {@link #matches}, for a path that has led here by the index. */
  boolean matchesAlong(RequestHeaders request, Subject subject, String path, int end, long random) {
    boolean here =
        switch (match.path()) {
          case PathMatch.Prefix _, PathMatch.Exact _, PathMatch.PathSeparatedPrefix _ -> true;
          case PathMatch.Regex _, PathMatch.Template _, PathMatch.Connect _ ->
              path(request, path, end);
        };
    return here && rest(request, subject, path, end, random);
  }

  /**
   * Whether it matches.
   *
   * @param end where the path ends and a query may begin
   * @param random a non-negative number, the same for all routes that the request is held against
   */
  boolean matches(RequestHeaders request, Subject subject, String path, int end, long random) {
    return path(request, path, end) && rest(request, subject, path, end, random);
  }

  private boolean rest(RequestHeaders request, Subject subject, String path, int end, long random) {
    if (!match.methods().isEmpty() && !match.methods().contains(request.method())) {
      return false;
    }
    for (NamedHeader header : headers) {
      if (!header(header, request)) {
        return false;
      }
    }
    for (QueryParameterMatch parameter : parameters) {
      if (!parameter(parameter, path, end)) {
        return false;
      }
    }
    if (nothingMore) {
      return match.fraction().all() || match.fraction().includes(random);
    }
    return runtime.includes(
            more.runtimeKey(), match.fraction().numerator(), match.fraction().denominator(), random)
        && more(request, subject);
  }

  private boolean path(RequestHeaders request, String path, int end) {
    boolean fold = !match.caseSensitive();
    return switch (match.path()) {
      case PathMatch.Prefix wanted ->
          wanted.prefix().length() <= end && begins(fold, path, wanted.prefix());
      case PathMatch.Exact wanted ->
          wanted.path().length() == end && begins(fold, path, wanted.path());
      case PathMatch.PathSeparatedPrefix wanted -> {
        int length = wanted.prefix().length();
        yield length <= end
            && begins(fold, path, wanted.prefix())
            && (length == end || path.charAt(length) == '/');
      }
      case PathMatch.Regex regex ->
          shape.admits(path, end)
              && regex.pattern().matches(end == path.length() ? path : path.substring(0, end));
      case PathMatch.Template wanted -> wanted.template().matches(path, end);
      case PathMatch.Connect _ -> request.method().equals("CONNECT");
    };
  }

  private static boolean begins(boolean fold, String path, String with) {
    return fold ? RegionMap.sameFolded(path, 0, with, 0, with.length()) : path.startsWith(with);
  }

  private static boolean header(NamedHeader wanted, RequestHeaders request) {
    return header(wanted.name(), wanted.match(), request);
  }

  /** Whether a message passes the test of its header of this name. */
  public static boolean header(HeaderName name, HeaderMatch match, HeaderMap request) {
    if (match.match() instanceof HeaderValueMatch.Present present) {
      return (request.contains(name) == present.present()) != match.invert();
    }
    Optional<String> first = request.first(name);
    if (first.isEmpty() && !match.missingAsEmpty()) {
      // What is not there has no value to differ: inverted or not, it does not match.
      return false;
    }
    return anyValue(name, first.orElse(""), match.match(), request) != match.invert();
  }

  /** Whether one line of this name matches; each is looked at by itself (Envoy 1.39 and later). */
  private static boolean anyValue(
      HeaderName name, String first, HeaderValueMatch match, HeaderMap request) {
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
      case HeaderValueMatch.Present present -> present.present();
      case HeaderValueMatch.Text test -> test.match().matches(text);
      case HeaderValueMatch.Range range -> inRange(range, text);
    };
  }

  private static boolean inRange(HeaderValueMatch.Range range, String text) {
    // Told without an exception, which would cost each such request dearly.
    int digits = text.startsWith("-") || text.startsWith("+") ? 1 : 0;
    if (text.length() == digits || text.length() > 20) {
      return false;
    }
    for (int i = digits; i < text.length(); i++) {
      if (text.charAt(i) < '0' || text.charAt(i) > '9') {
        return false;
      }
    }
    try {
      long value = Long.parseLong(text);
      return value >= range.start() && value < range.end();
    } catch (NumberFormatException tooLong) {
      return false;
    }
  }

  private static boolean parameter(QueryParameterMatch wanted, String path, int end) {
    long span = parameter(wanted.name(), path, end);
    return switch (wanted.match()) {
      case QueryValueMatch.Present present -> (span >= 0) == present.present();
      case QueryValueMatch.Text test ->
          span >= 0 && test.match().matches(path.substring((int) (span >>> 32), (int) span));
    };
  }

  /** Where the first parameter of this name has its value, from and to; -1 where there is none. */
  static long parameter(String name, String path, int pathEnd) {
    int at = pathEnd + 1;
    while (at <= path.length()) {
      int end = path.indexOf('&', at);
      if (end < 0) {
        end = path.length();
      }
      int equals = path.indexOf('=', at);
      int nameEnd = equals < 0 || equals > end ? end : equals;
      if (nameEnd - at == name.length() && path.startsWith(name, at)) {
        return (long) Math.min(nameEnd + 1, end) << 32 | end;
      }
      at = end + 1;
    }
    return -1;
  }

  private boolean more(RequestHeaders request, Subject subject) {
    return (!more.grpc() || grpc(request))
        && certificate(subject.connection())
        && metadata(subject)
        && filterState(subject);
  }

  private static boolean grpc(RequestHeaders request) {
    Optional<String> type = request.first(CONTENT_TYPE);
    return type.isPresent()
        && type.get().startsWith(GRPC)
        && (type.get().length() == GRPC.length() || type.get().charAt(GRPC.length()) == '+');
  }

  private boolean certificate(ConnectionInfo connection) {
    return holds(more.presented(), connection.peer().isPresent())
        && holds(more.validated(), connection.peer().isPresent());
  }

  private static boolean holds(Certificate wanted, boolean there) {
    return switch (wanted) {
      case ANY -> true;
      case YES -> there;
      case NO -> !there;
    };
  }

  private boolean metadata(Subject subject) {
    for (int i = 0; i < more.metadata().size(); i++) {
      MetadataMatch wanted = more.metadata().get(i);
      @Nullable Value value = subject.metadata(wanted.namespace(), wanted.path());
      if (MetadataValues.matches(wanted.match(), value) == wanted.invert()) {
        return false;
      }
    }
    return true;
  }

  private boolean filterState(Subject subject) {
    for (int i = 0; i < more.filterState().size(); i++) {
      FilterStateMatch wanted = more.filterState().get(i);
      String value = subject.filterStateText(wanted.key());
      if (value == null || !wanted.match().matches(value)) {
        return false;
      }
    }
    return true;
  }
}
