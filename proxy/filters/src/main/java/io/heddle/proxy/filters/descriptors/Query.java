package io.heddle.proxy.filters.descriptors;

import io.envoyproxy.envoy.config.route.v3.QueryParameterMatcher;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.filters.config.SetFields;
import io.heddle.proxy.filters.config.StringMatchers;
import io.heddle.xds.model.StringMatch;
import java.util.Optional;
import java.util.Set;

/** The parameters of a path's query, percent-decoded as Envoy does it: a plus stays a plus. */
final class Query {
  private Query() {}

  /**
   * A test of one parameter.
   *
   * @param match empty where it only has to be there, or not to be there
   */
  record Matcher(String name, boolean present, Optional<StringMatch> match) {
    static Matcher of(QueryParameterMatcher message, String path) throws FilterConfigException {
      SetFields.allow(message, path, Set.of("name", "string_match", "present_match"));
      if (message.getName().isEmpty()) {
        throw new FilterConfigException(SetFields.at(path, "name"), "", "not empty");
      }
      return switch (message.getQueryParameterMatchSpecifierCase()) {
        case STRING_MATCH ->
            new Matcher(
                message.getName(),
                true,
                Optional.of(
                    StringMatchers.of(
                        message.getStringMatch(), SetFields.at(path, "string_match"))));
        case PRESENT_MATCH ->
            new Matcher(message.getName(), message.getPresentMatch(), Optional.empty());
        case QUERYPARAMETERMATCHSPECIFIER_NOT_SET ->
            new Matcher(message.getName(), true, Optional.empty());
      };
    }

    boolean matches(String path) {
      Optional<String> value = first(path, name);
      return match.isEmpty()
          ? value.isPresent() == present
          : value.isPresent() && match.get().matches(value.get());
    }
  }

  /** The first value of a parameter. */
  static Optional<String> first(String path, String name) {
    int at = path.indexOf('?') + 1;
    if (at == 0) {
      return Optional.empty();
    }
    int limit = path.indexOf('#', at);
    limit = limit < 0 ? path.length() : limit;
    while (at <= limit) {
      int end = path.indexOf('&', at);
      end = end < 0 || end > limit ? limit : end;
      int equals = path.indexOf('=', at);
      equals = equals < 0 || equals > end ? end : equals;
      if (decoded(path, at, equals).equals(name)) {
        return Optional.of(decoded(path, Math.min(equals + 1, end), end));
      }
      at = end + 1;
    }
    return Optional.empty();
  }

  private static String decoded(String text, int from, int to) {
    int percent = text.indexOf('%', from);
    if (percent < 0 || percent >= to) {
      return text.substring(from, to);
    }
    StringBuilder out = new StringBuilder(to - from);
    for (int i = from; i < to; i++) {
      char c = text.charAt(i);
      int high = c == '%' && i + 2 < to ? Character.digit(text.charAt(i + 1), 16) : -1;
      int low = high >= 0 ? Character.digit(text.charAt(i + 2), 16) : -1;
      if (low >= 0) {
        out.append((char) (high << 4 | low));
        i += 2;
      } else {
        out.append(c);
      }
    }
    return out.toString();
  }
}
