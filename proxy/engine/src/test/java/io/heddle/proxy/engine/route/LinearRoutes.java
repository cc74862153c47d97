package io.heddle.proxy.engine.route;

import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.codec.RequestHead;
import io.heddle.xds.model.RouteConfig;
import io.heddle.xds.model.RouteMatch;
import io.heddle.xds.model.RouteMatch.HeaderMatch;
import io.heddle.xds.model.RouteMatch.HeaderValueMatch;
import io.heddle.xds.model.RouteMatch.PathMatch;
import io.heddle.xds.model.RouteMatch.QueryParameterMatch;
import io.heddle.xds.model.RouteMatch.QueryValueMatch;
import io.heddle.xds.model.RouteTable;
import io.heddle.xds.model.StringMatch;
import io.heddle.xds.model.UriTemplate;
import io.heddle.xds.model.VirtualHostConfig;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A route table read as its documentation says, one line after the other. */
final class LinearRoutes {
  private static final Map<String, Pattern> PATTERNS = new ConcurrentHashMap<>();

  private LinearRoutes() {}

  private static boolean regex(String regex, String text) {
    return PATTERNS.computeIfAbsent(regex, Pattern::compile).matcher(text).matches();
  }

  static @Nullable RouteConfig match(RouteTable table, RequestHead request, long random) {
    String authority = request.authority().toLowerCase(Locale.ROOT);
    if (table.ignorePortInHostMatching() && authority.indexOf(':') >= 0) {
      authority = authority.substring(0, authority.indexOf(':'));
    }
    VirtualHostConfig best = null;
    int bestRank = -1;
    for (VirtualHostConfig host : table.virtualHosts()) {
      for (String domain : host.domains()) {
        int rank = rank(domain.toLowerCase(Locale.ROOT), authority);
        if (rank > bestRank) {
          bestRank = rank;
          best = host;
        }
      }
    }
    if (best == null) {
      return null;
    }
    for (RouteConfig route : best.routes()) {
      if (matches(route.match(), request, random)) {
        return route;
      }
    }
    return null;
  }

  private static int rank(String domain, String host) {
    if (domain.equals("*")) {
      return 0;
    }
    String rest = domain.replace("*", "");
    if (domain.startsWith("*")) {
      return host.endsWith(rest) && host.length() > rest.length() ? 1000 + rest.length() : -1;
    }
    if (domain.endsWith("*")) {
      return host.startsWith(rest) && host.length() > rest.length() ? rest.length() : -1;
    }
    return domain.equals(host) ? 10_000 : -1;
  }

  private static boolean matches(RouteMatch match, RequestHead request, long random) {
    String path = request.path().split("\\?", 2)[0];
    boolean any =
        switch (match.path()) {
          case PathMatch.Exact exact -> fold(match, path).equals(fold(match, exact.path()));
          case PathMatch.Prefix prefix ->
              fold(match, path).startsWith(fold(match, prefix.prefix()));
          case PathMatch.PathSeparatedPrefix prefix ->
              fold(match, path + "/").startsWith(fold(match, prefix.prefix() + "/"));
          case PathMatch.Regex regex -> regex(regex.pattern().pattern(), path);
          case PathMatch.Template template -> regex(regex(template.template()), path);
          case PathMatch.Connect _ -> request.method().equals("CONNECT");
        };
    if (!any || !(match.methods().isEmpty() || match.methods().contains(request.method()))) {
      return false;
    }
    for (HeaderMatch header : match.headers()) {
      if (!header(header, request)) {
        return false;
      }
    }
    for (QueryParameterMatch parameter : match.queryParameters()) {
      if (!parameter(parameter, request.path())) {
        return false;
      }
    }
    return random % match.fraction().denominator() < match.fraction().numerator();
  }

  private static String fold(RouteMatch match, String text) {
    return match.caseSensitive() ? text : text.toLowerCase(Locale.ROOT);
  }

  private static String regex(UriTemplate template) {
    String one = "[-a-zA-Z0-9._~%!\\$&'()+,;:@=]+";
    StringBuilder out = new StringBuilder();
    String text = template.toString();
    for (int i = 0; i < text.length(); i++) {
      if (text.startsWith("**", i)) {
        out.append("[-a-zA-Z0-9._~%!\\$&'()+,;:@=/]*");
        i++;
      } else if (text.charAt(i) == '*') {
        out.append(one);
      } else if (text.charAt(i) == '{') {
        int close = text.indexOf('}', i);
        String inner = text.substring(i + 1, close);
        int equals = inner.indexOf('=');
        if (equals < 0) {
          out.append(one);
          i = close;
        } else {
          i += equals + 1;
        }
      } else if (text.charAt(i) != '}') {
        out.append(Pattern.quote(text.substring(i, i + 1)));
      }
    }
    return out.toString();
  }

  private static boolean header(HeaderMatch header, RequestHead request) {
    List<String> lines = request.all(HeaderName.of(header.name()));
    boolean result;
    if (header.match() instanceof HeaderValueMatch.Present present) {
      result = lines.isEmpty() != present.present();
    } else if (lines.isEmpty() && !header.missingAsEmpty()) {
      return false;
    } else {
      result =
          (lines.isEmpty() ? List.of("") : lines)
              .stream().anyMatch(value -> value(header.match(), value));
    }
    return result != header.invert();
  }

  private static boolean value(HeaderValueMatch match, String value) {
    return switch (match) {
      case HeaderValueMatch.Text text -> text(text.match(), value);
      case HeaderValueMatch.Range range ->
          value.matches("[-+]?[0-9]{1,18}")
              && Long.parseLong(value) >= range.start()
              && Long.parseLong(value) < range.end();
      case HeaderValueMatch.Present _ -> throw new AssertionError();
    };
  }

  private static boolean text(StringMatch match, String value) {
    return switch (match) {
      case StringMatch.Exact one ->
          one.ignoreCase() ? low(one.value()).equals(low(value)) : one.value().equals(value);
      case StringMatch.Prefix one ->
          one.ignoreCase()
              ? low(value).startsWith(low(one.value()))
              : value.startsWith(one.value());
      case StringMatch.Suffix one ->
          one.ignoreCase() ? low(value).endsWith(low(one.value())) : value.endsWith(one.value());
      case StringMatch.Contains one ->
          one.ignoreCase() ? low(value).contains(low(one.value())) : value.contains(one.value());
      case StringMatch.Regex one -> regex(one.pattern().pattern(), value);
    };
  }

  private static String low(String text) {
    return text.toLowerCase(Locale.ROOT);
  }

  private static boolean parameter(QueryParameterMatch wanted, String path) {
    Optional<String> found = Optional.empty();
    String[] halves = path.split("\\?", 2);
    if (halves.length == 2) {
      for (String pair : halves[1].split("&", -1)) {
        String[] sides = pair.split("=", 2);
        if (sides[0].equals(wanted.name()) && found.isEmpty()) {
          found = Optional.of(sides.length == 2 ? sides[1] : "");
        }
      }
    }
    return switch (wanted.match()) {
      case QueryValueMatch.Present present -> found.isPresent() == present.present();
      case QueryValueMatch.Text test -> found.isPresent() && text(test.match(), found.get());
    };
  }
}
