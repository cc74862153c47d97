package io.heddle.proxy.engine.listener;

import io.heddle.proxy.engine.cluster.Clusters;
import io.heddle.proxy.engine.connection.ConnectionGroup;
import io.heddle.proxy.engine.connection.SocketInfo;
import io.heddle.proxy.engine.http2.HttpCodecs;
import io.heddle.proxy.engine.loop.ReadSwitch;
import io.heddle.proxy.engine.loop.Worker;
import io.heddle.proxy.engine.tcp.TcpConnection;
import io.heddle.xds.model.ListenerConfig;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.SocketChannel;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One configuration of a listener, and the connections that came under it. */
// The channel's handler learns of failures.
@SuppressWarnings("FutureReturnValueIgnored")
final class ActiveListener {
  /** More would only lie in memory, whatever buffer limit is configured. */
  private static final int MOST_WAITING = 128 << 10;

  private static final Logger LOG = LoggerFactory.getLogger(ActiveListener.class);

  private final ListenerConfig config;
  private final Chain chain;
  private final ConnectionGroup group;
  private final List<Worker> workers;
  private final Clusters clusters;
  private final AtomicLong connectionIds;

  ActiveListener(
      ListenerConfig config,
      Chain chain,
      ConnectionGroup group,
      List<Worker> workers,
      Clusters clusters,
      AtomicLong connectionIds) {
    this.config = config;
    this.chain = chain;
    this.group = group;
    this.workers = workers;
    this.clusters = clusters;
    this.connectionIds = connectionIds;
  }

  ListenerConfig config() {
    return config;
  }

  Chain chain() {
    return chain;
  }

  ConnectionGroup group() {
    return group;
  }

  /** Hands a connection to the loop that has the fewest. On the accepting loop. */
  void accept(Channel accepted) {
    SocketChannel channel = (SocketChannel) accepted;
    Worker worker = workers.getFirst();
    for (Worker other : workers) {
      if (other.connections().get() < worker.connections().get()) {
        worker = other;
      }
    }
    Worker chosen = worker;
    chosen.connections().incrementAndGet();
    group.accepted();
    options(channel, config.perConnectionBufferLimitBytes());
    channel.pipeline().addLast(new Opening(chosen));
    chosen
        .loop()
        .register(channel)
        .addListener(done -> {
          if (!done.isSuccess()) {
            left(chosen, channel);
          }
        });
  }

  private void left(Worker worker, SocketChannel channel) {
    worker.connections().decrementAndGet();
    group.left();
    channel.close();
  }

  /** Puts the handlers in place, on the connection's own loop and before it reads. */
  private final class Opening extends ChannelInitializer<SocketChannel> {
    private final Worker worker;

    Opening(Worker worker) {
      this.worker = worker;
    }

    @Override
    protected void initChannel(SocketChannel channel) {
      opened(worker, channel);
    }
  }

  static void options(SocketChannel channel, int bufferLimit) {
    int high = Math.clamp(bufferLimit, 2 << 10, MOST_WAITING);
    channel.config().setWriteBufferWaterMark(new WriteBufferWaterMark(high / 2, high));
    channel.config().setOption(ChannelOption.TCP_NODELAY, true);
    channel.config().setAutoClose(true);
  }

  private void opened(Worker worker, SocketChannel channel) {
    InetSocketAddress local = channel.localAddress();
    InetSocketAddress remote = channel.remoteAddress();
    if (local == null || remote == null) {
      left(worker, channel);
      return;
    }
    SocketInfo socket = SocketInfo.of(connectionIds.incrementAndGet(), local, remote);
    if (chain.listenerFilters().isEmpty()) {
      chosen(worker, channel, socket);
      return;
    }
    try {
      channel
          .pipeline()
          .addLast(
              new ListenerFilters(
                  worker,
                  channel,
                  socket,
                  chain.listenerFilters(),
                  chain.listenerFiltersTimeout(),
                  chain.continueOnListenerFiltersTimeout(),
                  info -> chosen(worker, channel, info),
                  () -> {
                    worker.connections().decrementAndGet();
                    group.left();
                  }));
    } catch (RuntimeException failure) {
      LOG.warn(
          "A listener filter could not be made; connection {} is closed", socket.id(), failure);
      left(worker, channel);
    }
  }

  private void chosen(Worker worker, SocketChannel channel, SocketInfo info) {
    ReadSwitch reading = new ReadSwitch(channel);
    NetworkFilters filters = null;
    if (!chain.filters().isEmpty()) {
      try {
        filters = new NetworkFilters(worker, clusters, channel, reading, info, chain.filters());
      } catch (RuntimeException failure) {
        LOG.warn("A network filter could not be made; connection {} is closed", info.id(), failure);
        left(worker, channel);
        return;
      }
      channel.pipeline().addLast(filters);
    }
    switch (chain.terminal()) {
      case Chain.Terminal.Http http ->
          HttpCodecs.add(worker, http.manager(), group, channel, reading, info, "");
      case Chain.Terminal.Tcp tcp ->
          channel
              .pipeline()
              .addLast(new TcpConnection(worker, tcp.proxy(), group, channel, reading, info));
    }
    if (filters != null) {
      filters.connected();
    }
  }

  /** Lets its connections end; the chain is closed when the last is gone. */
  CompletableFuture<Void> drain(Duration over) {
    return group.drain(over);
  }
}
