package io.heddle.proxy.app.admin;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import io.heddle.proxy.app.dynamic.Rejected;
import io.heddle.xds.client.LastGood;
import io.heddle.xds.client.ReceivedResource;
import io.heddle.xds.model.ResourceType;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;

/**
 * {@code /config_dump}: the bootstrap as it was written and every dynamic resource with its
 * version; {@code include_eds} adds endpoints, {@code resource=LIST} picks one list, {@code
 * name_regex=REGEX} the resources of it whose name matches, {@code mask=PATHS} fields.
 */
public final class ConfigDump implements AdminPage {
  private static final String ADMIN = "type.googleapis.com/envoy.admin.v3.";

  private static final List<String> NAMES = List.of("name", "cluster_name");

  /** The message that the elements of each list are, below {@code envoy.admin.v3}. */
  private static final Map<String, String> TYPES =
      Map.of(
          "static_clusters", "ClustersConfigDump.StaticCluster",
          "dynamic_active_clusters", "ClustersConfigDump.DynamicCluster",
          "dynamic_warming_clusters", "ClustersConfigDump.DynamicCluster",
          "static_listeners", "ListenersConfigDump.StaticListener",
          "dynamic_listeners", "ListenersConfigDump.DynamicListener",
          "static_route_configs", "RoutesConfigDump.StaticRouteConfig",
          "dynamic_route_configs", "RoutesConfigDump.DynamicRouteConfig",
          "dynamic_endpoint_configs", "EndpointsConfigDump.DynamicEndpointConfig");

  private static final Set<String> LISTS = new TreeSet<>(TYPES.keySet());

  /**
   * What is in force.
   *
   * @param versions last accepted version by type
   * @param rejected refusals that stand, by type and name
   * @param warming clusters and listeners that are not live yet
   */
  public record State(
      JsonObject bootstrap,
      LastGood resources,
      Map<ResourceType, String> versions,
      Map<ResourceType, Map<String, Rejected>> rejected,
      Map<ResourceType, Set<String>> warming) {}

  private final Supplier<State> state;

  public ConfigDump(Supplier<State> state) {
    this.state = state;
  }

  @Override
  public AdminResponse answer(AdminRequest request) {
    Optional<Pattern> names;
    try {
      names = request.value("name_regex").filter(regex -> !regex.isEmpty()).map(Pattern::compile);
    } catch (PatternSyntaxException e) {
      return AdminResponse.text(
          400, "name_regex: expected an RE2 expression: " + e.getMessage() + "\n");
    }
    Optional<FieldMask> mask = request.value("mask").map(FieldMask::parse);
    Printed printed = new Printed(state.get(), new ProtoJson());
    JsonArray configs = new JsonArray();
    configs.add(printed.bootstrap());
    configs.add(printed.clusters());
    configs.add(printed.listeners());
    configs.add(printed.routes());
    String wanted = request.value("resource").orElse("");
    if (request.has("include_eds") || wanted.equals("dynamic_endpoint_configs")) {
      configs.add(printed.endpoints());
    }
    JsonArray picked = wanted.isEmpty() ? configs : pick(configs, wanted);
    if (picked.isEmpty() && !LISTS.contains(wanted)) {
      return AdminResponse.text(
          404, "resource: found " + wanted + ", expected one of " + LISTS + "\n");
    }
    JsonArray shown = new JsonArray();
    for (JsonElement config : picked) {
      JsonElement named = config;
      if (names.isPresent() && wanted.isEmpty()) {
        named = named(config, names.get());
      } else if (names.isPresent() && !names.get().matches(name(config))) {
        continue;
      }
      if (mask.isEmpty()) {
        shown.add(named);
      } else if (named instanceof JsonObject object && mask.get().touches(object)) {
        shown.add(mask.get().apply(object));
      }
    }
    JsonObject dump = new JsonObject();
    dump.add("configs", shown);
    return AdminResponse.json(
        new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create().toJson(dump) + "\n");
  }

  /** The lists of a dump cut down to the resources whose name matches. */
  private static JsonElement named(JsonElement config, Pattern names) {
    if (!(config instanceof JsonObject object)) {
      return config;
    }
    JsonObject out = new JsonObject();
    for (Map.Entry<String, JsonElement> entry : object.entrySet()) {
      if (entry.getValue() instanceof JsonArray list) {
        JsonArray left = new JsonArray();
        list.forEach(one -> {
          if (names.matches(name(one))) {
            left.add(one);
          }
        });
        out.add(entry.getKey(), left);
      } else {
        out.add(entry.getKey(), entry.getValue());
      }
    }
    return out;
  }

  /** The name of a resource: its own, or that of the message it holds. */
  private static String name(JsonElement one) {
    if (one instanceof JsonObject object) {
      for (String key : NAMES) {
        if (object.get(key) instanceof JsonPrimitive name) {
          return name.getAsString();
        }
      }
      for (Map.Entry<String, JsonElement> entry : object.entrySet()) {
        if (entry.getValue() instanceof JsonObject) {
          String below = name(entry.getValue());
          if (!below.isEmpty()) {
            return below;
          }
        }
      }
    }
    return "";
  }

  private static JsonArray pick(JsonArray configs, String list) {
    JsonArray picked = new JsonArray();
    for (JsonElement config : configs) {
      JsonElement found = config.getAsJsonObject().get(list);
      if (found != null && found.isJsonArray()) {
        found
            .getAsJsonArray()
            .forEach(one -> {
              if (one instanceof JsonObject object && !object.has("@type")) {
                // What stands in configs is an Any, and so has a type.
                JsonObject typed = new JsonObject();
                typed.addProperty("@type", ADMIN + TYPES.get(list));
                object.entrySet().forEach(entry -> typed.add(entry.getKey(), entry.getValue()));
                picked.add(typed);
              }
            });
      } else if (found != null) {
        picked.add(found);
      }
    }
    return picked;
  }

