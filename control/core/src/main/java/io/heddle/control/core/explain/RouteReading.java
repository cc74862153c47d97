package io.heddle.control.core.explain;

import io.heddle.xds.model.RouteMatch;
import io.heddle.xds.model.RouteMatch.Certificate;
import io.heddle.xds.model.RouteMatch.Conditions;
import io.heddle.xds.model.RouteMatch.HeaderMatch;
import io.heddle.xds.model.RouteMatch.HeaderValueMatch;
import io.heddle.xds.model.RouteMatch.PathMatch;
import io.heddle.xds.model.RouteMatch.QueryParameterMatch;
import io.heddle.xds.model.RouteMatch.QueryValueMatch;
import io.heddle.xds.model.RouteTable;
import io.heddle.xds.model.StringMatch;
import io.heddle.xds.model.VirtualHostConfig;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads a route table as its documentation says, one line after the other. */
final class RouteReading {
  private static final int EXACT = 1 << 20;
  private static final int SUFFIX = 1 << 16;

  private RouteReading() {}

  /** A virtual host, and by which of its domains it was found. */
  record FoundHost(VirtualHostConfig host, String domain) {}

  /** The exact domain goes first, then the longest suffix, the longest prefix, and {@code *}. */
  static Optional<FoundHost> host(RouteTable table, AskedRequest request) {
    String authority =
        table.ignorePortInHostMatching()
            ? request.host()
            : request.authority().toLowerCase(Locale.ROOT);
    FoundHost best = null;
    int bestRank = -1;
    for (VirtualHostConfig host : table.virtualHosts()) {
      for (String domain : host.domains()) {
        int rank = rank(domain.toLowerCase(Locale.ROOT), authority);
        if (rank > bestRank) {
          bestRank = rank;
          best = new FoundHost(host, domain);
        }
      }
    }
    return Optional.ofNullable(best);
  }

  private static int rank(String domain, String authority) {
    if (domain.equals("*")) {
      return 0;
    }
    if (domain.startsWith("*")) {
      String rest = domain.substring(1);
      return authority.length() > rest.length() && authority.endsWith(rest)
          ? SUFFIX + rest.length()
          : -1;
    }
    if (domain.endsWith("*")) {
      String rest = domain.substring(0, domain.length() - 1);
      return authority.length() > rest.length() && authority.startsWith(rest) ? rest.length() : -1;
    }
    return domain.equals(authority) ? EXACT : -1;
  }

  /** Why a request does not take a route; empty where it does. */
  static Optional<String> mismatch(RouteMatch match, AskedRequest request, boolean parameters) {
    String path = request.barePath();
    int semicolon = parameters ? path.indexOf(';') : -1;
    Optional<String> problem =
        path(match, request, semicolon < 0 ? path : path.substring(0, semicolon));
    if (problem.isPresent()) {
      return problem;
    }
    if (!match.methods().isEmpty() && !match.methods().contains(request.method())) {
      return Optional.of(
          "method " + request.method() + " is not " + String.join(" or ", match.methods()));
    }
    for (HeaderMatch header : match.headers()) {
      if (!header(header, request)) {
        return Optional.of(said(header, request));
      }
    }
    for (QueryParameterMatch parameter : match.queryParameters()) {
      if (!parameter(parameter, request)) {
        return Optional.of(
            "query parameter "
                + parameter.name()
                + " "
                + (parameter.match() instanceof QueryValueMatch.Text text
                    ? "is not " + words(text.match())
                    : "is there, or not, against what is wanted"));
      }
    }
    return conditions(match, request);
  }

  private static Optional<String> conditions(RouteMatch match, AskedRequest request) {
    Conditions more = match.conditions();
    if (match.fraction().numerator() == 0) {
      return Optional.of("its share of the requests is 0");
    }
    if (more.grpc() && !grpc(request)) {
      return Optional.of("it is for gRPC, and content-type is not application/grpc");
    }
    if (more.presented() == Certificate.YES || more.validated() == Certificate.YES) {
      return Optional.of("it wants a client certificate, which is not known here");
    }
    if (!more.metadata().isEmpty()) {
      return Optional.of("it wants dynamic metadata, which is not known here");
    }
    return more.filterState().isEmpty()
        ? Optional.empty()
        : Optional.of("it wants filter state, which is not known here");
  }

  private static boolean grpc(AskedRequest request) {
    return request.lines("content-type").stream()
        .findFirst()
        .filter(type -> type.equals("application/grpc") || type.startsWith("application/grpc+"))
        .isPresent();
  }

