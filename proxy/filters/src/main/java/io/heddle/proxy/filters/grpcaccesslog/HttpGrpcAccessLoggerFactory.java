package io.heddle.proxy.filters.grpcaccesslog;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.data.accesslog.v3.HTTPAccessLogEntry;
import io.envoyproxy.envoy.extensions.access_loggers.grpc.v3.HttpGrpcAccessLogConfig;
import io.envoyproxy.envoy.service.accesslog.v3.StreamAccessLogsMessage.HTTPAccessLogEntries;
import io.heddle.proxy.api.AccessLogger;
import io.heddle.proxy.api.AccessLoggerFactory;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.proxy.filters.config.HeaderNames;
import io.heddle.proxy.filters.config.SetFields;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Logs HTTP exchanges over gRPC ({@code envoy.access_loggers.http_grpc}).
 *
 * @see <a
 *     href="https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/overview">Envoy,
 *     access logging</a>
 */
public final class HttpGrpcAccessLoggerFactory implements AccessLoggerFactory {
  @Override
  public String name() {
    return "envoy.access_loggers.http_grpc";
  }

  @Override
  public Set<String> typeUrls() {
    return Set.of(
        "type.googleapis.com/envoy.extensions.access_loggers.grpc.v3.HttpGrpcAccessLogConfig");
  }

  @Override
  public AccessLogger parse(Any any, FilterFactoryContext context) throws FilterConfigException {
    HttpGrpcAccessLogConfig message =
        SetFields.unpack(
            any,
            HttpGrpcAccessLogConfig.class,
            Set.of(
                "common_config",
                "additional_request_headers_to_log",
                "additional_response_headers_to_log",
                "additional_response_trailers_to_log"));
    GrpcLogConfig config = GrpcLogConfig.of(message.getCommonConfig());
    LogEntries.MoreHeaders more =
        new LogEntries.MoreHeaders(
            names(
                message.getAdditionalRequestHeadersToLogList(),
                "additional_request_headers_to_log"),
            names(
                message.getAdditionalResponseHeadersToLogList(),
                "additional_response_headers_to_log"),
            names(
                message.getAdditionalResponseTrailersToLogList(),
                "additional_response_trailers_to_log"));
    LogStream<HTTPAccessLogEntry> stream =
        new LogStream<>(
            config,
            context,
            (to, entries) ->
                to.setHttpLogs(HTTPAccessLogEntries.newBuilder().addAllLogEntry(entries)));
    return new AccessLogger() {
      @Override
      public void log(HttpFilterContext exchange) {
        HTTPAccessLogEntry entry = LogEntries.http(exchange, config, more);
        stream.add(entry, entry.getSerializedSize());
      }

      @Override
      public void close() {
        stream.close();
      }
    };
  }

  private static List<HeaderName> names(List<String> names, String field)
      throws FilterConfigException {
    List<HeaderName> read = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      read.add(HeaderNames.of(names.get(i), SetFields.at("", field, i)));
    }
    return List.copyOf(read);
  }
}
