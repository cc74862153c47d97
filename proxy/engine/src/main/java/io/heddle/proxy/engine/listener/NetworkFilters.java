package io.heddle.proxy.engine.listener;

import io.heddle.proxy.api.AsyncHttpClient;
import io.heddle.proxy.api.ConnectionInfo;
import io.heddle.proxy.api.FilterState;
import io.heddle.proxy.api.HttpFilterContext.Timer;
import io.heddle.proxy.api.NetworkFilter;
import io.heddle.proxy.api.NetworkFilter.NetworkDecision;
import io.heddle.proxy.api.NetworkFilterFactory.NetworkFilterConfig;
import io.heddle.proxy.engine.cluster.Clusters;
import io.heddle.proxy.engine.connection.ConnectionGroup;
import io.heddle.proxy.engine.connection.DownstreamConnection;
import io.heddle.proxy.engine.exchange.ExchangeState;
import io.heddle.proxy.engine.exchange.PendingWork;
import io.heddle.proxy.engine.loop.LastFlush;
import io.heddle.proxy.engine.loop.ReadSwitch;
import io.heddle.proxy.engine.loop.SocketFilters;
import io.heddle.proxy.engine.loop.Worker;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The network filters of one connection, before whatever ends its chain. In the pipeline only where
 * a chain has such filters. Owned by the connection's loop.
 */
// The channel's handler learns of failures.
@SuppressWarnings("FutureReturnValueIgnored")
final class NetworkFilters extends ChannelDuplexHandler implements SocketFilters {
  /** Which of the channel's user-defined reasons not to be writable is ours. */
  private static final int HELD_OUTPUT = 1;

  private static final Logger LOG = LoggerFactory.getLogger(NetworkFilters.class);

  private final Worker worker;
  private final DuplexChannel channel;
  private final ReadSwitch reading;
  private final ConnectionInfo info;
  private final ExchangeState state = new ExchangeState();
  private final PendingWork work;
  private final List<Stage> stages = new ArrayList<>();
  private @Nullable ChannelHandlerContext context;
  private @Nullable ChannelPromise closeWanted;
  private final ConnectionGroup group;
  private final boolean terminal;
  private final Runnable last;
  private final Waiting waiting = new Waiting();
  private int heldOutput;
  private boolean stands;
  private boolean closed;

  /** How long a client has to close a connection that a terminal filter has ended. */
  static final Duration LINGER = Duration.ofSeconds(1);

  /**
   * The filters of a connection that {@link #begin} is called for.
   *
   * @param last puts what ends the chain into the pipeline
   */
  NetworkFilters(
      Worker worker,
      Clusters clusters,
      DuplexChannel channel,
      ReadSwitch reading,
      ConnectionInfo info,
      ConnectionGroup group,
      Chain chain,
      Runnable last) {
    this.worker = worker;
    this.channel = channel;
    this.reading = reading;
    this.info = info;
    this.work = new PendingWork(worker, clusters, this::failed);
    this.group = group;
    this.terminal = chain.terminal() instanceof Chain.Terminal.Filter;
    this.last = last;
    for (NetworkFilterConfig config : chain.filters()) {
      stages.add(new Stage(stages.size(), config));
    }
  }

  /** Bytes that a filter holds back; {@code promise} only for those to the client. */
  private record Piece(ByteBuf data, boolean end, boolean seen, @Nullable ChannelPromise promise) {}

  /** One filter, and what it holds back in either direction. */
  private final class Stage implements NetworkFilter.Connection {
    private final int index;
    private final NetworkFilter filter;
    private final ArrayDeque<Piece> in = new ArrayDeque<>(0);
    private final ArrayDeque<Piece> out = new ArrayDeque<>(0);
    private boolean inSuspended;
    private boolean outSuspended;

    /** It has suspended from {@code onConnected}, and those after it have not heard. */
    private boolean holdsUp;

    Stage(int index, NetworkFilterConfig config) {
      this.index = index;
      this.filter = config.newFilter(this);
    }

    NetworkDecision tell() {
      NetworkDecision decision = filter.onConnected();
      switch (decision) {
        case CONTINUE -> {}
        case SUSPEND -> {
          holdsUp = true;
          suspendInput();
        }
        case CLOSE -> closeNow();
      }
      return decision;
    }

    private void suspendInput() {
      if (!inSuspended) {
        inSuspended = true;
        reading.disable();
      }
    }

    void read(ByteBuf data, boolean end) {
      if (inSuspended || !in.isEmpty()) {
        in.addLast(new Piece(data, end, false, null));
      } else {
        showInput(data, end);
      }
    }

