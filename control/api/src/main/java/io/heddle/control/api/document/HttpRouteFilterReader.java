package io.heddle.control.api.document;

import io.heddle.control.api.resource.BackendRef;
import io.heddle.control.api.resource.HttpRouteFilter;
import io.heddle.control.api.resource.HttpRouteFilter.HeaderChanges;
import io.heddle.control.api.resource.HttpRouteFilter.HeaderValue;
import io.heddle.control.api.resource.HttpRouteFilter.PathChange;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;

/** Reads the filters of an {@code HTTPRoute}'s rule or backend. */
final class HttpRouteFilterReader {
  static final Set<String> HEADERS_ONLY =
      Set.of(
          HttpRouteFilter.RequestHeaderModifier.TYPE, HttpRouteFilter.ResponseHeaderModifier.TYPE);
  static final Set<String> GRPC =
      Set.of(
          HttpRouteFilter.RequestHeaderModifier.TYPE,
          HttpRouteFilter.ResponseHeaderModifier.TYPE,
          HttpRouteFilter.RequestMirror.TYPE);
  static final Set<String> ALL =
      Set.of(
          HttpRouteFilter.RequestHeaderModifier.TYPE,
          HttpRouteFilter.ResponseHeaderModifier.TYPE,
          HttpRouteFilter.RequestRedirect.TYPE,
          HttpRouteFilter.UrlRewrite.TYPE,
          HttpRouteFilter.RequestMirror.TYPE,
          HttpRouteFilter.Cors.TYPE);
  private static final Map<String, Function<Fields, HttpRouteFilter>> FORMS = forms();
  private static final Map<String, Function<Fields, PathChange>> PATH_FORMS = pathForms();
  private static final Set<Integer> REDIRECT_STATUS = Set.of(301, 302, 303, 307, 308);
  private static final Syntax SCHEME = Syntax.matching("http or https", "https?", 5);
  private static final String ANY = "*";

  private HttpRouteFilterReader() {}

  private static Map<String, Function<Fields, HttpRouteFilter>> forms() {
    Map<String, Function<Fields, HttpRouteFilter>> forms = new TreeMap<>();
    forms.put(
        HttpRouteFilter.RequestHeaderModifier.TYPE,
        item ->
            new HttpRouteFilter.RequestHeaderModifier(
                headers(body(item, "requestHeaderModifier"))));
    forms.put(
        HttpRouteFilter.ResponseHeaderModifier.TYPE,
        item ->
            new HttpRouteFilter.ResponseHeaderModifier(
                headers(body(item, "responseHeaderModifier"))));
    forms.put(
        HttpRouteFilter.RequestRedirect.TYPE, item -> redirect(body(item, "requestRedirect")));
    forms.put(HttpRouteFilter.UrlRewrite.TYPE, item -> rewrite(body(item, "urlRewrite")));
    forms.put(HttpRouteFilter.RequestMirror.TYPE, item -> mirror(body(item, "requestMirror")));
    forms.put(HttpRouteFilter.Cors.TYPE, item -> cors(body(item, "cors")));
    return forms;
  }

  private static Map<String, Function<Fields, PathChange>> pathForms() {
    Map<String, Function<Fields, PathChange>> forms = new TreeMap<>();
    forms.put(
        "ReplaceFullPath",
        path ->
            new HttpRouteFilter.ReplaceFullPath(path.neededText("replaceFullPath", Syntax.PATH)));
    forms.put(
        "ReplacePrefixMatch",
        path ->
            new HttpRouteFilter.ReplacePrefixMatch(
                path.neededText("replacePrefixMatch", Syntax.PATH_OR_EMPTY)));
    return forms;
  }

