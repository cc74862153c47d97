package io.heddle.proxy.engine.exchange;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.heddle.proxy.api.ConnectionInfo;
import io.heddle.proxy.api.HeaderMap;
import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.api.ResponseFlag;
import io.heddle.proxy.api.ResponseHeaders;
import io.heddle.proxy.api.StreamInfo;
import io.heddle.proxy.api.StreamInfo.WireBytes;
import io.heddle.proxy.api.TlsInfo;
import io.heddle.proxy.codec.ResponseHead;
import io.heddle.proxy.engine.cluster.Cluster;
import io.heddle.proxy.engine.cluster.Host;
import io.heddle.proxy.engine.cluster.UpstreamSocket;
import io.heddle.proxy.engine.format.StructValues;
import io.heddle.proxy.engine.format.Subject;
import io.heddle.proxy.engine.route.CompiledRoute;
import java.net.InetSocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is known of an exchange, for logs, filters and header formats. Owned by the exchange's loop.
 */
// Bits of a set.
@SuppressWarnings("EnumOrdinal")
final class ExchangeLog implements Subject {
  private final Exchange exchange;
  final long startNanos;
  private final long startEpochNanos;
  long requestEndNanos = -1;
  long responseBeginNanos = -1;
  long responseEndNanos = -1;
  long sendBeginNanos = -1;
  long endNanos = -1;
  long bytesReceived;
  long bytesSent;
  int flags;
  int status;
  @Nullable String details;
  @Nullable InetSocketAddress client;
  boolean healthCheck;

  ExchangeLog(Exchange exchange, long startNanos, long startEpochNanos) {
    this.exchange = exchange;
    this.startNanos = startNanos;
    this.startEpochNanos = startEpochNanos;
  }

  void flag(ResponseFlag flag) {
    flags |= 1 << flag.ordinal();
  }

  /** The moments that are known; those of single bytes to the upstream are not kept. */
  StreamInfo.Times times() {
    return new StreamInfo.Times(
        requestEndNanos < 0 ? -1 : requestEndNanos - startNanos,
        -1,
        -1,
        responseBeginNanos < 0 ? -1 : responseBeginNanos - startNanos,
        responseEndNanos < 0 ? -1 : responseEndNanos - startNanos,
        sendBeginNanos < 0 ? -1 : sendBeginNanos - startNanos,
        endNanos < 0 || sendBeginNanos < 0 ? -1 : endNanos - startNanos);
  }

  @Override
  public RequestHeaders requestHead() {
    return exchange.request;
  }

  @Override
  public @Nullable ResponseHeaders responseHead() {
    return exchange.response();
  }

  @Override
  public @Nullable HeaderMap responseTrailers() {
    return exchange.responseTrailers();
  }

  @Override
  public long startEpochNanos() {
    return startEpochNanos;
  }

  @Override
  public long durationNanos() {
    return (endNanos < 0 ? exchange.worker.turnNanos() : endNanos) - startNanos;
  }

  @Override
  public long requestDurationNanos() {
    return exchange.requestWhole() ? requestEndNanos - startNanos : -1;
  }

  @Override
  public long responseDurationNanos() {
    return responseBeginNanos < 0 ? -1 : responseBeginNanos - startNanos;
  }

  @Override
  public long bytesReceived() {
    return bytesReceived;
  }

  @Override
  public long bytesSent() {
    return bytesSent;
  }

  @Override
  public WireBytes downstreamBytes() {
    return exchange.downstream.bytes().client.now();
  }

  @Override
  public WireBytes upstreamBytes() {
    return exchange.downstream.bytes().host.now();
  }

  @Override
  public int responseCode() {
    ResponseHead head = exchange.response();
    return status != 0 || head == null ? status : head.status();
  }

  @Override
  public @Nullable String responseCodeDetails() {
    return details;
  }

  @Override
  public int flagBits() {
    return flags;
  }

  @Override
  public String protocol() {
    return exchange.request.version().text();
  }

  @Override
  public int attempts() {
    return exchange.upstream.attempts();
  }

  @Override
  public @Nullable String upstreamHost() {
    return exchange.upstream.hostAddress();
  }

