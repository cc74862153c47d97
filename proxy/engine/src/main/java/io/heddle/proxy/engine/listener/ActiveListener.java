package io.heddle.proxy.engine.listener;

import io.heddle.proxy.api.ListenerFilterFactory.ListenerFilterConfig;
import io.heddle.proxy.engine.DrainPlan;
import io.heddle.proxy.engine.cluster.Clusters;
import io.heddle.proxy.engine.cluster.Literals;
import io.heddle.proxy.engine.connection.ConnectionGroup;
import io.heddle.proxy.engine.connection.DownstreamConnection;
import io.heddle.proxy.engine.connection.SocketInfo;
import io.heddle.proxy.engine.discovery.Discovery;
import io.heddle.proxy.engine.http2.HttpCodecs;
import io.heddle.proxy.engine.loop.Addresses;
import io.heddle.proxy.engine.loop.ReadSwitch;
import io.heddle.proxy.engine.loop.Worker;
import io.heddle.proxy.engine.tcp.TcpConnection;
import io.heddle.proxy.engine.tls.DownstreamHandshake;
import io.heddle.proxy.engine.tls.DownstreamTls;
import io.heddle.xds.model.ListenerConfig;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.DuplexChannel;
import io.netty.channel.unix.UnixChannel;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
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
  private final List<LiveChain> chains;
  private final ChainSelector<LiveChain> selector;
  private final List<ListenerFilterConfig> listenerFilters;
  private final ListenerLogs logs;
  private final ListenerStats stats;

  /** Connections whose chain is not chosen yet. */
  private final ConnectionGroup front;

  private final List<Worker> workers;
  private final Clusters clusters;
  private final AtomicLong connectionIds;
  private final Redirections redirections;

  ActiveListener(
      ListenerConfig config,
      List<LiveChain> chains,
      ChainSelector<LiveChain> selector,
      List<ListenerFilterConfig> listenerFilters,
      ListenerLogs logs,
      ListenerStats stats,
      List<Worker> workers,
      Clusters clusters,
      AtomicLong connectionIds,
      Redirections redirections) {
    this.config = config;
    this.chains = List.copyOf(chains);
    this.selector = selector;
    this.listenerFilters = List.copyOf(listenerFilters);
    this.logs = logs;
    this.stats = stats;
    this.front = new ConnectionGroup(workers, stats.scope());
    this.workers = workers;
    this.clusters = clusters;
    this.connectionIds = connectionIds;
    this.redirections = redirections;
  }

  ListenerConfig config() {
    return config;
  }

  List<LiveChain> chains() {
    return chains;
  }

  /** The addresses that it is configured with. */
  List<InetSocketAddress> addresses() {
    return ListenerSocket.addresses(config).stream().map(Literals::address).toList();
  }

  /** Its last connection is gone. */
  void unused() {
    chains.forEach(LiveChain::unused);
    Discovery.leave(listenerFilters);
    logs.close();
  }

  /** Connections whose chain is not chosen yet. */
  ConnectionGroup front() {
    return front;
  }

  /** Connections open, of all its chains. */
  long open() {
    long sum = front.open();
    for (LiveChain chain : chains) {
      sum += chain.group().open();
    }
    return sum;
  }

  /** Hands a connection to the loop that has the fewest. On the accepting loop. */
  void accept(Channel accepted) {
    DuplexChannel channel = (DuplexChannel) accepted;
    Worker worker = workers.getFirst();
    for (Worker other : workers) {
      if (lighter(other, worker)) {
        worker = other;
      }
    }
    Worker chosen = worker;
    chosen.connections().incrementAndGet();
    front.accepted();
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

  /** Of two with as many connections the one with fewer requests: one HTTP/2 client has many. */
  private static boolean lighter(Worker one, Worker other) {
    int more = one.connections().get() - other.connections().get();
    return more < 0 || (more == 0 && one.requests() < other.requests());
  }

  private void left(Worker worker, DuplexChannel channel) {
    worker.connections().decrementAndGet();
    front.left();
    channel.close();
  }

  /** Puts the handlers in place, on the connection's own loop and before it reads. */
  private final class Opening extends ChannelInitializer<DuplexChannel> {
    private final Worker worker;

    Opening(Worker worker) {
      this.worker = worker;
    }

    @Override
    protected void initChannel(DuplexChannel channel) {
      opened(worker, channel);
    }
  }

  static void options(DuplexChannel channel, int bufferLimit) {
    int high = Math.clamp(bufferLimit, 2 << 10, MOST_WAITING);
    channel.config().setWriteBufferWaterMark(new WriteBufferWaterMark(high / 2, high));
    channel.config().setOption(ChannelOption.TCP_NODELAY, true);
    channel.config().setAutoClose(true);
  }

  private void opened(Worker worker, DuplexChannel channel) {
    InetSocketAddress local = Addresses.of(channel.localAddress());
    InetSocketAddress remote = Addresses.of(channel.remoteAddress());
    if (remote == null && channel instanceof UnixChannel && local != null) {
      // A client of a unix socket mostly has no name.
      remote = Addresses.pipe("");
    }
    if (local == null || remote == null) {
      left(worker, channel);
      return;
    }
    SocketInfo socket = SocketInfo.of(connectionIds.incrementAndGet(), local, remote);
    ListenerLog.begin(worker, channel, socket, logs);
    begin(worker, channel, socket, false);
  }

  /**
   * {@code handedOver} says that another listener has had it already, and that this one keeps it.
   */
  private void begin(Worker worker, DuplexChannel channel, SocketInfo socket, boolean handedOver) {
    if (listenerFilters.isEmpty()) {
      choose(worker, channel, socket);
      return;
    }
    try {
      ListenerFilters filters =
          new ListenerFilters(
              worker,
              channel,
              socket,
              listenerFilters,
              config.listenerFiltersTimeout(),
              config.continueOnListenerFiltersTimeout(),
              stats,
              front,
              info -> {
                ActiveListener other = handedOver ? null : redirectedTo(info);
                if (other == null) {
                  choose(worker, channel, info);
                } else {
                  front.left();
                  other.front.accepted();
                  other.begin(worker, channel, info, true);
                }
              });
      channel.pipeline().addLast(filters);
    } catch (RuntimeException failure) {
      LOG.warn(
          "A listener filter could not be made; connection {} is closed", socket.id(), failure);
      left(worker, channel);
    }
  }

  /** Where a connection is handed over to that was redirected here; null for nowhere. */
  // Itself is meant, not what is alike.
  @SuppressWarnings("ReferenceEquality")
  private @Nullable ActiveListener redirectedTo(SocketInfo info) {
    if (!config.sockets().useOriginalDst() || !info.found().destinationRestored()) {
      return null;
    }
    ActiveListener other = redirections.find(info.localAddress());
    return other == this ? null : other;
  }

  /** Finds the connection's chain, whose group it then belongs to. */
  private void choose(Worker worker, DuplexChannel channel, SocketInfo known) {
    LiveChain chain = selector.find(known);
    if (chain == null) {
      ListenerLog.seen(channel, known);
      ListenerLog.noChain(channel);
      worker.stats().increment(stats.noFilterChainMatch);
      LOG.debug("Connection {} from {} has no filter chain", known.id(), known.remoteAddress());
      left(worker, channel);
      return;
    }
    SocketInfo info = known.servedBy(config, chain.chain().config());
    ListenerLog.seen(channel, info);
    chain.group().accepted();
    front.left();
    DownstreamTls tls = chain.chain().tls();
    if (tls == null) {
      chosen(worker, channel, chain, info);
      return;
    }
    Runnable gone = () -> gone(worker, channel, chain.group());
    boolean begun =
        DownstreamHandshake.begin(
            worker,
            channel,
            info,
            tls,
            chain.chain().config().transportTimeout(),
            new DownstreamHandshake.Watcher() {
              @Override
              public void began(DownstreamConnection handshake) {
                chain.group().enter(worker, handshake);
              }

              @Override
              public void ended(DownstreamConnection handshake, @Nullable SocketInfo secured) {
                chain.group().leave(worker, handshake);
                if (secured == null) {
                  gone.run();
                } else {
                  ListenerLog.seen(channel, secured);
                  chosen(worker, channel, chain, secured);
                }
              }

              @Override
              public void failed(String reason) {
                ListenerLog.failed(channel, reason);
              }

              @Override
              public void timedOut() {
                worker.stats().increment(stats.transportTimeout);
              }
            });
    if (!begun) {
      gone.run();
    }
  }

  private static void gone(Worker worker, DuplexChannel channel, ConnectionGroup group) {
    worker.connections().decrementAndGet();
    group.left();
    channel.close();
  }

  private void chosen(Worker worker, DuplexChannel channel, LiveChain live, SocketInfo info) {
    Chain chain = live.chain();
    ConnectionGroup group = live.group();
    ReadSwitch reading = new ReadSwitch(channel);
    if (!chain.filters().isEmpty()) {
      NetworkFilters filters;
      try {
        filters =
            new NetworkFilters(
                worker,
                clusters,
                channel,
                reading,
                info,
                group,
                chain,
                () -> last(worker, channel, live, reading, info));
      } catch (RuntimeException failure) {
        LOG.warn("A network filter could not be made; connection {} is closed", info.id(), failure);
        gone(worker, channel, group);
        return;
      }
      channel.pipeline().addLast(filters);
      filters.begin();
    } else {
      last(worker, channel, live, reading, info);
    }
  }

  /** Puts what ends the chain into the pipeline. */
  private static void last(
      Worker worker, DuplexChannel channel, LiveChain live, ReadSwitch reading, SocketInfo info) {
    Chain chain = live.chain();
    ConnectionGroup group = live.group();
    switch (chain.terminal()) {
      case Chain.Terminal.Http http ->
          HttpCodecs.add(
              worker, http.manager(), group, channel, reading, info, info.applicationProtocol());
      case Chain.Terminal.Tcp tcp ->
          channel
              .pipeline()
              .addLast(new TcpConnection(worker, tcp.proxy(), group, channel, reading, info));
      case Chain.Terminal.Filter _ ->
          channel.pipeline().addLast(new FilteredConnection(worker, group, channel, reading));
    }
  }

  /** Lets the connections of all its chains end; completes when the last is gone. */
  CompletableFuture<Void> drain(DrainPlan plan) {
    return drain(chains, plan);
  }

  /** The same of these chains; what has no chain yet is waited for. */
  CompletableFuture<Void> drain(List<LiveChain> which, DrainPlan plan) {
    List<CompletableFuture<Void>> all = new ArrayList<>();
    all.add(front.drain(plan));
    which.forEach(chain -> all.add(chain.group().drain(plan)));
    return CompletableFuture.allOf(all.toArray(new CompletableFuture<?>[0]));
  }

  /** Takes a drain of all its chains back. */
  void resume() {
    front.resume();
    chains.forEach(chain -> chain.group().resume());
  }

  void closeNow() {
    front.closeNow();
    chains.forEach(chain -> chain.group().closeNow());
  }
}
