package io.heddle.proxy.engine;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.heddle.xds.model.BootstrapConfig;
import io.heddle.xds.model.ClusterConfig;
import io.heddle.xds.model.ListenerConfig;
import io.heddle.xds.model.ParseOptions;
import io.heddle.xds.model.Parsed;
import io.heddle.xds.model.RouteTable;
import io.heddle.xds.model.VirtualHostConfig;
import io.heddle.xds.model.parse.BootstrapParser;
import io.heddle.xds.model.parse.ResourceParser;

/** Configuration as users write it, in YAML's flow style or in JSON. */
final class Yaml {
  private static final String V3 = "type.googleapis.com/envoy.extensions.filters.";
  private static final ResourceParser RESOURCES = new ResourceParser(ParseOptions.STRICT);

  private Yaml() {}

  /** A listener named {@code in} whose connection manager has these fields and no filters. */
  static ListenerConfig http(String fields) {
    return http(fields, "");
  }

  /** The same with these filters, each followed by a comma, before the router. */
  static ListenerConfig http(String fields, String filters) {
    return ok(new BootstrapParser(ParseOptions.STRICT).parse(bootstrap(fields, filters)))
        .listeners()
        .getFirst();
  }

  /** One virtual host for all domains that has these routes. */
  static ListenerConfig routes(String routes) {
    return http(table("routes: [" + routes + "]"));
  }

  /** A listener as of {@link #http(String)} whose router has these fields. */
  static ListenerConfig withRouter(String router, String fields) {
    String plain = "http.router.v3.Router}";
    String text = bootstrap(fields, "");
    return ok(new BootstrapParser(ParseOptions.STRICT)
            .parse(text.replace(plain, "http.router.v3.Router, " + router + "}")))
        .listeners()
        .getFirst();
  }

  /** One virtual host for all domains that has these fields. */
  static String table(String host) {
    return "route_config: {name: local, validate_clusters: false, virtual_hosts: [{name: all,"
        + " domains: ['*'], "
        + host
        + "}]}";
  }

  /** A listener named {@code in} whose TCP proxy to the cluster {@code up} has these fields. */
  static ListenerConfig tcp(String fields) {
    return ok(new BootstrapParser(ParseOptions.STRICT)
            .parse(
                "static_resources: {listeners: [{name: in, address: {socket_address: {address:"
                    + " 127.0.0.1, port_value: 0}}, filter_chains: [{filters: [{name: tcp,"
                    + " typed_config: {'@type': "
                    + V3
                    + "network.tcp_proxy.v3.TcpProxy, stat_prefix: t, cluster: up, "
                    + fields
                    + "}}]}]}], clusters: [{name: up, load_assignment: {cluster_name: up}}]}"))
        .listeners()
        .getFirst();
  }

  /** What is wrong with a connection manager that has these fields. */
  static String refused(String fields) {
    Parsed<BootstrapConfig> parsed =
        new BootstrapParser(ParseOptions.STRICT).parse(bootstrap(fields, ""));
    if (parsed instanceof Parsed.Ok) {
      throw new AssertionError("accepted: " + fields);
    }
    return parsed.message();
  }

  private static String bootstrap(String fields, String filters) {
    return "dynamic_resources: {ads_config: {api_type: GRPC, grpc_services: [{google_grpc:"
        + " {target_uri: 'control:1'}}]}}\n"
        + "static_resources: {listeners: [{name: in, address: {socket_address: {address:"
        + " 127.0.0.1, port_value: 0}}, filter_chains: [{filters: [{name: http, typed_config:"
        + " {'@type': "
        + V3
        + "network.http_connection_manager.v3.HttpConnectionManager, stat_prefix: in, "
        + fields
        + ", http_filters: ["
        + filters
        + "{name: router, typed_config: {'@type': "
        + V3
        + "http.router.v3.Router}}]}}]}]}]}";
  }

  /** A static cluster named {@code up} with these fields, on ports of this machine. */
  static ClusterConfig cluster(String fields, int... ports) {
    StringBuilder endpoints = new StringBuilder();
    for (int port : ports) {
      endpoints.append(endpoint(port, "")).append(',');
    }
    return clusterOf(fields, endpoints.toString());
  }

  /** An endpoint on a port of this machine; {@code more} are fields, each after a comma. */
  static String endpoint(int port, String more) {
    return "{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: "
        + port
        + "}}"
        + more
        + "}}";
  }

  /** The same with endpoints that are written down. */
  static ClusterConfig clusterOf(String fields, String endpoints) {
    return ok(new BootstrapParser(ParseOptions.STRICT)
            .parse(
                "static_resources: {clusters: [{name: up, type: STATIC, load_assignment:"
                    + " {cluster_name: up, endpoints: [{lb_endpoints: ["
                    + endpoints
                    + "]}]}, "
                    + fields
                    + "}]}"))
        .clusters()
        .getFirst();
  }

  /** A route table as it comes by RDS, in JSON with single quotes. */
  static RouteTable rds(String json) {
    RouteConfiguration.Builder table = RouteConfiguration.newBuilder();
    merge(json, table);
    return ok(RESOURCES.routes(table.build().toByteString()));
  }

  /** A virtual host as it comes by VHDS, in JSON with single quotes. */
  static VirtualHostConfig host(String json) {
    VirtualHost.Builder host = VirtualHost.newBuilder();
    merge(json, host);
    return ok(RESOURCES.virtualHost(host.build().toByteString()));
  }

  private static void merge(String json, com.google.protobuf.Message.Builder into) {
    try {
      JsonFormat.parser().merge(json.replace('\'', '"'), into);
    } catch (InvalidProtocolBufferException malformed) {
      throw new AssertionError(json, malformed);
    }
  }

  private static <T> T ok(Parsed<T> parsed) {
    return switch (parsed) {
      case Parsed.Ok<T> ok -> ok.value();
      case Parsed.Refused<T> refused -> throw new AssertionError(refused.message());
    };
  }
}
