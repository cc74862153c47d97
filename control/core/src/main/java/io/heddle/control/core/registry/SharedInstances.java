package io.heddle.control.core.registry;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import io.heddle.control.api.registry.InstanceKey;
import io.heddle.control.api.registry.RegisteredInstance;
import io.heddle.control.core.shared.SharedKeys;
import io.heddle.control.core.shared.SharedKeysException;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps instances in keys that several control planes share: each its own key, with the control
 * plane that holds its stream. Heartbeats are not written. Instances outlive the control plane that
 * wrote them; what goes with that one is only the key that says that it is there ({@link
 * Membership}).
 */
final class SharedInstances implements InstanceLog {
  private static final Logger LOG = LoggerFactory.getLogger(SharedInstances.class);
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final String LIVE = "live/";
  private static final String INSTANCES = LIVE + "instances/";
  private static final int A_COMMIT = 50;
  private static final long RELIST_PAUSE = 500;

  private final SharedKeys keys;
  private final String self;
  private final ReentrantLock lock = new ReentrantLock();

  /** By key the revision that wrote it last, as far as is known here. Guarded by {@code lock}. */
  private final Map<String, Long> seen = new HashMap<>();

  /** The keys that this control plane wrote last. Guarded by {@code lock}. */
  private final Set<String> mine = new HashSet<>();

  /** The revision at which all was read; of the thread that starts the registry. */
  private long readAt;

  private volatile boolean closed;
  private volatile @Nullable AutoCloseable watch;

  SharedInstances(SharedKeys keys, String self) {
    this.keys = keys;
    this.self = self;
  }

  private record Held(RegisteredInstance instance, String holder) {}

  static String key(InstanceKey key) {
    return INSTANCES + key.namespace() + "/" + key.service() + "/" + key.instance();
  }

  private static Optional<InstanceKey> instance(String key) {
    String[] parts = key.substring(INSTANCES.length()).split("/", 3);
    return parts.length == 3
        ? Optional.of(new InstanceKey(parts[0], parts[1], parts[2]))
        : Optional.empty();
  }

  private static Optional<Held> held(SharedKeys.Entry entry) {
    try {
      JsonNode node = MAPPER.readTree(entry.value().toStringUtf8());
      return Optional.of(new Held(InstanceJson.parse(node), node.path("holder").asText()));
    } catch (JsonProcessingException | IllegalArgumentException | DateTimeException e) {
      LOG.warn("{}: is no instance and is left out: {}", entry.key(), e.getMessage());
      return Optional.empty();
    }
  }

  private ByteString value(RegisteredInstance instance) {
    ObjectNode node = MAPPER.createObjectNode().put("holder", self);
    InstanceJson.write(instance, node);
    return ByteString.copyFromUtf8(node.toString());
  }

  @Override
  public List<Known> read() {
    SharedKeys.Listing listing;
    try {
      listing = keys.list(LIVE);
    } catch (SharedKeysException e) {
      throw new IllegalStateException(String.valueOf(e.getMessage()), e);
    }
    Set<String> alive = new HashSet<>();
    for (SharedKeys.Entry entry : listing.entries()) {
      Membership.replica(entry.key()).ifPresent(alive::add);
    }
    List<Known> known = new ArrayList<>();
    for (SharedKeys.Entry entry : listing.entries()) {
      if (entry.key().startsWith(INSTANCES)) {
        seen(entry.key(), entry.modified(), false);
        held(entry)
            .ifPresent(held ->
                known.add(
                    new Known(
                        held.instance(), alive.contains(held.holder()) ? held.holder() : "")));
      }
    }
    readAt = listing.revision();
    return known;
  }

  @Override
  public void follow(RemoteHolders others) {
    watch = keys.watch(LIVE, readAt, new Changes(others));
  }

