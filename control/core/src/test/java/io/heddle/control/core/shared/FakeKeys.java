package io.heddle.control.core.shared;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Shared keys in memory, which replicas reach over links that can be cut, that lose answers, and
 * whose past can be compacted.
 */
public final class FakeKeys {
  private final NavigableMap<String, SharedKeys.Entry> entries = new TreeMap<>();
  private final List<SharedKeys.Update> updates = new ArrayList<>();
  private final ConcurrentHashMap<Long, List<String>> leases = new ConcurrentHashMap<>();
  private long revision = 1;
  private long compacted;
  private long lastLease;

  /** Forgets the changes up to now. */
  public synchronized void compact() {
    compacted = revision;
    updates.clear();
  }

  public synchronized long revision() {
    return revision;
  }

  public synchronized int count(String prefix) {
    return (int) entries.keySet().stream().filter(key -> key.startsWith(prefix)).count();
  }

  /** The time of a lease is over. */
  public synchronized void expire(long lease) {
    List<String> keys = leases.remove(lease);
    if (keys != null) {
      change(keys.stream().map(SharedKeys.Delete::new).toList());
    }
  }

  public synchronized List<Long> leases() {
    return leases.keySet().stream().sorted().toList();
  }

  private synchronized long commit(
      List<SharedKeys.Condition> conditions, List<? extends SharedKeys.Change> changes) {
    for (SharedKeys.Condition condition : conditions) {
      SharedKeys.Entry entry = entries.get(condition.key());
      if ((entry == null ? 0 : entry.modified()) != condition.modified()) {
        return 0;
      }
    }
    change(changes);
    return revision;
  }

  private void change(List<? extends SharedKeys.Change> changes) {
    revision++;
    List<SharedKeys.Entry> put = new ArrayList<>();
    List<String> deleted = new ArrayList<>();
    for (SharedKeys.Change change : changes) {
      switch (change) {
        case SharedKeys.Put set -> {
          SharedKeys.Entry entry = new SharedKeys.Entry(set.key(), set.value(), revision);
          entries.put(set.key(), entry);
          put.add(entry);
          if (set.lease() != 0) {
            List<String> of = leases.get(set.lease());
            if (of != null) {
              of.add(set.key());
            }
          }
        }
        case SharedKeys.Delete delete -> {
          if (entries.remove(delete.key()) != null) {
            deleted.add(delete.key());
          }
        }
        case SharedKeys.DeleteRange range -> {
          List<String> gone = List.copyOf(entries.subMap(range.from(), range.end()).keySet());
          gone.forEach(entries::remove);
          deleted.addAll(gone);
        }
      }
    }
    updates.add(new SharedKeys.Update(revision, put, deleted));
    notifyAll();
  }

  public Link link() {
    return new Link();
  }

  /** How one replica reaches the keys. */
  public final class Link implements SharedKeys {
    private volatile boolean cut;
    private final java.util.concurrent.atomic.AtomicInteger lostAnswers =
        new java.util.concurrent.atomic.AtomicInteger();
    private volatile boolean closed;

    /** Guarded by the keys. */
    private final List<Following> followings = new ArrayList<>();

    /** How far a watch is. */
    private static final class Following {
      long told;
    }

    /** Nothing comes through, either way. */
    public void cut(boolean now) {
      cut = now;
      synchronized (FakeKeys.this) {
        FakeKeys.this.notifyAll();
      }
    }

    /** So many commits are done, and their answers are lost. */
    public void loseAnswers(int count) {
      lostAnswers.set(count);
    }

    private void reach() {
      if (cut || closed) {
        throw new SharedKeysException("cut off", true, new IOException("cut off"));
      }
    }

    @Override
    public Listing list(String prefix) {
      reach();
      synchronized (FakeKeys.this) {
        return new Listing(
            revision,
            entries.values().stream().filter(entry -> entry.key().startsWith(prefix)).toList());
      }
    }

    @Override
    public Optional<Entry> get(String key) {
      reach();
      synchronized (FakeKeys.this) {
        return Optional.ofNullable(entries.get(key));
      }
    }

    @Override
    public long commit(List<Condition> conditions, List<? extends Change> changes) {
      reach();
      long made = FakeKeys.this.commit(conditions, changes);
      if (lostAnswers.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
        throw new SharedKeysException("no answer", false, new IOException("no answer"));
      }
      return made;
    }

    @Override
    public AutoCloseable watch(String prefix, long after, Watcher watcher) {
      Following following = new Following();
      following.told = after;
      synchronized (FakeKeys.this) {
        followings.add(following);
      }
      Thread thread = Thread.ofVirtual().start(() -> follow(prefix, after, watcher, following));
      return () -> {
        over(following);
        thread.interrupt();
      };
    }

    /** Waits until all watches have heard of everything. */
    public void settle() {
      synchronized (FakeKeys.this) {
        try {
          while (!cut && !closed && followings.stream().anyMatch(each -> each.told < revision)) {
            FakeKeys.this.wait(1_000);
          }
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      }
    }

    private void over(Following following) {
      synchronized (FakeKeys.this) {
        followings.remove(following);
        FakeKeys.this.notifyAll();
      }
    }

    private void follow(String prefix, long after, Watcher watcher, Following following) {
      long heard = after;
      try {
        while (!closed) {
          List<Update> news = new ArrayList<>();
          boolean gap;
          synchronized (FakeKeys.this) {
            while (!closed && (cut || revision <= heard)) {
              FakeKeys.this.wait(1_000);
            }
            gap = heard < compacted;
            for (Update update : updates) {
              if (update.revision() > heard) {
                news.add(filtered(update, prefix));
              }
            }
            heard = revision;
          }
          if (gap) {
            watcher.onCompacted();
            over(following);
            return;
          }
          watcher.onUpdates(news);
          synchronized (FakeKeys.this) {
            following.told = heard;
            FakeKeys.this.notifyAll();
          }
        }
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt(); // the watch was closed
      }
    }

    private Update filtered(Update update, String prefix) {
      return new Update(
          update.revision(),
          update.put().stream().filter(entry -> entry.key().startsWith(prefix)).toList(),
          update.deleted().stream().filter(key -> key.startsWith(prefix)).toList());
    }

    @Override
    public long grant(Duration timeToLive) {
      reach();
      synchronized (FakeKeys.this) {
        leases.put(++lastLease, new ArrayList<>());
        return lastLease;
      }
    }

    @Override
    public boolean renew(long lease) {
      reach();
      return leases.containsKey(lease);
    }

    @Override
    public void revoke(long lease) {
      reach();
      expire(lease);
    }

    @Override
    public void close() {
      closed = true;
      cut(false);
    }
  }

  /** A value. */
  public static ByteString bytes(String text) {
    return ByteString.copyFromUtf8(text);
  }
}
