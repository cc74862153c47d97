package io.heddle.proxy.app.admin;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import io.heddle.proxy.app.dynamic.Rejected;
import io.heddle.xds.client.ReceivedResource;
import io.heddle.xds.model.ResourceType;
import java.time.Instant;
import java.util.Comparator;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Writes one {@code /config_dump} as Envoy's messages in JSON, secrets taken out. */
record ConfigDumpPrinter(ConfigDump.State state, ProtoJson json) {
  private static final String SECRET = "envoy.extensions.transport_sockets.tls.v3.Secret";

  /** The parts, in Envoy's order. */
  JsonArray all(boolean endpoints) {
    JsonArray configs = new JsonArray();
    configs.add(bootstrap());
    configs.add(clusters());
    if (some(ResourceType.EXTENSION_CONFIG)) {
      configs.add(extensions());
    }
    if (endpoints) {
      configs.add(endpoints());
    }
    configs.add(listeners());
    configs.add(scopes());
    configs.add(routes());
    configs.add(secrets());
    return configs;
  }

  private boolean some(ResourceType type) {
    return !state.resources().of(type).isEmpty()
        || !state.rejected().getOrDefault(type, Map.of()).isEmpty();
  }

  JsonObject bootstrap() {
    JsonObject out = typed("BootstrapConfigDump");
    out.add("bootstrap", Secrets.redact(state.bootstrap()));
    out.addProperty("last_updated", state.started().toString());
    return out;
  }

  JsonObject clusters() {
    JsonObject out = typed("ClustersConfigDump");
    out.addProperty("version_info", version(ResourceType.CLUSTER));
    out.add("static_clusters", statics("clusters", "cluster", "envoy.config.cluster.v3.Cluster"));
    JsonArray active = new JsonArray();
    JsonArray warming = new JsonArray();
    for (ReceivedResource resource : state.resources().of(ResourceType.CLUSTER)) {
      boolean waits = waits(ResourceType.CLUSTER, resource.name());
      (waits ? warming : active).add(one(ResourceType.CLUSTER, resource, "cluster"));
    }
    addRefused(active, ResourceType.CLUSTER, "cluster");
    out.add("dynamic_active_clusters", active);
    out.add("dynamic_warming_clusters", warming);
    return out;
  }

  JsonObject listeners() {
    JsonObject out = typed("ListenersConfigDump");
    out.addProperty("version_info", version(ResourceType.LISTENER));
    out.add(
        "static_listeners", statics("listeners", "listener", "envoy.config.listener.v3.Listener"));
    JsonArray all = new JsonArray();
    for (ReceivedResource resource : state.resources().of(ResourceType.LISTENER)) {
      JsonObject listener = new JsonObject();
      listener.addProperty("name", resource.name());
      boolean waits = waits(ResourceType.LISTENER, resource.name());
      JsonObject state = version(ResourceType.LISTENER, resource, "listener");
      listener.add(waits ? "warming_state" : "active_state", state);
      addError(listener, ResourceType.LISTENER, resource.name());
      all.add(listener);
    }
    for (String name : refused(ResourceType.LISTENER)) {
      JsonObject listener = new JsonObject();
      listener.addProperty("name", name);
      addError(listener, ResourceType.LISTENER, name);
      all.add(listener);
    }
    out.add("dynamic_listeners", all);
    return out;
  }

  JsonObject routes() {
    JsonObject out = typed("RoutesConfigDump");
    out.add("static_route_configs", staticRoutes());
    out.add("dynamic_route_configs", list(ResourceType.ROUTES, "route_config"));
    return out;
  }

  /** Of the scopes of one name only the latest refusal has a place. */
  JsonObject scopes() {
    JsonObject out = typed("ScopedRoutesConfigDump");
    JsonArray inline = new JsonArray();
    for (JsonElement manager : managers()) {
      JsonElement scoped = field(manager, "scoped_routes");
      JsonElement written = field(scoped, "scoped_route_configurations_list");
      if (written.isJsonObject()) {
        JsonObject one = new JsonObject();
        one.add("name", field(scoped, "name"));
        JsonArray all = new JsonArray();
        for (JsonElement scope : list(written, "scoped_route_configurations")) {
          all.add(any("envoy.config.route.v3.ScopedRouteConfiguration", scope));
        }
        one.add("scoped_route_configs", all);
        one.addProperty("last_updated", state.started().toString());
        inline.add(one);
      }
    }
    out.add("inline_scoped_route_configs", inline);
    JsonArray dynamic = new JsonArray();
    state.scopes().forEach((name, scopes) -> dynamic.add(scopes(name, scopes)));
    out.add("dynamic_scoped_route_configs", dynamic);
    return out;
  }

