package io.heddle.proxy.app.sidecar;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.heddle.xds.model.BootstrapConfig;
import io.heddle.xds.model.EndpointsConfig;
import io.heddle.xds.model.NodeConfig;
import io.heddle.xds.model.RuntimeLayerConfig;
import io.heddle.xds.model.RuntimeValue;
import io.heddle.xds.model.SocketEndpoint;
import io.heddle.xds.model.SourceConfig;
import io.heddle.xds.model.StatsConfig;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The bootstrap of a proxy of ours: who it is, an admin port, and delta ADS for everything else.
 *
 * <p>Made as a record, without the detour over text; {@link #json} shows the text that stands for
 * it.
 */
public final class MeshBootstrap {
  private MeshBootstrap() {}

  /** A sidecar's. */
  public static BootstrapConfig sidecar(
      SidecarOptions options, String instance, SidecarPorts ports) {
    Map<String, String> metadata = new TreeMap<>();
    metadata.put("HEDDLE_KIND", "sidecar");
    metadata.put("HEDDLE_NAMESPACE", options.namespace());
    metadata.put("HEDDLE_SERVICE", options.service());
    metadata.put("HEDDLE_INSTANCE", instance);
    metadata.put("HEDDLE_INBOUND", address(options.address(), ports.inbound()));
    metadata.put("HEDDLE_OUTBOUND", address("127.0.0.1", ports.outbound()));
    metadata.put("HEDDLE_APP", address("127.0.0.1", options.appPort()));
    return of(
        nodeId("sidecar", options.namespace(), instance),
        options.service(),
        metadata,
        options.control(),
        ports.admin());
  }

  /**
   * A gateway's.
   *
   * @param instance empty for the only proxy of the gateway
   * @param adminPort zero for a free one
   */
  public static BootstrapConfig gateway(
      String namespace, String name, String instance, String bind, String control, int adminPort) {
    Map<String, String> metadata = new TreeMap<>();
    metadata.put("HEDDLE_KIND", "gateway");
    metadata.put("HEDDLE_NAMESPACE", namespace);
    metadata.put("HEDDLE_GATEWAY", name);
    metadata.put("HEDDLE_BIND", bind);
    String id = nodeId("gateway", namespace, name) + (instance.isEmpty() ? "" : "~" + instance);
    return of(id, name, metadata, control, adminPort);
  }

  /** What holds for every proxy of the mesh, and what operators put over it. */
  private static final List<RuntimeLayerConfig> RUNTIME =
      List.of(
          new RuntimeLayerConfig(
              "mesh",
              new RuntimeLayerConfig.Content.Fixed(
                  // Those above are told which answers were asked for again already.
                  Map.of("heddle.mark_retries", RuntimeValue.of(true)))),
          new RuntimeLayerConfig("admin", RuntimeLayerConfig.Content.Admin.ADMIN));

  /** {@code KIND~NAMESPACE~NAME}. */
  public static String nodeId(String kind, String namespace, String name) {
    return kind + "~" + namespace + "~" + name;
  }

  private static BootstrapConfig of(
      String id, String cluster, Map<String, String> metadata, String control, int adminPort) {
    Struct.Builder struct = Struct.newBuilder();
    metadata.forEach(
        (key, value) -> struct.putFields(key, Value.newBuilder().setStringValue(value).build()));
    BootstrapConfig.GrpcTarget target = new BootstrapConfig.GrpcTarget.Uri(control);
    SourceConfig.GrpcOptions options =
        new SourceConfig.GrpcOptions(true, List.of(), SourceConfig.RateLimit.NONE);
    return new BootstrapConfig(
            new NodeConfig(id, cluster, EndpointsConfig.Locality.NONE, struct.build()),
            List.of(),
            List.of(),
            new BootstrapConfig.Admin.At(new SocketEndpoint("127.0.0.1", adminPort)),
            BootstrapConfig.DynamicSources.ads(
                new SourceConfig.Origin.Grpc(BootstrapConfig.Variant.DELTA, target, options),
                Duration.ZERO),
            StatsConfig.DEFAULT,
            RUNTIME)
        .reporting(
            new SourceConfig.Origin.Grpc(
                BootstrapConfig.Variant.STATE_OF_THE_WORLD,
                target,
                new SourceConfig.GrpcOptions(false, List.of(), SourceConfig.RateLimit.NONE)));
  }

  /** The same as a document that {@code heddle proxy -c} would read. */
  public static JsonObject json(BootstrapConfig config) {
    JsonObject metadata = new JsonObject();
    new TreeMap<>(config.node().metadata().getFieldsMap())
        .forEach((key, value) -> metadata.addProperty(key, value.getStringValue()));
    JsonObject node = new JsonObject();
    node.addProperty("id", config.node().id());
    node.addProperty("cluster", config.node().cluster());
    node.add("metadata", metadata);
    JsonObject out = new JsonObject();
    out.add("node", node);
    out.add("layered_runtime", runtime());
    if (config.admin() instanceof BootstrapConfig.Admin.At(SocketEndpoint at)) {
      out.add("admin", object("address", object("socket_address", socket(at))));
    }
    if (config.dynamic().ads().isPresent()
        && config.dynamic().ads().get().target()
            instanceof BootstrapConfig.GrpcTarget.Uri(String target)) {
      out.add("dynamic_resources", dynamic(target));
      JsonObject loads = new JsonObject();
      loads.addProperty("api_type", "GRPC");
      loads.addProperty("transport_api_version", "V3");
      loads.add("grpc_services", services(target));
      out.add("cluster_manager", object("load_stats_config", loads));
    }
    return out;
  }

  private static JsonObject runtime() {
    JsonObject mesh = new JsonObject();
    mesh.addProperty("name", "mesh");
    JsonObject values = new JsonObject();
    values.addProperty("mark_retries", true);
    mesh.add("static_layer", object("heddle", values));
    JsonObject admin = new JsonObject();
    admin.addProperty("name", "admin");
    admin.add("admin_layer", new JsonObject());
    JsonArray layers = new JsonArray();
    layers.add(mesh);
    layers.add(admin);
    return object("layers", layers);
  }

  private static JsonObject dynamic(String target) {
    JsonObject ads = new JsonObject();
    ads.addProperty("api_type", "DELTA_GRPC");
    ads.addProperty("transport_api_version", "V3");
    ads.addProperty("set_node_on_first_message_only", true);
    ads.add("grpc_services", services(target));
    JsonObject out = new JsonObject();
    out.add("ads_config", ads);
    out.add("cds_config", overAds());
    out.add("lds_config", overAds());
    return out;
  }

  private static JsonArray services(String target) {
    JsonObject google = new JsonObject();
    google.addProperty("target_uri", target);
    google.addProperty("stat_prefix", "heddle_control");
    JsonArray services = new JsonArray();
    services.add(object("google_grpc", google));
    return services;
  }

  private static JsonObject overAds() {
    JsonObject source = new JsonObject();
    source.add("ads", new JsonObject());
    source.addProperty("resource_api_version", "V3");
    source.addProperty("initial_fetch_timeout", "0s");
    return source;
  }

  private static JsonObject socket(SocketEndpoint at) {
    JsonObject socket = new JsonObject();
    socket.addProperty("address", at.address());
    socket.addProperty("port_value", at.port());
    return socket;
  }

  private static JsonObject object(String name, JsonElement value) {
    JsonObject out = new JsonObject();
    out.add(name, value);
    return out;
  }

  private static String address(String address, int port) {
    return new SocketEndpoint(address, port).toString();
  }
}
