package io.heddle.proxy.filters.grpcaccesslog;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.data.accesslog.v3.TCPAccessLogEntry;
import io.envoyproxy.envoy.extensions.access_loggers.grpc.v3.TcpGrpcAccessLogConfig;
import io.envoyproxy.envoy.service.accesslog.v3.StreamAccessLogsMessage.TCPAccessLogEntries;
import io.heddle.proxy.api.AccessLogger;
import io.heddle.proxy.api.AccessLoggerFactory;
import io.heddle.proxy.api.ConnectionLog;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.proxy.filters.config.SetFields;
import java.util.Set;

/** Logs connections of the TCP proxy over gRPC ({@code envoy.access_loggers.tcp_grpc}). */
public final class TcpGrpcAccessLoggerFactory implements AccessLoggerFactory {
  @Override
  public String name() {
    return "envoy.access_loggers.tcp_grpc";
  }

  @Override
  public Set<String> typeUrls() {
    return Set.of(
        "type.googleapis.com/envoy.extensions.access_loggers.grpc.v3.TcpGrpcAccessLogConfig");
  }

  @Override
  public boolean logsConnections() {
    return true;
  }

  @Override
  public boolean logsExchanges() {
    return false;
  }

  @Override
  public AccessLogger parse(Any any, FilterFactoryContext context) throws FilterConfigException {
    TcpGrpcAccessLogConfig message =
        SetFields.unpack(any, TcpGrpcAccessLogConfig.class, Set.of("common_config"));
    GrpcLogConfig config = GrpcLogConfig.of(message.getCommonConfig());
    LogStream<TCPAccessLogEntry> stream =
        new LogStream<>(
            config,
            context,
            (to, entries) ->
                to.setTcpLogs(TCPAccessLogEntries.newBuilder().addAllLogEntry(entries)));
    return new AccessLogger() {
      @Override
      public void log(HttpFilterContext exchange) {
        throw new IllegalStateException("a logger of connections was given an exchange");
      }

      @Override
      public void log(ConnectionLog connection) {
        TCPAccessLogEntry entry = LogEntries.tcp(connection, config);
        stream.add(entry, entry.getSerializedSize());
      }

      @Override
      public void close() {
        stream.close();
      }
    };
  }
}
