package io.heddle.proxy.engine.cluster;

import io.heddle.proxy.engine.cluster.UpstreamStream.PoolFailure;
import io.heddle.proxy.engine.loop.Deadline;
import io.heddle.proxy.engine.loop.Worker;
import io.heddle.proxy.engine.stats.LoopStats;
import io.netty.channel.socket.SocketChannel;
import org.jspecify.annotations.Nullable;

/**
 * Makes one connection to a host: connects within the cluster's time, and hands the channel to
 * whoever speaks on it. Counts the connection from its beginning; who takes it over counts its end
 * with {@link #ended}. Owned by its event loop.
 */
// The channel's handler learns of failures.
@SuppressWarnings("FutureReturnValueIgnored")
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
  private final SocketChannel channel;
  private final long beganNanos;
  private final Deadline timer =
      new Deadline() {
        @Override
        protected void expired() {
          fail(PoolFailure.CONNECT_TIMEOUT, "");
        }
      };
  private boolean decided;

  private UpstreamConnector(
      Worker worker, Cluster cluster, Host host, @Nullable Priority counted, Taker taker) {
    this.worker = worker;
    this.cluster = cluster;
    this.host = host;
    this.taker = taker;
    this.counted = counted;
    this.channel = cluster.transport().newChannel(cluster.config());
    this.beganNanos = worker.nanoTime();
  }

  /**
   * Begins.
   *
   * @param counted whose bound on connections it is admitted under; null where it is let past
   */
  static void open(
      Worker worker, Cluster cluster, Host host, @Nullable Priority counted, Taker taker) {
    UpstreamConnector connector = new UpstreamConnector(worker, cluster, host, counted, taker);
    LoopStats loop = worker.stats();
    loop.increment(cluster.stats().cxTotal);
    loop.increment(cluster.stats().cxActive);
    host.connectionsTotal.increment();
    host.connectionsActive.incrementAndGet();
    worker.wheel().arm(connector.timer, cluster.config().connectTimeout().toNanos());
    var registered = worker.loop().register(connector.channel);
    if (registered.isSuccess()) {
      connector.connect();
    } else {
      registered.addListener(done -> {
        if (done.isSuccess()) {
          connector.connect();
        } else {
          connector.fail(PoolFailure.CONNECT_FAILED, String.valueOf(done.cause()));
        }
      });
    }
  }

  private void connect() {
    channel
        .connect(host.socketAddress())
        .addListener(done ->
            worker.batch(() -> {
              if (done.isSuccess()) {
                connected();
              } else {
                Throwable cause = done.cause();
                fail(
                    PoolFailure.CONNECT_FAILED,
                    cause == null ? "" : String.valueOf(cause.getMessage()));
              }
            }));
  }

  private void connected() {
    if (decided) {
      return;
    }
    decided = true;
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
    channel.close();
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

  SocketChannel channel() {
    return channel;
  }
}
