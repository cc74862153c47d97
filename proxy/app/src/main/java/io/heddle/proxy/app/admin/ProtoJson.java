package io.heddle.proxy.app.admin;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.TypeRegistry;
import com.google.protobuf.util.JsonFormat;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.extensions.access_loggers.file.v3.FileAccessLog;
import io.envoyproxy.envoy.extensions.access_loggers.stream.v3.StderrAccessLog;
import io.envoyproxy.envoy.extensions.access_loggers.stream.v3.StdoutAccessLog;
import io.envoyproxy.envoy.extensions.filters.http.buffer.v3.Buffer;
import io.envoyproxy.envoy.extensions.filters.http.fault.v3.HTTPFault;
import io.envoyproxy.envoy.extensions.filters.http.header_mutation.v3.HeaderMutation;
import io.envoyproxy.envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit;
import io.envoyproxy.envoy.extensions.filters.http.router.v3.Router;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy;
import io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions;
import java.util.Base64;

/**
 * Prints resources as JSON, with the fields' proto names.
 *
 * <p>Loads descriptors, which costs some hundred milliseconds once: made at the first use. A
 * message of an unknown type is shown whole in base64.
 */
final class ProtoJson {
  private final JsonFormat.Printer printer;

  ProtoJson() {
    TypeRegistry types =
        TypeRegistry.newBuilder()
            .add(Cluster.getDescriptor())
            .add(ClusterLoadAssignment.getDescriptor())
            .add(Listener.getDescriptor())
            .add(RouteConfiguration.getDescriptor())
            .add(HttpConnectionManager.getDescriptor())
            .add(TcpProxy.getDescriptor())
            .add(Router.getDescriptor())
            .add(HttpProtocolOptions.getDescriptor())
            .add(FileAccessLog.getDescriptor())
            .add(StdoutAccessLog.getDescriptor())
            .add(StderrAccessLog.getDescriptor())
            .add(HeaderMutation.getDescriptor())
            .add(LocalRateLimit.getDescriptor())
            .add(HTTPFault.getDescriptor())
            .add(Buffer.getDescriptor())
            .add(com.github.xds.type.v3.TypedStruct.getDescriptor())
            .build();
    this.printer = JsonFormat.printer().usingTypeRegistry(types).preservingProtoFieldNames();
  }

  /** The message with its {@code @type}. */
  JsonElement print(Any resource) {
    try {
      return Secrets.redact(JsonParser.parseString(printer.print(resource)));
    } catch (InvalidProtocolBufferException e) {
      JsonObject raw = new JsonObject();
      raw.addProperty("@type", resource.getTypeUrl());
      raw.addProperty(
          "value", Base64.getEncoder().encodeToString(resource.getValue().toByteArray()));
      raw.addProperty("heddle_note", "not shown as fields: " + e.getMessage());
      return raw;
    }
  }
}
