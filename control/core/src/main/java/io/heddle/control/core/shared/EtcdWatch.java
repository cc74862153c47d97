package io.heddle.control.core.shared;

import io.etcd.jetcd.api.Event;
import io.etcd.jetcd.api.WatchCreateRequest;
import io.etcd.jetcd.api.WatchGrpc;
import io.etcd.jetcd.api.WatchRequest;
import io.etcd.jetcd.api.WatchResponse;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One watch, on a thread of its own that opens its stream again whenever it breaks. At most one
 * response is held: etcd keeps the others until the watcher has taken it.
 */
final class EtcdWatch implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(EtcdWatch.class);
  private static final int LONGEST_PAUSE = 500;

  private final EtcdKeys keys;
  private final String prefix;
  private final SharedKeys.Watcher watcher;
  private final Consumer<EtcdWatch> onClose;
  private volatile boolean closed;
  private volatile @Nullable Stream open;

  /** The newest revision that was told; the watch's thread alone changes it. */
  private long heard;

  EtcdWatch(
      EtcdKeys keys,
      String prefix,
      long after,
      SharedKeys.Watcher watcher,
      Consumer<EtcdWatch> onClose) {
    this.keys = keys;
    this.prefix = prefix;
    this.heard = after;
    this.watcher = watcher;
    this.onClose = onClose;
  }

  void start() {
    Thread.ofVirtual().name("heddle-etcd-watch").start(this::run);
  }

  /** What comes on a stream, in its order; one at a time is asked for. */
  private sealed interface News {}

  private record Came(WatchResponse response) implements News {}

  private record Ended(Status status) implements News {}

  private void run() {
    try {
      boolean listed = false;
      while (!closed && !listed) {
        listed = once();
        if (!closed && !listed) {
          TimeUnit.MILLISECONDS.sleep(ThreadLocalRandom.current().nextInt(LONGEST_PAUSE));
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      LOG.error("A watch of {} ends, because its listener failed", prefix, e);
    } finally {
      onClose.accept(this);
    }
  }

  /** One stream to its end; true when it was compacted. */
  private boolean once() throws InterruptedException {
    EtcdKeys.Member to;
    try {
      to = keys.forWatch();
    } catch (SharedKeysException | StatusRuntimeException e) {
      LOG.debug("A watch of {} waits: {}", prefix, e.getMessage());
      if (e instanceof StatusRuntimeException refused) {
        keys.failedForWatch(refused.getStatus());
      }
      return false;
    }
    Stream stream =
        new Stream(
            to.channel.newCall(
                WatchGrpc.getWatchMethod(),
                CallOptions.DEFAULT.withCallCredentials(keys.caller())));
    open = stream;
    try {
      stream.begin(
          WatchRequest.newBuilder()
              .setCreateRequest(
                  WatchCreateRequest.newBuilder()
                      .setKey(keys.first(prefix))
                      .setRangeEnd(keys.last(prefix))
                      .setStartRevision(heard + 1))
              .build());
      while (!closed) {
        switch (stream.news.take()) {
          case Ended ended -> {
            if (!closed && !keys.strange(ended.status()) && EtcdKeys.unusable(ended.status())) {
              keys.failed(to, ended.status());
            }
            return false;
          }
          case Came came -> {
            WatchResponse response = came.response();
            if (response.getCompactRevision() > 0) {
              watcher.onCompacted();
              return true;
            }
            if (response.getCanceled()) {
              LOG.warn("etcd ended a watch of {}: {}", prefix, response.getCancelReason());
              keys.failed(to, Status.UNAVAILABLE.withDescription(response.getCancelReason()));
              return false;
            }
            tell(response);
            stream.call.request(1);
          }
        }
      }
      return false;
    } finally {
      open = null;
      stream.call.cancel("the watch is over", null);
    }
  }

  /** Events of one revision are one update; etcd never cuts a revision in two. */
  private void tell(WatchResponse response) {
    List<SharedKeys.Update> updates = new ArrayList<>();
    List<SharedKeys.Entry> put = new ArrayList<>();
    List<String> deleted = new ArrayList<>();
    long revision = 0;
    for (Event event : response.getEventsList()) {
      long of = event.getKv().getModRevision();
      if (of != revision && revision != 0) {
        updates.add(new SharedKeys.Update(revision, put, deleted));
        put.clear();
        deleted.clear();
      }
      revision = of;
      if (event.getType() == Event.EventType.DELETE) {
        deleted.add(keys.nameOf(event.getKv()));
      } else {
        put.add(keys.entry(event.getKv()));
      }
    }
    if (revision != 0) {
      updates.add(new SharedKeys.Update(revision, put, deleted));
      watcher.onUpdates(List.copyOf(updates));
      heard = revision;
    }
  }

  /** A stream to one member. */
  private static final class Stream extends ClientCall.Listener<WatchResponse> {
    final ClientCall<WatchRequest, WatchResponse> call;
    final BlockingQueue<News> news = new ArrayBlockingQueue<>(4);

    Stream(ClientCall<WatchRequest, WatchResponse> call) {
      this.call = call;
    }

    void begin(WatchRequest request) {
      call.start(this, new Metadata());
      call.request(1);
      call.sendMessage(request);
    }

    @Override
    public void onMessage(WatchResponse message) {
      news.add(new Came(message));
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      news.add(new Ended(status));
    }
  }

  @Override
  public void close() {
    closed = true;
    Stream stream = open;
    if (stream != null) {
      stream.call.cancel("closed", null);
    }
  }
}
