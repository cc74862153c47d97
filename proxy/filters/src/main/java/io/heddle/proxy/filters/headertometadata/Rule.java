package io.heddle.proxy.filters.headertometadata;

import io.envoyproxy.envoy.extensions.filters.http.header_to_metadata.v3.Config;
import io.heddle.proxy.api.DynamicMetadata;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.HeaderMap;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.filters.config.Cookies;
import io.heddle.proxy.filters.config.HeaderNames;
import io.heddle.proxy.filters.config.SetFields;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What a header or a cookie becomes ({@code header_to_metadata.v3.Config.Rule}).
 *
 * @param present what is put down where it is there
 * @param missing what is put down where it is not
 */
record Rule(Source source, Optional<Target> present, Optional<Target> missing) {
  /** Where a value comes from. */
  sealed interface Source {
    /** All values of a header, with commas between them. */
    record Header(HeaderName name, boolean remove) implements Source {}

    /** A cookie. */
    record Cookie(String name) implements Source {}
  }

  static Rule of(Config.Rule rule, String path) throws FilterConfigException {
    SetFields.allow(
        rule, path, Set.of("header", "cookie", "on_header_present", "on_header_missing", "remove"));
    if (rule.getHeader().isEmpty() == rule.getCookie().isEmpty()) {
      throw new FilterConfigException(
          path, rule.getHeader().isEmpty() ? "neither" : "both", "a header or a cookie");
    }
    if (!rule.getCookie().isEmpty() && rule.getRemove()) {
      throw new FilterConfigException(
          SetFields.at(path, "remove"), "true", "false, as a cookie cannot be removed");
    }
    if (!rule.hasOnHeaderPresent() && !rule.hasOnHeaderMissing()) {
      throw new FilterConfigException(path, "neither", "on_header_present or on_header_missing");
    }
    if (rule.hasOnHeaderMissing() && rule.getOnHeaderMissing().getValue().isEmpty()) {
      throw new FilterConfigException(
          SetFields.at(SetFields.at(path, "on_header_missing"), "value"), "", "not empty");
    }
    return new Rule(
        source(rule, path),
        rule.hasOnHeaderPresent()
            ? Optional.of(
                Target.of(rule.getOnHeaderPresent(), SetFields.at(path, "on_header_present")))
            : Optional.empty(),
        rule.hasOnHeaderMissing()
            ? Optional.of(
                Target.of(rule.getOnHeaderMissing(), SetFields.at(path, "on_header_missing")))
            : Optional.empty());
  }

  private static Source source(Config.Rule rule, String path) throws FilterConfigException {
    if (rule.getHeader().isEmpty()) {
      return new Source.Cookie(rule.getCookie());
    }
    String at = SetFields.at(path, "header");
    HeaderName name =
        rule.getRemove()
            ? HeaderNames.changeable(rule.getHeader(), at)
            : HeaderNames.of(rule.getHeader(), at);
    if (rule.getRemove() && HeaderNames.special(name)) {
      throw new FilterConfigException(
          SetFields.at(path, "remove"), "true", "false for " + rule.getHeader());
    }
    return new Source.Header(name, rule.getRemove());
  }

  /** Puts down what the headers say. */
  void apply(HeaderMap headers, DynamicMetadata metadata, Optional<RuleStats> stats) {
    Optional<String> value =
        switch (source) {
          case Source.Header(HeaderName name, boolean remove) -> header(headers, name, remove);
          case Source.Cookie(String name) ->
              Optional.of(Cookies.value(headers, name)).filter(found -> !found.isEmpty());
        };
    stats.ifPresent(count -> count.processed().increment());
    if (value.isPresent()) {
      present.ifPresent(target -> target.put(value.get(), metadata, stats));
    } else if (missing.isPresent()) {
      stats.ifPresent(count -> count.notFound().increment());
      missing.get().put("", metadata, stats);
    }
  }

  private static Optional<String> header(HeaderMap headers, HeaderName name, boolean remove) {
    Optional<String> value;
    if (HeaderNames.special(name)) {
      value = headers.first(name).filter(found -> !found.isEmpty());
    } else {
      List<String> all = headers.all(name);
      value = all.isEmpty() ? Optional.empty() : Optional.of(String.join(",", all));
    }
    if (remove) {
      headers.remove(name);
    }
    return value;
  }
}