  /** Whether that is news. */
  private boolean seen(String key, long modified, boolean own) {
    lock.lock();
    try {
      if (seen.getOrDefault(key, 0L) >= modified) {
        return false;
      }
      seen.put(key, modified);
      if (own) {
        mine.add(key);
      } else {
        mine.remove(key);
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  private boolean gone(String key, long revision) {
    lock.lock();
    try {
      if (seen.getOrDefault(key, 0L) >= revision) {
        return false;
      }
      seen.remove(key);
      mine.remove(key);
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** What the others do, on the thread of the watch. */
  private final class Changes implements SharedKeys.Watcher {
    private final RemoteHolders others;

    Changes(RemoteHolders others) {
      this.others = others;
    }

    @Override
    public void onUpdates(List<SharedKeys.Update> updates) {
      for (SharedKeys.Update update : updates) {
        update.deleted().forEach(key -> deleted(key, update.revision()));
        update.put().forEach(this::put);
      }
    }

    private void put(SharedKeys.Entry entry) {
      Membership.replica(entry.key()).filter(id -> !id.equals(self)).ifPresent(others::back);
      if (entry.key().startsWith(INSTANCES)) {
        held(entry)
            .ifPresent(held -> {
              boolean own = held.holder().equals(self);
              if (seen(entry.key(), entry.modified(), own) && !own) {
                others.holds(held.instance(), held.holder());
              }
            });
      }
    }

    private void deleted(String key, long revision) {
      Membership.replica(key).filter(id -> !id.equals(self)).ifPresent(others::lost);
      if (key.startsWith(INSTANCES) && gone(key, revision)) {
        instance(key).ifPresent(others::removed);
      }
    }

    @Override
    public void onCompacted() {
      while (!closed) {
        try {
          relist();
          return;
        } catch (SharedKeysException e) {
          LOG.warn("the instances cannot be read, and it is tried again: {}", e.getMessage());
          rest();
        }
      }
    }

    private void relist() {
      SharedKeys.Listing listing = keys.list(LIVE);
      Set<String> found = new HashSet<>();
      listing.entries().forEach(entry -> found.add(entry.key()));
      Set<String> holders = new HashSet<>();
      for (SharedKeys.Entry entry : listing.entries()) {
        if (entry.key().startsWith(INSTANCES)) {
          held(entry).ifPresent(held -> holders.add(held.holder()));
        }
      }
      for (String holder : holders) {
        if (!holder.equals(self) && !found.contains(Membership.key(holder))) {
          others.lost(holder);
        }
      }
      for (String key : known()) {
        if (!found.contains(key)) {
          deleted(key, listing.revision());
        }
      }
      listing.entries().forEach(this::put);
      watch = keys.watch(LIVE, listing.revision(), this);
    }
  }

  private List<String> known() {
    lock.lock();
    try {
      return List.copyOf(seen.keySet());
    } finally {
      lock.unlock();
    }
  }

  private static void rest() {
    try {
      TimeUnit.MILLISECONDS.sleep(RELIST_PAUSE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while the instances were read", e);
    }
  }

  // --- writing
  // -------------------------------------------------------------------------------------

  @Override
  public void write(List<RegisteredInstance> all, List<Changed> changed, Instant at)
      throws IOException {
    try {
      for (int from = 0; from < changed.size(); from += A_COMMIT) {
        List<Changed> part = changed.subList(from, Math.min(changed.size(), from + A_COMMIT));
        if (!commit(part)) {
          // One of them is not this control plane's any more.
          for (Changed each : part) {
            if (!commit(List.of(each))) {
              settle(each);
            }
          }
        }
      }
    } catch (SharedKeysException e) {
      throw new IOException(String.valueOf(e.getMessage()), e);
    }
  }

  private boolean commit(List<Changed> part) {
    List<SharedKeys.Condition> conditions = new ArrayList<>();
    List<SharedKeys.Change> changes = new ArrayList<>();
    for (Changed each : part) {
      String key = key(each.key());
      long last = last(key);
      if (each.now().isPresent()) {
        changes.add(new SharedKeys.Put(key, value(each.now().get())));
        if (!each.taken()) {
          conditions.add(new SharedKeys.Condition(key, last));
        }
      } else if (last != 0) {
        changes.add(new SharedKeys.Delete(key));
        conditions.add(new SharedKeys.Condition(key, last));
      }
    }
    if (changes.isEmpty()) {
      return true;
    }
    long revision = keys.commit(conditions, changes);
    if (revision == 0) {
      return false;
    }
    for (SharedKeys.Change change : changes) {
      switch (change) {
        case SharedKeys.Put put -> {
          boolean _ = seen(put.key(), revision, true);
        }
        case SharedKeys.Delete delete -> {
          boolean _ = gone(delete.key(), revision);
        }
        case SharedKeys.DeleteRange _ -> throw new IllegalStateException("no ranges are removed");
      }
    }
    return true;
  }

  /**
   * A change of an instance that somebody else has written since is theirs to make, of which the
   * watch tells. But it may be this control plane's own write, whose answer was lost.
   */
  private void settle(Changed change) throws IOException {
    String key = key(change.key());
    Optional<SharedKeys.Entry> now = keys.get(key);
    if (now.isPresent() && held(now.get()).filter(held -> held.holder().equals(self)).isPresent()) {
      boolean _ = seen(key, now.get().modified(), true);
      if (!commit(List.of(change))) {
        throw new IOException(key + ": changes all the time");
      }
    }
  }

  private long last(String key) {
    lock.lock();
    try {
      return seen.getOrDefault(key, 0L);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public boolean prompt() {
    return true;
  }

  @Override
  public String describe() {
    return "the shared store";
  }

  @Override
  public void close() {
    closed = true;
    AutoCloseable last = watch;
    if (last != null) {
      try {
        last.close();
      } catch (Exception e) {
        LOG.warn("the watch of the instances did not close well", e);
      }
    }
  }
}
