package io.heddle.proxy.app.admin;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.heddle.proxy.app.dynamic.Rejected;
import io.heddle.xds.client.LastGood;
import io.heddle.xds.client.ReceivedResource;
import io.heddle.xds.model.ResourceType;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * {@code /config_dump}: the bootstrap as it was written and every dynamic resource with its
 * version; {@code include_eds} adds endpoints, {@code resource=NAME} picks one list.
 */
public final class ConfigDump implements AdminPage {
  private static final String ADMIN = "type.googleapis.com/envoy.admin.v3.";

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
    if (request.has("mask")) {
      return AdminResponse.text(400, "mask: not supported, expected resource or include_eds\n");
    }
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
    JsonObject dump = new JsonObject();
    if (wanted.isEmpty()) {
      dump.add("configs", configs);
    } else {
      JsonArray picked = pick(configs, wanted);
      if (picked.isEmpty()) {
        return AdminResponse.text(404, "resource: nothing of this name in the dump\n");
      }
      dump.add("configs", picked);
    }
    return AdminResponse.json(
        new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create().toJson(dump) + "\n");
  }

  private static JsonArray pick(JsonArray configs, String list) {
    JsonArray picked = new JsonArray();
    for (JsonElement config : configs) {
      JsonElement found = config.getAsJsonObject().get(list);
      if (found != null && found.isJsonArray()) {
        picked.addAll(found.getAsJsonArray());
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
      out.add("static_clusters", statics("clusters", "cluster"));
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
      out.add("static_listeners", statics("listeners", "listener"));
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

    private JsonArray statics(String list, String field) {
      JsonArray out = new JsonArray();
      JsonElement resources = state.bootstrap.get("static_resources");
      if (resources != null
          && resources.isJsonObject()
          && resources.getAsJsonObject().get(list) instanceof JsonArray all) {
        for (JsonElement element : all) {
          JsonObject one = new JsonObject();
          one.add(field, Secrets.redact(element));
          out.add(one);
        }
      }
      return out;
    }

    private static JsonObject typed(String message) {
      JsonObject out = new JsonObject();
      out.addProperty("@type", ADMIN + message);
      return out;
    }
  }
}
