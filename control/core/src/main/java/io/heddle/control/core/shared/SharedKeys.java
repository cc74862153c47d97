package io.heddle.control.core.shared;

import com.google.protobuf.ByteString;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Keys and values that several control planes share, as etcd keeps them: every change makes a
 * revision of the whole, and every key knows the revision that changed it last.
 *
 * <p>Methods block, for seconds at most, and throw {@link SharedKeysException}; none may be called
 * on an event loop. Any thread.
 */
public interface SharedKeys extends AutoCloseable {
  /**
   * A key and its value.
   *
   * @param modified the revision that wrote it last
   */
  record Entry(String key, ByteString value, long modified) {}

  /** All keys with a prefix at one revision, in their order. */
  record Listing(long revision, List<Entry> entries) {
    public Listing {
      entries = List.copyOf(entries);
    }
  }

  /**
   * What must hold for a commit to be done.
   *
   * @param modified the revision that wrote the key last; zero: there is no such key
   */
  record Condition(String key, long modified) {
    public static Condition absent(String key) {
      return new Condition(key, 0);
    }
  }

  /** What a commit changes. */
  sealed interface Change {}

  /**
   * Sets a key.
   *
   * @param lease the lease that the key goes with; zero for none
   */
  record Put(String key, ByteString value, long lease) implements Change {
    public Put(String key, ByteString value) {
      this(key, value, 0);
    }
  }

  record Delete(String key) implements Change {}

  /** Removes all keys from one on, up to another that is left. */
  record DeleteRange(String from, String end) implements Change {}

  /** One revision that a watcher hears of: what was set, and which keys went. */
  record Update(long revision, List<Entry> put, List<String> deleted) {
    public Update {
      put = List.copyOf(put);
      deleted = List.copyOf(deleted);
    }
  }

  /** Hears of changes, one call at a time. An exception ends the watch. */
  interface Watcher {
    /** Whole revisions in order. */
    void onUpdates(List<Update> updates);

    /** The changes since the revision that was asked for are no longer kept: list again. */
    void onCompacted();
  }

  /** What the newest state holds under a prefix. */
  Listing list(String prefix);

  /** A key of the newest state, as a majority has it. */
  Optional<Entry> get(String key);

  /**
   * Does all of the changes, or nothing where a condition does not hold.
   *
   * @return the revision that it made; zero where a condition does not hold
   * @throws SharedKeysException which says whether it may have been done all the same
   */
  long commit(List<Condition> conditions, List<? extends Change> changes);

  /**
   * Tells of all changes under a prefix after a revision, over the loss of members and connections,
   * until it is closed or compacted.
   */
  AutoCloseable watch(String prefix, long after, Watcher watcher);

  /** Makes a lease that goes when it is not renewed for so long. */
  long grant(Duration timeToLive);

  /** False where the lease is gone. */
  boolean renew(long lease);

  /** Lets a lease go, and its keys. */
  void revoke(long lease);

  /** Ends all watches. */
  @Override
  void close();
}
