package io.heddle.proxy.app.admin;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import io.heddle.proxy.app.dynamic.Rejected;
import io.heddle.xds.client.LastGood;
import io.heddle.xds.model.ResourceType;
import java.time.Instant;
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
  static final String ADMIN = "type.googleapis.com/envoy.admin.v3.";

  private static final List<String> NAMES = List.of("name", "cluster_name");

  /** The message that the elements of each list are, below {@code envoy.admin.v3}. */
  private static final Map<String, String> TYPES =
      Map.ofEntries(
          Map.entry("static_clusters", "ClustersConfigDump.StaticCluster"),
          Map.entry("dynamic_active_clusters", "ClustersConfigDump.DynamicCluster"),
          Map.entry("dynamic_warming_clusters", "ClustersConfigDump.DynamicCluster"),
          Map.entry("static_listeners", "ListenersConfigDump.StaticListener"),
          Map.entry("dynamic_listeners", "ListenersConfigDump.DynamicListener"),
          Map.entry("static_route_configs", "RoutesConfigDump.StaticRouteConfig"),
          Map.entry("dynamic_route_configs", "RoutesConfigDump.DynamicRouteConfig"),
          Map.entry(
              "inline_scoped_route_configs", "ScopedRoutesConfigDump.InlineScopedRouteConfigs"),
          Map.entry(
              "dynamic_scoped_route_configs", "ScopedRoutesConfigDump.DynamicScopedRouteConfigs"),
          Map.entry("dynamic_endpoint_configs", "EndpointsConfigDump.DynamicEndpointConfig"),
          Map.entry("ecds_filters", "EcdsConfigDump.EcdsFilterConfig"),
          Map.entry("static_secrets", "SecretsConfigDump.StaticSecret"),
          Map.entry("dynamic_active_secrets", "SecretsConfigDump.DynamicSecret"),
          Map.entry("dynamic_warming_secrets", "SecretsConfigDump.DynamicSecret"));

  private static final Set<String> LISTS = new TreeSet<>(TYPES.keySet());

  /**
   * What is in force.
   *
   * @param versions last accepted version by type
   * @param rejected refusals that stand, by type and name
   * @param warming clusters, listeners and secrets that are not live yet
   * @param updated when each dynamic resource was last put in force, or first asked for
   * @param started when what is static was
   * @param scopes names of the scopes in force, by the name of the {@code scoped_routes} that they
   *     are for
   */
  public record State(
      JsonObject bootstrap,
      LastGood resources,
      Map<ResourceType, String> versions,
      Map<ResourceType, Map<String, Rejected>> rejected,
      Map<ResourceType, Set<String>> warming,
      Map<ResourceType, Map<String, Instant>> updated,
      Instant started,
      Map<String, Set<String>> scopes) {}

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
    String wanted = request.value("resource").orElse("");
    JsonArray configs =
        new ConfigDumpPrinter(state.get(), new ProtoJson())
            .all(request.has("include_eds") || wanted.equals("dynamic_endpoint_configs"));
    if (single(configs, wanted)) {
      return AdminResponse.text(
          400, "resource: found " + wanted + ", expected a list; mask=" + wanted + " shows it\n");
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
    if (mask.isPresent() && wanted.isEmpty() && shown.isEmpty()) {
      return AdminResponse.text(
          400,
          "mask: found "
              + request.value("mask").orElse("")
              + ", expected paths of fields of which some part of the dump has one\n");
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

  /** Whether a part of the dump has a field of this name that is no list. */
  private static boolean single(JsonArray configs, String field) {
    for (JsonElement config : configs) {
      JsonElement found = config.getAsJsonObject().get(field);
      if (found != null && !found.isJsonArray()) {
        return true;
      }
    }
    return false;
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
      }
    }
    return picked;
  }
}
