package io.heddle.control.core.translate;

import io.envoyproxy.envoy.config.route.v3.HeaderMatcher;
import io.envoyproxy.envoy.config.route.v3.QueryParameterMatcher;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.type.matcher.v3.RegexMatcher;
import io.envoyproxy.envoy.type.matcher.v3.StringMatcher;
import io.heddle.control.api.resource.HttpMatch;
import io.heddle.control.api.resource.HttpMatch.ValueMatch;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

/** Writes matches. Of several entries for one header or parameter only the first counts. */
final class MatchProtos {
  private MatchProtos() {}

  /**
   * @param grpc whether only gRPC calls are meant
   */
  static RouteMatch of(HttpMatch match, boolean grpc) {
    RouteMatch.Builder out = RouteMatch.newBuilder();
    if (grpc) {
      out.setGrpc(RouteMatch.GrpcRouteMatchOptions.getDefaultInstance());
    }
    String path = match.path().value();
    switch (match.path().type()) {
      case EXACT -> out.setPath(path);
      case REGULAR_EXPRESSION -> out.setSafeRegex(RegexMatcher.newBuilder().setRegex(path));
      case PATH_PREFIX -> {
        String prefix = Paths.prefix(path);
        if (prefix.isEmpty()) {
          out.setPrefix("/");
        } else {
          out.setPathSeparatedPrefix(prefix);
        }
      }
    }
    if (!match.method().isEmpty()) {
      out.addHeaders(
          HeaderMatcher.newBuilder()
              .setName(":method")
              .setStringMatch(StringMatcher.newBuilder().setExact(match.method())));
    }
    Set<String> seen = new HashSet<>();
    for (ValueMatch header : match.headers()) {
      String name = header.name().toLowerCase(Locale.ROOT);
      if (seen.add(name)) {
        out.addHeaders(HeaderMatcher.newBuilder().setName(name).setStringMatch(text(header)));
      }
    }
    seen.clear();
    for (ValueMatch parameter : match.queryParams()) {
      if (seen.add(parameter.name())) {
        out.addQueryParameters(
            QueryParameterMatcher.newBuilder()
                .setName(parameter.name())
                .setStringMatch(text(parameter)));
      }
    }
    return out.build();
  }

  private static StringMatcher text(ValueMatch match) {
    StringMatcher.Builder out = StringMatcher.newBuilder();
    return switch (match.type()) {
      case EXACT -> out.setExact(match.value()).build();
      case REGULAR_EXPRESSION ->
          out.setSafeRegex(RegexMatcher.newBuilder().setRegex(match.value())).build();
    };
  }
}
