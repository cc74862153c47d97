package io.heddle.control.api.document;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.heddle.control.api.resource.GatewaySpec;
import io.heddle.control.api.resource.HttpMatch;
import io.heddle.control.api.resource.HttpRouteFilter;
import io.heddle.control.api.resource.HttpRouteSpec;
import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.Locality;
import io.heddle.control.api.resource.RouteTimeout;
import io.heddle.control.api.resource.ServiceSpec;
import io.heddle.control.api.resource.Spec;
import io.heddle.control.api.resource.WorkloadEntrySpec;
import java.util.List;

/** Writes specs as trees, with their defaults spelled out. */
final class SpecWriter {
  private SpecWriter() {}

  static ObjectNode toTree(Spec spec) {
    ObjectNode tree = JsonNodeFactory.instance.objectNode();
    switch (spec) {
      case ServiceSpec service -> service(tree, service);
      case WorkloadEntrySpec entry -> entry(tree, entry);
      case GatewaySpec gateway -> gateway(tree, gateway);
      case HttpRouteSpec route -> route(tree, route);
    }
    return tree;
  }

  private static void service(ObjectNode tree, ServiceSpec service) {
    ObjectWriter.putTexts(tree, "selector", service.selector());
    for (ServiceSpec.Port port : service.ports()) {
      ObjectNode item = tree.withArray("ports").addObject();
      ObjectWriter.putText(item, "name", port.name());
      item.put("port", port.port()).put("appProtocol", port.appProtocol());
    }
  }

  private static void entry(ObjectNode tree, WorkloadEntrySpec entry) {
    tree.put("address", entry.address());
    ObjectNode ports = tree.putObject("ports");
    entry.ports().forEach(ports::put);
    ObjectWriter.putTexts(tree, "labels", entry.labels());
    tree.put("service", entry.service()).put("weight", entry.weight());
    if (!entry.locality().equals(Locality.UNKNOWN)) {
      tree.put("locality", entry.locality().toString());
    }
  }

  private static void gateway(ObjectNode tree, GatewaySpec gateway) {
    tree.put("gatewayClassName", gateway.gatewayClassName());
    for (GatewaySpec.Listener listener : gateway.listeners()) {
      ObjectNode item = tree.withArray("listeners").addObject();
      item.put("name", listener.name());
      ObjectWriter.putText(item, "hostname", listener.hostname());
      item.put("port", listener.port()).put("protocol", listener.protocol().name());
      item.putObject("allowedRoutes")
          .putObject("namespaces")
          .put("from", listener.routesFrom().text());
    }
    for (GatewaySpec.Address address : gateway.addresses()) {
      tree.withArray("addresses")
          .addObject()
          .put("type", address.type().text())
          .put("value", address.value());
    }
  }

  private static void route(ObjectNode tree, HttpRouteSpec route) {
    for (HttpRouteSpec.ParentRef parent : route.parentRefs()) {
      ObjectNode item = tree.withArray("parentRefs").addObject();
      item.put("group", parent.kind().group()).put("kind", parent.kind().kindName());
      ObjectWriter.putText(item, "namespace", parent.namespace());
      item.put("name", parent.name());
      ObjectWriter.putText(item, "sectionName", parent.sectionName());
      ObjectWriter.putPort(item, "port", parent.port());
    }
    route.hostnames().forEach(name -> tree.withArray("hostnames").add(name));
    route.rules().forEach(rule -> rule(tree.withArray("rules").addObject(), rule));
  }

  private static void rule(ObjectNode tree, HttpRouteSpec.Rule rule) {
    ObjectWriter.putText(tree, "name", rule.name());
    rule.matches().forEach(match -> match(tree.withArray("matches").addObject(), match));
    filters(tree, rule.filters());
    for (HttpRouteSpec.BackendRef backend : rule.backendRefs()) {
      ObjectNode item = tree.withArray("backendRefs").addObject();
      item.put("group", "").put("kind", Kind.SERVICE.kindName());
      ObjectWriter.putText(item, "namespace", backend.namespace());
      item.put("name", backend.name());
      ObjectWriter.putPort(item, "port", backend.port());
      item.put("weight", backend.weight());
      filters(item, backend.filters());
    }
    if (!rule.timeouts().equals(HttpRouteSpec.Timeouts.NONE)) {
      ObjectNode timeouts = tree.putObject("timeouts");
      timeout(timeouts, "request", rule.timeouts().request());
      timeout(timeouts, "backendRequest", rule.timeouts().backendRequest());
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
      }
    }
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
