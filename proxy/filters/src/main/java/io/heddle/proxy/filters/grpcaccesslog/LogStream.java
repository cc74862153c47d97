package io.heddle.proxy.filters.grpcaccesslog;

import io.envoyproxy.envoy.service.accesslog.v3.StreamAccessLogsMessage;
import io.heddle.proxy.api.Background;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.api.GrpcClient;
import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.proxy.api.ServerView;
import io.heddle.proxy.api.StatsScope;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Entries on their way to the service: gathered from all loops, sent by the background thread when
 * they are many or old enough. A stream that breaks is opened again with the next entries, after a
 * growing wait; what had been given to it is lost, as with Envoy.
 *
 * @param <E> an entry
 */
// A stream is known by its identity.
@SuppressWarnings("ReferenceEquality")
final class LogStream<E> {
  /** What may wait for a service that is away; more is dropped. */
  static final long MOST_WAITING = 1 << 20;

  private static final Logger LOG = LoggerFactory.getLogger(LogStream.class);
  private static final String METHOD =
      "envoy.service.accesslog.v3.AccessLogService/StreamAccessLogs";
  private static final long FIRST_WAIT = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long LONGEST_WAIT = TimeUnit.SECONDS.toNanos(10);

  private final GrpcLogConfig config;
  private final GrpcClient client;
  private final Background background;
  private final LongSupplier nanoTime;
  private final ServerView.Node node;
  private final BiConsumer<StreamAccessLogsMessage.Builder, List<E>> put;
  private final StatsScope.Counter written;
  private final StatsScope.Counter dropped;

  // Guarded by this: what waits, and whether the background thread knows.
  private List<E> waiting = new ArrayList<>();
  private long waitingBytes;
  private boolean asked;
  private boolean closed;
  private HttpFilterContext.@Nullable Timer timer;

  // The background thread's.
  private GrpcClient.@Nullable Stream stream;
  private boolean identified;
  private long wait = FIRST_WAIT;
  private long notBefore;
  private boolean failedBefore;

  LogStream(
      GrpcLogConfig config,
      FilterFactoryContext context,
      BiConsumer<StreamAccessLogsMessage.Builder, List<E>> put) {
    this.config = config;
    this.client = context.grpcClient();
    this.background = context.background();
    this.nanoTime = context::nanoTime;
    this.node = context.server().node();
    this.put = put;
    StatsScope scope = context.serverStats().scope("access_logs").scope("grpc_access_log");
    this.written = scope.counter("logs_written");
    this.dropped = scope.counter("logs_dropped");
  }

  /** Takes an entry of this size, or drops it. On any loop. */
  void add(E entry, int bytes) {
    boolean send;
    synchronized (this) {
      if (closed || waitingBytes + bytes > MOST_WAITING) {
        dropped.increment();
        return;
      }
      waiting.add(entry);
      waitingBytes += bytes;
      written.increment();
      if (timer == null) {
        // Only now: a configuration that is just checked must leave nothing behind.
        timer = background.every(config.flushInterval(), this::flush);
      }
      send = !asked && waitingBytes >= config.bufferBytes();
      asked |= send;
    }
    if (send) {
      background.run(this::flush);
    }
  }

  private void flush() {
    synchronized (this) {
      asked = false;
      if (waiting.isEmpty()) {
        return;
      }
    }
    GrpcClient.Stream open = stream;
    if (open == null) {
      if (nanoTime.getAsLong() - notBefore < 0) {
        return;
      }
      open = open();
      if (open == null) {
        return;
      }
    }
    if (!open.ready()) {
      return;
    }
    List<E> batch;
    synchronized (this) {
      batch = waiting;
      waiting = new ArrayList<>();
      waitingBytes = 0;
    }
    StreamAccessLogsMessage.Builder message = StreamAccessLogsMessage.newBuilder();
    if (!identified) {
      identified = true;
      message.setIdentifier(identifier());
    }
    put.accept(message, batch);
    open.send(message.build());
    wait = FIRST_WAIT;
    failedBefore = false;
  }

  private GrpcClient.@Nullable Stream open() {
    identified = false;
    Hearer hearer = new Hearer();
    notBefore = nanoTime.getAsLong() + wait;
    GrpcClient.Stream opened = client.open(config.target(), METHOD, hearer);
    hearer.mine = opened;
    stream = hearer.over ? null : opened;
    return stream;
  }

  /** Every callback goes on to the background thread, which owns the stream. */
  private final class Hearer implements GrpcClient.Listener {
    private volatile boolean over;
    private GrpcClient.@Nullable Stream mine;

    @Override
    public void onReady() {
      background.run(LogStream.this::flush);
    }

    @Override
    public void onClosed(int status, String message) {
      over = true;
      background.run(() -> {
        if (stream != null && stream != mine) {
          return;
        }
        stream = null;
        notBefore = nanoTime.getAsLong() + wait;
        wait = Math.min(LONGEST_WAIT, wait * 2);
        if (!failedBefore) {
          failedBefore = true;
          LOG.warn(
              "Access log {}: the stream to cluster {} is over (gRPC status {}: {}); it will be"
                  + " opened again",
              config.logName(),
              config.target().cluster(),
              status,
              message);
        }
      });
    }
  }

  private StreamAccessLogsMessage.Identifier identifier() {
    return StreamAccessLogsMessage.Identifier.newBuilder()
        .setLogName(config.logName())
        .setNode(
            io.envoyproxy.envoy.config.core.v3.Node.newBuilder()
                .setId(node.id())
                .setCluster(node.cluster())
                .setMetadata(node.metadata())
                .setLocality(
                    io.envoyproxy.envoy.config.core.v3.Locality.newBuilder()
                        .setRegion(node.region())
                        .setZone(node.zone())
                        .setSubZone(node.subZone())))
        .build();
  }

  /** Sends what waits, if it can go now, and ends the stream. */
  void close() {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      if (timer == null) {
        return;
      }
      timer.cancel();
    }
    background.run(() -> {
      flush();
      GrpcClient.Stream open = stream;
      stream = null;
      if (open != null) {
        open.close();
      }
    });
  }
}
