package io.heddle.proxy.engine;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.extensions.access_loggers.file.v3.FileAccessLog;
import io.envoyproxy.envoy.extensions.filters.http.router.v3.Router;
import io.envoyproxy.envoy.extensions.filters.listener.http_inspector.v3.HttpInspector;
import io.envoyproxy.envoy.extensions.filters.listener.original_dst.v3.OriginalDst;
import io.envoyproxy.envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol;
import io.envoyproxy.envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy;
import io.envoyproxy.envoy.extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport;
import io.envoyproxy.envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext;
import io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions;
import io.heddle.xds.model.ClusterConfig;
import io.heddle.xds.model.ListenerConfig;
import io.heddle.xds.model.ParseOptions;
import io.heddle.xds.model.Parsed;
import io.heddle.xds.model.SecretConfig;
import io.heddle.xds.model.parse.ResourceParser;

/** Listeners with several filter chains, in JSON with single quotes, as they come by xDS. */
final class Chains {
  private static final ResourceParser RESOURCES = new ResourceParser(ParseOptions.STRICT);
  private static final JsonFormat.Parser JSON =
      JsonFormat.parser()
          .usingTypeRegistry(
              JsonFormat.TypeRegistry.newBuilder()
                  .add(HttpConnectionManager.getDescriptor())
                  .add(Router.getDescriptor())
                  .add(TcpProxy.getDescriptor())
                  .add(DownstreamTlsContext.getDescriptor())
                  .add(TlsInspector.getDescriptor())
                  .add(HttpInspector.getDescriptor())
                  .add(OriginalDst.getDescriptor())
                  .add(ProxyProtocol.getDescriptor())
                  .add(UpstreamTlsContext.getDescriptor())
                  .add(FileAccessLog.getDescriptor())
                  .add(RawBuffer.getDescriptor())
                  .add(ProxyProtocolUpstreamTransport.getDescriptor())
                  .add(HttpProtocolOptions.getDescriptor())
                  .build());

  static final String INSPECT_TLS = listenerFilter("tls_inspector.v3.TlsInspector", "");

  private Chains() {}

  static String listenerFilter(String type, String fields) {
    return "{'name':'f','typed_config':{'@type':'type.googleapis.com/envoy.extensions.filters."
        + "listener."
        + type
        + "'"
        + (fields.isEmpty() ? "" : "," + fields)
        + "}}";
  }

  /** A chain whose connection manager answers everything with this text. */
  static String saying(String text, String fields) {
    return http(
        fields,
        "'stat_prefix':'in','route_config':{'virtual_hosts':[{'name':'all','domains':['*'],"
            + "'routes':[{'match':{'prefix':'/'},'direct_response':{'status':200,'body':"
            + "{'inline_string':'"
            + text
            + "'}}}]}]}");
  }

  /** A chain that sends everything to the cluster {@code up}. */
  static String proxying(String fields, String manager) {
    return http(
        fields,
        "'stat_prefix':'in','route_config':{'validate_clusters':false,'virtual_hosts':[{'name':"
            + "'all','domains':['*'],'routes':[{'match':{'prefix':'/'},'route':{'cluster':'up'}}]"
            + "}]}"
            + (manager.isEmpty() ? "" : "," + manager));
  }

  static String http(String fields, String manager) {
    return "{"
        + (fields.isEmpty() ? "" : fields + ",")
        + "'filters':[{'name':'http','typed_config':{'@type':'type.googleapis.com/envoy."
        + "extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',"
        + manager
        + ",'http_filters':[{'name':'router','typed_config':{'@type':'type.googleapis.com/envoy."
        + "extensions.filters.http.router.v3.Router'}}]}}]}";
  }

  /** A chain that passes bytes to a cluster. */
  static String tcp(String cluster) {
    return "{'filters':[{'name':'tcp','typed_config':{'@type':'type.googleapis.com/envoy."
        + "extensions.filters.network.tcp_proxy.v3.TcpProxy','stat_prefix':'tcp','cluster':'"
        + cluster
        + "'}}]}";
  }

  static String tls(String fields) {
    return "'transport_socket':{'name':'tls','typed_config':{'@type':'type.googleapis.com/envoy."
        + "extensions.transport_sockets.tls.v3.DownstreamTlsContext',"
        + fields
        + "}}";
  }

  static String json(String text) {
    return "'" + text.replace("\n", "\\n") + "'";
  }

  private static String listenerJson(String fields, String... chains) {
    return "{'name':'in','address':{'socket_address':{'address':'127.0.0.1','port_value':0}},"
        + (fields.isEmpty() ? "" : fields + ",")
        + "'filter_chains':["
        + String.join(",", chains)
        + "]}";
  }

  static ListenerConfig listener(String fields, String... chains) {
    return switch (parse(fields, chains)) {
      case Parsed.Ok<ListenerConfig> ok -> ok.value();
      case Parsed.Refused<ListenerConfig> refused -> throw new AssertionError(refused.message());
    };
  }

  /** The cluster {@code up} at this port, and these fields. */
  static ClusterConfig cluster(int port, String fields) {
    return cluster(
        "'load_assignment':{'cluster_name':'up','endpoints':[{'lb_endpoints':["
            + endpoint(port, "")
            + "]}]},"
            + fields);
  }

  /** An endpoint at this port; {@code more} fields stand beside it. */
  static String endpoint(int port, String more) {
    return "{'endpoint':{'hostname':'host.example','address':{'socket_address':{'address':"
        + "'127.0.0.1','port_value':"
        + port
        + "}}}"
        + (more.isEmpty() ? "" : "," + more)
        + "}";
  }

  /** The cluster {@code up} with these fields. */
  static ClusterConfig cluster(String fields) {
    return switch (parseCluster(fields)) {
      case Parsed.Ok<ClusterConfig> ok -> ok.value();
      case Parsed.Refused<ClusterConfig> refused -> throw new AssertionError(refused.message());
    };
  }

  static Parsed<ClusterConfig> parseCluster(String fields) {
    Cluster.Builder builder = Cluster.newBuilder();
    merge("{'name':'up','type':'STATIC'," + fields + "}", builder);
    return RESOURCES.cluster(builder.build().toByteString());
  }

  /** What a cluster secures its connections with. */
  static String upstreamTls(String fields) {
    return "'transport_socket':" + socket("tls.v3.UpstreamTlsContext", fields);
  }

  static String socket(String type, String fields) {
    return "{'name':'t','typed_config':{'@type':'type.googleapis.com/envoy.extensions."
        + "transport_sockets."
        + type
        + "'"
        + (fields.isEmpty() ? "" : "," + fields)
        + "}}";
  }

  static Parsed<ListenerConfig> parse(String fields, String... chains) {
    return parseListener(listenerJson(fields, chains));
  }

  /** A whole listener. */
  static Parsed<ListenerConfig> parseListener(String json) {
    Listener.Builder builder = Listener.newBuilder();
    merge(json, builder);
    return RESOURCES.listener(builder.build().toByteString());
  }

  static SecretConfig secret(String json) {
    Secret.Builder builder = Secret.newBuilder();
    merge(json, builder);
    return switch (RESOURCES.secret(builder.build().toByteString())) {
      case Parsed.Ok<SecretConfig> ok -> ok.value();
      case Parsed.Refused<SecretConfig> refused -> throw new AssertionError(refused.message());
    };
  }

  private static void merge(String json, com.google.protobuf.Message.Builder into) {
    try {
      JSON.merge(json.replace('\'', '"'), into);
    } catch (InvalidProtocolBufferException malformed) {
      throw new AssertionError(json, malformed);
    }
  }
}
