package io.heddle.proxy.engine.tcp;

import com.google.protobuf.Value;
import io.heddle.proxy.api.ConnectionInfo;
import io.heddle.proxy.api.HeaderMap;
import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.api.ResponseHeaders;
import io.heddle.proxy.api.TlsInfo;
import io.heddle.proxy.engine.cluster.Host;
import io.heddle.proxy.engine.cluster.HostConnect;
import io.heddle.proxy.engine.format.Subject;
import java.net.InetSocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A connection as formats see it. Owned by the connection's loop. */
record TcpSubject(TcpConnection of) implements Subject {
  @Override
  public @Nullable RequestHeaders requestHead() {
    return null;
  }

  @Override
  public @Nullable ResponseHeaders responseHead() {
    return null;
  }

  @Override
  public @Nullable HeaderMap responseTrailers() {
    return null;
  }

  @Override
  public long startEpochNanos() {
    return of.startEpochNanos;
  }

  @Override
  public long durationNanos() {
    return of.worker.nanoTime() - of.startNanos;
  }

  @Override
  public long requestDurationNanos() {
    return -1;
  }

  @Override
  public long responseDurationNanos() {
    return -1;
  }

  @Override
  public long bytesReceived() {
    return of.received;
  }

  @Override
  public long bytesSent() {
    return of.sent;
  }

  @Override
  public int responseCode() {
    return 0;
  }

  @Override
  public @Nullable String responseCodeDetails() {
    return of.details;
  }

  @Override
  public int flagBits() {
    return of.flags;
  }

  @Override
  public @Nullable String protocol() {
    return null;
  }

  @Override
  public int attempts() {
    return of.attempts;
  }

  @Override
  public @Nullable String upstreamHost() {
    Host there = of.host;
    return there == null ? null : there.address();
  }

  @Override
  public @Nullable TlsInfo upstreamTls() {
    HostConnect to = of.connecting;
    return to == null ? null : to.tls().orElse(null);
  }

  @Override
  public @Nullable InetSocketAddress upstreamLocalAddress() {
    FarSide out = of.upstream;
    return out == null ? null : out.localAddress();
  }

  @Override
  public @Nullable String upstreamCluster() {
    return of.clusterName;
  }

  @Override
  public @Nullable String upstreamFailure() {
    return of.failure;
  }

  @Override
  public @Nullable String routeName() {
    return null;
  }

  @Override
  public @Nullable String virtualHostName() {
    return null;
  }

  @Override
  public ConnectionInfo connection() {
    return of.info;
  }

  @Override
  public @Nullable Value metadata(String namespace, List<String> path) {
    return null;
  }

  @Override
  public @Nullable String filterStateText(String name) {
    return null;
  }
}
