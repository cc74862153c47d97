package io.heddle.proxy.engine.listener;

import io.heddle.proxy.api.ConnectionInfo;
import io.heddle.proxy.api.FilterState;
import io.heddle.proxy.api.HttpFilterContext.Timer;
import io.heddle.proxy.api.NetworkFilter;
import io.heddle.proxy.api.NetworkFilter.NetworkDecision;
import io.heddle.proxy.api.NetworkFilterFactory.NetworkFilterConfig;
import io.heddle.proxy.engine.cluster.Clusters;
import io.heddle.proxy.engine.exchange.ExchangeState;
import io.heddle.proxy.engine.loop.ReadSwitch;
import io.heddle.proxy.engine.loop.Worker;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.SocketChannel;
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
final class NetworkFilters extends ChannelDuplexHandler {
  private static final Logger LOG = LoggerFactory.getLogger(NetworkFilters.class);

  private final Worker worker;
  private final SocketChannel channel;
  private final ReadSwitch reading;
  private final ConnectionInfo info;
  private final ExchangeState state;
  private final List<Stage> stages = new ArrayList<>();
  private @Nullable ChannelHandlerContext context;
  private boolean closed;

  NetworkFilters(
      Worker worker,
      Clusters clusters,
      SocketChannel channel,
      ReadSwitch reading,
      ConnectionInfo info,
      List<NetworkFilterConfig> configs) {
    this.worker = worker;
    this.channel = channel;
    this.reading = reading;
    this.info = info;
    this.state = new ExchangeState(worker, clusters);
    for (NetworkFilterConfig config : configs) {
      stages.add(new Stage(stages.size(), config));
    }
  }

  /** One filter, and what it holds back. */
  private final class Stage implements NetworkFilter.Connection {
    private final int index;
    private final NetworkFilter filter;
    private final ArrayDeque<ByteBuf> held = new ArrayDeque<>(0);
    private boolean suspended;
    private boolean endHeld;

    Stage(int index, NetworkFilterConfig config) {
      this.index = index;
      this.filter = config.newFilter(this);
    }

    void connected() {
      apply(filter.onConnected());
    }

    void read(ByteBuf data, boolean end) {
      if (suspended) {
        hold(data, end);
        return;
      }
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
          suspend();
          hold(data, end);
        }
        case CLOSE -> {
          data.release();
          channel.close();
        }
      }
    }

    private void hold(ByteBuf data, boolean end) {
      held.addLast(data);
      endHeld |= end;
    }

    private void suspend() {
      if (!suspended) {
        suspended = true;
        reading.disable();
      }
    }

    private void apply(NetworkDecision decision) {
      switch (decision) {
        case CONTINUE -> {}
        case SUSPEND -> suspend();
        case CLOSE -> channel.close();
      }
    }

    @Override
    public ConnectionInfo info() {
      return info;
    }

    @Override
    public void resume() {
      if (!suspended || closed) {
        return;
      }
      suspended = false;
      worker.batch(() -> {
        // What was held has been seen by this filter, so it goes to the next.
        while (!held.isEmpty()) {
          ByteBuf data = held.removeFirst();
          next(index + 1, data, endHeld && held.isEmpty());
        }
      });
      reading.enable();
    }

    @Override
    public void write(ByteBuf data) {
      ChannelHandlerContext ctx = context;
      if (closed || ctx == null) {
        data.release();
        return;
      }
      ctx.writeAndFlush(data, ctx.voidPromise());
    }

    @Override
    public void close() {
      ChannelHandlerContext ctx = context;
      if (ctx != null) {
        ctx.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
      }
    }

    @Override
    public Timer schedule(Duration delay, Runnable task) {
      return state.schedule(delay, task);
    }

    @Override
    public FilterState filterState() {
      return state;
    }
  }

  void connected() {
    for (Stage stage : stages) {
      try {
        stage.connected();
      } catch (RuntimeException failure) {
        failed(failure);
        return;
      }
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

  private void failed(Throwable failure) {
    LOG.warn("A network filter failed; connection {} is closed", info.id(), failure);
    channel.close();
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    context = ctx;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
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
    ByteBuf data = (ByteBuf) message;
    // Towards the client the filters stand in reverse, and what they answer cannot hold back bytes.
    for (int i = stages.size() - 1; i >= 0 && !closed; i--) {
      try {
        if (stages.get(i).filter.onWrite(data, false) == NetworkDecision.CLOSE) {
          channel.close();
        }
      } catch (RuntimeException failure) {
        failed(failure);
      }
    }
    ctx.write(data, promise);
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    closed = true;
    state.cancelAll();
    for (Stage stage : stages) {
      stage.held.forEach(ByteBuf::release);
      stage.held.clear();
      try {
        stage.filter.onClosed();
      } catch (RuntimeException failure) {
        LOG.warn("A network filter failed at the end of its connection", failure);
      }
    }
    ctx.fireChannelInactive();
  }
}
