package io.heddle.proxy.engine.cluster;

import io.heddle.proxy.api.ConnectionInfo;
import io.heddle.proxy.engine.cluster.UpstreamStream.Carriage;
import io.heddle.proxy.engine.loop.Worker;
import io.heddle.proxy.engine.tls.PeerNames;
import org.jspecify.annotations.Nullable;

/**
 * The connections of one event loop to a host by what they carry: a cluster may speak as the client
 * does, and plain TCP may go there too. A pool each, made when it is first asked for. Owned by the
 * loop.
 */
final class CarriagePools implements HostPool {
  private final Worker worker;
  private final Cluster cluster;
  private final Host host;
  private final PeerNames names;
  private final @Nullable ConnectionInfo client;
  private @Nullable HostPool http1;
  private @Nullable HostPool http2;
  private @Nullable HostPool plain;

  CarriagePools(
      Worker worker, Cluster cluster, Host host, PeerNames names, @Nullable ConnectionInfo client) {
    this.names = names;
    this.client = client;
    this.worker = worker;
    this.cluster = cluster;
    this.host = host;
  }

  @Override
  public void acquire(UpstreamStream stream, Priority priority) {
    pool(stream.carriage()).acquire(stream, priority);
  }

  private HostPool pool(Carriage carriage) {
    if (carriage == Carriage.TCP) {
      HostPool there = plain;
      if (there == null) {
        there = new TcpPool(worker, cluster, host, names, client);
        plain = there;
      }
      return there;
    }
    boolean two =
        switch (cluster.config().protocol()) {
          case HTTP1 -> false;
          case HTTP2 -> true;
          case DOWNSTREAM -> carriage == Carriage.HTTP2;
        };
    HostPool there = two ? http2 : http1;
    if (there == null) {
      there =
          two
              ? new Http2Pool(worker, cluster, host, names, client)
              : new Http1Pool(worker, cluster, host, names, client);
      if (two) {
        http2 = there;
      } else {
        http1 = there;
      }
    }
    return there;
  }

  @Override
  public void cancel(UpstreamStream stream) {
    for (HostPool pool : new @Nullable HostPool[] {http1, http2, plain}) {
      if (pool != null) {
        pool.cancel(stream);
      }
    }
  }

  @Override
  public void retire() {
    for (HostPool pool : new @Nullable HostPool[] {http1, http2, plain}) {
      if (pool != null) {
        pool.retire();
      }
    }
  }

  @Override
  public boolean empty() {
    for (HostPool pool : new @Nullable HostPool[] {http1, http2, plain}) {
      if (pool != null && !pool.empty()) {
        return false;
      }
    }
    return true;
  }

  @Override
  public void closeIdle() {
    for (HostPool pool : new @Nullable HostPool[] {http1, http2, plain}) {
      if (pool != null) {
        pool.closeIdle();
      }
    }
  }
}
