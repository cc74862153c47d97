package io.heddle.proxy.filters.grpcaccesslog;

import com.google.protobuf.util.Durations;
import io.envoyproxy.envoy.config.core.v3.ApiVersion;
import io.envoyproxy.envoy.config.core.v3.GrpcService;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.extensions.access_loggers.grpc.v3.CommonGrpcAccessLogConfig;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.GrpcClient;
import io.heddle.proxy.filters.config.SetFields;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What both kinds of log have ({@code CommonGrpcAccessLogConfig}).
 *
 * @param logName tells the service's logs apart
 * @param flushInterval how long an entry may wait, 1 ms to 1 h; 1 s unless set
 * @param bufferBytes entries of this size are sent at once; 16 KiB unless set
 * @param filterState names of the objects of filter state that are sent
 */
record GrpcLogConfig(
    String logName,
    GrpcClient.Target target,
    Duration flushInterval,
    long bufferBytes,
    List<String> filterState,
    List<CustomTag> tags) {
  private static final String AT = "common_config";
  private static final Duration LONGEST = Duration.ofHours(1);
  private static final long DEFAULT_BYTES = 16 << 10;

  GrpcLogConfig {
    filterState = List.copyOf(filterState);
    tags = List.copyOf(tags);
  }

  static GrpcLogConfig of(CommonGrpcAccessLogConfig message) throws FilterConfigException {
    SetFields.allow(
        message,
        AT,
        Set.of(
            "log_name",
            "grpc_service",
            "transport_api_version",
            "buffer_flush_interval",
            "buffer_size_bytes",
            "filter_state_objects_to_log",
            // Waits between streams are this logger's own.
            "grpc_stream_retry_policy",
            "custom_tags"));
    if (message.getLogName().isEmpty()) {
      throw new FilterConfigException(AT + ".log_name", "", "not empty");
    }
    ApiVersion version = message.getTransportApiVersion();
    if (version != ApiVersion.V3 && version != ApiVersion.AUTO) {
      throw new FilterConfigException(AT + ".transport_api_version", version.toString(), "V3");
    }
    Duration interval = Duration.ofSeconds(1);
    if (message.hasBufferFlushInterval()) {
      interval =
          Duration.ofSeconds(
              message.getBufferFlushInterval().getSeconds(),
              message.getBufferFlushInterval().getNanos());
      if (!Durations.isValid(message.getBufferFlushInterval())
          || interval.toMillis() < 1
          || interval.compareTo(LONGEST) > 0) {
        throw new FilterConfigException(
            AT + ".buffer_flush_interval", interval.toString(), "1 ms to 1 h");
      }
    }
    return new GrpcLogConfig(
        message.getLogName(),
        target(message.getGrpcService(), AT + ".grpc_service"),
        interval,
        message.hasBufferSizeBytes()
            ? Integer.toUnsignedLong(message.getBufferSizeBytes().getValue())
            : DEFAULT_BYTES,
        message.getFilterStateObjectsToLogList(),
        CustomTag.of(message.getCustomTagsList(), AT + ".custom_tags"));
  }

  private static GrpcClient.Target target(GrpcService service, String path)
      throws FilterConfigException {
    // A stream has no end, and so no timeout.
    SetFields.allow(service, path, Set.of("envoy_grpc", "timeout", "initial_metadata"));
    if (!service.hasEnvoyGrpc()) {
      throw new FilterConfigException(path, "no envoy_grpc", "envoy_grpc");
    }
    SetFields.allow(
        service.getEnvoyGrpc(), path + ".envoy_grpc", Set.of("cluster_name", "authority"));
    if (service.getEnvoyGrpc().getClusterName().isEmpty()) {
      throw new FilterConfigException(path + ".envoy_grpc.cluster_name", "", "not empty");
    }
    Map<String, String> metadata = new LinkedHashMap<>();
    for (HeaderValue header : service.getInitialMetadataList()) {
      metadata.put(header.getKey(), header.getValue());
    }
    return new GrpcClient.Target(
        service.getEnvoyGrpc().getClusterName(), service.getEnvoyGrpc().getAuthority(), metadata);
  }
}
