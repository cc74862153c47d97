package io.heddle.control.api.document;

import io.heddle.control.api.resource.HttpRouteFilter;
import io.heddle.control.api.resource.HttpRouteFilter.HeaderChanges;
import io.heddle.control.api.resource.HttpRouteFilter.HeaderValue;
import io.heddle.control.api.resource.HttpRouteFilter.PathChange;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Reads the filters of an {@code HTTPRoute}'s rule or backend. */
final class HttpRouteFilterReader {
  static final Set<String> HEADERS_ONLY =
      Set.of(
          HttpRouteFilter.RequestHeaderModifier.TYPE, HttpRouteFilter.ResponseHeaderModifier.TYPE);
  static final Set<String> ALL =
      Set.of(
          HttpRouteFilter.RequestHeaderModifier.TYPE,
          HttpRouteFilter.ResponseHeaderModifier.TYPE,
          HttpRouteFilter.RequestRedirect.TYPE,
          HttpRouteFilter.UrlRewrite.TYPE);
  private static final Set<Integer> REDIRECT_STATUS = Set.of(301, 302, 303, 307, 308);
  private static final Syntax SCHEME = Syntax.matching("http or https", "https?", 5);

  private HttpRouteFilterReader() {}

  static List<HttpRouteFilter> read(Fields holder, Set<String> supported) {
    List<HttpRouteFilter> filters = new ArrayList<>();
    Set<String> types = new HashSet<>();
    for (Fields item : holder.mappings("filters", 16)) {
      String type = item.requiredText("type", Syntax.ANY);
      if (item.has("type") && !supported.contains(type)) {
        item.wrong(
            "type",
            Problems.quote(type) + " is not supported here",
            "one of " + String.join(", ", supported.stream().sorted().toList()));
      }
      if (supported.contains(type) && !types.add(type)) {
        item.wrong("type", Problems.quote(type) + " stands twice", "once in a rule or backend");
      }
      switch (type) {
        case HttpRouteFilter.RequestHeaderModifier.TYPE ->
            filters.add(
                new HttpRouteFilter.RequestHeaderModifier(
                    headers(body(item, "requestHeaderModifier"))));
        case HttpRouteFilter.ResponseHeaderModifier.TYPE ->
            filters.add(
                new HttpRouteFilter.ResponseHeaderModifier(
                    headers(body(item, "responseHeaderModifier"))));
        case HttpRouteFilter.RequestRedirect.TYPE ->
            filters.add(redirect(body(item, "requestRedirect")));
        case HttpRouteFilter.UrlRewrite.TYPE -> filters.add(rewrite(body(item, "urlRewrite")));
        default -> item.notYet("requestMirror", "cors", "externalAuth", "extensionRef");
      }
      item.end();
    }
    if (types.contains(HttpRouteFilter.RequestRedirect.TYPE)
        && types.contains(HttpRouteFilter.UrlRewrite.TYPE)) {
      holder.wrong("filters", "both RequestRedirect and URLRewrite", "one of the two");
    }
    return filters;
  }

  private static Fields body(Fields item, String field) {
    if (!item.has(field)) {
      item.wrong(field, "missing", "the settings of this type of filter");
    }
    return item.mapping(field);
  }

  private static HeaderChanges headers(Fields body) {
    List<String> remove = body.texts("remove", 16, Syntax.HEADER_NAME);
    HeaderChanges changes = new HeaderChanges(values(body, "set"), values(body, "add"), remove);
    body.end();
    return changes;
  }

  private static List<HeaderValue> values(Fields body, String field) {
    List<HeaderValue> found = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (Fields item : body.mappings(field, 16)) {
      String name = item.requiredText("name", Syntax.HEADER_NAME);
      String value = item.requiredText("value", Syntax.HEADER_VALUE);
      item.end();
      if (item.has("name") && !names.add(name.toLowerCase(Locale.ROOT))) {
        item.wrong("name", Problems.quote(name) + " stands twice", "unique names");
      }
      found.add(new HeaderValue(name, value));
    }
    return found;
  }

  private static HttpRouteFilter.RequestRedirect redirect(Fields body) {
    String scheme = body.text("scheme", SCHEME);
    String hostname = body.text("hostname", Syntax.HOSTNAME);
    PathChange path = path(body);
    int port = body.integer("port", 1, 65_535, 0);
    int status = body.integer("statusCode", 300, 399, 302);
    if (!REDIRECT_STATUS.contains(status)) {
      body.wrong("statusCode", String.valueOf(status), "one of 301, 302, 303, 307, 308");
    }
    body.end();
    return new HttpRouteFilter.RequestRedirect(scheme, hostname, path, port, status);
  }

  private static HttpRouteFilter.UrlRewrite rewrite(Fields body) {
    String hostname = body.text("hostname", Syntax.HOSTNAME);
    PathChange path = path(body);
    body.end();
    return new HttpRouteFilter.UrlRewrite(hostname, path);
  }

  private static PathChange path(Fields body) {
    if (!body.has("path")) {
      return PathChange.UNCHANGED;
    }
    Fields path = body.mapping("path");
    String type = path.requiredText("type", Syntax.ANY);
    PathChange change =
        switch (type) {
          case "ReplaceFullPath" ->
              new HttpRouteFilter.ReplaceFullPath(
                  path.requiredText("replaceFullPath", Syntax.PATH));
          case "ReplacePrefixMatch" ->
              new HttpRouteFilter.ReplacePrefixMatch(
                  path.requiredText("replacePrefixMatch", Syntax.PATH_OR_EMPTY));
          default -> {
            if (path.has("type")) {
              path.wrong("type", Problems.quote(type), "ReplaceFullPath or ReplacePrefixMatch");
            }
            yield PathChange.UNCHANGED;
          }
        };
    path.end();
    return change;
  }
}
