package io.heddle.xds.model.parse;

import com.github.xds.type.v3.TypedStruct;
import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import io.envoyproxy.envoy.config.route.v3.FilterConfig;
import io.envoyproxy.envoy.extensions.access_loggers.file.v3.FileAccessLog;
import io.envoyproxy.envoy.extensions.access_loggers.stream.v3.StdoutAccessLog;
import io.envoyproxy.envoy.extensions.filters.http.buffer.v3.Buffer;
import io.envoyproxy.envoy.extensions.filters.http.buffer.v3.BufferPerRoute;
import io.envoyproxy.envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit;
import io.envoyproxy.envoy.extensions.filters.http.router.v3.Router;
import io.envoyproxy.envoy.extensions.filters.http.upstream_codec.v3.UpstreamCodec;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy;
import io.envoyproxy.envoy.extensions.load_balancing_policies.least_request.v3.LeastRequest;
import io.envoyproxy.envoy.extensions.load_balancing_policies.maglev.v3.Maglev;
import io.envoyproxy.envoy.extensions.load_balancing_policies.round_robin.v3.RoundRobin;
import io.envoyproxy.envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext;
import io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions;

/** Encodes JSON by protobuf's own parser, against which ours is held. */
final class Samples {

  private static final JsonFormat.TypeRegistry TYPES =
      JsonFormat.TypeRegistry.newBuilder()
          .add(HttpConnectionManager.getDescriptor())
          .add(TcpProxy.getDescriptor())
          .add(Router.getDescriptor())
          .add(Buffer.getDescriptor())
          .add(BufferPerRoute.getDescriptor())
          .add(LocalRateLimit.getDescriptor())
          .add(FilterConfig.getDescriptor())
          .add(FileAccessLog.getDescriptor())
          .add(StdoutAccessLog.getDescriptor())
          .add(RoundRobin.getDescriptor())
          .add(LeastRequest.getDescriptor())
          .add(Maglev.getDescriptor())
          .add(io.envoyproxy.envoy.extensions.clusters.aggregate.v3.ClusterConfig.getDescriptor())
          .add(io.envoyproxy.envoy.extensions.clusters.dns.v3.DnsCluster.getDescriptor())
          .add(
              io.envoyproxy.envoy.extensions.clusters.dynamic_forward_proxy.v3.ClusterConfig
                  .getDescriptor())
          .add(RawBuffer.getDescriptor())
          .add(UpstreamTlsContext.getDescriptor())
          .add(HttpProtocolOptions.getDescriptor())
          .add(UpstreamCodec.getDescriptor())
          .add(TypedStruct.getDescriptor())
          .build();

  private Samples() {}

  /** The message in JSON with single quotes. */
  static ByteString encode(String json, Message.Builder into) {
    try {
      JsonFormat.parser().usingTypeRegistry(TYPES).merge(json.replace('\'', '"'), into);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException(json, e);
    }
    return into.build().toByteString();
  }

  static Any any(String typeUrl, ByteString value) {
    return Any.newBuilder().setTypeUrl(typeUrl).setValue(value).build();
  }

  /** A listener on 127.0.0.1:8080 whose only filter is a connection manager with these fields. */
  static String http(String fields) {
    return listener(
        "{'name':'http','typed_config':{'@type':'type.googleapis.com/"
            + "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',"
            + fields
            + "}}");
  }

  static String listener(String filters) {
    return "{'name':'in','address':{'socket_address':{'address':'127.0.0.1','port_value':8080}},"
        + "'filter_chains':[{'filters':["
        + filters
        + "]}]}";
  }

  static final String ROUTER =
      "{'name':'router','typed_config':{'@type':"
          + "'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router'}}";

  static final String RDS = "'rds':{'route_config_name':'web','config_source':{'ads':{}}}";

  static final String PLAIN = "'stat_prefix':'in'," + RDS + ",'http_filters':[" + ROUTER + "]";

  /** A table with one host and one route of these fields. */
  static String route(String fields) {
    return "{'name':'web','virtual_hosts':[{'name':'all','domains':['*'],'routes':[{"
        + fields
        + "}]}]}";
  }
}
