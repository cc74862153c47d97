package io.heddle.proxy.engine.loop;

import io.heddle.proxy.codec.HeadPool;
import io.heddle.proxy.engine.balance.BalanceContext;
import io.heddle.proxy.engine.balance.BalanceLoop;
import io.heddle.proxy.engine.overload.Overload;
import io.heddle.proxy.engine.stats.LoopStats;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.channel.SingleThreadEventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One event loop and what its connections share. Owned by the loop, save where a method says. */
public final class Worker implements BalanceLoop {
  private static final Logger LOG = LoggerFactory.getLogger(Worker.class);
  private static final long EPOCH_GOOD_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long MANUAL_POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private final int index;
  private final EventLoop loop;
  private final LoopStats stats;
  private final ByteBufAllocator allocator;
  private final InstantSource clock;
  private final LongSupplier nanoTime;
  private final boolean foreignTime;
  private final DeadlineWheel wheel;
  private final ByteBuf line = Unpooled.buffer(4096);
  private final HeadPool heads = new HeadPool(256);
  private final SplittableRandom random = new SplittableRandom();
  private final BalanceContext balanceContext = new BalanceContext();
  private final AtomicInteger connections = new AtomicInteger();
  private final AtomicLong requests = new AtomicLong(); // Written by the loop alone.
  private volatile Overload overload = new Overload();
  private ArrayList<Flushable> dirty = new ArrayList<>();
  private ArrayList<Flushable> flushing = new ArrayList<>();
  private final Runnable turn = this::turn;
  private final Runnable flushLater = this::flushLater;
  private @Nullable ScheduledFuture<?> wake;
  private boolean inBatch;
  private long turnNanos;
  private long epochOffset;
  private long epochTakenAt = Long.MIN_VALUE;
  private long dateSecond = Long.MIN_VALUE;
  private String date = "";
  private boolean flushScheduled;

  /**
   * A worker on this loop.
   *
   * @param foreignTime whether {@code nanoTime} is not the system's, so that waiting is no use
   */
  public Worker(
      int index,
      EventLoop loop,
      LoopStats stats,
      ByteBufAllocator allocator,
      InstantSource clock,
      LongSupplier nanoTime,
      boolean foreignTime) {
    this.index = index;
    this.loop = loop;
    this.stats = stats;
    this.allocator = allocator;
    this.clock = clock;
    this.nanoTime = nanoTime;
    this.foreignTime = foreignTime;
    this.wheel = new DeadlineWheel(nanoTime, this::wakeAfter);
  }

  /** Number of this worker, from 0. */
  public int index() {
    return index;
  }

  /** The loop. */
  public EventLoop loop() {
    return loop;
  }

  /** The loop's cells. */
  @Override
  public LoopStats stats() {
    return stats;
  }

  /** Where buffers come from. */
  public ByteBufAllocator allocator() {
    return allocator;
  }

  /** The loop's deadlines. */
  public DeadlineWheel wheel() {
    return wheel;
  }

  /** Where heads are leased. */
  public HeadPool heads() {
    return heads;
  }

  /** To format a line in; used and left within one call. */
  public ByteBuf line() {
    return line;
  }

  /** Not for secrets. */
  @Override
  public SplittableRandom random() {
    return random;
  }

  /** Describes an attempt while its host is chosen; cleared, filled and left within one call. */
  public BalanceContext balanceContext() {
    return balanceContext.clear();
  }

  /** Wall clock. Safe on every thread. */
  public InstantSource clock() {
    return clock;
  }

  /** Monotonic nanoseconds. Safe on every thread. */
  public long nanoTime() {
    return nanoTime.getAsLong();
  }

  /** Whether the process has room for more. Safe on every thread. */
  public Overload overload() {
    return overload;
  }

  /** Shares what all loops ask; before the loop has connections. */
  public void overload(Overload shared) {
    overload = shared;
  }

