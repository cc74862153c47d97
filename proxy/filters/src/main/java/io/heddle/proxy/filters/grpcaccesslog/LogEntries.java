package io.heddle.proxy.filters.grpcaccesslog;

import com.google.protobuf.Any;
import com.google.protobuf.Duration;
import com.google.protobuf.StringValue;
import com.google.protobuf.Timestamp;
import com.google.protobuf.UInt32Value;
import io.envoyproxy.envoy.config.core.v3.Address;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.envoyproxy.envoy.config.core.v3.Pipe;
import io.envoyproxy.envoy.config.core.v3.RequestMethod;
import io.envoyproxy.envoy.config.core.v3.SocketAddress;
import io.envoyproxy.envoy.data.accesslog.v3.AccessLogCommon;
import io.envoyproxy.envoy.data.accesslog.v3.AccessLogType;
import io.envoyproxy.envoy.data.accesslog.v3.ConnectionProperties;
import io.envoyproxy.envoy.data.accesslog.v3.HTTPAccessLogEntry;
import io.envoyproxy.envoy.data.accesslog.v3.HTTPRequestProperties;
import io.envoyproxy.envoy.data.accesslog.v3.HTTPResponseProperties;
import io.envoyproxy.envoy.data.accesslog.v3.ResponseFlags;
import io.envoyproxy.envoy.data.accesslog.v3.TCPAccessLogEntry;
import io.envoyproxy.envoy.data.accesslog.v3.TLSProperties;
import io.envoyproxy.envoy.data.accesslog.v3.TLSProperties.CertificateProperties;
import io.heddle.proxy.api.ConnectionInfo;
import io.heddle.proxy.api.ConnectionLog;
import io.heddle.proxy.api.DynamicMetadata;
import io.heddle.proxy.api.FilterState;
import io.heddle.proxy.api.HeaderMap;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.api.ResponseFlag;
import io.heddle.proxy.api.ResponseHeaders;
import io.heddle.proxy.api.StreamInfo;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;

/** Makes entries of what is known at the end of an exchange or a connection. Stateless. */
final class LogEntries {
  private static final HeaderName USER_AGENT = HeaderName.of("user-agent");
  private static final HeaderName REFERER = HeaderName.of("referer");
  private static final HeaderName FORWARDED_FOR = HeaderName.of("x-forwarded-for");
  private static final HeaderName REQUEST_ID = HeaderName.of("x-request-id");
  private static final HeaderName ORIGINAL_PATH = HeaderName.of("x-envoy-original-path");
  private static final long SECOND = 1_000_000_000;

  private LogEntries() {}

  /** Headers beside those that every entry has. */
  record MoreHeaders(
      List<HeaderName> request, List<HeaderName> response, List<HeaderName> trailers) {}

  @SuppressWarnings("deprecation") // intermediate_log_entry, which older services read.
  static HTTPAccessLogEntry http(
      HttpFilterContext exchange, GrpcLogConfig config, MoreHeaders more) {
    StreamInfo info = exchange.streamInfo();
    RequestHeaders head = exchange.requestHeaders();
    AccessLogCommon.Builder common =
        common(
            info,
            exchange.connection(),
            exchange.filterState(),
            exchange.dynamicMetadata(),
            config,
            Optional.of(head));
    exchange.route().ifPresent(route -> common.setRouteName(route.name()));
    head.first(REQUEST_ID).ifPresent(common::setStreamId);
    AccessLogType type = type(info.logType());
    return HTTPAccessLogEntry.newBuilder()
        .setCommonProperties(
            common
                .setAccessLogType(type)
                .setIntermediateLogEntry(type != AccessLogType.DownstreamEnd))
        .setProtocolVersion(version(info.protocol()))
        .setRequest(request(head, info, more.request()))
        .setResponse(response(exchange, info, more))
        .build();
  }