  private JsonObject scopes(String set, Set<String> names) {
    ResourceType type = ResourceType.SCOPED_ROUTES;
    JsonObject one = new JsonObject();
    one.addProperty("name", set);
    one.addProperty("version_info", version(type));
    JsonArray all = new JsonArray();
    Instant updated = null;
    for (ReceivedResource scope : state.resources().of(type)) {
      if (names.contains(scope.name())) {
        all.add(json.print(scope.body()));
        Instant at = state.updated().getOrDefault(type, Map.of()).get(scope.name());
        updated = updated == null || (at != null && at.isAfter(updated)) ? at : updated;
      }
    }
    one.add("scoped_route_configs", all);
    if (updated != null) {
      one.addProperty("last_updated", updated.toString());
    }
    Set<String> others = new TreeSet<>();
    state.scopes().values().forEach(others::addAll);
    others.removeAll(names);
    state.rejected().getOrDefault(type, Map.of()).entrySet().stream()
        .filter(refused -> !others.contains(refused.getKey()))
        .map(Map.Entry::getValue)
        .max(Comparator.comparing(Rejected::at))
        .ifPresent(latest -> addError(one, latest));
    return one;
  }

  JsonObject endpoints() {
    JsonObject out = typed("EndpointsConfigDump");
    out.add("dynamic_endpoint_configs", list(ResourceType.ENDPOINTS, "endpoint_config"));
    return out;
  }

  JsonObject extensions() {
    JsonObject out = typed("EcdsConfigDump");
    out.add("ecds_filters", list(ResourceType.EXTENSION_CONFIG, "ecds_filter"));
    return out;
  }

  JsonObject secrets() {
    JsonObject out = typed("SecretsConfigDump");
    JsonArray fixed = new JsonArray();
    for (JsonElement secret : list(field(state.bootstrap(), "static_resources"), "secrets")) {
      JsonObject one = new JsonObject();
      one.add("name", field(secret, "name"));
      one.add("secret", any(SECRET, secret));
      one.addProperty("last_updated", state.started().toString());
      fixed.add(one);
    }
    out.add("static_secrets", fixed);
    JsonArray active = new JsonArray();
    Set<String> waiting = new TreeSet<>(refused(ResourceType.SECRET));
    waiting.addAll(state.warming().getOrDefault(ResourceType.SECRET, Set.of()));
    for (ReceivedResource resource : state.resources().of(ResourceType.SECRET)) {
      JsonObject one = new JsonObject();
      one.addProperty("name", resource.name());
      one(ResourceType.SECRET, resource, "secret")
          .entrySet()
          .forEach(entry -> one.add(entry.getKey(), entry.getValue()));
      active.add(one);
      waiting.remove(resource.name());
    }
    out.add("dynamic_active_secrets", active);
    JsonArray warming = new JsonArray();
    for (String name : waiting) {
      JsonObject one = new JsonObject();
      one.addProperty("name", name);
      one.addProperty("version_info", "uninitialized");
      one.add("secret", named(ResourceType.SECRET, name));
      addUpdated(one, ResourceType.SECRET, name);
      addError(one, ResourceType.SECRET, name);
      warming.add(one);
    }
    out.add("dynamic_warming_secrets", warming);
    return out;
  }

  private JsonArray list(ResourceType type, String field) {
    JsonArray all = new JsonArray();
    for (ReceivedResource resource : state.resources().of(type)) {
      all.add(one(type, resource, field));
    }
    addRefused(all, type, field);
    return all;
  }

  /** One that is in force; that its newest version was refused is said beside it. */
  private JsonObject one(ResourceType type, ReceivedResource resource, String field) {
    JsonObject out = version(type, resource, field);
    addError(out, type, resource.name());
    return out;
  }

  private JsonObject version(ResourceType type, ReceivedResource resource, String field) {
    JsonObject out = new JsonObject();
    out.addProperty("version_info", resource.version());
    out.add(field, json.print(resource.body()));
    addUpdated(out, type, resource.name());
    return out;
  }

  private void addUpdated(JsonObject out, ResourceType type, String name) {
    Instant at = state.updated().getOrDefault(type, Map.of()).get(name);
    if (at != null) {
      out.addProperty("last_updated", at.toString());
    }
  }

  private void addError(JsonObject out, ResourceType type, String name) {
    Rejected error = state.rejected().getOrDefault(type, Map.of()).get(name);
    if (error != null) {
      addError(out, error);
    }
  }