  /** Connections that were given to this loop. Safe on every thread. */
  public AtomicInteger connections() {
    return connections;
  }

  /** A request of a client begins. */
  public void requestBegan() {
    requests.setOpaque(requests.getPlain() + 1);
  }

  /** One is over. */
  public void requestEnded() {
    requests.setOpaque(requests.getPlain() - 1);
  }

  /** Clients' requests under way. Safe on every thread. */
  public long requests() {
    return requests.getOpaque();
  }

  /** A turn of the loop begins in which several connections may be written to. */
  public void beginBatch() {
    if (!inBatch) {
      inBatch = true;
      turnNanos = nanoTime.getAsLong();
    }
  }

  /**
   * Monotonic nanoseconds when the present turn began; good enough for durations in milliseconds.
   */
  @Override
  public long turnNanos() {
    return inBatch ? turnNanos : nanoTime.getAsLong();
  }

  /** Nanoseconds since the epoch when the present turn began. */
  public long epochNanos() {
    long now = turnNanos();
    if (now - epochTakenAt > EPOCH_GOOD_NANOS || epochTakenAt == Long.MIN_VALUE) {
      Instant instant = clock.instant();
      epochOffset = instant.getEpochSecond() * 1_000_000_000L + instant.getNano() - now;
      epochTakenAt = now;
    }
    return now + epochOffset;
  }

  /** The present second as a {@code Date} header says it (RFC 9110, 5.6.7). */
  public String date() {
    long second = epochNanos() / 1_000_000_000L;
    if (second != dateSecond) {
      dateSecond = second;
      date =
          DateTimeFormatter.RFC_1123_DATE_TIME.format(
              Instant.ofEpochSecond(second).atOffset(ZoneOffset.UTC));
      if (date.charAt(6) == ' ') {
        // The formatter writes days below ten with one digit, the RFC with two.
        date = date.substring(0, 5) + "0" + date.substring(5);
      }
    }
    return date;
  }

  /** The turn ends: everything written is flushed. */
  public void endBatch() {
    inBatch = false;
    flushAll();
  }

  /** Runs a task as one turn. */
  public void batch(Runnable task) {
    boolean outer = inBatch;
    beginBatch();
    try {
      task.run();
    } finally {
      if (!outer) {
        endBatch();
      }
    }
  }

  /** Runs a task in the loop's next turn, when its sockets have been read in between. */
  public void nextTurn(Runnable task) {
    if (loop instanceof SingleThreadEventLoop single) {
      // What is only executed still belongs to this turn.
      single.executeAfterEventLoopIteration(() -> loop.execute(task));
    } else {
      loop.execute(task);
    }
  }

  /** This connection is to be flushed at the end of the turn; once until it is. */
  public void flushAtEnd(Flushable connection) {
    dirty.add(connection);
    if (!inBatch && !flushScheduled) {
      flushScheduled = true;
      loop.execute(flushLater);
    }
  }

  private void flushLater() {
    flushScheduled = false;
    flushAll();
  }

  private void flushAll() {
    while (!dirty.isEmpty()) {
      ArrayList<Flushable> now = dirty;
      dirty = flushing;
      flushing = now;
      for (int i = 0; i < now.size(); i++) {
        now.get(i).flushPending();
      }
      now.clear();
    }
  }

  private void wakeAfter(long nanos) {
    ScheduledFuture<?> before = wake;
    if (before != null) {
      before.cancel(false);
    }
    if (loop.isShuttingDown()) {
      return;
    }
    long delay = foreignTime ? MANUAL_POLL_NANOS : nanos;
    wake = loop.schedule(turn, delay, TimeUnit.NANOSECONDS);
  }

  private void turn() {
    wake = null;
    batch(() -> {
      try {
        wheel.turn();
      } catch (RuntimeException bug) {
        LOG.error("A deadline failed on loop {}", index, bug);
      }
    });
  }
}
