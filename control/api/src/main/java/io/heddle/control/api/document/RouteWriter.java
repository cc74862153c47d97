package io.heddle.control.api.document;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.heddle.control.api.resource.BackendRef;
import io.heddle.control.api.resource.GrpcRouteSpec;
import io.heddle.control.api.resource.HttpMatch;
import io.heddle.control.api.resource.HttpRouteFilter;
import io.heddle.control.api.resource.HttpRouteSpec;
import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.ParentRef;
import io.heddle.control.api.resource.RouteRetry;
import io.heddle.control.api.resource.RouteSpec;
import io.heddle.control.api.resource.RouteTimeout;
import io.heddle.control.api.resource.SessionPersistence;
import io.heddle.control.api.resource.TcpRouteSpec;
import io.heddle.control.api.resource.TlsRouteSpec;
import java.util.List;

/** Writes the specs of routes as trees, with their defaults spelled out. */
final class RouteWriter {
  private RouteWriter() {}

  static void write(ObjectNode tree, RouteSpec route) {
    for (ParentRef parent : route.parentRefs()) {
      parent(tree.withArray("parentRefs").addObject(), parent);
    }
    route.hostnames().forEach(name -> tree.withArray("hostnames").add(name));
    switch (route) {
      case HttpRouteSpec http ->
          http.rules().forEach(rule -> rule(tree.withArray("rules").addObject(), rule));
      case GrpcRouteSpec grpc ->
          grpc.rules().forEach(rule -> rule(tree.withArray("rules").addObject(), rule));
      case TlsRouteSpec tls -> rule(tree, tls.ruleName(), tls.backendRefs());
      case TcpRouteSpec tcp -> rule(tree, tcp.ruleName(), tcp.backendRefs());
    }
  }

  static void parent(ObjectNode item, ParentRef parent) {
    item.put("group", parent.kind().group()).put("kind", parent.kind().kindName());
    ObjectWriter.putText(item, "namespace", parent.namespace());
    item.put("name", parent.name());
    ObjectWriter.putText(item, "sectionName", parent.sectionName());
    ObjectWriter.putPort(item, "port", parent.port());
  }

  private static void rule(ObjectNode tree, String name, List<BackendRef> backends) {
    ObjectNode rule = tree.withArray("rules").addObject();
    ObjectWriter.putText(rule, "name", name);
    backends(rule, backends);
  }

  private static void rule(ObjectNode tree, GrpcRouteSpec.Rule rule) {
    ObjectWriter.putText(tree, "name", rule.name());
    for (GrpcRouteSpec.Match match : rule.matches()) {
      ObjectNode item = tree.withArray("matches").addObject();
      if (!match.service().isEmpty() || !match.method().isEmpty()) {
        ObjectNode method = item.putObject("method").put("type", match.type().text());
        ObjectWriter.putText(method, "service", match.service());
        ObjectWriter.putText(method, "method", match.method());
      }
      values(item, "headers", match.headers());
    }
    filters(tree, rule.filters());
    backends(tree, rule.backendRefs());
    session(tree, rule.sessionPersistence());
  }

  private static void backends(ObjectNode tree, List<BackendRef> backends) {
    for (BackendRef backend : backends) {
      ObjectNode item = tree.withArray("backendRefs").addObject();
      target(item, backend);
      item.put("weight", backend.weight());
      filters(item, backend.filters());
    }
  }

  private static void target(ObjectNode item, BackendRef backend) {
    item.put("group", "").put("kind", Kind.SERVICE.kindName());
    ObjectWriter.putText(item, "namespace", backend.namespace());
    item.put("name", backend.name());
    ObjectWriter.putPort(item, "port", backend.port());
  }

  private static void retry(ObjectNode tree, RouteRetry retry) {
    if (!retry.stated()) {
      return;
    }
    ObjectNode out = tree.putObject("retry");
    retry.codes().forEach(code -> out.withArray("codes").add(code));
    out.put("attempts", retry.attempts());
    timeout(out, "backoff", retry.backoff());
  }

  private static void session(ObjectNode tree, SessionPersistence session) {
    if (session.type() == SessionPersistence.Type.NONE) {
      return;
    }
    ObjectNode out = tree.putObject("sessionPersistence");
    ObjectWriter.putText(out, "sessionName", session.name());
    boolean cookie = session.type() == SessionPersistence.Type.COOKIE;
    out.put("type", cookie ? "Cookie" : "Header");
    timeout(out, "absoluteTimeout", session.absoluteTimeout());
    if (session.absoluteTimeout() instanceof RouteTimeout.After) {
      out.putObject("cookieConfig").put("lifetimeType", "Permanent");
    }
  }