  /** One dump. */
  private record Printed(State state, ProtoJson json) {

    JsonObject bootstrap() {
      JsonObject out = typed("BootstrapConfigDump");
      out.add("bootstrap", Secrets.redact(state.bootstrap));
      return out;
    }

    JsonObject clusters() {
      JsonObject out = typed("ClustersConfigDump");
      out.addProperty("version_info", version(ResourceType.CLUSTER));
      out.add("static_clusters", statics("clusters", "cluster", "envoy.config.cluster.v3.Cluster"));
      JsonArray active = new JsonArray();
      JsonArray warming = new JsonArray();
      for (ReceivedResource resource : state.resources.of(ResourceType.CLUSTER)) {
        boolean waits = waits(ResourceType.CLUSTER, resource.name());
        (waits ? warming : active).add(one(resource, "cluster"));
      }
      addErrors(active, ResourceType.CLUSTER, "cluster");
      out.add("dynamic_active_clusters", active);
      out.add("dynamic_warming_clusters", warming);
      return out;
    }

    JsonObject listeners() {
      JsonObject out = typed("ListenersConfigDump");
      out.addProperty("version_info", version(ResourceType.LISTENER));
      out.add(
          "static_listeners",
          statics("listeners", "listener", "envoy.config.listener.v3.Listener"));
      JsonArray all = new JsonArray();
      Map<String, Rejected> rejected = state.rejected.getOrDefault(ResourceType.LISTENER, Map.of());
      for (ReceivedResource resource : state.resources.of(ResourceType.LISTENER)) {
        JsonObject listener = new JsonObject();
        listener.addProperty("name", resource.name());
        boolean waits = waits(ResourceType.LISTENER, resource.name());
        listener.add(waits ? "warming_state" : "active_state", one(resource, "listener"));
        Rejected error = rejected.get(resource.name());
        if (error != null) {
          listener.add("error_state", error(error));
        }
        all.add(listener);
      }
      for (Map.Entry<String, Rejected> entry : rejected.entrySet()) {
        if (!held(ResourceType.LISTENER, entry.getKey())) {
          JsonObject listener = new JsonObject();
          listener.addProperty("name", entry.getKey());
          listener.add("error_state", error(entry.getValue()));
          all.add(listener);
        }
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

    JsonObject endpoints() {
      JsonObject out = typed("EndpointsConfigDump");
      out.add("dynamic_endpoint_configs", list(ResourceType.ENDPOINTS, "endpoint_config"));
      return out;
    }

    private JsonArray list(ResourceType type, String field) {
      JsonArray all = new JsonArray();
      for (ReceivedResource resource : state.resources.of(type)) {
        all.add(one(resource, field));
      }
      addErrors(all, type, field);
      return all;
    }

    private JsonObject one(ReceivedResource resource, String field) {
      JsonObject out = new JsonObject();
      out.addProperty("version_info", resource.version());
      out.add(field, json.print(resource.body()));
      return out;
    }

    private void addErrors(JsonArray list, ResourceType type, String field) {
      for (Map.Entry<String, Rejected> entry :
          state.rejected.getOrDefault(type, Map.of()).entrySet()) {
        JsonObject out = new JsonObject();
        JsonObject named = new JsonObject();
        named.addProperty(type == ResourceType.ENDPOINTS ? "cluster_name" : "name", entry.getKey());
        out.add(field, named);
        out.add("error_state", error(entry.getValue()));
        out.addProperty("client_status", "NACKED");
        list.add(out);
      }
    }

    private static JsonObject error(Rejected error) {
      JsonObject out = new JsonObject();
      out.addProperty("version_info", error.version());
      out.addProperty("details", error.message());
      out.addProperty("last_update_attempt", error.at().toString());
      return out;
    }

    private boolean waits(ResourceType type, String name) {
      return state.warming.getOrDefault(type, Set.of()).contains(name);
    }

    private boolean held(ResourceType type, String name) {
      for (ReceivedResource resource : state.resources.of(type)) {
        if (resource.name().equals(name)) {
          return true;
        }
      }
      return false;
    }

    private String version(ResourceType type) {
      return state.versions.getOrDefault(type, "");
    }

    private JsonArray statics(String list, String field, String type) {
      JsonArray out = new JsonArray();
      for (JsonElement element : list(field(state.bootstrap, "static_resources"), list)) {
        JsonObject one = new JsonObject();
        one.add(field, any(type, element));
        out.add(one);
      }
      return out;
    }

    /** The route tables that stand in the listeners of the bootstrap. */
    private JsonArray staticRoutes() {
      JsonArray out = new JsonArray();
      for (JsonElement listener : list(field(state.bootstrap, "static_resources"), "listeners")) {
        JsonArray chains = new JsonArray();
        chains.addAll(list(listener, "filter_chains"));
        chains.add(field(listener, "default_filter_chain"));
        for (JsonElement chain : chains) {
          for (JsonElement filter : list(chain, "filters")) {
            JsonElement routes = field(field(filter, "typed_config"), "route_config");
            if (routes.isJsonObject()) {
              JsonObject one = new JsonObject();
              one.add("route_config", any("envoy.config.route.v3.RouteConfiguration", routes));
              out.add(one);
            }
          }
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
      out.addProperty("@type", ADMIN + message);
      return out;
    }
  }
}
