package io.heddle.proxy.engine.cluster;

import io.heddle.proxy.api.ConnectionInfo;
import io.heddle.proxy.engine.cluster.HttpPool.Speaks;
import io.heddle.proxy.engine.cluster.UpstreamStream.Carriage;
import io.heddle.proxy.engine.loop.Worker;
import io.heddle.proxy.engine.tls.AlpnOffer;
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

  /** Of whatever the cluster speaks; HTTP/1.1 where that is what clients do. */
  private @Nullable HostPool http;

  /** Of HTTP/2 where the cluster speaks what clients do. */
  private @Nullable HostPool http2;

  private @Nullable HostPool plain;

  private final Runnable emptied;

  /** {@code emptied} is run when one of them has become empty, maybe within a call. */
  CarriagePools(
      Worker worker,
      Cluster cluster,
      Host host,
      PeerNames names,
      @Nullable ConnectionInfo client,
      Runnable emptied) {
    this.emptied = emptied;
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
        there = new TcpPool(worker, cluster, host, names, client, emptied);
        plain = there;
      }
      return there;
    }
    return switch (cluster.config().protocol()) {
      case HTTP1 -> first(Speaks.HTTP1);
      case HTTP2 -> first(Speaks.HTTP2);
      case NEGOTIATED -> first(Speaks.NEGOTIATED);
      case DOWNSTREAM -> carriage == Carriage.HTTP2 ? second() : first(Speaks.HTTP1);
    };
  }

  private HostPool first(Speaks speaks) {
    HostPool there = http;
    if (there == null) {
      there = new HttpPool(worker, cluster, host, names, client, speaks, AlpnOffer.HTTP, emptied);
      http = there;
    }
    return there;
  }

  private HostPool second() {
    HostPool there = http2;
    if (there == null) {
      there =
          new HttpPool(
              worker, cluster, host, names, client, Speaks.HTTP2, AlpnOffer.HTTP2, emptied);
      http2 = there;
    }
    return there;
  }

  @Override
  public void cancel(UpstreamStream stream) {
    for (HostPool pool : new @Nullable HostPool[] {http, http2, plain}) {
      if (pool != null) {
        pool.cancel(stream);
      }
    }
  }

  @Override
  public void retire() {
    for (HostPool pool : new @Nullable HostPool[] {http, http2, plain}) {
      if (pool != null) {
        pool.retire();
      }
    }
  }

  @Override
  public boolean empty() {
    for (HostPool pool : new @Nullable HostPool[] {http, http2, plain}) {
      if (pool != null && !pool.empty()) {
        return false;
      }
    }
    return true;
  }

  @Override
  public void closeIdle() {
    for (HostPool pool : new @Nullable HostPool[] {http, http2, plain}) {
      if (pool != null) {
        pool.closeIdle();
      }
    }
  }
}
