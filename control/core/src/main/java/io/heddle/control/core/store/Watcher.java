package io.heddle.control.core.store;

import io.heddle.control.api.store.Listing;
import io.heddle.control.api.store.Revision;
import io.heddle.control.api.store.Selection;
import io.heddle.control.api.store.StoreEvent;
import io.heddle.control.api.store.StoreException;
import io.heddle.control.api.store.StoreListener;
import io.heddle.control.api.store.Watch;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Passes changes on to one listener, on a thread of its own, so that a slow listener delays nobody
 * else. The queue is bounded: when it overflows it is emptied, and the listener is relisted.
 */
final class Watcher implements Watch {
  private static final Logger LOG = LoggerFactory.getLogger(Watcher.class);

  private final Selection selection;
  private final StoreListener listener;
  private final int backlog;
  private final Function<Selection, Listing> lister;
  private final Consumer<Watcher> onClose;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition work = lock.newCondition();

  /** Guarded by {@code lock}, as are the three below. */
  private final Deque<Batch> queue = new ArrayDeque<>();

  private int queued;
  private boolean relist;
  private boolean closed;

  /** The state that the listener has seen; touched only by the watcher's thread. */
  private long seen;

  Watcher(
      Selection selection,
      StoreListener listener,
      int backlog,
      Function<Selection, Listing> lister,
      Consumer<Watcher> onClose) {
    this.selection = selection;
    this.listener = listener;
    this.backlog = backlog;
    this.lister = lister;
    this.onClose = onClose;
  }

  /** The events of whole writes, and the revision after them. */
  record Batch(long revision, List<StoreEvent> events) {
    Batch {
      events = List.copyOf(events);
    }
  }

  private record Work(boolean relist, List<Batch> batches) {}

  void start() {
    Thread.ofVirtual().name("heddle-store-watch").start(this::run);
  }

  void offer(Batch batch) {
    lock.lock();
    try {
      if (closed || relist) {
        return; // a listing yet to be taken will hold it
      }
      queued += batch.events().size();
      if (queued > backlog) {
        demandRelist();
      } else {
        queue.add(batch);
      }
      work.signal();
    } finally {
      lock.unlock();
    }
  }

  /** Begins anew with a listing. */
  void offerRelist() {
    lock.lock();
    try {
      demandRelist();
      work.signal();
    } finally {
      lock.unlock();
    }
  }

  private void demandRelist() {
    relist = true;
    queue.clear();
    queued = 0;
  }

  private void run() {
    try {
      for (Work next = take(); next != null; next = take()) {
        if (next.relist()) {
          Listing listing = lister.apply(selection);
          seen = EmbeddedStore.number(listing.revision());
          listener.onRelist(listing);
        } else {
          deliver(next.batches());
        }
      }
    } catch (StoreException e) {
      LOG.info("A watch ends: {}", e.getMessage());
      close();
    } catch (RuntimeException e) {
      LOG.error("A watch ends, because its listener failed", e);
      close();
    }
  }

  private void deliver(List<Batch> batches) {
    List<StoreEvent> events = new ArrayList<>();
    long reached = seen;
    for (Batch batch : batches) {
      if (batch.revision() > seen) {
        reached = batch.revision();
        for (StoreEvent event : batch.events()) {
          if (selection.includes(event.key())) {
            events.add(event);
          }
        }
      }
    }
    seen = reached;
    if (!events.isEmpty()) {
      listener.onEvents(List.copyOf(events), new Revision(String.valueOf(seen)));
    }
  }

  /** Waits for work; null when closed. */
  private @Nullable Work take() {
    lock.lock();
    try {
      while (!closed && !relist && queue.isEmpty()) {
        work.awaitUninterruptibly();
      }
      if (closed) {
        return null;
      }
      Work taken = new Work(relist, List.copyOf(queue));
      relist = false;
      queue.clear();
      queued = 0;
      return taken;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      queue.clear();
      work.signal();
    } finally {
      lock.unlock();
    }
    onClose.accept(this);
  }
}