    private void showInput(ByteBuf data, boolean end) {
      NetworkDecision decision;
      try {
        decision = filter.onRead(data, end);
      } catch (RuntimeException failure) {
        data.release();
        failed(failure);
        return;
      }
      if (closed) {
        data.release();
        return;
      }
      switch (decision) {
        case CONTINUE -> next(index + 1, data, end);
        case SUSPEND -> {
          // First: what came after it has not been seen.
          in.addFirst(new Piece(data, end, true, null));
          suspendInput();
        }
        case CLOSE -> {
          data.release();
          closeNow();
        }
      }
    }

    void writing(ByteBuf data, boolean end, ChannelPromise promise) {
      if (outSuspended || !out.isEmpty()) {
        holdOutput(new Piece(data, end, false, promise), false);
      } else {
        showOutput(data, end, promise);
      }
    }

    private void showOutput(ByteBuf data, boolean end, ChannelPromise promise) {
      NetworkDecision decision;
      try {
        // An empty write without an end only asks to be told when everything before it has left.
        decision = data.isReadable() || end ? filter.onWrite(data, end) : NetworkDecision.CONTINUE;
      } catch (RuntimeException failure) {
        drop(data, promise);
        failed(failure);
        return;
      }
      if (closed) {
        drop(data, promise);
        return;
      }
      switch (decision) {
        case CONTINUE -> towardsClient(index - 1, data, end, promise);
        case SUSPEND -> {
          outSuspended = true;
          holdOutput(new Piece(data, end, true, promise), true);
        }
        case CLOSE -> {
          drop(data, promise);
          closeNow();
        }
      }
    }

    private void holdOutput(Piece piece, boolean first) {
      if (first) {
        out.addFirst(piece);
      } else {
        out.addLast(piece);
      }
      outputHeld(piece.data().readableBytes());
    }

    @Override
    public ConnectionInfo info() {
      return info;
    }

    @Override
    public void resume() {
      ChannelHandlerContext ctx = context;
      if (closed || ctx == null || (!inSuspended && !outSuspended)) {
        return;
      }
      boolean input = inSuspended;
      inSuspended = false;
      outSuspended = false;
      worker.batch(() -> {
        if (holdsUp) {
          holdsUp = false;
          connected(index + 1);
        }
        resumeInput();
        resumeOutput();
        if (input && !closed) {
          ctx.fireChannelReadComplete();
        }
        if (!closed) {
          ctx.flush();
          closeIfWanted();
        }
      });
      if (input) {
        reading.enable(); // once for the suspension that ends; what suspended anew has its own
      }
    }

    private void resumeInput() {
      while (!in.isEmpty() && !inSuspended && !closed) {
        Piece piece = in.removeFirst();
        if (piece.seen()) {
          next(index + 1, piece.data(), piece.end());
        } else {
          showInput(piece.data(), piece.end());
        }
      }
    }

    private void resumeOutput() {
      while (!out.isEmpty() && !outSuspended && !closed) {
        Piece piece = out.removeFirst();
        outputHeld(-piece.data().readableBytes());
        ChannelPromise promise = piece.promise();
        if (promise == null) {
          throw new IllegalStateException("output without a promise");
        }
        if (piece.seen()) {
          towardsClient(index - 1, piece.data(), piece.end(), promise);
        } else {
          showOutput(piece.data(), piece.end(), promise);
        }
      }
    }

    void dropAll() {
      in.forEach(piece -> piece.data().release());
      in.clear();
      for (Piece piece : out) {
        ChannelPromise promise = piece.promise();
        if (promise != null) {
          drop(piece.data(), promise);
        }
      }
      out.clear();
    }

    @Override
    public void write(ByteBuf data) {
      ChannelHandlerContext ctx = context;
      if (closed || ctx == null) {
        data.release();
        return;
      }
      towardsClient(index - 1, data, false, ctx.voidPromise());
      ctx.flush();
    }

    @Override
    public void close() {
      ChannelHandlerContext ctx = context;
      if (ctx == null || closed) {
        return;
      }
      if (terminal) {
        LastFlush.thenLinger(worker, channel, LINGER);
      } else {
        ctx.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
      }
    }

    @Override
    public Timer schedule(Duration delay, Runnable task) {
      return work.schedule(delay, task);
    }

    @Override
    public AsyncHttpClient httpClient() {
      return work;
    }

    @Override
    public FilterState filterState() {
      return state;
    }
  }

  /** Tells the filters; then, when all have gone on, puts what ends the chain into its place. */
  void begin() {
    group.enter(worker, waiting);
    connected(0);
  }