  private static HTTPAccessLogEntry.HTTPVersion version(String protocol) {
    return switch (protocol) {
      case "HTTP/1.0" -> HTTPAccessLogEntry.HTTPVersion.HTTP10;
      case "HTTP/1.1" -> HTTPAccessLogEntry.HTTPVersion.HTTP11;
      case "HTTP/2" -> HTTPAccessLogEntry.HTTPVersion.HTTP2;
      default -> HTTPAccessLogEntry.HTTPVersion.PROTOCOL_UNSPECIFIED;
    };
  }

  private static HTTPRequestProperties request(
      RequestHeaders head, StreamInfo info, List<HeaderName> more) {
    HTTPRequestProperties.Builder request =
        HTTPRequestProperties.newBuilder()
            .setRequestMethod(method(head.method()))
            .setScheme(head.scheme())
            .setAuthority(head.authority())
            .setPath(head.path())
            .setRequestHeadersBytes(head.byteSize())
            .setRequestBodyBytes(info.bytesReceived())
            .setDownstreamHeaderBytesReceived(info.downstreamBytes().headReceived())
            .setUpstreamHeaderBytesSent(info.upstreamBytes().headSent());
    head.first(USER_AGENT).ifPresent(request::setUserAgent);
    head.first(REFERER).ifPresent(request::setReferer);
    head.first(FORWARDED_FOR).ifPresent(request::setForwardedFor);
    head.first(REQUEST_ID).ifPresent(request::setRequestId);
    head.first(ORIGINAL_PATH).ifPresent(request::setOriginalPath);
    copy(head, more, request::putRequestHeaders);
    return request.build();
  }

