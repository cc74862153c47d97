package io.heddle.proxy.engine.listener;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.heddle.proxy.api.ConnectionInfo;
import io.heddle.proxy.api.ListenerFilter;
import io.heddle.proxy.api.ListenerFilter.PeekDecision;
import io.heddle.proxy.api.ListenerFilterFactory.ListenerFilterConfig;
import io.heddle.proxy.engine.connection.ConnectionGroup;
import io.heddle.proxy.engine.connection.DownstreamConnection;
import io.heddle.proxy.engine.connection.SocketInfo;
import io.heddle.proxy.engine.loop.Deadline;
import io.heddle.proxy.engine.loop.Worker;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DuplexChannel;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Shows the first bytes of a connection to its listener's filters, one after the other, and then
 * makes way for the filter chain. Owned by the connection's loop.
 */
// The channel's handler learns of failures.
@SuppressWarnings("FutureReturnValueIgnored")
final class ListenerFilters extends ChannelInboundHandlerAdapter
    implements ListenerFilter.ListenerConnection, DownstreamConnection {
  private static final Logger LOG = LoggerFactory.getLogger(ListenerFilters.class);
  private static final int MOST = 64 << 10;

  private final Worker worker;
  private final DuplexChannel channel;
  private final List<ListenerFilter> filters;
  private final ListenerStats stats;
  private final ConnectionGroup group;
  private final Consumer<SocketInfo> done;
  private final Deadline timer =
      new Deadline() {
        @Override
        protected void expired() {
          ChannelHandlerContext ctx = context;
          worker.stats().increment(stats.preTimeout);
          if (continueOnTimeout && ctx != null) {
            worker.batch(() -> finish(ctx));
          } else {
            close("listener filters timed out");
          }
        }
      };

  private final boolean continueOnTimeout;
  private @Nullable ChannelHandlerContext context;
  private SocketInfo info;
  private final ByteBuf peeked;
  private String transportProtocol = "";
  private List<String> applicationProtocols = List.of();
  private final Map<String, Struct.Builder> metadata = new HashMap<>(0);
  private int at;
  private int needed;
  private boolean over;

  /**
   * Begins.
   *
   * @param group the connections that have no chain yet
   * @param done what to do when all filters are; adds the handlers of the chain
   */
  ListenerFilters(
      Worker worker,
      DuplexChannel channel,
      SocketInfo info,
      List<ListenerFilterConfig> configs,
      Duration timeout,
      boolean continueOnTimeout,
      ListenerStats stats,
      ConnectionGroup group,
      Consumer<SocketInfo> done) {
    this.worker = worker;
    this.channel = channel;
    this.info = info;
    this.stats = stats;
    this.group = group;
    this.done = done;
    this.continueOnTimeout = continueOnTimeout;
    this.filters = configs.stream().map(ListenerFilterConfig::newFilter).toList();
    this.peeked = worker.allocator().directBuffer(256, MOST + (64 << 10));
    if (!timeout.isZero()) {
      worker.wheel().arm(timer, timeout.toNanos());
    }
  }

  /** Runs those that need no bytes; on the loop, before anything is read. */
  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    context = ctx;
    group.enter(worker, this);
    worker.stats().increment(stats.preActive);
    if (!filters.isEmpty()) {
      needed = filters.getFirst().bytesNeeded();
    }
    run(ctx);
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    ByteBuf data = (ByteBuf) message;
    if (over) {
      data.release();
      return;
    }
    if (peeked.readableBytes() + data.readableBytes() > peeked.maxCapacity()) {
      data.release();
      close("more than " + MOST + " bytes before the listener filters were done");
      return;
    }
    peeked.writeBytes(data);
    data.release();
    run(ctx);
  }

  private void run(ChannelHandlerContext ctx) {
    while (!over && at < filters.size()) {
      if (peeked.readableBytes() < needed) {
        return;
      }
      PeekDecision decision;
      try {
        decision = filters.get(at).onPeek(peeked.duplicate(), this);
      } catch (RuntimeException failure) {
        LOG.warn("A listener filter failed; connection {} is closed", info.id(), failure);
        close("failure");
        return;
      }
      switch (decision) {
        case PeekDecision.Continue go -> {
          peeked.skipBytes(Math.min(go.consume(), peeked.readableBytes()));
          at++;
          needed = at < filters.size() ? filters.get(at).bytesNeeded() : 0;
        }
        case PeekDecision.NeedMore more -> {
          if (more.bytes() > MOST || more.bytes() <= peeked.readableBytes()) {
            close("a listener filter asked for " + more.bytes() + " bytes");
            return;
          }
          needed = more.bytes();
        }
        case PeekDecision.Close close -> {
          close(close.detail());
          return;
        }
      }
    }
    finish(ctx);
  }

  /** Makes way for the chain, which is given what was peeked at. */
  private void finish(ChannelHandlerContext ctx) {
    if (!over) {
      ended();
      done.accept(info.withFound(found()));
      if (peeked.isReadable()) {
        ctx.fireChannelRead(peeked);
        ctx.fireChannelReadComplete();
      } else {
        peeked.release();
      }
      ctx.pipeline().remove(this);
    }
  }

  private void close(String detail) {
    if (!over) {
      LOG.debug("Connection {} is closed by a listener filter: {}", info.id(), detail);
      channel.close();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    if (!over) {
      ended();
      peeked.release();
      worker.connections().decrementAndGet();
      group.left();
    }
    ctx.fireChannelInactive();
  }

  private void ended() {
    over = true;
    worker.wheel().remove(timer);
    group.leave(worker, this);
    worker.stats().add(stats.preActive, -1);
  }

  @Override
  public void drain() {
    // It has no chain yet that could serve it.
  }

  @Override
  public void closeNow() {
    channel.close();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    channel.close();
  }

  // --- ListenerConnection ---

  @Override
  public ConnectionInfo info() {
    return info;
  }

  @Override
  public void remoteAddress(InetSocketAddress address) {
    info = info.withRemote(address);
  }

  @Override
  public void originalDestination(InetSocketAddress address) {
    info = info.withLocal(address);
  }

  @Override
  public void serverName(String name) {
    info = info.withServerName(name);
  }

  @Override
  public void transportProtocol(String protocol) {
    transportProtocol = protocol;
  }

  @Override
  public void applicationProtocols(List<String> protocols) {
    applicationProtocols = List.copyOf(protocols);
  }

  @Override
  public Optional<InetSocketAddress> redirectedFrom() {
    return OriginalDestination.of(channel);
  }

  @Override
  public void metadata(String namespace, String key, Value value) {
    metadata.computeIfAbsent(namespace, _ -> Struct.newBuilder()).putFields(key, value);
  }

  private SocketInfo.Found found() {
    Map<String, Struct> built = new HashMap<>();
    metadata.forEach((namespace, values) -> built.put(namespace, values.build()));
    return new SocketInfo.Found(
        transportProtocol, applicationProtocols, built, info.found().destinationRestored());
  }
}
