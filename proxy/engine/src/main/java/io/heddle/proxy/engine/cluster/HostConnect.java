package io.heddle.proxy.engine.cluster;

import io.heddle.proxy.api.ConnectionInfo;
import io.heddle.proxy.api.TlsInfo;
import io.heddle.proxy.engine.cluster.HostSockets.HostSocket;
import io.heddle.proxy.engine.loop.Worker;
import io.heddle.proxy.engine.tls.AlpnOffer;
import io.heddle.proxy.engine.tls.PeerNames;
import io.heddle.proxy.engine.tls.UpstreamHandshake;
import io.heddle.proxy.engine.tls.UpstreamTls;
import io.heddle.xds.model.HostTransport;
import io.netty.buffer.ByteBuf;
import io.netty.channel.socket.DuplexChannel;
import java.net.SocketAddress;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Brings one connection to a host up: the socket, then the PROXY header, then TLS, as far as the
 * cluster wants them. Counts nothing and has no deadline; who began it has. Owned by its event
 * loop.
 */
// The channel's handler learns of failures.
@SuppressWarnings("FutureReturnValueIgnored")
public final class HostConnect {
  /** Who began it. On the loop, one of both and once. */
  public interface Watcher {
    /** It stands. */
    void stands(HostConnect connect);

    /** It does not; {@code reason} is the transport's, maybe empty. */
    void failed(String reason);
  }

  private final Worker worker;
  private final Cluster cluster;
  private final Host host;
  private final PeerNames names;
  private final @Nullable ConnectionInfo client;
  private final AlpnOffer offer;
  private final Watcher watcher;
  private final DuplexChannel channel;
  private @Nullable TlsInfo tls;
  private String protocol = "";
  private boolean over;

  private HostConnect(
      Worker worker,
      Cluster cluster,
      Host host,
      PeerNames names,
      @Nullable ConnectionInfo client,
      AlpnOffer offer,
      Watcher watcher) {
    this.worker = worker;
    this.cluster = cluster;
    this.host = host;
    this.names = names;
    this.client = client;
    this.offer = offer;
    this.watcher = watcher;
    this.channel = cluster.transport().newChannel(cluster.config(), host.socketAddress());
  }

  /**
   * Begins.
   *
   * @param names that the connection gets from the request that it is made for
   * @param client whose addresses a PROXY header tells; null for those of the connection itself
   */
  public static HostConnect begin(
      Worker worker,
      Cluster cluster,
      Host host,
      PeerNames names,
      @Nullable ConnectionInfo client,
      AlpnOffer offer,
      Watcher watcher) {
    HostConnect connect = new HostConnect(worker, cluster, host, names, client, offer, watcher);
    var registered = worker.loop().register(connect.channel);
    if (registered.isSuccess()) {
      connect.connect();
    } else {
      registered.addListener(done -> {
        if (done.isSuccess()) {
          connect.connect();
        } else {
          worker.batch(() -> connect.fail(String.valueOf(done.cause())));
        }
      });
    }
    return connect;
  }

  private void connect() {
    SocketAddress address;
    try {
      address = cluster.transport().address(host.socketAddress());
    } catch (IllegalArgumentException impossible) {
      fail(String.valueOf(impossible.getMessage()));
      return;
    }
    channel
        .connect(address)
        .addListener(done -> {
          Throwable cause = done.cause();
          worker.batch(() -> {
            if (cause == null) {
              connected();
            } else {
              fail(words(String.valueOf(cause.getMessage())));
            }
          });
        });
  }

  private static String words(String message) {
    return "delayed connect error: "
        + (message.contains("refused") ? "Connection refused" : message);
  }

  private void connected() {
    if (over) {
      return;
    }
    HostSocket socket = cluster.sockets().of(host.metadata());
    HostTransport.ProxyHeader header = socket.header();
    if (header != null) {
      ByteBuf bytes = ProxyHeaderWriter.write(header, client, channel, worker.allocator());
      channel.writeAndFlush(bytes, channel.voidPromise());
    }
    UpstreamTls secured = socket.tls();
    if (secured == null) {
      over = true;
      watcher.stands(this);
      return;
    }
    UpstreamHandshake.begin(
        worker,
        channel,
        secured,
        offer,
        host.hostname(),
        names,
        (System.identityHashCode(host) & 0x7fff_ffff) | 1,
        new UpstreamHandshake.Watcher() {
          @Override
          public void secured(TlsInfo session, String agreed) {
            if (!over) {
              over = true;
              tls = session;
              protocol = agreed;
              watcher.stands(HostConnect.this);
            }
          }

          @Override
          public void insecure(String reason) {
            fail(reason);
          }
        });
  }

  private void fail(String reason) {
    if (!over) {
      over = true;
      channel.close();
      watcher.failed(reason);
    }
  }

  /** Whether it is not known yet what becomes of it. */
  public boolean pending() {
    return !over;
  }

  /** Gives it up; nothing is called any more. */
  public void cancel() {
    over = true;
    channel.close();
  }

  /** The connection's channel, behind whose handlers others are put once it stands. */
  public DuplexChannel channel() {
    return channel;
  }

  /** What was agreed on by TLS; empty for clear text. */
  public Optional<TlsInfo> tls() {
    return Optional.ofNullable(tls);
  }

  /** What was agreed on by ALPN; empty for nothing. */
  public String applicationProtocol() {
    return protocol;
  }
}