  private static void rule(ObjectNode tree, HttpRouteSpec.Rule rule) {
    ObjectWriter.putText(tree, "name", rule.name());
    rule.matches().forEach(match -> match(tree.withArray("matches").addObject(), match));
    filters(tree, rule.filters());
    backends(tree, rule.backendRefs());
    if (!rule.timeouts().equals(HttpRouteSpec.Timeouts.NONE)) {
      ObjectNode timeouts = tree.putObject("timeouts");
      timeout(timeouts, "request", rule.timeouts().request());
      timeout(timeouts, "backendRequest", rule.timeouts().backendRequest());
    }
    retry(tree, rule.retry());
    session(tree, rule.sessionPersistence());
  }

  /** Writes a time into the object at a JSON pointer, which is made where it is not there. */
  static void timeout(ObjectNode tree, String at, String field, RouteTimeout timeout) {
    if (!(timeout instanceof RouteTimeout.Absent)) {
      timeout(tree.withObject(at), field, timeout);
    }
  }

  private static void timeout(ObjectNode tree, String field, RouteTimeout timeout) {
    switch (timeout) {
      case RouteTimeout.Absent _ -> tree.remove(field);
      case RouteTimeout.Disabled _ -> tree.put(field, "0s");
      case RouteTimeout.After after -> tree.put(field, GatewayDuration.format(after.duration()));
    }
  }

  private static void match(ObjectNode tree, HttpMatch match) {
    tree.putObject("path")
        .put("type", match.path().type().text())
        .put("value", match.path().value());
    values(tree, "headers", match.headers());
    values(tree, "queryParams", match.queryParams());
    ObjectWriter.putText(tree, "method", match.method());
  }

  private static void values(ObjectNode tree, String field, List<HttpMatch.ValueMatch> values) {
    for (HttpMatch.ValueMatch value : values) {
      tree.withArray(field)
          .addObject()
          .put("type", value.type().text())
          .put("name", value.name())
          .put("value", value.value());
    }
  }

  private static void filters(ObjectNode tree, List<HttpRouteFilter> filters) {
    for (HttpRouteFilter filter : filters) {
      ObjectNode item = tree.withArray("filters").addObject().put("type", filter.type());
      switch (filter) {
        case HttpRouteFilter.RequestHeaderModifier modifier ->
            headers(item.putObject("requestHeaderModifier"), modifier.changes());
        case HttpRouteFilter.ResponseHeaderModifier modifier ->
            headers(item.putObject("responseHeaderModifier"), modifier.changes());
        case HttpRouteFilter.RequestRedirect redirect -> {
          ObjectNode body = item.putObject("requestRedirect");
          ObjectWriter.putText(body, "scheme", redirect.scheme());
          ObjectWriter.putText(body, "hostname", redirect.hostname());
          path(body, redirect.path());
          ObjectWriter.putPort(body, "port", redirect.port());
          body.put("statusCode", redirect.statusCode());
        }
        case HttpRouteFilter.UrlRewrite rewrite -> {
          ObjectNode body = item.putObject("urlRewrite");
          ObjectWriter.putText(body, "hostname", rewrite.hostname());
          path(body, rewrite.path());
        }
        case HttpRouteFilter.RequestMirror mirror -> {
          ObjectNode body = item.putObject("requestMirror");
          target(body.putObject("backendRef"), mirror.backend());
          if (mirror.denominator() == 100) {
            body.put("percent", mirror.numerator());
          } else {
            body.putObject("fraction")
                .put("numerator", mirror.numerator())
                .put("denominator", mirror.denominator());
          }
        }
        case HttpRouteFilter.Cors cors -> {
          ObjectNode body = item.putObject("cors");
          texts(body, "allowOrigins", cors.allowOrigins());
          body.put("allowCredentials", cors.allowCredentials());
          texts(body, "allowMethods", cors.allowMethods());
          texts(body, "allowHeaders", cors.allowHeaders());
          texts(body, "exposeHeaders", cors.exposeHeaders());
          body.put("maxAge", cors.maxAge());
        }
      }
    }
  }

  private static void texts(ObjectNode tree, String field, List<String> values) {
    values.forEach(value -> tree.withArray(field).add(value));
  }

  private static void headers(ObjectNode tree, HttpRouteFilter.HeaderChanges changes) {
    for (HttpRouteFilter.HeaderValue value : changes.set()) {
      tree.withArray("set").addObject().put("name", value.name()).put("value", value.value());
    }
    for (HttpRouteFilter.HeaderValue value : changes.add()) {
      tree.withArray("add").addObject().put("name", value.name()).put("value", value.value());
    }
    changes.remove().forEach(name -> tree.withArray("remove").add(name));
  }

  private static void path(ObjectNode tree, HttpRouteFilter.PathChange change) {
    switch (change) {
      case HttpRouteFilter.Unchanged _ -> tree.remove("path");
      case HttpRouteFilter.ReplaceFullPath(String value) ->
          tree.putObject("path").put("type", "ReplaceFullPath").put("replaceFullPath", value);
      case HttpRouteFilter.ReplacePrefixMatch(String value) ->
          tree.putObject("path").put("type", "ReplacePrefixMatch").put("replacePrefixMatch", value);
    }
  }
}