  private static RequestMethod method(String method) {
    try {
      return RequestMethod.valueOf(method.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException notListed) {
      return RequestMethod.METHOD_UNSPECIFIED;
    }
  }

  private static HTTPResponseProperties response(
      HttpFilterContext exchange, StreamInfo info, MoreHeaders more) {
    HTTPResponseProperties.Builder response =
        HTTPResponseProperties.newBuilder()
            .setResponseBodyBytes(info.bytesSent())
            .setUpstreamHeaderBytesReceived(info.upstreamBytes().headReceived())
            .setDownstreamHeaderBytesSent(info.downstreamBytes().headSent());
    if (info.responseCode() > 0) {
      response.setResponseCode(UInt32Value.of(info.responseCode()));
    }
    info.responseCodeDetails().ifPresent(response::setResponseCodeDetails);
    Optional<ResponseHeaders> head = exchange.responseHeaders();
    if (head.isPresent()) {
      response.setResponseHeadersBytes(head.get().byteSize());
      copy(head.get(), more.response(), response::putResponseHeaders);
    }
    exchange
        .responseTrailers()
        .ifPresent(trailers -> copy(trailers, more.trailers(), response::putResponseTrailers));
    return response.build();
  }

  private static void copy(HeaderMap from, List<HeaderName> names, BiConsumer<String, String> to) {
    for (HeaderName name : names) {
      List<String> values = from.all(name);
      if (!values.isEmpty()) {
        to.accept(name.toString(), String.join(",", values));
      }
    }
  }

  static TCPAccessLogEntry tcp(ConnectionLog connection, GrpcLogConfig config) {
    StreamInfo info = connection.streamInfo();
    AccessLogCommon.Builder common =
        common(
            info,
            connection.connection(),
            connection.filterState(),
            connection.dynamicMetadata(),
            config,
            Optional.empty());
    info.responseCodeDetails().ifPresent(common::setConnectionTerminationDetails);
    return TCPAccessLogEntry.newBuilder()
        .setCommonProperties(common.setAccessLogType(AccessLogType.TcpConnectionEnd))
        .setConnectionProperties(
            ConnectionProperties.newBuilder()
                .setReceivedBytes(info.bytesReceived())
                .setSentBytes(info.bytesSent()))
        .build();
  }

  /** The kind of this name. */
  private static AccessLogType type(String name) {
    for (AccessLogType type : AccessLogType.values()) {
      if (type.name().equals(name)) {
        return type;
      }
    }
    return AccessLogType.NotSet;
  }

  private static AccessLogCommon.Builder common(
      StreamInfo info,
      ConnectionInfo connection,
      FilterState state,
      DynamicMetadata metadata,
      GrpcLogConfig config,
      Optional<RequestHeaders> headers) {
    AccessLogCommon.Builder common =
        AccessLogCommon.newBuilder()
            .setDownstreamRemoteAddress(address(connection.remoteAddress()))
            .setDownstreamDirectRemoteAddress(address(connection.directRemoteAddress()))
            .setDownstreamLocalAddress(address(connection.localAddress()))
            .setStartTime(
                Timestamp.newBuilder()
                    .setSeconds(info.startEpochNanos() / SECOND)
                    .setNanos((int) (info.startEpochNanos() % SECOND)))
            .setDuration(duration(info.durationNanos()))
            .setUpstreamRequestAttemptCount(info.attempts())
            .setDownstreamWireBytesReceived(info.downstreamBytes().received())
            .setDownstreamWireBytesSent(info.downstreamBytes().sent())
            .setUpstreamWireBytesReceived(info.upstreamBytes().received())
            .setUpstreamWireBytesSent(info.upstreamBytes().sent())
            .setResponseFlags(flags(info));
    times(info.times(), common);
    info.upstreamCluster().ifPresent(common::setUpstreamCluster);
    info.upstreamHost().ifPresent(host -> common.setUpstreamRemoteAddress(address(host)));
    info.upstreamLocalAddress().ifPresent(local -> common.setUpstreamLocalAddress(address(local)));
    info.upstreamFailure().ifPresent(common::setUpstreamTransportFailureReason);
    if (connection.secure()) {
      common.setTlsProperties(tls(connection));
    }
    Map<String, com.google.protobuf.Struct> all = metadata.all();
    if (!all.isEmpty()) {
      common.setMetadata(Metadata.newBuilder().putAllFilterMetadata(all));
    }
    for (String name : config.filterState()) {
      state
          .text(name)
          .ifPresent(text -> common.putFilterStateObjects(name, Any.pack(StringValue.of(text))));
    }
    for (CustomTag tag : config.tags()) {
      String value = tag.value(headers, metadata);
      if (!value.isEmpty()) {
        common.putCustomTags(tag.tag(), value);
      }
    }
    return common;
  }

  private static void times(StreamInfo.Times times, AccessLogCommon.Builder common) {
    if (times.requestEnd() >= 0) {
      common.setTimeToLastRxByte(duration(times.requestEnd()));
    }
    if (times.upstreamBegin() >= 0) {
      common.setTimeToFirstUpstreamTxByte(duration(times.upstreamBegin()));
    }
    if (times.upstreamEnd() >= 0) {
      common.setTimeToLastUpstreamTxByte(duration(times.upstreamEnd()));
    }
    if (times.responseBegin() >= 0) {
      common.setTimeToFirstUpstreamRxByte(duration(times.responseBegin()));
    }
    if (times.responseEnd() >= 0) {
      common.setTimeToLastUpstreamRxByte(duration(times.responseEnd()));
    }
    if (times.sendBegin() >= 0) {
      common.setTimeToFirstDownstreamTxByte(duration(times.sendBegin()));
    }
    if (times.sendEnd() >= 0) {
      common.setTimeToLastDownstreamTxByte(duration(times.sendEnd()));
    }
  }

  private static Duration duration(long nanos) {
    return Duration.newBuilder()
        .setSeconds(nanos / SECOND)
        .setNanos((int) (nanos % SECOND))
        .build();
  }

  private static Address address(InetSocketAddress address) {
    if (!address.isUnresolved()) {
      return address(address.getAddress().getHostAddress(), address.getPort());
    }
    String host = address.getHostString();
    return host.isEmpty() || isPipe(host) ? pipe(host) : address(host, address.getPort());
  }

  private static boolean isPipe(String address) {
    return address.startsWith("/") || address.startsWith("@");
  }

  /** Of a unix socket; the path is empty where the other side has none. */
  private static Address pipe(String path) {
    return Address.newBuilder().setPipe(Pipe.newBuilder().setPath(path)).build();
  }

  private static Address address(String hostAndPort) {
    if (isPipe(hostAndPort)) {
      return pipe(hostAndPort);
    }
    int colon = hostAndPort.lastIndexOf(':');
    String host = colon < 0 ? hostAndPort : hostAndPort.substring(0, colon);
    int port = 0;
    try {
      port = colon < 0 ? 0 : Integer.parseInt(hostAndPort.substring(colon + 1));
    } catch (NumberFormatException notAnIpAddress) {
      host = hostAndPort;
    }
    return address(
        host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host,
        port);
  }

  private static Address address(String host, int port) {
    return Address.newBuilder()
        .setSocketAddress(SocketAddress.newBuilder().setAddress(host).setPortValue(port))
        .build();
  }

  private static TLSProperties tls(ConnectionInfo connection) {
    TLSProperties.Builder tls = TLSProperties.newBuilder();
    connection.serverName().ifPresent(tls::setTlsSniHostname);
    connection
        .peer()
        .ifPresent(peer -> {
          CertificateProperties.Builder certificate =
              CertificateProperties.newBuilder().setSubject(peer.subject());
          peer.uriSans().forEach(uri -> certificate.addSubjectAltNameBuilder().setUri(uri));
          peer.dnsSans().forEach(dns -> certificate.addSubjectAltNameBuilder().setDns(dns));
          tls.setPeerCertificateProperties(certificate);
        });
    return tls.build();
  }

  private static ResponseFlags flags(StreamInfo info) {
    ResponseFlags.Builder flags = ResponseFlags.newBuilder();
    for (ResponseFlag flag : info.flags()) {
      switch (flag.code()) {
        case "LH" -> flags.setFailedLocalHealthcheck(true);
        case "UH" -> flags.setNoHealthyUpstream(true);
        case "UT" -> flags.setUpstreamRequestTimeout(true);
        case "LR" -> flags.setLocalReset(true);
        case "UR" -> flags.setUpstreamRemoteReset(true);
        case "UF" -> flags.setUpstreamConnectionFailure(true);
        case "UC" -> flags.setUpstreamConnectionTermination(true);
        case "UO" -> flags.setUpstreamOverflow(true);
        case "NR" -> flags.setNoRouteFound(true);
        case "DI" -> flags.setDelayInjected(true);
        case "FI" -> flags.setFaultInjected(true);
        case "RL" -> flags.setRateLimited(true);
        case "UAEX" ->
            flags.setUnauthorizedDetails(
                ResponseFlags.Unauthorized.newBuilder()
                    .setReason(ResponseFlags.Unauthorized.Reason.EXTERNAL_SERVICE));
        case "RLSE" -> flags.setRateLimitServiceError(true);
        case "DC" -> flags.setDownstreamConnectionTermination(true);
        case "URX" -> flags.setUpstreamRetryLimitExceeded(true);
        case "SI" -> flags.setStreamIdleTimeout(true);
        case "IH" -> flags.setInvalidEnvoyRequestHeaders(true);
        case "DPE" -> flags.setDownstreamProtocolError(true);
        case "UMSDR" -> flags.setUpstreamMaxStreamDurationReached(true);
        case "NFCF" -> flags.setNoFilterConfigFound(true);
        case "DT" -> flags.setDurationTimeout(true);
        case "UPE" -> flags.setUpstreamProtocolError(true);
        case "NC" -> flags.setNoClusterFound(true);
        case "OM" -> flags.setOverloadManager(true);
        case "DF" -> flags.setDnsResolutionFailure(true);
        case "DR" -> flags.setDownstreamRemoteReset(true);
        default -> {
          // The message has no field for it.
        }
      }
    }
    return flags.build();
  }
}