  @Override
  public @Nullable TlsInfo upstreamTls() {
    UpstreamSocket socket = exchange.upstream.socket();
    return socket == null ? null : socket.tls().orElse(null);
  }

  @Override
  public @Nullable String upstreamProtocol() {
    UpstreamSocket socket = exchange.upstream.socket();
    return socket == null ? null : socket.protocol();
  }

  @Override
  public @Nullable String virtualCluster() {
    ExchangeExtras more = exchange.extrasIfAny();
    return more == null || more.ofKind == null ? null : more.ofKind.virtualCluster().orElse(null);
  }

  @Override
  public @Nullable InetSocketAddress upstreamLocalAddress() {
    UpstreamSocket socket = exchange.upstream.socket();
    return socket == null ? null : socket.localAddress();
  }

  @Override
  public @Nullable String upstreamCluster() {
    String name = exchange.upstream.clusterName();
    if (name == null) {
      // A filter has answered: the route still says where the request would have gone.
      CompiledRoute.Target target = exchange.matchedTarget();
      name = target == null ? null : target.cluster();
    }
    return name != null && exchange.manager.clusters.get(name) != null ? name : null;
  }

  @Override
  public @Nullable String upstreamFailure() {
    return exchange.upstream.failure();
  }

  @Override
  public @Nullable String routeName() {
    CompiledRoute chosen = exchange.matchedRoute();
    return chosen == null ? null : chosen.config().name();
  }

  @Override
  public @Nullable String virtualHostName() {
    CompiledRoute chosen = exchange.matchedRoute();
    return chosen == null ? null : chosen.virtualHost();
  }

  @Override
  public ConnectionInfo connection() {
    InetSocketAddress trusted = client;
    return trusted == null
        ? exchange.downstream.info()
        : new ForwardedConnection(exchange.downstream.info(), trusted);
  }

  @Override
  public @Nullable Value metadata(String namespace, List<String> path) {
    ExchangeState held = exchange.stateIfAny();
    Struct struct = held == null ? null : held.metadata(namespace);
    return struct == null ? null : within(Value.newBuilder().setStructValue(struct).build(), path);
  }

  private static @Nullable Value within(Value whole, List<String> path) {
    Value value = whole;
    for (String key : path) {
      value =
          value == null || !value.hasStructValue()
              ? null
              : value.getStructValue().getFieldsMap().get(key);
    }
    return value;
  }

  @Override
  public @Nullable String filterStateText(String name) {
    ExchangeState held = exchange.stateIfAny();
    return held == null ? null : held.text(name).orElse(null);
  }

  @Override
  public @Nullable Value hostMetadata(String namespace, List<String> path) {
    Host host = exchange.upstream.host();
    return host == null ? null : StructValues.within(host.metadata(), namespace, path);
  }

  @Override
  public @Nullable Value routeMetadata(String namespace, List<String> path) {
    CompiledRoute chosen = exchange.matchedRoute();
    return chosen == null ? null : StructValues.within(chosen.config().metadata(), namespace, path);
  }

  @Override
  public @Nullable Value virtualHostMetadata(String namespace, List<String> path) {
    CompiledRoute chosen = exchange.matchedRoute();
    return chosen == null ? null : StructValues.within(chosen.hostMetadata(), namespace, path);
  }

  @Override
  public @Nullable Value clusterMetadata(String namespace, List<String> path) {
    String name = upstreamCluster();
    Cluster cluster = name == null ? null : exchange.manager.clusters.get(name);
    return cluster == null
        ? null
        : StructValues.within(cluster.config().metadata(), namespace, path);
  }

  @Override
  public ConnectionInfo socket() {
    return exchange.downstream.info();
  }

  @Override
  public @Nullable String localReplyBody() {
    ExchangeExtras more = exchange.extrasIfAny();
    return more == null ? null : more.localReplyBody;
  }

  @Override
  public String logType() {
    ExchangeExtras more = exchange.extrasIfAny();
    return more == null || more.logType == null ? "DownstreamEnd" : more.logType;
  }

  @Override
  public boolean healthCheck() {
    return healthCheck;
  }
}