  private static Optional<String> path(RouteMatch match, AskedRequest request, String path) {
    boolean fold = !match.caseSensitive();
    String shown = path.length() > 100 ? path.substring(0, 100) + "..." : path;
    String problem =
        switch (match.path()) {
          case PathMatch.Exact exact ->
              same(fold, path, exact.path()) ? "" : " is not " + exact.path();
          case PathMatch.Prefix prefix ->
              begins(fold, path, prefix.prefix()) ? "" : " does not begin with " + prefix.prefix();
          case PathMatch.PathSeparatedPrefix prefix -> {
            int length = prefix.prefix().length();
            boolean below =
                begins(fold, path, prefix.prefix())
                    && (path.length() == length || path.charAt(length) == '/');
            yield below ? "" : " is not " + prefix.prefix() + " and not below it";
          }
          case PathMatch.Regex regex ->
              regex.pattern().matches(path)
                  ? ""
                  : " does not match the expression " + regex.pattern().pattern();
          case PathMatch.Template template ->
              template.template().matches(path, path.length())
                  ? ""
                  : " does not match the template " + template.template();
          case PathMatch.Connect _ ->
              request.method().equals("CONNECT") ? "" : ": it is for the method CONNECT";
        };
    return problem.isEmpty() ? Optional.empty() : Optional.of("path " + shown + problem);
  }

  private static boolean same(boolean fold, String path, String wanted) {
    return fold ? path.equalsIgnoreCase(wanted) : path.equals(wanted);
  }

  private static boolean begins(boolean fold, String path, String wanted) {
    return path.regionMatches(fold, 0, wanted, 0, wanted.length());
  }

  private static boolean header(HeaderMatch wanted, AskedRequest request) {
    List<String> lines = request.lines(wanted.name());
    if (wanted.match() instanceof HeaderValueMatch.Present present) {
      return (!lines.isEmpty() == present.present()) != wanted.invert();
    }
    if (lines.isEmpty() && !wanted.missingAsEmpty()) {
      // What is not there has no value to differ: inverted or not, it does not match.
      return false;
    }
    List<String> values = lines.isEmpty() ? List.of("") : lines;
    return values.stream().anyMatch(value -> value(wanted.match(), value)) != wanted.invert();
  }

  private static boolean value(HeaderValueMatch match, String value) {
    return switch (match) {
      case HeaderValueMatch.Present present -> present.present();
      case HeaderValueMatch.Text text -> text.match().matches(value);
      case HeaderValueMatch.Range range ->
          value.matches("[-+]?[0-9]{1,18}")
              && Long.parseLong(value) >= range.start()
              && Long.parseLong(value) < range.end();
    };
  }

  /** Header values are not repeated: they may be secret. */
  private static String said(HeaderMatch wanted, AskedRequest request) {
    boolean there = !request.lines(wanted.name()).isEmpty();
    String head = "header " + wanted.name();
    return switch (wanted.match()) {
      case HeaderValueMatch.Present _ -> head + (there ? " is there" : " is not there");
      case HeaderValueMatch.Text text ->
          head
              + (there
                  ? (wanted.invert() ? " is " : " is not ") + words(text.match())
                  : " is not there");
      case HeaderValueMatch.Range range ->
          head
              + (there
                  ? (wanted.invert() ? " is" : " is not")
                      + " from "
                      + range.start()
                      + " to before "
                      + range.end()
                  : " is not there");
    };
  }

  private static String words(StringMatch match) {
    return switch (match) {
      case StringMatch.Exact exact -> exact.value();
      case StringMatch.Prefix prefix -> "what begins with " + prefix.value();
      case StringMatch.Suffix suffix -> "what ends with " + suffix.value();
      case StringMatch.Contains contains -> "what contains " + contains.value();
      case StringMatch.Regex regex -> "what matches " + regex.pattern().pattern();
    };
  }

  private static boolean parameter(QueryParameterMatch wanted, AskedRequest request) {
    String value = firstParameter(wanted.name(), request.path());
    return switch (wanted.match()) {
      case QueryValueMatch.Present present -> (value != null) == present.present();
      case QueryValueMatch.Text text -> value != null && text.match().matches(value);
    };
  }

  private static @Nullable String firstParameter(String name, String path) {
    int query = path.indexOf('?');
    if (query < 0) {
      return null;
    }
    for (String part : path.substring(query + 1).split("&", -1)) {
      int equals = part.indexOf('=');
      String partName = equals < 0 ? part : part.substring(0, equals);
      if (partName.equals(name)) {
        return equals < 0 ? "" : part.substring(equals + 1);
      }
    }
    return null;
  }
}
