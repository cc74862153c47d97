package io.heddle.proxy.engine.cluster;

import io.heddle.proxy.api.ConnectionInfo;
import io.heddle.proxy.codec.HttpVersion;
import io.heddle.proxy.engine.cluster.UpstreamStream.PoolFailure;
import io.heddle.proxy.engine.loop.Addresses;
import io.heddle.proxy.engine.loop.Deadline;
import io.heddle.proxy.engine.loop.Worker;
import io.heddle.proxy.engine.stats.LoopStats;
import io.heddle.proxy.engine.tls.AlpnOffer;
import io.heddle.proxy.engine.tls.PeerNames;
import io.netty.channel.socket.DuplexChannel;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Makes one connection to a host: connects within the cluster's time, and hands the channel to
 * whoever speaks on it. Counts the connection from its beginning, save in the host's active ones,
 * where who begins it has done so; who takes it over counts its end with {@link #ended}. Owned by
 * its event loop.
 */
final class UpstreamConnector {
  /** Who wanted the connection. */
  interface Taker {
    /** It stands. */
    void connected(UpstreamConnector connector);

    /** It does not; nothing is left to count. */
    void failed(PoolFailure reason, String detail);
  }

  private final Worker worker;
  private final Cluster cluster;
  private final Host host;
  private final Taker taker;
  private final @Nullable Priority counted;
  private final long beganNanos;
  private final Deadline timer =
      new Deadline() {
        @Override
        protected void expired() {
          fail(PoolFailure.CONNECT_TIMEOUT, "");
        }
      };
  private @Nullable HostConnect connect;
  private @Nullable UpstreamSocket socket;
  private boolean decided;

  private UpstreamConnector(
      Worker worker, Cluster cluster, Host host, @Nullable Priority counted, Taker taker) {
    this.worker = worker;
    this.cluster = cluster;
    this.host = host;
    this.taker = taker;
    this.counted = counted;
    this.beganNanos = worker.nanoTime();
  }

  /**
   * Begins.
   *
   * @param names that the connection gets from the request that it is made for
   * @param client whose connection it is; null for everybody's
   * @param counted whose bound on connections it is admitted under; null where it is let past
   */
  static void open(
      Worker worker,
      Cluster cluster,
      Host host,
      PeerNames names,
      @Nullable ConnectionInfo client,
      AlpnOffer offer,
      @Nullable Priority counted,
      Taker taker) {
    UpstreamConnector connector = new UpstreamConnector(worker, cluster, host, counted, taker);
    LoopStats loop = worker.stats();
    loop.increment(cluster.stats().cxTotal);
    loop.increment(cluster.stats().cxActive);
    host.connectionsTotal.increment();
    // It covers all that makes the connection, handshakes too.
    worker.wheel().arm(connector.timer, cluster.config().connectTimeout().toNanos());
    connector.connect =
        HostConnect.begin(
            worker,
            cluster,
            host,
            names,
            client,
            offer,
            new HostConnect.Watcher() {
              @Override
              public void stands(HostConnect connect) {
                connector.connected(connect);
              }

              @Override
              public void failed(String reason) {
                connector.fail(PoolFailure.CONNECT_FAILED, reason);
              }
            });
  }

  private void connected(HostConnect made) {
    if (decided) {
      return;
    }
    decided = true;
    connect = made;
    socket = new UpstreamSocket(Addresses.of(made.channel().localAddress()), made.tls(), null);
    worker.wheel().remove(timer);
    cluster
        .stats()
        .cxConnectMs
        .record(worker.stats(), (worker.nanoTime() - beganNanos) / 1_000_000);
    taker.connected(this);
  }

  private void fail(PoolFailure reason, String detail) {
    if (decided) {
      return;
    }
    decided = true;
    LoopStats loop = worker.stats();
    loop.increment(cluster.stats().cxConnectFail);
    if (reason == PoolFailure.CONNECT_TIMEOUT) {
      loop.increment(cluster.stats().cxConnectTimeout);
    }
    host.connectFailures.increment();
    worker.wheel().remove(timer);
    ended();
    HostConnect under = connect;
    if (under != null) {
      under.cancel();
    }
    taker.failed(reason, detail);
  }

  /** The connection is over. Called once by who took it. */
  void ended() {
    worker.stats().add(cluster.stats().cxActive, -1);
    host.connectionsActive.decrementAndGet();
    if (counted != null) {
      counted.connections.release();
    }
  }

  /** Who took the connection speaks this. */
  void speaks(HttpVersion version) {
    UpstreamSocket made = socket();
    socket = new UpstreamSocket(made.localAddress(), made.tls(), version.text());
  }

  /** What is known of a connection that stands. */
  UpstreamSocket socket() {
    return Objects.requireNonNull(socket, "it does not stand");
  }

  /** What was agreed on by ALPN; empty for nothing. */
  String applicationProtocol() {
    return Objects.requireNonNull(connect, "it does not stand").applicationProtocol();
  }

  DuplexChannel channel() {
    return Objects.requireNonNull(connect, "it does not stand").channel();
  }
}