  private void addError(JsonObject out, Rejected error) {
    out.add("error_state", error(error));
    out.addProperty("client_status", "NACKED");
  }

  /** Those of which no version was ever accepted. */
  private Set<String> refused(ResourceType type) {
    Set<String> names = new TreeSet<>(state.rejected().getOrDefault(type, Map.of()).keySet());
    for (ReceivedResource resource : state.resources().of(type)) {
      names.remove(resource.name());
    }
    return names;
  }

  private void addRefused(JsonArray list, ResourceType type, String field) {
    for (String name : refused(type)) {
      JsonObject out = new JsonObject();
      out.add(field, named(type, name));
      addError(out, type, name);
      list.add(out);
    }
  }

  /** What is not known but by its name. */
  private static JsonObject named(ResourceType type, String name) {
    JsonObject out = new JsonObject();
    out.addProperty("@type", type.typeUrl());
    out.addProperty(type == ResourceType.ENDPOINTS ? "cluster_name" : "name", name);
    return out;
  }

  private JsonObject error(Rejected error) {
    JsonObject out = new JsonObject();
    error
        .configuration()
        .ifPresent(refused -> out.add("failed_configuration", json.print(refused)));
    out.addProperty("version_info", error.version());
    out.addProperty("details", error.message());
    out.addProperty("last_update_attempt", error.at().toString());
    return out;
  }

  private boolean waits(ResourceType type, String name) {
    return state.warming().getOrDefault(type, Set.of()).contains(name);
  }

  private String version(ResourceType type) {
    return state.versions().getOrDefault(type, "");
  }

  private JsonArray statics(String list, String field, String type) {
    JsonArray out = new JsonArray();
    for (JsonElement element : list(field(state.bootstrap(), "static_resources"), list)) {
      JsonObject one = new JsonObject();
      one.add(field, any(type, element));
      one.addProperty("last_updated", state.started().toString());
      out.add(one);
    }
    return out;
  }

  /** The route tables that stand in listeners. */
  private JsonArray staticRoutes() {
    JsonArray out = new JsonArray();
    for (JsonElement manager : managers()) {
      JsonElement routes = field(manager, "route_config");
      if (routes.isJsonObject()) {
        JsonObject one = new JsonObject();
        one.add("route_config", any("envoy.config.route.v3.RouteConfiguration", routes));
        one.addProperty("last_updated", state.started().toString());
        out.add(one);
      }
    }
    return out;
  }

  /** The configurations of network filters in all listeners, static and dynamic. */
  private JsonArray managers() {
    JsonArray listeners = new JsonArray();
    listeners.addAll(list(field(state.bootstrap(), "static_resources"), "listeners"));
    for (ReceivedResource resource : state.resources().of(ResourceType.LISTENER)) {
      listeners.add(json.print(resource.body()));
    }
    JsonArray out = new JsonArray();
    for (JsonElement listener : listeners) {
      JsonArray chains = new JsonArray();
      chains.addAll(list(listener, "filter_chains"));
      chains.add(field(listener, "default_filter_chain"));
      for (JsonElement chain : chains) {
        list(chain, "filters").forEach(filter -> out.add(field(filter, "typed_config")));
      }
    }
    return out;
  }

  /** A message as it was written, redacted, with the type that makes it an {@code Any}. */
  private static JsonElement any(String type, JsonElement message) {
    JsonObject out = new JsonObject();
    out.addProperty("@type", "type.googleapis.com/" + type);
    if (Secrets.redact(message) instanceof JsonObject object) {
      object.entrySet().forEach(entry -> out.add(entry.getKey(), entry.getValue()));
    }
    return out;
  }

  private static JsonArray list(JsonElement from, String name) {
    return field(from, name) instanceof JsonArray array ? array : new JsonArray();
  }

  /** A field by its proto name, or by its JSON name, as both may be written. */
  private static JsonElement field(JsonElement from, String name) {
    if (!(from instanceof JsonObject object)) {
      return JsonNull.INSTANCE;
    }
    JsonElement found = object.get(name);
    if (found == null) {
      StringBuilder camel = new StringBuilder();
      for (String word : name.split("_", -1)) {
        camel.append(
            camel.isEmpty() ? word : Character.toUpperCase(word.charAt(0)) + word.substring(1));
      }
      found = object.get(camel.toString());
    }
    return found == null ? JsonNull.INSTANCE : found;
  }

  private static JsonObject typed(String message) {
    JsonObject out = new JsonObject();
    out.addProperty("@type", ConfigDump.ADMIN + message);
    return out;
  }
}
