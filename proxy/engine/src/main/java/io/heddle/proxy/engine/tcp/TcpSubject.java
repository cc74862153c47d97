package io.heddle.proxy.engine.tcp;

import com.google.protobuf.Value;
import io.heddle.proxy.api.ConnectionInfo;
import io.heddle.proxy.api.StreamInfo.WireBytes;
import io.heddle.proxy.api.TlsInfo;
import io.heddle.proxy.engine.cluster.Cluster;
import io.heddle.proxy.engine.cluster.Host;
import io.heddle.proxy.engine.cluster.HostConnect;
import io.heddle.proxy.engine.format.StructValues;
import java.net.InetSocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A connection as formats see it. Owned by the connection's loop. */
record TcpSubject(TcpConnection of) implements BytesSubject {
  @Override
  public long startEpochNanos() {
    return of.startEpochNanos;
  }

  @Override
  public long durationNanos() {
    return of.worker.nanoTime() - of.startNanos;
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
  public WireBytes downstreamBytes() {
    return new WireBytes(of.received, of.sent, 0, 0);
  }

  /** What comes from one side is given to the other, or to nobody. */
  @Override
  public WireBytes upstreamBytes() {
    return of.connected
        ? new WireBytes(/* received= */ of.sent, /* sent= */ of.received, 0, 0)
        : WireBytes.NONE;
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
  public @Nullable Value clusterMetadata(String namespace, List<String> path) {
    Cluster to = of.cluster;
    return to == null ? null : StructValues.within(to.config().metadata(), namespace, path);
  }

  @Override
  public String logType() {
    return of.logs.type();
  }

  @Override
  public ConnectionInfo connection() {
    return of.info;
  }
}
