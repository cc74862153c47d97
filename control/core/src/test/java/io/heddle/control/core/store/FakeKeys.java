package io.heddle.control.core.store;

import com.google.protobuf.ByteString;
import io.heddle.control.core.shared.SharedKeys;
import io.heddle.control.core.shared.SharedKeysException;
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
final class FakeKeys {
  private final NavigableMap<String, SharedKeys.Entry> entries = new TreeMap<>();
  private final List<SharedKeys.Update> updates = new ArrayList<>();
  private final ConcurrentHashMap<Long, List<String>> leases = new ConcurrentHashMap<>();
  private long revision = 1;
  private long compacted;
  private long lastLease;

  /** Forgets the changes up to now. */
  synchronized void compact() {
    compacted = revision;
    updates.clear();
  }

  synchronized long revision() {
    return revision;
  }

  synchronized int count(String prefix) {
    return (int) entries.keySet().stream().filter(key -> key.startsWith(prefix)).count();
  }

  /** The time of a lease is over. */
  synchronized void expire(long lease) {
    List<String> keys = leases.remove(lease);
    if (keys != null) {
      change(keys.stream().map(SharedKeys.Delete::new).toList());
    }
  }

  synchronized List<Long> leases() {
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
            leases.getOrDefault(set.lease(), new ArrayList<>()).add(set.key());
          }
        }
        case SharedKeys.Delete delete -> {
          if (entries.remove(delete.key()) != null) {
            deleted.add(delete.key());
          }
        }
        case SharedKeys.DeleteRange range -> {
          List<String> gone =
              List.copyOf(entries.subMap(range.from(), range.end()).keySet());
          gone.forEach(entries::remove);
          deleted.addAll(gone);
        }
      }
    }
    updates.add(new SharedKeys.Update(revision, put, deleted));
    notifyAll();
  }

  Link link() {
    return new Link();
  }

  /** How one replica reaches the keys. */
  final class Link implements SharedKeys {
    private volatile boolean cut;
    private volatile int lostAnswers;
    private volatile boolean closed;

    /** Nothing comes through, either way. */
    void cut(boolean now) {
      cut = now;
      synchronized (FakeKeys.this) {
        FakeKeys.this.notifyAll();
      }
    }

    /** So many commits are done, and their answers are lost. */
    void loseAnswers(int count) {
      lostAnswers = count;
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
      if (lostAnswers > 0) {
        lostAnswers--;
        throw new SharedKeysException("no answer", false, new IOException("no answer"));
      }
      return made;
    }

    @Override
    public AutoCloseable watch(String prefix, long after, Watcher watcher) {
      Thread thread = Thread.ofVirtual().start(() -> follow(prefix, after, watcher));
      return thread::interrupt;
    }

    private void follow(String prefix, long after, Watcher watcher) {
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
            return;
          }
          watcher.onUpdates(news);
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
  static ByteString bytes(String text) {
    return ByteString.copyFromUtf8(text);
  }
}
