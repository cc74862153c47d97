package io.heddle.proxy.engine.format;

import com.google.protobuf.Value;
import io.heddle.proxy.api.ConnectionInfo;
import io.heddle.proxy.api.HeaderMap;
import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.api.ResponseHeaders;
import io.heddle.proxy.api.StreamInfo.WireBytes;
import io.heddle.proxy.api.TlsInfo;
import io.heddle.proxy.engine.connection.SocketInfo;
import java.net.InetSocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What operators ask about an exchange or a connection; null, or -1, where there is no answer
 * (yet).
 */
public interface Subject {
  /** The request's headers as they are now. */
  @Nullable RequestHeaders requestHead();

  /** The response's headers as they are now. */
  @Nullable ResponseHeaders responseHead();

  /** The response's trailers. */
  @Nullable HeaderMap responseTrailers();

  /** Nanoseconds since the epoch. */
  long startEpochNanos();

  /** From the start to the end, or to now. */
  long durationNanos();

  /** From the start to the request's last byte. */
  long requestDurationNanos();

  /** From the start to the first byte of the upstream's response. */
  long responseDurationNanos();

  /** Body bytes from the client. */
  long bytesReceived();

  /** Body bytes to the client. */
  long bytesSent();

  /** Bytes on the client's connection. */
  default WireBytes downstreamBytes() {
    return WireBytes.NONE;
  }

  /** Bytes on connections to hosts. */
  default WireBytes upstreamBytes() {
    return WireBytes.NONE;
  }

  /** Status, 0 where there was none. */
  int responseCode();

  /** Why the response is what it is. */
  @Nullable String responseCodeDetails();

  /** Bits of {@link io.heddle.proxy.api.ResponseFlag} ordinals. */
  int flagBits();

  /** The protocol of the client's request. */
  @Nullable String protocol();

  /** Attempts at the upstream. */
  int attempts();

  /** {@code address:port} of the upstream host. */
  @Nullable String upstreamHost();

  /** Our end of the upstream connection. */
  @Nullable InetSocketAddress upstreamLocalAddress();

  /** What is spoken with the upstream host, as {@link #protocol}. */
  default @Nullable String upstreamProtocol() {
    return null;
  }

  /** The kind of the request among those that its virtual host tells apart. */
  default @Nullable String virtualCluster() {
    return null;
  }

  /** What was agreed on with the upstream host by TLS. */
  default @Nullable TlsInfo upstreamTls() {
    return null;
  }

  /** Cluster of the last attempt. */
  @Nullable String upstreamCluster();

  /** What the transport said of a failed connection. */
  @Nullable String upstreamFailure();

  /** What the transport said of a client's connection that failed. */
  default @Nullable String downstreamFailure() {
    return null;
  }

  /** Name of the route. */
  @Nullable String routeName();

  /** Name of the virtual host. */
  @Nullable String virtualHostName();

  /** The client's connection. */
  ConnectionInfo connection();

  /** The same as its socket tells, whatever forwarders have said of the client. */
  default ConnectionInfo socket() {
    return connection();
  }

  /** A value of dynamic metadata, by namespace and path. */
  @Nullable Value metadata(String namespace, List<String> path);

  /** A value of filter state, as text. */
  @Nullable String filterStateText(String name);

  /** A value of the metadata of the host of the last attempt, by namespace and path. */
  default @Nullable Value hostMetadata(String namespace, List<String> path) {
    return null;
  }

  /** A value of the metadata of the route, by namespace and path. */
  default @Nullable Value routeMetadata(String namespace, List<String> path) {
    return null;
  }

  /** The same of its virtual host. */
  default @Nullable Value virtualHostMetadata(String namespace, List<String> path) {
    return null;
  }

  /** The same of the cluster of the last attempt. */
  default @Nullable Value clusterMetadata(String namespace, List<String> path) {
    return null;
  }

  /** The same of the listener. */
  default @Nullable Value listenerMetadata(String namespace, List<String> path) {
    return socket() instanceof SocketInfo socket
        ? StructValues.within(socket.listenerMetadata(), namespace, path)
        : null;
  }

  /** The same of the filter chain. */
  default @Nullable Value chainMetadata(String namespace, List<String> path) {
    return socket() instanceof SocketInfo socket
        ? StructValues.within(socket.chainMetadata(), namespace, path)
        : null;
  }

  /** The body of a response that the proxy gives by itself, before it is formatted. */
  default @Nullable String localReplyBody() {
    return null;
  }

  /** The kind of entry that is written ({@code envoy.data.accesslog.v3.AccessLogType}). */
  default String logType() {
    return requestHead() == null ? "TcpConnectionEnd" : "DownstreamEnd";
  }

  /** Whether a filter called it a health check. */
  default boolean healthCheck() {
    return false;
  }
}
