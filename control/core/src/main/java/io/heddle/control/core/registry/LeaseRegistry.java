package io.heddle.control.core.registry;

import io.heddle.control.api.registry.Announcement;
import io.heddle.control.api.registry.Health;
import io.heddle.control.api.registry.InstanceKey;
import io.heddle.control.api.registry.Isolation;
import io.heddle.control.api.registry.Lease;
import io.heddle.control.api.registry.LeaseListener;
import io.heddle.control.api.registry.RegisteredInstance;
import io.heddle.control.api.registry.Registry;
import io.heddle.control.api.registry.RegistryListener;
import io.heddle.control.api.registry.ServiceKey;
import io.heddle.control.core.shared.SharedKeys;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Registers instances in memory.
 *
 * <p>A live instance is heard each {@link LeaseConfig#heartbeat}. It goes when its stream broke and
 * the grace is over, or when heartbeat and grace passed in silence; unless {@link MassExpiryGuard}
 * does not believe it. A restarted control plane reads its checkpoint and gives each instance the
 * grace to announce itself again; until then it is in the mesh as it was.
 *
 * <p>An instance that its checkpoint does not hold is not in the mesh after a kill. So the first
 * healthy instance of a kind, which is its service and its labels and so all that a selector sees,
 * is made known only after the checkpoint holds it: else a restart would turn endpoints that were
 * published into none.
 *
 * <p>A heartbeat costs a volatile write. Expiry is found by a sweep over all instances, a few times
 * a heartbeat: 10,000 comparisons cost less than keeping a timer for each.
 */
public final class LeaseRegistry implements Registry {
  private static final Logger LOG = LoggerFactory.getLogger(LeaseRegistry.class);

  private final LeaseConfig config;
  private final LongSupplier nanoTime;
  private final InstantSource clock;
  private final Pulse dispatch;
  private final Pulse disk;
  private final InstanceLog log;
  private final RemoteHolders others = new RemoteHolders(this);
  private final long heartbeatNanos;
  private final long graceNanos;

  /** Guards everything below. */
  final ReentrantLock lock = new ReentrantLock();

  final Map<InstanceKey, Entry> entries = new HashMap<>();
  private final TreeMap<ServiceKey, TreeMap<InstanceKey, Entry>> services = new TreeMap<>();
  private final Subscribers subscribers;
  private final MassExpiryGuard guard;
  private final Saving saving;

  private LeaseRegistry(
      LeaseConfig config,
      InstanceLog log,
      LongSupplier nanoTime,
      InstantSource clock,
      Pulse dispatch,
      Pulse disk) {
    this.config = config;
    this.log = log;
    this.nanoTime = nanoTime;
    this.clock = clock;
    this.dispatch = dispatch;
    this.disk = disk;
    this.heartbeatNanos = config.heartbeat().toNanos();
    this.graceNanos = config.grace().toNanos();
    this.guard = new MassExpiryGuard(config);
    this.subscribers =
        new Subscribers(lock, dispatch, this::snapshot, () -> guard.snapshot(held()));
    this.saving = new Saving(lock, log, clock, disk, subscribers, new Held());
  }

  private final class Held implements Saving.Holding {
    @Override
    public List<RegisteredInstance> all() {
      return instances();
    }

    @Override
    public List<RegisteredInstance> of(ServiceKey service) {
      return snapshot(service);
    }

    @Override
    public Optional<RegisteredInstance> one(InstanceKey key) {
      return Optional.ofNullable(entries.get(key))
          .map(entry -> entry.snapshot(nanoTime.getAsLong(), heartbeatNanos));
    }
  }

  /**
   * Starts with what the checkpoint holds.
   *
   * @param nanoTime monotonic
   * @param dispatch where listeners run and leases expire; closed by who made it
   * @param disk where checkpoints are written; closed by who made it, before this registry is
   * @throws IllegalStateException when the checkpoint is damaged, naming the file and the mend
   */
  public static LeaseRegistry start(
      LeaseConfig config, LongSupplier nanoTime, InstantSource clock, Pulse dispatch, Pulse disk) {
    Checkpoint file = new Checkpoint(config.checkpoint());
    return started(new LeaseRegistry(config, file, nanoTime, clock, dispatch, disk));
  }

  /**
   * Starts with what other control planes hold, and tells them what this one does.
   *
   * @param self the name by which this one joined
   * @param dispatch as above, and {@code disk} too
   * @throws IllegalStateException when the keys cannot be read, naming the mend
   */
  public static LeaseRegistry shared(
      LeaseConfig config,
      SharedKeys keys,
      String self,
      LongSupplier nanoTime,
      InstantSource clock,
      Pulse dispatch,
      Pulse disk) {
    SharedInstances log = new SharedInstances(keys, self);
    return started(new LeaseRegistry(config, log, nanoTime, clock, dispatch, disk));
  }

  private static LeaseRegistry started(LeaseRegistry registry) {
    LeaseConfig config = registry.config;
    Pulse dispatch = registry.dispatch;
    Pulse disk = registry.disk;
    registry.restore();
    registry.log.follow(registry.others);
    Duration sweep = config.heartbeat().dividedBy(8);
    dispatch.every(sweep, registry::sweep);
    disk.every(config.checkpointEvery(), registry.saving::write);
    return registry;
  }

  private void restore() {
    List<InstanceLog.Known> known = log.read();
    long now = nanoTime.getAsLong();
    lock.lock();
    try {
      for (InstanceLog.Known each : known) {
        RegisteredInstance instance = each.instance();
        saving.holds(instance);
        Entry entry = new Entry(instance.announcement(), instance.health(), instance.since());
        entry.lastSeen = now;
        entry.lostAt = now;
        entry.holder = each.holder().isEmpty() ? null : each.holder();
        put(entry);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Of which the log knows; under the lock. */
  Saving saving() {
    return saving;
  }

  /** Whether this control plane is cut off from the log that it shares. */
  public void cutOff(boolean now) {
    others.cutOff(now);
  }

  @Override
  public boolean admits() {
    lock.lock();
    try {
      return !others.cutOff();
    } finally {
      lock.unlock();
    }
  }

  long now() {
    return nanoTime.getAsLong();
  }

  void put(Entry entry) {
    entries.put(entry.key(), entry);
    services
        .computeIfAbsent(entry.key().serviceKey(), _ -> new TreeMap<>())
        .put(entry.key(), entry);
  }

  private void remove(Entry entry) {
    takeOut(entry);
    changed(entry.key(), false);
  }

  /** Another control plane removed it; under the lock. */
  void drop(Entry entry) {
    takeOut(entry);
    if (entry.held) {
      if (guard.isolated() && held() == 0) {
        guard.end();
      }
      subscribers.isolationChanged();
    }
    saving.tell(entry.key().serviceKey());
  }

  private void takeOut(Entry entry) {
    entries.remove(entry.key());
    ServiceKey service = entry.key().serviceKey();
    TreeMap<InstanceKey, Entry> of = services.get(service);
    if (of != null) {
      of.remove(entry.key());
      if (of.isEmpty()) {
        services.remove(service);
      }
    }
  }

  private void changed(InstanceKey key, boolean taken) {
    saving.unsaved(key, taken);
    saving.tell(key.serviceKey());
  }

  @Override
  public Lease announce(Announcement announcement, LeaseListener listener) {
    lock.lock();
    try {
      Entry entry = entries.get(announcement.key());
      boolean changed = true;
      if (entry == null) {
        entry = new Entry(announcement, announcement.health(), clock.instant());
        put(entry);
      } else {
        supersede(entry);
        changed = !entry.announcement.equals(announcement) || entry.health != announcement.health();
        entry.announcement = announcement;
        entry.health = announcement.health();
      }
      StreamLease lease = new StreamLease(this, entry, listener);
      entry.lease = lease;
      entry.lastSeen = nanoTime.getAsLong();
      revive(entry);
      entry.holder = null;
      entry.orphan = false;
      if (changed) {
        changed(announcement.key(), true);
      } else if (log.prompt()) {
        saving.unsaved(announcement.key(), true); // the others learn that it is here
      }
      return lease;
    } finally {
      lock.unlock();
    }
  }

  void supersede(Entry entry) {
    StreamLease older = entry.lease;
    if (older != null) {
      older.end();
      LOG.info("{} was announced by a second stream, which takes it over", entry.key());
      dispatch.soon(older.listener()::superseded);
    }
  }

  /** Takes an instance out of the held ones; the last one needed ends the episode. */
  void revive(Entry entry) {
    if (!entry.held) {
      return;
    }
    entry.held = false;
    if (guard.returned()) {
      long now = nanoTime.getAsLong();
      int others = 0;
      for (Entry other : entries.values()) {
        if (other.held) {
          other.held = false;
          other.lostAt = now;
          other.lastSeen = now - heartbeatNanos; // so that what is left is the grace
          others++;
        }
      }
      LOG.warn(
          "Instances reach the control plane again; {} that were held back have one more grace",
          others);
    }
    subscribers.isolationChanged();
  }

  /** The stream, if it is still there, is told to announce its instance anew. */
  void endLease(Entry entry) {
    StreamLease lease = entry.lease;
    if (lease != null) {
      lease.end();
      entry.lease = null;
      dispatch.soon(lease.listener()::expired);
    }
  }

  void heartbeat(Entry entry, StreamLease lease) {
    long now = nanoTime.getAsLong();
    boolean wasSilent = now - entry.lastSeen > 2 * heartbeatNanos;
    entry.lastSeen = now;
    if (wasSilent) {
      lock.lock();
      try {
        if (lease.current()) {
          revive(entry);
        }
      } finally {
        lock.unlock();
      }
    }
  }

  void health(Entry entry, StreamLease lease, Health health) {
    entry.lastSeen = nanoTime.getAsLong();
    lock.lock();
    try {
      if (!lease.current()) {
        return;
      }
      revive(entry);
      if (entry.health != health) {
        entry.health = health;
        changed(entry.key(), false);
      }
    } finally {
      lock.unlock();
    }
  }

  void streamLost(Entry entry, StreamLease lease) {
    lock.lock();
    try {
      if (lease.current()) {
        lease.end();
        entry.lease = null;
        entry.lostAt = nanoTime.getAsLong();
      }
    } finally {
      lock.unlock();
    }
  }

  void goodbye(Entry entry, StreamLease lease) {
    lock.lock();
    try {
      if (lease.current()) {
        revive(entry); // whoever says goodbye can reach us
        lease.end();
        entry.lease = null;
        remove(entry);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Finds the leases that ran out; on the dispatch pulse. */
  private void sweep() {
    lock.lock();
    try {
      if (others.cutOff()) {
        return; // what is not heard may be heard by others
      }
      long now = nanoTime.getAsLong();
      long window = config.massWindow().toNanos();
      List<Entry> due = new ArrayList<>();
      int soon = 0;
      for (Entry entry : entries.values()) {
        if (entry.held || entry.remote()) {
          continue;
        }
        long left = entry.deadline(heartbeatNanos, graceNanos) - now;
        if (left <= 0) {
          due.add(entry);
        } else if (left <= window && !entry.live(now, heartbeatNanos)) {
          soon++;
        }
      }
      if (due.isEmpty()) {
        return;
      }
      if (guard.holdsBack(now, due.size(), soon, entries.size())) {
        hold(due);
      } else {
        for (Entry entry : due) {
          guard.believed(now);
          endLease(entry);
          remove(entry);
          LOG.info("{} expired", entry.key());
        }
      }
    } finally {
      lock.unlock();
    }
  }

  private void hold(List<Entry> due) {
    for (Entry entry : due) {
      entry.held = true;
      guard.held();
    }
    subscribers.isolationChanged();
    LOG.warn(
        "{} of {} instances fell silent at once: held back, as this control plane may be cut off",
        held(),
        entries.size());
  }

  private int held() {
    int held = 0;
    for (Entry entry : entries.values()) {
      held += entry.held ? 1 : 0;
    }
    return held;
  }

  @Override
  public List<RegisteredInstance> instances() {
    lock.lock();
    try {
      List<RegisteredInstance> all = new ArrayList<>(entries.size());
      services.keySet().forEach(service -> all.addAll(snapshot(service)));
      return all;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public List<RegisteredInstance> instances(ServiceKey service) {
    lock.lock();
    try {
      return snapshot(service);
    } finally {
      lock.unlock();
    }
  }

  private List<RegisteredInstance> snapshot(ServiceKey service) {
    @Nullable TreeMap<InstanceKey, Entry> of = services.get(service);
    if (of == null) {
      return List.of();
    }
    long now = nanoTime.getAsLong();
    return of.values().stream().map(entry -> entry.snapshot(now, heartbeatNanos)).toList();
  }

  @Override
  public Subscription watch(RegistryListener listener) {
    lock.lock();
    try {
      Set<ServiceKey> known = new LinkedHashSet<>(services.keySet());
      known.removeAll(saving.awaiting());
      return subscribers.add(listener, known, guard.isolated())::run;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public Isolation isolation() {
    lock.lock();
    try {
      return guard.snapshot(held());
    } finally {
      lock.unlock();
    }
  }

  @Override
  public int acceptExpiry() {
    lock.lock();
    try {
      if (!guard.isolated()) {
        return 0;
      }
      guard.end();
      int accepted = 0;
      for (Entry entry : List.copyOf(entries.values())) {
        if (entry.held) {
          endLease(entry);
          remove(entry);
          accepted++;
        }
      }
      subscribers.isolationChanged();
      LOG.warn("An operator accepted the expiry of {} instances that were held back", accepted);
      return accepted;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public boolean checkpointFailed() {
    lock.lock();
    try {
      return saving.failed();
    } finally {
      lock.unlock();
    }
  }

  /** Writes the last checkpoint; the instances stay in it for the next start. */
  @Override
  public void close() {
    saving.write();
    log.close();
  }
}