  private void connected(int first) {
    for (int i = first; i < stages.size(); i++) {
      try {
        if (closed || stages.get(i).tell() != NetworkDecision.CONTINUE) {
          return;
        }
      } catch (RuntimeException failure) {
        failed(failure);
        return;
      }
    }
    if (!closed) {
      stands = true;
      group.leave(worker, waiting);
      last.run();
    }
  }

  /** A connection that is gone before its filters have let it stand. */
  private void neverStood() {
    group.leave(worker, waiting);
    group.add(worker, waiting);
    group.remove(worker, waiting);
    worker.connections().decrementAndGet();
  }

  private final class Waiting implements DownstreamConnection {
    @Override
    public void drain() {}

    @Override
    public boolean tunnel() {
      return true;
    }

    @Override
    public void closeNow() {
      NetworkFilters.this.closeNow();
    }
  }

  private void next(int index, ByteBuf data, boolean end) {
    ChannelHandlerContext ctx = context;
    if (closed || ctx == null) {
      data.release();
    } else if (index < stages.size()) {
      stages.get(index).read(data, end);
    } else if (data.isReadable()) {
      ctx.fireChannelRead(data);
      if (end) {
        ctx.fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
      }
    } else {
      data.release();
      if (end) {
        ctx.fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
      }
    }
  }

  /** Towards the client the filters stand in reverse. */
  private void towardsClient(int index, ByteBuf data, boolean end, ChannelPromise promise) {
    ChannelHandlerContext ctx = context;
    if (closed || ctx == null) {
      drop(data, promise);
    } else if (index >= 0) {
      stages.get(index).writing(data, end, promise);
    } else if (end) {
      ctx.writeAndFlush(data)
          .addListener(sent -> {
            if (sent.isSuccess() && channel.isActive()) {
              channel.shutdownOutput(promise);
            } else {
              promise.tryFailure(new ClosedChannelException());
            }
          });
    } else {
      ctx.write(data, promise);
    }
  }

  private static void drop(ByteBuf data, ChannelPromise promise) {
    data.release();
    if (!promise.isVoid()) {
      promise.tryFailure(new ClosedChannelException());
    }
  }

  /** Held output counts as written and not sent, so that whoever produces it stops in time. */
  private void outputHeld(int change) {
    heldOutput += change;
    ChannelOutboundBuffer buffer = channel.unsafe().outboundBuffer();
    if (buffer != null) {
      buffer.setUserDefinedWritability(
          HELD_OUTPUT, heldOutput <= channel.config().getWriteBufferHighWaterMark());
    }
  }

  @Override
  public ChannelFuture endOutput() {
    ChannelPromise ended = channel.newPromise();
    towardsClient(stages.size() - 1, Unpooled.EMPTY_BUFFER, true, ended);
    return ended;
  }

  /** Without waiting for what is held. */
  private void closeNow() {
    ChannelHandlerContext ctx = context;
    if (ctx == null) {
      channel.close();
    } else {
      ctx.close();
    }
  }

  private void closeIfWanted() {
    ChannelHandlerContext ctx = context;
    ChannelPromise wanted = closeWanted;
    if (ctx != null && wanted != null && stages.stream().allMatch(stage -> stage.out.isEmpty())) {
      closeWanted = null;
      ctx.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(_ -> ctx.close(wanted));
    }
  }

  private void failed(Throwable failure) {
    LOG.warn("A network filter failed; connection {} is closed", info.id(), failure);
    closeNow();
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    context = ctx;
    channel.attr(SocketFilters.KEY).set(this);
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    // Ended by channelReadComplete, which follows however many reads.
    worker.beginBatch();
    next(0, (ByteBuf) message, false);
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    worker.endBatch();
    ctx.fireChannelReadComplete();
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof ChannelInputShutdownEvent) {
      next(0, Unpooled.EMPTY_BUFFER, true);
    } else {
      ctx.fireUserEventTriggered(event);
    }
  }

  @Override
  public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
    towardsClient(stages.size() - 1, (ByteBuf) message, false, promise);
  }

  /** Waits for output that a filter holds; asked a second time it does not. */
  @Override
  public void close(ChannelHandlerContext ctx, ChannelPromise promise) {
    if (closeWanted == null && stages.stream().anyMatch(stage -> !stage.out.isEmpty())) {
      closeWanted = promise;
    } else {
      ctx.close(promise);
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    closed = true;
    if (!stands) {
      neverStood();
    }
    for (Stage stage : stages) {
      stage.dropAll();
      try {
        stage.filter.onClosed();
      } catch (RuntimeException failure) {
        LOG.warn("A network filter failed at the end of its connection", failure);
      }
    }
    work.end();
    ctx.fireChannelInactive();
  }
}