  static List<HttpRouteFilter> read(Fields holder, Set<String> supported) {
    Map<String, Function<Fields, HttpRouteFilter>> forms = new TreeMap<>(FORMS);
    forms.keySet().retainAll(supported);
    List<HttpRouteFilter> filters = new ArrayList<>();
    Set<String> types = new HashSet<>();
    for (Fields item : holder.mappings("filters", 16)) {
      Optional<HttpRouteFilter> read = item.variant("type", forms);
      item.notYet("externalAuth", "extensionRef");
      item.end();
      if (read.isPresent()) {
        String type = read.get().type();
        // GEP-3171: several mirrors, each to another backend.
        if (!types.add(type) && !type.equals(HttpRouteFilter.RequestMirror.TYPE)) {
          item.wrong("type", Problems.quote(type) + " stands twice", "once in a rule or backend");
        }
        filters.add(read.get());
      }
    }
    if (types.contains(HttpRouteFilter.RequestRedirect.TYPE)
        && types.contains(HttpRouteFilter.UrlRewrite.TYPE)) {
      holder.wrong("filters", "both RequestRedirect and URLRewrite", "one of the two");
    }
    return filters;
  }

  private static Fields body(Fields item, String field) {
    return item.neededMapping(field, "the settings of this type of filter");
  }

  private static HttpRouteFilter.RequestMirror mirror(Fields body) {
    BackendRef backend =
        RouteRefsReader.service(body.requiredMapping("backendRef", "the Service to copy to"));
    int percent = body.integer("percent", 0, 100, -1);
    boolean inParts = body.states("fraction");
    Fields fraction = body.mapping("fraction");
    int denominator = fraction.integer("denominator", 1, Integer.MAX_VALUE, 100);
    int numerator = fraction.integer("numerator", 0, Integer.MAX_VALUE, inParts ? -1 : 0);
    fraction.end();
    body.end();
    if (inParts && numerator < 0) {
      fraction.wrong("numerator", "missing", "a whole number, 0 to the denominator");
    }
    if (inParts && numerator > denominator) {
      fraction.wrong("numerator", String.valueOf(numerator), "at most " + denominator);
    }
    if (inParts && percent >= 0) {
      body.wrong("fraction", "beside percent", "one of the two");
    }
    if (inParts) {
      return new HttpRouteFilter.RequestMirror(
          backend, Math.clamp(numerator, 0, denominator), denominator);
    }
    return new HttpRouteFilter.RequestMirror(backend, percent < 0 ? 100 : percent, 100);
  }

  private static HttpRouteFilter.Cors cors(Fields body) {
    List<String> origins =
        only(body, "allowOrigins", body.texts("allowOrigins", 64, Syntax.ORIGIN));
    boolean credentials = body.flag("allowCredentials", false);
    List<String> methods =
        only(body, "allowMethods", body.texts("allowMethods", 9, Syntax.METHOD_OR_ANY));
    List<String> headers =
        only(body, "allowHeaders", body.texts("allowHeaders", 64, Syntax.HEADER_NAME));
    List<String> exposed = body.texts("exposeHeaders", 64, Syntax.HEADER_NAME);
    int age = body.integer("maxAge", 1, Integer.MAX_VALUE, HttpRouteFilter.Cors.DEFAULT_MAX_AGE);
    body.end();
    if (credentials) {
      // A browser takes * for a name of its own where credentials go along, and the answer that
      // names what was asked for instead is nothing that a proxy can be told to give.
      refuseAny(body, "allowMethods", methods);
      refuseAny(body, "allowHeaders", headers);
      refuseAny(body, "exposeHeaders", exposed);
    }
    return new HttpRouteFilter.Cors(origins, credentials, methods, headers, exposed, age);
  }

  private static List<String> only(Fields body, String field, List<String> values) {
    if (values.size() > 1 && values.contains(ANY)) {
      body.wrong(field, "\"*\" beside others", "\"*\" alone, or the others");
    }
    return values;
  }

  private static void refuseAny(Fields body, String field, List<String> values) {
    if (values.contains(ANY)) {
      body.wrong(field, "\"*\" with allowCredentials", "names, as credentials are allowed");
    }
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
    PathChange change = path.variant("type", PATH_FORMS).orElse(PathChange.UNCHANGED);
    path.end();
    return change;
  }
}
